package statuspage_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"upgradehub/events/lang"
	"upgradehub/events/upgrade"
)

// TestFeedsInEveryLanguage reads feed and calendar in each language, by name.
func TestFeedsInEveryLanguage(t *testing.T) {
	rolled := ended("mail", "Mail gateway", upgrade.RolledBack, "2026-10-20")
	rolled.DataSafe, rolled.Reason = new(true), "Queues grew."
	p := newPages(t, &board{seq: 9, all: []upgrade.Public{completed(), rolled}}, noon)
	for _, code := range lang.Supported[1:] {
		feed := serve(p, httptest.NewRequest("GET", "/feed.atom?lang="+code, nil)).Body.String()
		golden(t, "feed-"+code+".atom", feed)
		for _, words := range []string{": announced", ": new time", ": started", ": update", "Announced window", "You can"} {
			if strings.Contains(feed, words) {
				t.Errorf("the feed in %s says in English: %q", code, words)
			}
		}
		page := serve(p, httptest.NewRequest("GET", "/upgrades/pg16?lang="+code, nil)).Body.String()
		for _, link := range []string{"/upgrades/pg16/feed.atom", "/calendar.ics", "/upgrades/pg16.ics"} {
			if n := strings.Count(page, link); n != strings.Count(page, link+"?lang="+code) {
				t.Errorf("the page in %s links to %s in another language", code, link)
			}
		}
	}
}

// TestCalendarLanguage: a calendar speaks as it is asked to by name, or as the
// device that fetches it; a feed only by name.
func TestCalendarLanguage(t *testing.T) {
	const german, english = "Teile können", "Parts may"
	p := newPages(t, &board{seq: 9, all: []upgrade.Public{running()}}, noon)
	for _, tt := range []struct{ path, accept, want, says string }{
		{"/calendar.ics", "", "en", english},
		{"/calendar.ics?lang=de", "", "de", german},
		{"/calendar.ics", "de-AT,en;q=0.3", "de", german},
		{"/upgrades/pg16.ics?lang=en", "de", "en", english},
		{"/upgrades/pg16.ics", "de", "de", german},
	} {
		r := httptest.NewRequest("GET", tt.path, nil)
		r.Header.Set("Accept-Language", tt.accept)
		w := serve(p, r)
		body := strings.ReplaceAll(w.Body.String(), "\r\n ", "")
		if h := w.Header(); !strings.Contains(body, tt.says) || h.Get("Content-Language") != tt.want || !strings.Contains(strings.Join(h.Values("Vary"), ","), "Accept-Language") {
			t.Errorf("%s for %q is in %s and varies by %q, want %s:\n%s", tt.path, tt.accept, h.Get("Content-Language"), h.Values("Vary"), tt.want, body)
		}
	}
	r := httptest.NewRequest("GET", "/feed.atom", nil)
	r.Header.Set("Accept-Language", "de")
	if feed := serve(p, r).Body.String(); !strings.Contains(feed, `lang="en"`) {
		t.Errorf("a feed changes with a header of the program that reads it:\n%s", feed)
	}
}
