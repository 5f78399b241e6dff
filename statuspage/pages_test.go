package statuspage_test

import (
	"bytes"
	"compress/gzip"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/upgrade"
	"upgradehub/statuspage"
)

func TestRoutes(t *testing.T) {
	p := newPages(t, &board{seq: 9, all: []upgrade.Public{running()}}, noon)
	for _, tt := range []struct {
		method, path string
		status       int
		kind, cache  string
		body         string
	}{
		{"GET", "/", 200, "text/html; charset=utf-8", "no-cache", "Database upgrade to PostgreSQL 16"},
		{"HEAD", "/", 200, "text/html; charset=utf-8", "no-cache", ""},
		{"GET", "/upgrades/pg16", 200, "text/html; charset=utf-8", "no-cache", "You cannot use Exports right now"},
		{"GET", "/upgrades/pg16.ics", 200, "text/calendar; charset=utf-8", "public, max-age=60", "BEGIN:VEVENT"},
		{"GET", "/calendar.ics", 200, "text/calendar; charset=utf-8", "public, max-age=60", "BEGIN:VEVENT"},
		{"GET", "/feed.atom", 200, "application/atom+xml; charset=utf-8", "public, max-age=60", "<entry>"},
		{"GET", "/upgrades/pg16/feed.atom", 200, "application/atom+xml; charset=utf-8", "public, max-age=60", "<entry>"},
		{"GET", "/history", 200, "text/html; charset=utf-8", "no-cache", "No upgrade has ended yet."},
		{"GET", "/robots.txt", 200, "text/plain; charset=utf-8", "public, max-age=3600", "Disallow: /f/"},
		{"GET", "/live?since=9&page=/", 200, "application/json", "no-store", `"seq":9`},
		{"GET", "/upgrades/none", 404, "text/html; charset=utf-8", "no-store", "There is nothing here."},
		{"GET", "/upgrades/none.ics", 404, "text/html; charset=utf-8", "no-store", "There is nothing here."},
		{"GET", "/upgrades/none/feed.atom", 404, "text/html; charset=utf-8", "no-store", "There is nothing here."},
		{"GET", "/upgrades/%3Cscript%3E", 404, "text/html; charset=utf-8", "no-store", "There is nothing here."},
		{"GET", "/nowhere", 404, "text/html; charset=utf-8", "no-store", "There is nothing here."},
		{"GET", "/static/app.css", 404, "text/html; charset=utf-8", "no-store", "There is nothing here."},
		{"GET", "/static/../pages.go", 307, "", "", ""},
		{"POST", "/upgrades/pg16", 405, "text/plain; charset=utf-8", "", "method not allowed"},
		{"POST", "/nowhere", 404, "text/html; charset=utf-8", "no-store", ""},
		{"GET", "/favicon.ico", 302, "text/html; charset=utf-8", "", ""},
	} {
		t.Run(tt.method+" "+tt.path, func(t *testing.T) {
			w := serve(p, httptest.NewRequest(tt.method, tt.path, nil))
			h := w.Header()
			if w.Code != tt.status || tt.kind != "" && h.Get("Content-Type") != tt.kind || h.Get("Cache-Control") != tt.cache && tt.cache != "" {
				t.Errorf("answer = %d %q %q, want %d %q %q", w.Code, h.Get("Content-Type"), h.Get("Cache-Control"), tt.status, tt.kind, tt.cache)
			}
			if !strings.Contains(w.Body.String(), tt.body) || tt.method == "HEAD" && w.Body.Len() > 0 {
				t.Errorf("body = %q, want %q in it", w.Body.String(), tt.body)
			}
			secured(t, h)
		})
	}
}

// secured checks what every answer must carry.
func secured(t *testing.T, h http.Header) {
	t.Helper()
	csp := h.Get("Content-Security-Policy")
	for _, part := range []string{"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'", "base-uri 'none'", "require-trusted-types-for 'script'", "form-action 'self'"} {
		if !strings.Contains(csp, part) {
			t.Errorf("policy %q lacks %s", csp, part)
		}
	}
	if strings.Contains(csp, "unsafe") || strings.Contains(csp, "data:") || strings.Contains(csp, "http") {
		t.Errorf("policy %q allows too much", csp)
	}
	for name, want := range map[string]string{
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "Cross-Origin-Opener-Policy": "same-origin", "X-Frame-Options": "DENY",
	} {
		if h.Get(name) != want {
			t.Errorf("%s = %q, want %q", name, h.Get(name), want)
		}
	}
	if h.Get("Permissions-Policy") == "" {
		t.Error("no Permissions-Policy")
	}
}

func TestFormsOfOtherSitesAreRefused(t *testing.T) {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /form", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
	h := statuspage.Secure(mux)
	for _, tt := range []struct {
		name, key, value string
		status           int
	}{
		{"own", "Sec-Fetch-Site", "same-origin", 204},
		{"mail provider", "User-Agent", "one-click", 204},
		{"foreign", "Sec-Fetch-Site", "cross-site", 403},
		{"sub-domain", "Sec-Fetch-Site", "same-site", 403},
		{"foreign origin", "Origin", "https://evil.example.org", 403},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := httptest.NewRequest("POST", "/form", nil)
			r.Header.Set(tt.key, tt.value)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != tt.status {
				t.Errorf("status = %d, want %d", w.Code, tt.status)
			}
			secured(t, w.Header())
		})
	}
}

func TestFaultsShowNothingOfOurInsides(t *testing.T) {
	b := &board{seq: 9, all: []upgrade.Public{running()}, err: errors.New("disk on fire: /var/lib/secret")}
	p := newPages(t, b, noon)
	for _, path := range []string{"/", "/upgrades/pg16", "/history", "/feed.atom", "/calendar.ics", "/upgrades/pg16.ics", "/upgrades/pg16/feed.atom", "/live?since=0&page=/"} {
		w := serve(p, httptest.NewRequest("GET", path, nil))
		if w.Code < 500 || strings.Contains(w.Body.String(), "fire") || strings.Contains(w.Body.String(), "secret") {
			t.Errorf("GET %s = %d %q, want a 5xx without the cause", path, w.Code, w.Body.String())
		}
		secured(t, w.Header())
	}
	b.mu.Lock()
	b.err = nil
	b.mu.Unlock()
	if w := serve(p, httptest.NewRequest("GET", "/", nil)); w.Code != 200 {
		t.Errorf("GET / after the fault = %d, want 200", w.Code)
	}
}

func TestPagesAreMadeOnceAndCompressedOnce(t *testing.T) {
	b := &board{seq: 9, all: []upgrade.Public{running()}}
	p := newPages(t, b, noon)
	r := httptest.NewRequest("GET", "/upgrades/pg16", nil)
	r.Header.Set("Accept-Encoding", "br, gzip")
	w := serve(p, r)
	if w.Header().Get("Content-Encoding") != "gzip" || !strings.Contains(strings.Join(w.Header().Values("Vary"), ", "), "Accept-Encoding") {
		t.Fatalf("headers = %v, want gzip", w.Header())
	}
	z, err := gzip.NewReader(bytes.NewReader(w.Body.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if page, err := io.ReadAll(z); err != nil || !strings.Contains(string(page), "</html>") {
		t.Errorf("page = %q, %v, want all of it", page, err)
	}
	r.Header.Set("If-None-Match", w.Header().Get("ETag"))
	if again := serve(p, r); again.Code != 304 || again.Body.Len() != 0 {
		t.Errorf("the same again = %d with %d bytes, want 304", again.Code, again.Body.Len())
	}
	b.put(completed())
	p.Live().Show(10, noon, []string{"pg16"})
	if after := serve(p, r); after.Code != 200 {
		t.Errorf("after a change = %d, want 200", after.Code)
	}
}

func TestStaticFilesAreForEver(t *testing.T) {
	p := newPages(t, &board{}, noon)
	page := serve(p, httptest.NewRequest("GET", "/", nil)).Body.String()
	names := regexp.MustCompile(`/static/[a-z]+-[0-9a-f]{8}\.(css|js|svg)`).FindAllString(page, -1)
	if len(names) != 3 {
		t.Fatalf("static files in the page: %v, want three", names)
	}
	for _, name := range names {
		w := serve(p, httptest.NewRequest("GET", name, nil))
		if w.Code != 200 || w.Header().Get("Cache-Control") != "public, max-age=31536000, immutable" {
			t.Errorf("GET %s = %d %q", name, w.Code, w.Header().Get("Cache-Control"))
		}
	}
}

func TestRefreshIsOnlyOnRequest(t *testing.T) {
	p := newPages(t, &board{}, noon)
	for path, want := range map[string]string{"/": "", "/?refresh=30": "30", "/?refresh=1": "", "/?refresh=30%3Burl=x": ""} {
		if got := serve(p, httptest.NewRequest("GET", path, nil)).Header().Get("Refresh"); got != want {
			t.Errorf("GET %s: Refresh = %q, want %q", path, got, want)
		}
	}
}

// TestGolden keeps the pages that matter as they are.
func TestGolden(t *testing.T) {
	late := planned()
	late.Late = new(at("2026-11-22 01:10"))
	issues, back, failed, canceled, drill := completed(), completed(), completed(), planned(), running()
	issues.Result = events.SuccessfulWithIssues
	issues.Components[0].Impact = "degraded"
	back.State, back.DataSafe, back.Result = upgrade.RolledBack, new(true), ""
	failed.State, failed.Reason = upgrade.Failed, "The new cluster did not accept <writes>."
	canceled.State, canceled.Finished, canceled.Reason = upgrade.Canceled, new(at("2026-11-20 12:00")), "The supplier withdrew the release."
	drill.Drill = true
	for name, u := range map[string]upgrade.Public{
		"planned": planned(), "late": late, "running": running(), "overdue": overdue(), "completed": completed(),
		"issues": issues, "rolled-back": back, "failed": failed, "canceled": canceled, "drill": drill, "going-back": goingBack(),
	} {
		t.Run(name, func(t *testing.T) {
			p := newPages(t, &board{seq: 9, all: []upgrade.Public{u}}, noon)
			golden(t, name+".html", serve(p, httptest.NewRequest("GET", "/upgrades/pg16", nil)).Body.String())
		})
	}
	for name, b := range scenes() {
		t.Run("overview-"+name, func(t *testing.T) {
			golden(t, "overview-"+name+".html", serve(newPages(t, b, noon), httptest.NewRequest("GET", "/", nil)).Body.String())
		})
	}
	t.Run("rich", func(t *testing.T) {
		p := newPages(t, &board{seq: 9, all: []upgrade.Public{rich(), lastYear()}}, noon)
		golden(t, "rich.html", serve(p, httptest.NewRequest("GET", "/upgrades/pg16", nil)).Body.String())
		golden(t, "history.html", serve(p, httptest.NewRequest("GET", "/history", nil)).Body.String())
	})
	t.Run("feed", func(t *testing.T) {
		p := newPages(t, &board{seq: 9, all: []upgrade.Public{completed()}}, noon)
		golden(t, "feed.atom", serve(p, httptest.NewRequest("GET", "/feed.atom", nil)).Body.String())
	})
}

// hashes change with every change of a template or the style sheet, which
// is not what the goldens are about.
var hashes = regexp.MustCompile(`(/static/[a-z]+-|data-build=")[0-9a-f]+`)

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	got = hashes.ReplaceAllString(got, "${1}HASH")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; run 'go test ./statuspage -update' if that is meant\n got:\n%s\nwant:\n%s", path, got, want)
	}
}

// TestWords checks what the banner must say, in words.
func TestWords(t *testing.T) {
	unknown := completed()
	unknown.State, unknown.Result = upgrade.RolledBack, ""
	lost := unknown
	lost.DataSafe = new(false)
	late := planned()
	late.Late = new(at("2026-11-22 01:10"))
	plain := planned()
	plain.Zone = "Etc/UTC"
	broken := running()
	broken.Phases[1].State, broken.Phases[1].Outcome = upgrade.Finished, events.Failure
	unended := running()
	unended.State, unended.Finished = upgrade.Failed, new(at("2026-11-22 02:30"))
	unended.Phases[2].State, unended.Phases[2].WaitingFor = upgrade.Waiting, "approval"
	reduced := running()
	for i := range reduced.Components {
		reduced.Components[i].Impact = "reduced_redundancy"
	}
	for _, tt := range []struct {
		name string
		u    upgrade.Public
		want []string
		not  []string
	}{
		{"planned", planned(), []string{"You can work as usual.", "Please do before", "Announced for"}, []string{"Updates</h2>", "Running late"}},
		{"planned in UTC", plain, []string{"Announced window"}, []string{"2026-11-22 01:00 to"}},
		{"late to start", late, []string{"Late to start: it was announced for", `data-form="clock">01:00 UTC</time> and nobody has reported a start`}, []string{"In progress", "01:10"}},
		{"a phase failed", broken, []string{"1 of 4 phases done"}, nil},
		{"ended with phases open", unended, []string{"End not reported", "Not reported", "Actual from"}, []string{"Running", "Waiting for", "Actual since", "<progress"}},
		{"going back", goingBack(), []string{"Rolling back"}, []string{"phases done", "May look odd"}},
		{"running", running(), []string{"You cannot use Exports right now; Records may be slow", "Announced to be over by", "Next update by", "61 of 156 tables", "Moved: before"}, []string{"Running late", "Please do before"}},
		{"reduced redundancy", reduced, []string{"You can work as usual. Until the work is done there is less protection against failures."}, []string{"You cannot"}},
		{"overdue", overdue(), []string{"Running late: the announced end", "has passed.", "Update overdue since", "no new end has been announced"}, []string{"Next update by", "Announced to be over"}},
		{"completed", completed(), []string{"The upgrade is done.", "8 min before the announced end", "Rate this upgrade"}, []string{"class=\"now\"><line"}},
		{"rolled back, data unknown", unknown, []string{"The upgrade was taken back.", "is not known yet"}, []string{"safe"}},
		{"rolled back, data lost", lost, []string{"may be lost"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newPages(t, &board{seq: 9, all: []upgrade.Public{tt.u}}, noon)
			page := serve(p, httptest.NewRequest("GET", "/upgrades/pg16", nil)).Body.String()
			for _, want := range tt.want {
				if !strings.Contains(page, want) {
					t.Errorf("the page lacks %q", want)
				}
			}
			for _, not := range tt.not {
				if strings.Contains(page, not) {
					t.Errorf("the page has %q", not)
				}
			}
		})
	}
}

// TestSeveral counts as going on what has begun, and not what should have.
func TestSeveral(t *testing.T) {
	due := func(id string) upgrade.Public {
		u := planned()
		u.ID, u.Late = id, new(at("2026-11-22 01:10"))
		return u
	}
	second := running()
	second.ID = "mail"
	for want, all := range map[string][]upgrade.Public{
		"2 upgrades are going on.": {running(), second},
		"1 upgrade is going on. 1 upgrade has not been reported as started.": {running(), due("a")},
		"2 upgrades have not been reported as started.":                      {due("a"), due("b")},
	} {
		p := newPages(t, &board{seq: 9, all: all}, noon)
		page := serve(p, httptest.NewRequest("GET", "/", nil)).Body.String()
		if !strings.Contains(page, `<h1 id="title" class="can">`+want+"</h1>") {
			t.Errorf("the overview does not begin with %q", want)
		}
	}
}

// TestTextCannotBreakOut puts what attackers write into every field of
// people's words.
func TestTextCannotBreakOut(t *testing.T) {
	const evil = `"><script>alert(1)</script><img src=x onerror=alert(1)><li id="ph-copy" data-part></li>{}`
	u := running()
	u.Title, u.Reason = evil, evil
	u.ImpactWords.StillWorks, u.ImpactWords.OddAfter = []string{evil}, []string{evil}
	u.Components[0].Name, u.Components[0].Note = evil, evil
	u.Phases[0].Title, u.Phases[0].Note, u.Phases[1].Unit = evil, evil, evil
	u.Updates[0].Text = evil + "\n\n[x](javascript&colon;alert(1))"
	u.Moves[0].Reason = evil
	p := newPages(t, &board{seq: 9, all: []upgrade.Public{u}}, noon)
	for _, path := range []string{"/", "/upgrades/pg16", "/feed.atom", "/live?since=0&page=/upgrades/pg16"} {
		body := serve(p, httptest.NewRequest("GET", path, nil)).Body.String()
		if _, fragments, ok := strings.Cut(body, `"f":{`); ok {
			body = fragments // title and sentence are plain text: the script never parses them
		}
		for _, bad := range []string{"<script>alert", "<img", "javascript", `style="`} {
			if strings.Contains(body, bad) {
				t.Errorf("GET %s has %s", path, bad)
			}
		}
	}
}

func TestFeedIsWellFormed(t *testing.T) {
	next := planned()
	next.ID = "next"
	p := newPages(t, &board{seq: 9, all: []upgrade.Public{completed(), next}}, noon)
	type link struct {
		Rel  string `xml:"rel,attr"`
		Href string `xml:"href,attr"`
	}
	var feed struct {
		XMLName xml.Name `xml:"http://www.w3.org/2005/Atom feed"`
		Updated string   `xml:"updated"`
		Author  string   `xml:"author>name"`
		Links   []link   `xml:"link"`
		Entries []struct {
			ID      string    `xml:"id"`
			Title   string    `xml:"title"`
			Updated string    `xml:"updated"`
			At      time.Time `xml:"published"`
			Link    link      `xml:"link"`
		} `xml:"entry"`
	}
	if err := xml.Unmarshal(serve(p, httptest.NewRequest("GET", "/feed.atom", nil)).Body.Bytes(), &feed); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, e := range feed.Entries {
		if seen[e.ID] || e.Updated > feed.Updated {
			t.Errorf("entry %s of %s in a feed of %s", e.ID, e.Updated, feed.Updated)
		}
		if e.Title == "" || e.At.IsZero() || e.Link.Rel != "alternate" || e.Link.Href != e.ID || !strings.HasPrefix(e.ID, "https://status.example.org/upgrades/") {
			t.Errorf("entry %+v lacks a title, a moment or a link to what it is about", e)
		}
		seen[e.ID] = true
	}
	if feed.Author == "" || len(feed.Links) < 2 || feed.Links[0] != (link{"self", "https://status.example.org/feed.atom"}) || feed.Links[1] != (link{"alternate", "https://status.example.org/"}) {
		t.Errorf("feed by %q with the links %v", feed.Author, feed.Links)
	}
	if len(feed.Entries) < 6 {
		t.Errorf("%d entries, want the announcement, the move, the start, three updates and the end", len(feed.Entries))
	}
}

func TestDrillsAreNotListed(t *testing.T) {
	u := running()
	u.Drill = true
	p := newPages(t, &board{seq: 9, all: []upgrade.Public{u}}, noon)
	if page := serve(p, httptest.NewRequest("GET", "/", nil)).Body.String(); strings.Contains(page, u.Title) || !strings.Contains(page, "Nothing going on.") {
		t.Error("the overview shows a drill")
	}
	if page := serve(p, httptest.NewRequest("GET", "/upgrades/pg16", nil)).Body.String(); !strings.Contains(page, "<strong>Drill.</strong>") {
		t.Error("the page of a drill does not say so")
	}
}
