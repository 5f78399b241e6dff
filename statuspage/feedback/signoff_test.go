package feedback_test

import (
	"context"
	"net/url"
	"strings"
	"testing"
	"time"

	"upgradehub/events/upgrade"
	"upgradehub/statuspage/feedback"
)

const (
	signs        = "ggggggggggggggggggggg1"
	signedOver   = "ggggggggggggggggggggg2"
	signsNothing = "ggggggggggggggggggggg3"
)

func (d *desk) SignOff(_ context.Context, token string) (feedback.SignOff, error) {
	switch token {
	case signs:
		return feedback.SignOff{Upgrade: running, Gates: []feedback.SignOffGate{
			{ID: "g1", Title: "Restore was rehearsed", By: time.Date(2026, 11, 22, 12, 5, 0, 0, time.UTC), Word: "pass"},
			{ID: "g2", Title: "Reports run", Word: "fail"},
		}}, d.broken
	case signedOver:
		return feedback.SignOff{Upgrade: done, Gates: []feedback.SignOffGate{{ID: "g1", Title: "Restore was rehearsed"}}}, nil
	case signsNothing:
		return feedback.SignOff{Upgrade: upgrade.Public{ID: "running", Title: "Database <upgrade>", State: upgrade.Planned}}, nil
	}
	return feedback.SignOff{}, feedback.ErrNotFound
}

func (d *desk) Sign(_ context.Context, _, gate, word string) error {
	d.signed = append(d.signed, gate+" "+word)
	return d.broken
}

// TestSignOff posts a word to the link of a tester.
func TestSignOff(t *testing.T) {
	for _, tt := range []struct {
		name, token, gate, word string
		status                  int
		want                    string // what is recorded
	}{
		{"it works", signs, "g1", "pass", 303, "g1 pass"},
		{"it does not", signs, "g2", "fail", 303, "g2 fail"},
		{"no word", signs, "g1", "", 200, ""},
		{"a word of its own", signs, "g1", "maybe", 200, ""},
		{"a gate that asks somebody else", signs, "g3", "pass", 200, ""},
		{"after the end", signedOver, "g1", "pass", 200, ""},
		{"nothing to sign", signsNothing, "g1", "pass", 200, ""},
		{"unknown link", unknown, "g1", "pass", 404, ""},
		{"no link", "x", "g1", "pass", 404, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := &desk{}
			h, _ := newForms(t, d)
			w := ask(h, "POST", "/g/"+tt.token, url.Values{"gate": {tt.gate}, "word": {tt.word}})
			if got := strings.Join(d.signed, ", "); w.Code != tt.status || got != tt.want {
				t.Errorf("POST = %d, recorded %q, want %d, %q", w.Code, got, tt.status, tt.want)
			}
		})
	}
}

// TestSignOffForm: each gate has its deadline, in the zone of the upgrade, and
// what was said so far.
func TestSignOffForm(t *testing.T) {
	h, _ := newForms(t, &desk{})
	w := ask(h, "GET", "/g/"+signs, nil)
	for _, want := range []string{"Restore was rehearsed", "Decided before 2026-11-22 12:05 UTC (13:05 Europe/Berlin)", "You signed off.", "You said that it does not work.", `value="g2"`, "Database &lt;upgrade&gt;"} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("the form lacks %q:\n%s", want, w.Body)
		}
	}
	if w.Header().Get("X-Robots-Tag") != "noindex" {
		t.Error("the form may be indexed")
	}
	if body := ask(h, "GET", "/g/"+signedOver, nil).Body.String(); strings.Contains(body, "<form") || !strings.Contains(body, "has ended") {
		t.Errorf("after the end:\n%s", body)
	}
}
