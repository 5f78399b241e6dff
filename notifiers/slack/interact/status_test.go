package interact_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
)

// TestStatusNamesWhatGoesOnFirst: what is under way stands above what is
// announced, of which the next stands first.
func TestStatusNamesWhatGoesOnFirst(t *testing.T) {
	o := &office{}
	for _, days := range []int{30, 2} {
		from := noon.AddDate(0, 0, days)
		o.announced = append(o.announced, upgrade.Public{
			ID: map[int]string{30: "later", 2: "next"}[days], State: upgrade.Planned, Window: plan.Window{Start: from, End: from.Add(time.Hour)}, Zone: "UTC",
		})
	}
	s := start(t, o, nil)
	if _, err := s.srv.Command(other, ops, "/upgrade", "status"); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for line := range strings.Lines(s.whispered(t, other, 1)) {
		id, _, _ := strings.Cut(line, ":")
		ids = append(ids, id)
	}
	if got := strings.Join(ids[:3], " "); got != "pg16 next later" {
		t.Errorf("the order is %q", got)
	}
}

func TestCommands(t *testing.T) {
	s := start(t, &office{}, nil)
	for i, tt := range []struct{ text, want string }{
		{"", "pg16: Postgres &lt;16&gt; &amp; co, in progress, 2030-03-03 11:00 to 16:00 UTC\nAsk about one with /upgrade status ID. https://hub.example.org/"},
		{"status", "pg16: Postgres &lt;16&gt; &amp; co, in progress, 2030-03-03 11:00 to 16:00 UTC\nAsk about one with /upgrade status ID. https://hub.example.org/"},
		{"status PG16", "As it stands, in en."},
		{"status <x>", "There is no upgrade &lt;x&gt;."},
		{"delete everything", "Say /upgrade status, or /upgrade status ID for one of them."},
	} {
		if ack, err := s.srv.Command(other, ops, "/upgrade", tt.text); err != nil || ack.Status != http.StatusOK {
			t.Fatalf("/upgrade %s = %+v, %v", tt.text, ack, err)
		}
		if got := s.whispered(t, other, i+1); got != tt.want {
			t.Errorf("/upgrade %s: told %q, want %q", tt.text, got, tt.want)
		}
	}
}

// TestCommandSpeaksLanguages: whoever asks is answered in their language, else
// in that of the channel, else in English.
func TestCommandSpeaksLanguages(t *testing.T) {
	s := start(t, &office{langs: map[string]string{lead: "fr", ops: "de"}}, nil)
	for _, tt := range []struct{ user, channel, want string }{
		{lead, ops, "As it stands, in fr."}, {tester, ops, "As it stands, in de."}, {other, "D0OTHER01", "As it stands, in en."},
	} {
		if _, err := s.srv.Command(tt.user, tt.channel, "/upgrade", "status pg16"); err != nil {
			t.Fatal(err)
		}
		if got := s.whispered(t, tt.user, 1); got != tt.want {
			t.Errorf("%s in %s is told %q, want %q", tt.user, tt.channel, got, tt.want)
		}
	}
}
