package main

import (
	"testing"

	"upgradehub/events"
)

func TestPlainWords(t *testing.T) {
	tests := []struct {
		name, text string
		audiences  []string
		visibility events.Visibility
		want       string
	}{
		{"host", "db1.example.org is slow.\n\nYou can go on.", nil, "", `the first paragraph names "db1.example.org", a host name: say first what it means for those who read it`},
		{"host at the end", "It takes longer on db1.example.org.", nil, "", `the first paragraph names "db1.example.org", a host name: say first what it means for those who read it`},
		{"host further down", "You can go on.\n\ndb1.example.org is slow.", nil, "", ""},
		{"for users", "See OPS-123.", []string{"teams", "users"}, "", `the first paragraph names "OPS-123", a ticket number: say first what it means for those who read it`},
		{"for those who know", "See OPS-123.", []string{"teams", "managers"}, "", ""},
		{"internal", "See OPS-123.", nil, events.Internal, ""},
		{"plain", "Half is done.", nil, "", ""},
	}
	for _, tt := range tests {
		e := events.Event{Type: events.UpdatePosted, Visibility: tt.visibility, Data: &events.Update{Text: tt.text, Audiences: tt.audiences}}
		if got := plainWords(e); got != tt.want {
			t.Errorf("%s: plainWords = %q, want %q", tt.name, got, tt.want)
		}
	}
	if got := plainWords(events.Event{Type: events.PhaseStarted, Data: &events.Phase{Phase: "x"}}); got != "" {
		t.Errorf("a phase: %q", got)
	}
}
