package slack_test

import (
	"context"
	"html"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"upgradehub/notifiers/slack"
)

func TestFit(t *testing.T) {
	tests := []struct {
		name, in string
		limit    int
		want     string
	}{
		{"as it is", "done", 10, "done"},
		{"exactly", "done", 4, "done"},
		{"cut", "upgrade", 4, "upg…"},
		{"escaped", "a<b>&c", 100, "a&lt;b&gt;&amp;c"},
		{"escaped once", "&lt;", 100, "&amp;lt;"},
		{"entity fits", "a&", 6, "a&amp;"},
		{"entity does not fit", "a&", 5, "a…"},
		{"entity does not fit by much", "a&", 2, "a…"},
		{"entity at the cut", "ab&c", 7, "ab…"},
		{"runes", "ééééé", 4, "ééé…"},
		{"control", "a\x00b\rc\td\ne", 100, "abc\td\ne"},
		{"bad bytes", "a\xffb", 100, "a\uFFFDb"},
		{"one", "abc", 1, "…"},
		{"nothing", "abc", 0, ""},
		{"less than nothing", "abc", -1, ""},
	}
	for _, tt := range tests {
		if got := slack.Fit(tt.in, tt.limit); got != tt.want {
			t.Errorf("%s: fit(%q, %d) = %q, want %q", tt.name, tt.in, tt.limit, got, tt.want)
		}
	}
}

var entity = regexp.MustCompile(`&(amp|lt|gt);`)

func FuzzFit(f *testing.F) {
	for _, s := range []string{"", "&&&", "<!channel> <@U1> <https://evil|x> &lt;", "é\xff\x00", strings.Repeat("<", 60)} {
		f.Add(s, 20)
	}
	f.Fuzz(func(t *testing.T, s string, limit int) {
		got := slack.Fit(s, limit)
		if n := utf8.RuneCountInString(got); n > max(limit, 0) {
			t.Fatalf("fit(%q, %d) has %d runes", s, limit, n)
		}
		if bare := entity.ReplaceAllString(got, ""); !utf8.ValidString(got) || strings.ContainsAny(bare, "&<>") {
			t.Fatalf("fit(%q, %d) = %q with a mark that is not escaped, or a cut entity", s, limit, got)
		}
		whole := slack.Fit(s, len(s)*5+1)
		if kept := strings.TrimSuffix(got, "…"); !strings.HasPrefix(whole, kept) || got != whole && !strings.HasSuffix(got, "…") && limit > 0 {
			t.Fatalf("fit(%q, %d) = %q, not the beginning of %q", s, limit, got, whole)
		}
		if plain := html.UnescapeString(entity.ReplaceAllString(whole, "")); strings.ContainsRune(plain, 0) {
			t.Fatalf("fit(%q) = %q keeps a control character", s, whole)
		}
	})
}

func TestLink(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"plain", "https://hub.example.org/u/pg16", "<https://hub.example.org/u/pg16>"},
		{"query", "https://hub.example.org/?a=1&b=2", "<https://hub.example.org/?a=1&amp;b=2>"},
		{"label", "https://hub.example.org/|Done>", "<https://hub.example.org/%7CDone%3E>"},
		{"script", "javascript:alert(1)", ""},
		{"no host", "https:///x", ""},
		{"nothing", "", ""},
	}
	for _, tt := range tests {
		if got := slack.Link(tt.in); got != tt.want {
			t.Errorf("%s: link(%q) = %q, want %q", tt.name, tt.in, got, tt.want)
		}
	}
}

func TestCallsPerMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pass := slack.CallGate(50)
		var passed []time.Time
		for range 200 {
			if err := pass(t.Context()); err != nil {
				t.Fatalf("pass = %v", err)
			}
			passed = append(passed, time.Now())
		}
		for i := 50; i < len(passed); i++ {
			if d := passed[i].Sub(passed[i-50]); d < time.Minute {
				t.Fatalf("51 calls within %v", d)
			}
		}
	})
}

func TestGateKeepsTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		pass := slack.PostGate(10 * time.Second)
		if err := pass(t.Context()); err != nil {
			t.Fatalf("first = %v", err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 11*time.Second)
		defer cancel()
		start := time.Now()
		if err := pass(ctx); err == nil || time.Since(start) > 0 {
			t.Errorf("pass with too little time left = %v after %v, want a refusal at once", err, time.Since(start))
		}
		ctx, cancel = context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		if err := pass(ctx); err != nil || time.Since(start) != 10*time.Second {
			t.Errorf("pass = %v after %v, want its turn after 10 s", err, time.Since(start))
		}
	})
}
