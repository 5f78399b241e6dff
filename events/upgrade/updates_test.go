package upgrade_test

import (
	"strings"
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/upgrade"
)

// post sends an update of a source, with an id and an own time.
func (f *feed) post(source, id string, own time.Time, d events.Update) upgrade.Effect {
	e := f.event(events.UpdatePosted, &d)
	e.Source, e.ID, e.Time = source, id, own
	return f.u.Apply(e)
}

// edit corrects or retracts an update as a source.
func (f *feed) edit(source string, typ events.Type, d events.Update) upgrade.Effect {
	e := f.event(typ, &d)
	e.Source = source
	return f.u.Apply(e)
}

func texts(u *upgrade.Upgrade) string {
	var all []string
	for _, up := range u.Updates {
		all = append(all, up.Text)
	}
	return strings.Join(all, ",")
}

func TestUpdatesAreOrderedByTheirOwnTime(t *testing.T) {
	f := announced(t)
	f.post("a", "2", at(2*time.Minute), events.Update{Text: "second"})
	f.post("b", "9", at(1*time.Minute), events.Update{Text: "first"})
	f.post("c", "3", at(2*time.Minute), events.Update{Text: "third"})
	if got, want := texts(f.u), "first,second,third"; got != want {
		t.Errorf("updates are %s, want %s", got, want)
	}
	if got := f.u.Public(1).Updates[0].Text; got != "third" {
		t.Errorf("newest public update is %q, want third", got)
	}
}

func TestUpdateIDsOfTwoSources(t *testing.T) {
	post := func(f *feed, source string) { f.post(source, "1", noon, events.Update{Text: source}) }
	f, g := announced(t), announced(t)
	post(f, "a")
	post(f, "b")
	g.now = f.now.Add(-2 * time.Second)
	post(g, "b")
	post(g, "a")
	for _, u := range []*upgrade.Upgrade{f.u, g.u} {
		first, second := u.Updates[0], u.Updates[1]
		if first.ID != "1" || first.Source != "a" || second.ID == "1" || second.ID == "" || second.Event != "1" {
			t.Errorf("updates are %q of %s and %q of %s, want 1 for a and a hash for b", first.ID, first.Source, second.ID, second.Source)
		}
	}
	if f.u.Updates[1].ID != g.u.Updates[1].ID {
		t.Errorf("ids depend on the order of arrival: %q, %q", f.u.Updates[1].ID, g.u.Updates[1].ID)
	}
}

func TestCorrections(t *testing.T) {
	f := announced(t)
	f.post("lead", "1", at(time.Second), events.Update{Text: "one"})
	f.post("lead", "2", at(2*time.Second), events.Update{Text: "two"})
	f.post("bot", "3", at(3*time.Second), events.Update{Text: "three"})
	tests := []struct {
		name, source string
		typ          events.Type
		d            events.Update
		want         string // the texts, or an anomaly's words after "!"
	}{
		{"newest of the source", "lead", events.UpdateCorrected, events.Update{Text: "two!"}, "one,two!,three"},
		{"by id", "lead", events.UpdateCorrected, events.Update{Text: "one!", Of: "1"}, "one!,two!,three"},
		{"of another source", "lead", events.UpdateCorrected, events.Update{Text: "three!", Of: "3"}, "one!,two!,three!"},
		{"no such update", "lead", events.UpdateCorrected, events.Update{Text: "x", Of: "9"}, `!there is no update "9"`},
		{"nothing posted", "guest", events.UpdateCorrected, events.Update{Text: "x"}, `!source "guest" has posted no update yet`},
		{"retract", "lead", events.UpdateRetracted, events.Update{Of: "1"}, "one!,two!,three!"},
		{"correct what is retracted", "lead", events.UpdateCorrected, events.Update{Text: "x", Of: "1"}, `!update "1" is retracted`},
	}
	for _, tt := range tests {
		eff := f.edit(tt.source, tt.typ, tt.d)
		if words, bad := strings.CutPrefix(tt.want, "!"); bad {
			if eff.Applied || !strings.Contains(eff.Anomaly, words) {
				t.Errorf("%s = %+v, want an anomaly with %q", tt.name, eff, words)
			}
			continue
		}
		if !eff.Changed || texts(f.u) != tt.want {
			t.Errorf("%s = %+v, texts %s, want %s", tt.name, eff, texts(f.u), tt.want)
		}
		if again := f.edit(tt.source, tt.typ, tt.d); !again.Applied || again.Changed {
			t.Errorf("%s again = %+v, want unchanged", tt.name, again)
		}
	}
	if edits := f.u.Updates[0].Edits; len(edits) != 1 || edits[0].Text != "one" {
		t.Errorf("edits = %+v, want the text one", edits)
	}
	if p := f.u.Public(1).Updates[2]; p.Text != "" || !p.Retracted || p.Corrected == nil {
		t.Errorf("a retracted update is shown as %+v, want no text", p)
	}
}

func TestCorrectionOlderThanUpdate(t *testing.T) {
	f := announced(t)
	f.post("lead", "1", at(time.Minute), events.Update{Text: "one"})
	e := f.event(events.UpdateCorrected, &events.Update{Text: "old", Of: "1"})
	e.Source, e.Time = "lead", noon
	if eff := f.u.Apply(e); eff.Applied || !strings.Contains(eff.Anomaly, "older than what is known of update") {
		t.Errorf("correction from before the update = %+v, want an anomaly", eff)
	}
}

// TestCorrectionPublishesNothing: an internal update stays internal when a
// typo in it is fixed, and goes public only when the correction says so.
func TestCorrectionPublishesNothing(t *testing.T) {
	f := announced(t)
	f.said(events.Internal, events.UpdatePosted, &events.Update{Text: "secrit"})
	f.must(events.UpdateCorrected, &events.Update{Text: "secret"})
	if got := f.u.Public(1).Updates; len(got) != 0 {
		t.Fatalf("public updates = %+v, want none", got)
	}
	f.said(events.Public, events.UpdateCorrected, &events.Update{Text: "no secret"})
	if got := f.u.Public(1).Updates; len(got) != 1 || got[0].Text != "no secret" {
		t.Errorf("public updates = %+v, want one", got)
	}
	f.said(events.Internal, events.UpdateCorrected, &events.Update{Text: "secret again"})
	if got := f.u.Public(1).Updates; len(got) != 0 {
		t.Errorf("public updates = %+v, want none", got)
	}
}
