package calendar_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"upgradehub/events/calendar"
	"upgradehub/events/lang"
	"upgradehub/events/plan"
	"upgradehub/events/theme"
	"upgradehub/events/upgrade"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const page = "https://status.example.org/upgrades/pg16"

// acme is a theme that tries to end its line.
var acme = theme.Theme{
	Name: `Acme "status"; its, upgrades`, Text: "Run by *Acme*.\n\nAlways.",
	Support: []theme.Contact{{Name: "Desk", Phone: "112"}, {Name: "Service desk", Email: "desk@acme.example", URL: "https://help.acme.example/"}},
}

var now = time.Date(2026, 11, 23, 14, 5, 0, 0, time.UTC)

var english = calendar.In(lang.English)

func sample() upgrade.Public {
	return upgrade.Public{
		ID: "pg16", Title: "PostgreSQL 15 to 16; the big one", System: "orders", State: upgrade.Scheduled,
		Zone: "Europe/Berlin", Revision: 2, Announced: now.Add(-48 * time.Hour),
		Window: plan.Window{Start: now.Add(24 * time.Hour), End: now.Add(28 * time.Hour)},
		Moves:  []upgrade.PublicMove{{At: now.Add(-time.Hour)}},
		ImpactWords: plan.ImpactWords{
			Default:    plan.Outage,
			StillWorks: []string{"catalogue", "search, slower", "Überweisungen"},
			DoBefore:   []string{"save your drafts"},
			OddAfter:   []string{"reports may take \\ longer"},
		},
	}
}

func TestGolden(t *testing.T) {
	canceled := sample()
	canceled.State, canceled.Reason = upgrade.Canceled, "the vendor withdrew the release"
	live := sample()
	live.ID, live.State, live.Revision, live.Drill = "edge-2", upgrade.InProgress, 1, true
	live.ImpactWords = plan.ImpactWords{}
	for _, tt := range []struct {
		file string
		got  []byte
	}{
		{"event.ics", english.Event(sample(), page, acme, now)},
		{"canceled.ics", english.Event(canceled, page, theme.Theme{}, now)},
		{"feed.ics", english.Feed([]upgrade.Public{sample(), canceled, live}, "https://status.example.org/", acme, now)},
	} {
		golden(t, filepath.Join("testdata", tt.file), tt.got)
	}
}

// TestEveryLanguage says the same in every language, and nothing in English
// but the plan's own words and what machines read.
func TestEveryLanguage(t *testing.T) {
	canceled, drill := sample(), sample()
	canceled.ID, canceled.State, canceled.Reason = "pg17", upgrade.Canceled, "the vendor withdrew the release"
	drill.ID, drill.Drill, drill.ImpactWords.Default = "pg18", true, plan.ReducedRedundancy
	all := []upgrade.Public{sample(), canceled, drill}
	for _, impact := range []plan.Impact{plan.NoImpact, plan.Degraded} {
		p := sample()
		p.ID, p.ImpactWords = string(impact), plan.ImpactWords{Default: impact}
		all = append(all, p)
	}
	for _, code := range lang.Supported[1:] {
		got := calendar.In(code).Feed(all, "https://status.example.org", theme.Theme{}, now)
		golden(t, filepath.Join("testdata", "feed-"+code+".ics"), got)
		unfolded := strings.ReplaceAll(string(got), "\r\n ", "")
		for _, words := range []string{"You ", "Parts may", "Still works", "Please do", "May look", "Live status", "This upgrade", "Reason:", "Canceled:", "Drill:"} {
			if strings.Contains(unfolded, words) {
				t.Errorf("%s says in English: %q", code, words)
			}
		}
	}
	if calendar.In("xx") != english {
		t.Error("a language that is not spoken is not answered in English")
	}
}

func golden(t *testing.T, path string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("%s differs; run 'go test ./events/calendar -update' if that is meant\n got:\n%s\nwant:\n%s", path, got, want)
	}
}

func TestMethod(t *testing.T) {
	p := sample()
	if got := calendar.Method(p); got != calendar.Publish {
		t.Errorf("Method(scheduled) = %s, want PUBLISH", got)
	}
	p.State = upgrade.Canceled
	if got := calendar.Method(p); got != calendar.Cancel {
		t.Errorf("Method(canceled) = %s, want CANCEL", got)
	}
}

func TestSequenceRises(t *testing.T) {
	last := -1
	for _, tt := range []struct {
		revision int
		reopened int
		state    upgrade.State
		want     int
	}{
		{1, 0, upgrade.Planned, 0},
		{2, 0, upgrade.Scheduled, 1},
		{3, 0, upgrade.InProgress, 2},
		{3, 0, upgrade.Canceled, 3},
		{3, 1, upgrade.InProgress, 4},
		{3, 1, upgrade.Canceled, 5},
		{3, 2, upgrade.Planned, 6},
		{4, 2, upgrade.Planned, 7},
	} {
		got := calendar.Sequence(upgrade.Public{Revision: tt.revision, Reopened: tt.reopened, State: tt.state})
		if got != tt.want || got <= last {
			t.Errorf("Sequence(revision %d, %s) = %d after %d, want %d", tt.revision, tt.state, got, last, tt.want)
		}
		last = got
	}
}

func TestUID(t *testing.T) {
	for _, tt := range []struct{ name, page, want string }{
		{"host", page, "UID:pg16@status.example.org"},
		{"port is left out", "http://127.0.0.1:8080/upgrades/pg16", "UID:pg16@127.0.0.1"},
		{"no host", "", "UID:pg16@upgradehub"},
	} {
		if got := string(english.Event(sample(), tt.page, acme, now)); !strings.Contains(got, tt.want+"\r\n") {
			t.Errorf("%s: no line %q in\n%s", tt.name, tt.want, got)
		}
	}
}

func FuzzEvent(f *testing.F) {
	f.Add("PostgreSQL 15 to 16", "a, b; c \\ d", "line\r\nBEGIN:VEVENT\nx")
	f.Add(strings.Repeat("ü", 200), strings.Repeat("日本語", 60), strings.Repeat(`\,;`, 80))
	f.Add("\xff\xfe", "\x00\x7f", "\u2028\u0085")
	f.Fuzz(func(t *testing.T, title, works, reason string) {
		p := sample()
		p.Title, p.ImpactWords.StillWorks, p.Reason = title, []string{works}, reason
		check(t, english.Event(p, page, acme, now), "SUMMARY", title+" (orders)")
		p.State = upgrade.Canceled
		check(t, english.Event(p, page, acme, now), "DESCRIPTION", reason)
	})
}

// check asserts the rules of RFC 5545 section 3.1 and that the property holds
// the text once it is unfolded and unescaped.
func check(t *testing.T, ics []byte, property, text string) {
	t.Helper()
	for line := range strings.SplitSeq(strings.TrimSuffix(string(ics), "\r\n"), "\r\n") {
		if len(line) > 75 || !utf8.ValidString(line) || strings.ContainsAny(line, "\r\n") {
			t.Fatalf("bad line %q (%d octets)", line, len(line))
		}
	}
	got, lines := "", strings.Split(strings.ReplaceAll(string(ics), "\r\n ", ""), "\r\n")
	for _, line := range lines {
		if v, ok := strings.CutPrefix(line, property+":"); ok {
			got = unescape(v)
		}
	}
	if !strings.Contains(got, plain(text)) {
		t.Errorf("%s = %q, want %q in it", property, got, plain(text))
	}
	if n := strings.Count("\n"+strings.Join(lines, "\n"), "\nBEGIN:VEVENT"); n != 1 {
		t.Errorf("%d entries, want 1", n)
	}
}

func unescape(s string) string {
	return strings.NewReplacer(`\\`, `\`, `\;`, `;`, `\,`, `,`, `\n`, "\n").Replace(s)
}

// plain is the text without what iCalendar cannot carry.
func plain(s string) string {
	s = strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.ToValidUTF8(s, "\uFFFD"))
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' || r >= 0x7f && r < 0xa0 {
			return -1
		}
		return r
	}, s)
}

// TestMaintenanceNote has every property that
// draft-gunter-calext-maintenance-notifications asks for, once, and each of its
// four impacts.
func TestMaintenanceNote(t *testing.T) {
	for impact, want := range map[plan.Impact]string{
		plan.NoImpact: "NO-IMPACT", plan.ReducedRedundancy: "REDUCED-REDUNDANCY", plan.Degraded: "DEGRADED", plan.Outage: "OUTAGE", "": "DEGRADED",
	} {
		p := sample()
		p.ImpactWords.Default = impact
		got := "\r\n" + string(english.Event(p, page, acme, now))
		for _, line := range []string{
			"X-MAINTNOTE-PROVIDER:status.example.org", "X-MAINTNOTE-ACCOUNT:public", "X-MAINTNOTE-MAINTENANCE-ID:pg16",
			"X-MAINTNOTE-OBJECT-ID:orders", "X-MAINTNOTE-STATUS:CONFIRMED", "X-MAINTNOTE-IMPACT:" + want,
		} {
			if strings.Count(got, "\r\n"+line+"\r\n") != 1 {
				t.Errorf("impact %q: not once %s in\n%s", impact, line, got)
			}
		}
	}
}
