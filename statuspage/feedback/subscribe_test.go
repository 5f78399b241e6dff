package feedback_test

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"upgradehub/events/upgrade"
	"upgradehub/statuspage/feedback"
)

var update = flag.Bool("update", false, "rewrite the goldens")

// list is the Subscriptions in memory: what was done, in order.
type list struct {
	done   []string
	active bool
	ended  bool
	secret string // of a program
	stands feedback.Wish
}

func (l *list) Request(_ context.Context, to feedback.Target, w feedback.Wish) error {
	if to.Channel == "email" && !strings.Contains(to.Address, "@") || to.Channel == "webhook" && !strings.HasPrefix(to.Address, "https://") {
		return fmt.Errorf("%q: %w", to.Address, feedback.ErrAddress)
	}
	l.done = append(l.done, fmt.Sprintf("request %s %+v", to.Address, w))
	return nil
}

func (l *list) Asked(_ context.Context, token string) (feedback.Subscription, error) {
	if token != confirm {
		return feedback.Subscription{}, feedback.ErrNotFound
	}
	return feedback.Subscription{Wish: l.stands, Active: l.active, Own: true}, nil
}

func (l *list) Confirm(ctx context.Context, token string) (secret string, err error) {
	_, err = l.Asked(ctx, token)
	if err == nil {
		l.active = true
		l.done = append(l.done, "confirm")
	}
	return l.secret, err
}

func (l *list) Subscription(_ context.Context, token string) (feedback.Subscription, error) {
	if token != manage {
		return feedback.Subscription{}, feedback.ErrNotFound
	}
	return feedback.Subscription{Wish: l.stands, Active: !l.ended, Own: true}, nil
}

func (l *list) Change(_ context.Context, _ string, w feedback.Wish) error {
	l.stands = w
	l.done = append(l.done, fmt.Sprintf("change %+v", w))
	return nil
}

func (l *list) Unsubscribe(ctx context.Context, token string) error {
	_, err := l.Subscription(ctx, token)
	if err == nil {
		l.ended = true
		l.done = append(l.done, "leave")
	}
	return err
}

func (l *list) Erase(context.Context, string) error {
	l.done = append(l.done, "erase")
	return nil
}

// board has an upgrade to come and one that is over.
type board struct{}

func (board) Upgrades(context.Context) ([]upgrade.Public, error) {
	return []upgrade.Public{
		{
			ID: "pg17", Title: "Database <17>", System: "orders", State: upgrade.Planned,
			Components: []upgrade.PublicComponent{{ID: "db", Name: "Database"}},
		},
		{ID: "pg16", Title: "Database 16", System: "orders", State: upgrade.Completed},
	}, nil
}

// stampOf takes the stamp out of the form.
func stampOf(t *testing.T, h http.Handler) string {
	t.Helper()
	m := regexp.MustCompile(`name="at" value="([^"]+)"`).FindStringSubmatch(ask(h, "GET", "/subscribe", nil).Body.String())
	if m == nil {
		t.Fatal("the form has no stamp")
	}
	return m[1]
}

func TestSubscribe(t *testing.T) {
	tests := []struct {
		name   string
		change url.Values
		status int
		want   string // what is passed on
	}{
		{"everything", nil, 303, "request a@example.org {Upgrade: System: Component: Kind: Lang:en Zone:}"},
		{
			"one component, in one's own way",
			url.Values{"about": {"component:orders/db"}, "kind": {"ends"}, "lang": {"ar"}, "zone": {"Asia/Riyadh"}},
			303, "request a@example.org {Upgrade: System: Component:orders/db Kind:ends Lang:ar Zone:Asia/Riyadh}",
		},
		{"one upgrade", url.Values{"about": {"upgrade:pg17"}}, 303, "request a@example.org {Upgrade:pg17 System: Component: Kind: Lang:en Zone:}"},
		{"a program", url.Values{"hook": {"https://hooks.example.org/up"}, "address": nil}, 303, "request https://hooks.example.org/up {Upgrade: System: Component: Kind: Lang:en Zone:}"},
		{"a program without a URL", url.Values{"hook": {"hooks"}, "address": nil}, 422, ""},
		{"no address", url.Values{"address": {"somebody"}}, 422, ""},
		{"an upgrade that is over", url.Values{"about": {"upgrade:pg16"}}, 422, ""},
		{"something unknown", url.Values{"about": {"system:secret"}}, 422, ""},
		{"an unknown kind", url.Values{"kind": {"some"}}, 422, ""},
		{"an unknown language", url.Values{"lang": {"xx"}}, 422, ""},
		{"a made-up zone", url.Values{"zone": {"../../etc/passwd"}}, 422, ""},
		{"a form that was made elsewhere", url.Values{"at": {"1.x"}}, 422, ""},
		{"a program that fills in every field", url.Values{"website": {"http://spam.example"}}, 303, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			d := &desk{}
			h, clock := newForms(t, d)
			form := url.Values{"address": {" a@example.org "}, "about": {""}, "kind": {""}, "lang": {"en"}, "at": {stampOf(t, h)}}
			clock.now = clock.now.Add(5 * time.Second)
			maps.Copy(form, tt.change)
			w := ask(h, "POST", "/subscribe", form)
			if got := strings.Join(d.done, "; "); w.Code != tt.status || got != tt.want {
				t.Errorf("POST = %d, passed on %q, want %d and %q", w.Code, got, tt.status, tt.want)
			}
			if tt.status == 422 && !strings.Contains(w.Body.String(), `role="alert"`) {
				t.Error("the form does not say what is wrong")
			}
		})
	}
}

// TestSubscribeTooFast: nobody fills in a form in a second.
func TestSubscribeTooFast(t *testing.T) {
	d := &desk{}
	h, clock := newForms(t, d)
	form := url.Values{"address": {"a@example.org"}, "at": {stampOf(t, h)}}
	clock.now = clock.now.Add(time.Second)
	if w := ask(h, "POST", "/subscribe", form); w.Code != 422 || len(d.done) != 0 {
		t.Errorf("after a second = %d, %v, want 422 and nothing", w.Code, d.done)
	}
}

// TestSubscribeLimits: one reader may ask for a few addresses, and all readers
// together for so many of one domain.
func TestSubscribeLimits(t *testing.T) {
	d := &desk{}
	h, clock := newForms(t, d)
	stamp := stampOf(t, h)
	clock.now = clock.now.Add(5 * time.Second)
	from := func(reader, address string) int {
		r := httptest.NewRequest("POST", "/subscribe", strings.NewReader(url.Values{"address": {address}, "at": {stamp}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.RemoteAddr = reader + ":1"
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code
	}
	passed := 0
	for i := range 20 {
		if from("192.0.2.1", fmt.Sprintf("a%d@one.example", i)) == 303 {
			passed++
		}
	}
	if passed != 5 {
		t.Errorf("one reader asked for %d addresses at once, want 5", passed)
	}
	passed = 0
	for i := range 200 {
		if from(fmt.Sprintf("198.51.100.%d", i), fmt.Sprintf("a%d@victim.example", i)) == 303 {
			passed++
		}
	}
	if passed != 100 {
		t.Errorf("%d addresses of one domain were asked for at once, want 100", passed)
	}
}

func TestConfirm(t *testing.T) {
	d := &desk{list: list{stands: feedback.Wish{Upgrade: "pg17", Kind: "ends"}}}
	h, _ := newForms(t, d)
	page := ask(h, "GET", "/subscribe/"+confirm, nil).Body.String()
	for _, want := range []string{"Database &lt;17&gt;", "Start and end", "<button"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not show %q:\n%s", want, page)
		}
	}
	if w := ask(h, "POST", "/subscribe/"+unknown, url.Values{}); w.Code != 404 || len(d.done) != 0 {
		t.Errorf("an unknown token = %d, %v", w.Code, d.done)
	}
	if w := ask(h, "POST", "/subscribe/"+confirm, url.Values{}); w.Code != 303 || !d.active {
		t.Errorf("POST = %d, active %t", w.Code, d.active)
	}
	if page := ask(h, "GET", "/subscribe/"+confirm, nil).Body.String(); !strings.Contains(page, "You are subscribed.") {
		t.Errorf("afterwards the page says %s", page)
	}
}

// TestProgramLearnsItsSecret: a program that answers the challenge is not sent
// to a page.
func TestProgramLearnsItsSecret(t *testing.T) {
	d := &desk{list: list{secret: "whsec_abc"}}
	h, _ := newForms(t, d)
	w := ask(h, "POST", "/subscribe/"+confirm, url.Values{})
	if w.Code != 200 || w.Header().Get("Content-Type") != "application/json" || strings.TrimSpace(w.Body.String()) != `{"secret":"whsec_abc"}` {
		t.Errorf("POST = %d %s %s", w.Code, w.Header(), w.Body)
	}
}

func TestManage(t *testing.T) {
	d := &desk{list: list{stands: feedback.Wish{Upgrade: "pg16", Kind: "ends", Lang: "de", Zone: "Europe/Berlin"}}}
	h, _ := newForms(t, d)
	page := ask(h, "GET", "/s/"+manage, nil).Body.String()
	for _, want := range []string{`value="upgrade:pg16" selected`, `value="ends" checked`, `value="de" lang="de" selected`, `value="Europe/Berlin" data-zone-field`} {
		if !strings.Contains(page, want) {
			t.Errorf("the form does not show %s", want)
		}
	}
	for _, tt := range []struct {
		form   url.Values
		status int
		want   string
	}{
		{url.Values{"do": {"change"}, "about": {"upgrade:pg16"}, "lang": {"fr"}}, 303, "change {Upgrade:pg16 System: Component: Kind: Lang:fr Zone:}"},
		{url.Values{"do": {"change"}, "about": {"system:orders"}, "kind": {"changes"}, "lang": {"en"}}, 303, "change {Upgrade: System:orders Component: Kind:changes Lang:en Zone:}"},
		{url.Values{"do": {"change"}, "about": {"system:secret"}}, 422, ""},
		{url.Values{"do": {"erase"}}, 200, "erase"},
		{url.Values{"do": {"leave"}}, 303, "leave"},
	} {
		d.done = nil
		w := ask(h, "POST", "/s/"+manage, tt.form)
		if got := strings.Join(d.done, "; "); w.Code != tt.status || got != tt.want {
			t.Errorf("POST %v = %d, did %q, want %d and %q", tt.form, w.Code, got, tt.status, tt.want)
		}
	}
}

var stampForm = regexp.MustCompile(`name="at" value="[^"]+"`)

// TestGoldenPages holds what a visitor reads to the goldens.
func TestGoldenPages(t *testing.T) {
	d := &desk{list: list{stands: feedback.Wish{Component: "orders/db", Kind: "changes", Lang: "de", Zone: "Europe/Berlin"}}}
	h, _ := newForms(t, d)
	for name, path := range map[string]string{
		"trouble": troubleForm, "trouble-ar": troubleForm + "?lang=ar", "receipt": troubleForm + "?receipt=" + seen, "receipt-fr": troubleForm + "?lang=fr&receipt=" + seen,
		"quiet":     "/upgrades/pg16/trouble",
		"subscribe": "/subscribe?upgrade=pg17", "sent": "/subscribe?sent=1", "confirm": "/subscribe/" + confirm, "manage": "/s/" + manage,
		"survey": "/f/" + personal + "?r=4", "open-survey": "/upgrades/pg16/feedback", "thanks": "/f/" + personal + "?thanks=1", "survey-de": "/f/" + personal + "?lang=de",
		"survey-named": "/f/" + signed, "survey-anonymous": "/f/" + unsigned, "thanks-anonymous": "/f/" + unsigned + "?thanks=1", "spent": "/f/" + used,
		"closed": "/f/" + closed, "closed-de": "/f/" + closed + "?lang=de", "closed-ar": "/f/" + closed + "?lang=ar",
		"survey-unhappy": "/f/" + undone, "survey-unhappy-ar": "/f/" + undone + "?lang=ar",
	} {
		got := ask(h, "GET", path, nil).Body.String()
		got = stampForm.ReplaceAllString(got[strings.Index(got, "<main"):strings.Index(got, "</main>")], `name="at" value="stamp"`) + "</main>\n"
		file := filepath.Join("testdata", name+".html")
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			t.Errorf("%s differs; run 'go test ./statuspage/feedback -update' if that is meant\n got:\n%s", file, got)
		}
	}
}

// offered is what may be passed on: an address, and what the form offers.
var offered = regexp.MustCompile(`^request \S.* \{(Upgrade:pg17 System: Component:|Upgrade: System:(orders)? Component:|Upgrade: System: Component:orders/db) Kind:(changes|ends)? Lang:(en|de|fr|es|ar)? Zone:\S*\}$`)

func FuzzSubscribe(f *testing.F) {
	f.Add("address=a@example.org&about=upgrade:pg17&kind=ends&lang=de&zone=UTC")
	f.Add("address=%00&about=component:orders/db%0a&zone=..")
	f.Fuzz(func(t *testing.T, body string) {
		d := &desk{}
		h, clock := newForms(t, d)
		stamp := stampOf(t, h)
		clock.now = clock.now.Add(5 * time.Second)
		r := httptest.NewRequest("POST", "/subscribe", strings.NewReader(body+"&at="+stamp))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code >= 500 {
			t.Errorf("POST %q = %d", body, w.Code)
		}
		for _, did := range d.done {
			if !offered.MatchString(did) {
				t.Errorf("POST %q passed on %s", body, did)
			}
		}
	})
}
