package slack_test

import (
	"slices"
	"strings"
	"testing"

	"upgradehub/notifiers"
	"upgradehub/notifiers/slack"
)

func TestCheck(t *testing.T) {
	page := notifiers.Button{Text: "Status page", URL: "https://hub.example.org/upgrades/pg16"}
	sections := func(n, words int) []notifiers.Section {
		return slices.Repeat([]notifiers.Section{{Label: "L", Text: strings.Repeat("word ", words)}}, n)
	}
	tests := []struct {
		name string
		m    notifiers.Message
		want []string
	}{
		{"fits", golden("Done", "context", sections(2, 3), page), nil},
		{"headline", golden(strings.Repeat("x", 200), "", nil, page), []string{"the headline is cut"}},
		{"headline cut before", golden(strings.Repeat("x", 149)+"…", "", nil, page), []string{"the headline is cut"}},
		{"one section", golden("x", "", sections(1, 900), page), []string{"the sections are cut"}},
		{"many sections", golden("x", "", sections(30, 300), page), []string{"the sections are cut"}},
		{"button", golden("x", "", nil, page, notifiers.Button{Text: "script", URL: "javascript:alert(1)"}), []string{"a button is left out"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := slack.Check(tt.m); !slices.Equal(got, tt.want) {
				t.Errorf("Check() = %q, want %q", got, tt.want)
			}
		})
	}
}
