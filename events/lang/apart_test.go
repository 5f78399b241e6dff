package lang_test

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/text/unicode/bidi"

	"upgradehub/events/lang"
)

const fromLeft, andBack = "\u2066", "\u2069"

func TestApart(t *testing.T) {
	for _, tt := range []struct{ code, text, want string }{
		{"ar", "2026-11-28 23:45 UTC", fromLeft + "2026-11-28 23:45 UTC" + andBack},
		{"ar", "2026-11-28", fromLeft + "2026-11-28" + andBack},
		{"ar", "91 %", fromLeft + "91 %" + andBack},
		{"ar", ">= 100", fromLeft + ">= 100" + andBack},
		{"ar", "+5", fromLeft + "+5" + andBack},
		{"ar", "@lead", fromLeft + "@lead" + andBack},
		{"ar", "https://x.example/", fromLeft + "https://x.example/ " + andBack},
		{"ar", "one\ntwo\n\n", fromLeft + "one" + andBack + "\n" + fromLeft + "two" + andBack + "\n\n"},
		{"ar", fromLeft + "A" + andBack + "، " + fromLeft + "B" + andBack, fromLeft + "A" + andBack + "، " + fromLeft + "B" + andBack},
		{"ar", fromLeft + "2026-11-28" + andBack, fromLeft + "2026-11-28" + andBack},
		{"ar", "ترقية PostgreSQL 16", "ترقية PostgreSQL 16"},
		{"ar", "3 أيام", "3 أيام"},
		{"ar", "21:30", "21:30"},
		{"ar", "16", "16"},
		{"ar", "", ""},
		{"ar", " ", " "},
		{"ar", "…", "…"},
		{"en", "2026-11-28", "2026-11-28"},
		{"de", "a\n", "a\n"},
	} {
		got := lang.Apart(tt.code, tt.text)
		if got != tt.want {
			t.Errorf("Apart(%s, %q) = %q, want %q", tt.code, tt.text, got, tt.want)
		}
		if bare := lang.Bare(got); strings.TrimSpace(bare) != strings.TrimSpace(lang.Bare(tt.text)) {
			t.Errorf("Bare(%q) = %q, want %q", got, bare, tt.text)
		}
		if again := lang.Apart(tt.code, got); again != got {
			t.Errorf("Apart(%s, %q) = %q: set apart twice", tt.code, got, again)
		}
	}
}

// TestSeenInOrder: what is put into an Arabic sentence is seen in its order, as
// the bidi algorithm lays it out, and without the marks it is not.
func TestSeenInOrder(t *testing.T) {
	for _, text := range []string{
		"2026-11-28 23:45 UTC", "2026-11-28 23:45 UTC (18:45 America/New_York)", "21:00 UTC", "2026-11-28", "+5", "91 %", ">= 100",
		"https://status.example.org/", "@lead", "Orders (new).", "/upgrade status ID", "16 TB",
	} {
		for _, around := range [][2]string{{"قبل ", "، ولم يُتخذ."}, {"", " قبل"}, {"قبل ", ""}} {
			if bare := seen(t, around[0]+text+around[1]); around[0] != "" && around[1] != "" && strings.Contains(bare, text) {
				t.Errorf("%q is seen in its order anyway: %q", text, bare)
			}
			if whole := seen(t, around[0]+lang.Apart("ar", text)+around[1]); !strings.Contains(whole, text) {
				t.Errorf("%q is seen as %q", text, whole)
			}
		}
	}
}

// seen is what stands on the screen, from left to right, where the whole is laid
// out from the right.
func seen(t *testing.T, text string) string {
	t.Helper()
	var p bidi.Paragraph
	if _, err := p.SetString(text, bidi.DefaultDirection(bidi.RightToLeft)); err != nil {
		t.Fatal(err)
	}
	order, err := p.Order()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for i := range order.NumRuns() { // they come as they are read; the whole goes from the right
		run := order.Run(order.NumRuns() - 1 - i)
		letters := []rune(run.String())
		if run.Direction() == bidi.RightToLeft {
			slices.Reverse(letters)
		}
		b.WriteString(string(letters))
	}
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, b.String())
}

func TestClip(t *testing.T) {
	for _, tt := range []struct {
		text string
		most int
		want string
	}{
		{"four", 4, "four"},
		{"fours", 4, "fou…"},
		{fromLeft + "four" + andBack, 4, fromLeft + "four" + andBack},
		{fromLeft + "fours" + andBack + " more", 4, fromLeft + "fou…" + andBack},
	} {
		if got := lang.Clip(tt.text, tt.most); got != tt.want {
			t.Errorf("Clip(%q, %d) = %q, want %q", tt.text, tt.most, got, tt.want)
		}
	}
}

func FuzzApart(f *testing.F) {
	f.Add("2026-11-28 23:45 UTC\nhttps://x/ \u2069 y")
	f.Fuzz(func(t *testing.T, text string) {
		got := lang.Apart("ar", text)
		if strip(got) != strip(text) {
			t.Errorf("Apart(%q) = %q: another text", text, got)
		}
	})
}

// strip leaves the letters of a text.
func strip(text string) string {
	return strings.NewReplacer(fromLeft, "", andBack, "", " ", "").Replace(text)
}
