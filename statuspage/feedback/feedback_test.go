package feedback_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"upgradehub/events/upgrade"
	"upgradehub/statuspage"
	"upgradehub/statuspage/feedback"
)

const (
	personal = "aaaaaaaaaaaaaaaaaaaaaa"
	closed   = "bbbbbbbbbbbbbbbbbbbbbb"
	reopened = "oooooooooooooooooooooo"
	unknown  = "cccccccccccccccccccccc"
	manage   = "dddddddddddddddddddddd"
	confirm  = "eeeeeeeeeeeeeeeeeeeeee"
)

// desk is a Desk in memory.
type desk struct {
	answers  []feedback.Answer
	previous *feedback.Answer
	broken   error
	reports  []feedback.Report
	reply    string
	signed   []string // gate and word
	list
}

var done = upgrade.Public{ID: "pg16", Title: "Database <upgrade>", State: upgrade.Completed}

func (d *desk) Invitation(_ context.Context, token string) (feedback.Invitation, error) {
	switch token {
	case personal:
		return feedback.Invitation{Upgrade: done, Previous: d.previous, Reply: d.reply, Open: true}, d.broken
	case closed:
		return feedback.Invitation{Upgrade: done, Reply: d.reply}, nil
	case reopened:
		return feedback.Invitation{Upgrade: upgrade.Public{ID: "pg16", State: upgrade.InProgress}}, nil
	}
	if inv, ok := invitations[token]; ok {
		return inv, d.broken
	}
	return feedback.Invitation{}, fmt.Errorf("%q: %w", token, feedback.ErrNotFound)
}

func (d *desk) OpenSurvey(_ context.Context, id, browser string) (feedback.Invitation, error) {
	if id == "running" {
		return feedback.Invitation{Upgrade: upgrade.Public{ID: id, State: upgrade.InProgress}}, nil
	}
	if id == "secret" {
		return invitations[unsigned], d.broken
	}
	if id == "closed" {
		return feedback.Invitation{Upgrade: done}, nil
	}
	if id != "pg16" {
		return feedback.Invitation{}, feedback.ErrNotFound
	}
	inv := feedback.Invitation{Upgrade: done, Open: true}
	for i, a := range d.answers {
		if a.Browser == browser && browser != "" {
			inv.Previous = &d.answers[i]
		}
	}
	return inv, d.broken
}

func (d *desk) Submit(_ context.Context, a feedback.Answer) error {
	d.answers = append(d.answers, a)
	return nil
}

type emptyBoard struct{}

func (emptyBoard) Upgrades(context.Context) ([]upgrade.Public, error) { return nil, nil }
func (emptyBoard) Upgrade(context.Context, string) (upgrade.Public, error) {
	return upgrade.Public{}, statuspage.ErrNotFound
}
func (emptyBoard) Position() (string, uint64) { return "log", 1 }

// clock is moved by hand.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

// newForms serves the forms as the hub does.
func newForms(t *testing.T, d *desk) (http.Handler, *clock) {
	t.Helper()
	log, c := slog.New(slog.DiscardHandler), &clock{time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)}
	pages, err := statuspage.New(statuspage.Config{Board: emptyBoard{}}, log)
	if err != nil {
		t.Fatal(err)
	}
	f, err := feedback.New(feedback.Config{Desk: d, Reports: d, SignOffs: d, Subscriptions: &d.list, Board: board{}, Webhooks: true, Site: pages, Key: []byte("0123456789abcdef"), Now: c.Now}, log)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	f.Routes(mux)
	return statuspage.Secure(mux), c
}

// ask sends one request; form is nil for a GET or HEAD.
func ask(h http.Handler, method, path string, form url.Values, cookies ...*http.Cookie) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, path, strings.NewReader(form.Encode()))
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for _, c := range cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestLookingRecordsNothing(t *testing.T) {
	d := &desk{}
	h, _ := newForms(t, d)
	for _, method := range []string{"GET", "HEAD"} {
		for _, path := range []string{"/f/" + personal + "?r=4", "/f/" + personal + "?rating=4&thanks=1", "/upgrades/pg16/feedback?r=1", "/s/" + manage + "?List-Unsubscribe=One-Click&do=erase", "/subscribe/" + confirm + "?do=change", "/g/" + signs + "?gate=g1&word=pass"} {
			for range 3 {
				w := ask(h, method, path, nil)
				robots := "noindex"
				if strings.HasPrefix(path, "/upgrades/") {
					robots = "" // everybody's, and linked from the upgrade's page
				}
				if w.Code != 200 || w.Header().Get("Cache-Control") != "no-store" || w.Header().Get("Referrer-Policy") != "no-referrer" || w.Header().Get("X-Robots-Tag") != robots {
					t.Errorf("%s %s = %d %v", method, path, w.Code, w.Header())
				}
				if len(w.Result().Cookies()) > 0 {
					t.Errorf("%s %s sets a cookie", method, path)
				}
			}
		}
	}
	if len(d.answers) != 0 || len(d.done) != 0 {
		t.Errorf("after looking: %v, %v; want nothing", d.answers, d.done)
	}
}

func TestLinkPreselects(t *testing.T) {
	d := &desk{previous: &feedback.Answer{Rating: 2, Disruption: "lot", Text: "Too <late>"}}
	h, _ := newForms(t, d)
	for path, checked := range map[string]string{"?r=4": "4", "": "2", "?r=9": "", "?r=4%22%3E": ""} {
		body := ask(h, "GET", "/f/"+personal+path, nil).Body.String()
		got := regexp.MustCompile(`name="rating" value="(\d)" required checked`).FindStringSubmatch(body)
		if checked == "" && got != nil || checked != "" && (got == nil || got[1] != checked) {
			t.Errorf("GET %s preselects %v, want %q", path, got, checked)
		}
		if !strings.Contains(body, "Too &lt;late&gt;") || !strings.Contains(body, `value="lot" checked`) || !strings.Contains(body, "Database &lt;upgrade&gt;") {
			t.Errorf("GET %s does not show the answer so far", path)
		}
	}
}

func TestPersonalAnswer(t *testing.T) {
	for _, tt := range []struct {
		name   string
		form   url.Values
		status int
		want   feedback.Answer
	}{
		{"whole", url.Values{"rating": {"4"}, "disruption": {"little"}, "communication": {"late"}, "text": {" Tell us\r\nearlier "}}, 303, feedback.Answer{Upgrade: "pg16", Token: personal, Rating: 4, Disruption: "little", Communication: "late", Text: "Tell us\nearlier"}},
		{"rating alone", url.Values{"rating": {"1"}}, 303, feedback.Answer{Upgrade: "pg16", Token: personal, Rating: 1}},
		{"longest text", url.Values{"rating": {"5"}, "text": {strings.Repeat("ä", 4000)}}, 303, feedback.Answer{Upgrade: "pg16", Token: personal, Rating: 5, Text: strings.Repeat("ä", 4000)}},
		{"no rating", url.Values{"text": {"hello"}}, 422, feedback.Answer{}},
		{"rating 6", url.Values{"rating": {"6"}}, 422, feedback.Answer{}},
		{"unknown disruption", url.Values{"rating": {"3"}, "disruption": {"awful"}}, 422, feedback.Answer{}},
		{"unknown communication", url.Values{"rating": {"3"}, "communication": {"loud"}}, 422, feedback.Answer{}},
		{"too long", url.Values{"rating": {"3"}, "text": {strings.Repeat("x", 4001)}}, 422, feedback.Answer{}},
		{"far too long", url.Values{"rating": {"3"}, "text": {strings.Repeat("x", 70_000)}}, 413, feedback.Answer{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := &desk{}
			h, _ := newForms(t, d)
			w := ask(h, "POST", "/f/"+personal, tt.form)
			if w.Code != tt.status {
				t.Fatalf("status = %d, want %d", w.Code, tt.status)
			}
			if tt.status == 422 && !strings.Contains(w.Body.String(), `role="alert"`) {
				t.Error("the form does not say what is missing")
			}
			if tt.status != 303 {
				if len(d.answers) > 0 {
					t.Errorf("recorded %v", d.answers)
				}
				return
			}
			if len(d.answers) != 1 || d.answers[0] != tt.want {
				t.Errorf("recorded %v, want %v", d.answers, tt.want)
			}
			thanks := ask(h, "GET", w.Header().Get("Location"), nil)
			if thanks.Code != 200 || !strings.Contains(thanks.Body.String(), "<h1>Thank you</h1>") {
				t.Errorf("GET %s = %d", w.Header().Get("Location"), thanks.Code)
			}
		})
	}
}

// TestClosedSurvey: who comes late is thanked, and led to what was said; what
// they send is not taken.
func TestClosedSurvey(t *testing.T) {
	for _, path := range []string{"/f/" + closed, "/upgrades/closed/feedback"} {
		d := &desk{}
		h, _ := newForms(t, d)
		for method, status := range map[string]int{"GET": 200, "HEAD": 200, "POST": 410} {
			w := ask(h, method, path, url.Values{"rating": {"4"}})
			body := w.Body.String()
			kind := strings.Contains(body, "This survey has closed") && strings.Contains(body, `href="/upgrades/pg16/insights"`)
			if w.Code != status || len(d.answers) > 0 || !kind && method != "HEAD" {
				t.Errorf("%s %s = %d, want %d and the way on; recorded %v\n%s", method, path, w.Code, status, d.answers, body)
			}
		}
	}
}

func TestUnknownAndForgottenLookTheSame(t *testing.T) {
	h, _ := newForms(t, &desk{})
	want := ask(h, "GET", "/f/"+unknown, nil)
	for _, tt := range []struct{ method, path string }{
		{"GET", "/f/" + reopened},
		{"POST", "/f/" + reopened},
		{"POST", "/f/" + unknown},
		{"GET", "/f/short"},
		{"GET", "/f/%3Cscript%3E"},
		{"GET", "/s/" + unknown},
		{"POST", "/s/" + unknown},
		{"GET", "/upgrades/none/feedback"},
		{"GET", "/upgrades/NONE/feedback"},
	} {
		w := ask(h, tt.method, tt.path, url.Values{"rating": {"4"}})
		if w.Code != 404 || w.Body.String() != want.Body.String() {
			t.Errorf("%s %s = %d, want 404 with the same words", tt.method, tt.path, w.Code)
		}
	}
}

var stampField = regexp.MustCompile(`name="at" value="([^"]+)"`)

func TestOpenForm(t *testing.T) {
	d := &desk{}
	h, c := newForms(t, d)
	page := ask(h, "GET", "/upgrades/pg16/feedback", nil).Body.String()
	stamp := stampField.FindStringSubmatch(page)[1]
	send := func(change func(url.Values), cookies ...*http.Cookie) *httptest.ResponseRecorder {
		form := url.Values{"rating": {"3"}, "at": {stamp}, "website": {""}}
		change(form)
		return ask(h, "POST", "/upgrades/pg16/feedback", form, cookies...)
	}
	if w := send(func(url.Values) {}); w.Code != 422 {
		t.Errorf("sent at once = %d, want 422", w.Code)
	}
	c.now = c.now.Add(2 * time.Second)
	if w := send(func(f url.Values) { f.Set("at", strings.Replace(stamp, ".", "0.", 1)) }); w.Code != 422 {
		t.Errorf("changed stamp = %d, want 422", w.Code)
	}
	if w := send(func(f url.Values) { f.Set("website", "https://spam.example.org") }); w.Code != 303 || len(d.answers) != 0 {
		t.Errorf("robot = %d with %v, want a redirect and nothing recorded", w.Code, d.answers)
	}
	w := send(func(url.Values) {})
	if w.Code != 303 || len(d.answers) != 1 || d.answers[0].Browser == "" || d.answers[0].Token != "" {
		t.Fatalf("answer = %d with %v, want one of a browser", w.Code, d.answers)
	}
	cookie := w.Result().Cookies()[0]
	if !cookie.HttpOnly || cookie.SameSite != http.SameSiteLaxMode {
		t.Errorf("cookie = %v, want HttpOnly and SameSite=Lax", cookie)
	}
	if w := send(func(f url.Values) { f.Set("rating", "5") }, cookie); w.Code != 303 || d.answers[1].Browser != d.answers[0].Browser {
		t.Errorf("second answer = %d with %v, want it of the same browser", w.Code, d.answers)
	}
	forged := *cookie
	forged.Value = "AAAA." + strings.SplitN(cookie.Value, ".", 2)[1]
	if w := send(func(url.Values) {}, &forged); w.Code != 303 || d.answers[2].Browser == "AAAA" {
		t.Errorf("forged cookie = %d with %v, want a new browser", w.Code, d.answers)
	}
	c.now = c.now.Add(25 * time.Hour)
	if w := send(func(url.Values) {}); w.Code != 422 {
		t.Errorf("form of yesterday = %d, want 422", w.Code)
	}
}

func TestOpenFormBeforeTheEnd(t *testing.T) {
	h, _ := newForms(t, &desk{})
	for _, method := range []string{"GET", "POST"} {
		w := ask(h, method, "/upgrades/running/feedback", nil)
		if w.Code != 404 || !strings.Contains(w.Body.String(), "The form opens when the upgrade has ended.") {
			t.Errorf("%s = %d %q, want a page that says when the form opens", method, w.Code, w.Body)
		}
	}
}

func TestLimits(t *testing.T) {
	d := &desk{}
	h, c := newForms(t, d)
	stamp := stampField.FindStringSubmatch(ask(h, "GET", "/upgrades/pg16/feedback", nil).Body.String())[1]
	c.now = c.now.Add(time.Minute)
	form := url.Values{"rating": {"3"}, "at": {stamp}}
	for range 30 {
		ask(h, "POST", "/upgrades/pg16/feedback", form)
	}
	if len(d.answers) != 10 {
		t.Errorf("%d answers of one address in a moment, want 10", len(d.answers))
	}
	if w := ask(h, "POST", "/upgrades/pg16/feedback", form); w.Code != 429 || w.Header().Get("Retry-After") == "" {
		t.Errorf("the next = %d, want 429", w.Code)
	}
	guesses := 0
	for range 200 {
		if ask(h, "GET", "/f/"+unknown, nil).Code == 404 {
			guesses++
		}
	}
	if guesses > 60 {
		t.Errorf("%d guesses of one address in a moment, want at most 60", guesses)
	}
}

func TestUnsubscribe(t *testing.T) {
	d := &desk{}
	h, _ := newForms(t, d)
	page := ask(h, "GET", "/s/"+manage, nil).Body.String()
	if !strings.Contains(page, "<button") || !strings.Contains(page, "Unsubscribe") || len(d.done) != 0 {
		t.Errorf("GET did %v and showed %s, want a button", d.done, page)
	}
	for range 2 { // a mail program may send it twice
		w := ask(h, "POST", "/s/"+manage, url.Values{"List-Unsubscribe": {"One-Click"}})
		if w.Code != 200 || w.Header().Get("Location") != "" {
			t.Errorf("one click = %d to %q, want 200", w.Code, w.Header().Get("Location"))
		}
	}
	multipart := httptest.NewRequest("POST", "/s/"+manage, strings.NewReader("--x\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n"))
	multipart.Header.Set("Content-Type", "multipart/form-data; boundary=x")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, multipart)
	if w.Code != 200 {
		t.Errorf("one click as multipart = %d, want 200", w.Code)
	}
	if w := ask(h, "POST", "/s/"+manage, url.Values{"confirm": {"1"}}); w.Code != 303 {
		t.Errorf("button = %d, want 303", w.Code)
	}
	if page := ask(h, "GET", "/s/"+manage, nil).Body.String(); !strings.Contains(page, "You are unsubscribed.") {
		t.Errorf("afterwards the page says %s", page)
	}
}

func TestFaultsAreNotShown(t *testing.T) {
	h, _ := newForms(t, &desk{broken: fmt.Errorf("disk on fire")})
	for _, path := range []string{"/f/" + personal, "/upgrades/pg16/feedback"} {
		if w := ask(h, "GET", path, nil); w.Code != 500 || strings.Contains(w.Body.String(), "fire") {
			t.Errorf("GET %s = %d %s, want 500 without the cause", path, w.Code, w.Body.String())
		}
	}
}

func FuzzPost(f *testing.F) {
	f.Add("rating=4&text=x", "application/x-www-form-urlencoded")
	f.Add("--x\r\n\r\n", "multipart/form-data; boundary=x")
	f.Add("rating=%zz;", "")
	f.Fuzz(func(t *testing.T, body, kind string) {
		d := &desk{}
		h, _ := newForms(t, d)
		r := httptest.NewRequest("POST", "/f/"+personal, strings.NewReader(body))
		r.Header.Set("Content-Type", kind)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code >= 500 {
			t.Errorf("POST %q (%q) = %d", body, kind, w.Code)
		}
		for _, a := range d.answers {
			if a.Rating < 1 || a.Rating > 5 || len([]rune(a.Text)) > 4000 {
				t.Errorf("POST %q recorded %v", body, a)
			}
		}
	})
}
