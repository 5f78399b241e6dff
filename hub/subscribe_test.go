package main

import (
	"context"
	"mime"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

const subscriber = "Reader@Example.org"

var (
	confirmLink = regexp.MustCompile(`/subscribe/[A-Za-z0-9_-]{22}`)
	manageLink  = regexp.MustCompile(`/s/[A-Za-z0-9_-]{22}`)
	answerLink  = regexp.MustCompile(`/f/[A-Za-z0-9_-]{22}`)
	anyLink     = regexp.MustCompile(`/(?:subscribe|s|f)/[A-Za-z0-9_-]{22}(?:\?r=\d)?`)
)

// TestSubscribe walks the road of somebody who wants to be told by mail, in a
// real browser: ask, confirm, be told in their own zone, look at every link,
// leave by one click.
func TestSubscribe(t *testing.T) {
	w := startWorld(t, configNow)
	w.applied(t, "pg17", "upgrade.planned", map[string]any{"plan": planNow("pg17")})
	browser := openBrowser(t)
	askByBrowser(browser, t, w, subscriber)
	link := w.confirmation(t, 1)
	w.scanned(t, link)
	do(browser, t, chromedp.Navigate(w.page+link), chromedp.Click("main button.main"), chromedp.WaitVisible("main section:not(:has(form[method])) h1"))

	w.applied(t, "pg18", "upgrade.planned", map[string]any{"plan": planNow("pg18")})
	eventually(t, 30*time.Second, "announcement", func() bool { return len(w.mail.mails(subscriber)) == 2 })
	announced := w.mail.mails(subscriber)[1]
	if text := decoded(t, announced); !strings.Contains(text, "Asia/Tokyo") || !strings.Contains(text, "Statusseite") {
		t.Errorf("the announcement is not in the reader's zone and language:\n%s", text)
	}
	w.applied(t, "pg18", "upgrade.canceled", map[string]any{"reason": "Not today.", "visibility": "public"})
	eventually(t, 30*time.Second, "canceled", func() bool { return len(w.mail.mails(subscriber)) == 3 })
	for _, m := range w.mail.mails(subscriber)[1:] {
		links := anyLink.FindAllString(decoded(t, m), -1)
		slices.Sort(links)
		for _, l := range slices.Compact(links) {
			w.scanned(t, l)
		}
	}
	w.leavesByOneClick(t, announced)
	w.applied(t, "pg19", "upgrade.planned", map[string]any{"plan": planNow("pg19")})
	eventually(t, 30*time.Second, "the others are told", func() bool { return len(w.mail.mails("user@example.org")) == 4 })
	w.settled(t)
	if n := len(w.mail.mails(subscriber)); n != 3 {
		t.Errorf("%d mails, want three: none after the end of the subscription", n)
	}
	if raw := strings.Join(strings1(t, w.db(t), `SELECT CAST(raw AS TEXT) FROM log`), "\n"); strings.Contains(strings.ToLower(raw), strings.ToLower(subscriber)) {
		t.Error("the log holds the address")
	}
}

// askByBrowser fills in the form as a person does.
func askByBrowser(browser context.Context, t *testing.T, w *world, address string) {
	t.Helper()
	do(browser, t, chromedp.Navigate(w.page+"/subscribe?upgrade=pg17"), chromedp.SendKeys("#address", address),
		chromedp.SetValue("#about", ""), chromedp.SetValue("#lang", "de"), chromedp.SetValue("#zone", "Asia/Tokyo"))
	<-time.After(2100 * time.Millisecond) // a person needs longer
	do(browser, t, chromedp.Click("main button.main"), chromedp.WaitVisible("main section:not(:has(form[method])) h1"))
}

// confirmation is the link of the n-th mail to the subscriber.
func (w *world) confirmation(t *testing.T, n int) string {
	t.Helper()
	eventually(t, 30*time.Second, "the mail that asks to confirm", func() bool { return len(w.mail.mails(subscriber)) == n })
	mail := w.mail.mails(subscriber)[n-1]
	subject, err := new(mime.WordDecoder).DecodeHeader(mail.msg.Header.Get("Subject"))
	if err != nil || subject != "Upgrade Hub: Bitte bestätigen Sie Ihr Abonnement" {
		t.Errorf("subject %q, %v", subject, err)
	}
	text := decoded(t, mail)
	link := confirmLink.FindString(text)
	if link == "" || !strings.Contains(text, "Bitte bestätigen Sie Ihr Abonnement") {
		t.Fatalf("no link, or not in German:\n%s", text)
	}
	w.opens(t, link)
	return link
}

// scanned looks at a link as a mail scanner does: again and again, and nothing
// changes.
func (w *world) scanned(t *testing.T, link string) {
	t.Helper()
	w.opens(t, link)
	w.settled(t)
	before := w.facts(t)
	for range 5 {
		for _, method := range []string{http.MethodGet, http.MethodHead} {
			req, err := http.NewRequestWithContext(t.Context(), method, w.page+link, nil)
			if err != nil {
				t.Fatal(err)
			}
			if status, _ := answer(t, req); status != http.StatusOK {
				t.Errorf("%s %s = %d", method, link, status)
			}
		}
	}
	if after := w.facts(t); after != before {
		t.Errorf("looking at %s made %d facts", link, after-before)
	}
}

// facts is how many facts the log holds.
func (w *world) facts(t *testing.T) (n int) {
	t.Helper()
	if err := w.db(t).QueryRowContext(t.Context(), `SELECT count(*) FROM log`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// leavesByOneClick does what a mail program does, twice, as some do.
func (w *world) leavesByOneClick(t *testing.T, mail received) {
	t.Helper()
	link := manageLink.FindString(mail.msg.Header.Get("List-Unsubscribe"))
	for range 2 {
		if status := submit(t, w.page+link, "List-Unsubscribe=One-Click"); status != http.StatusOK {
			t.Fatalf("one-click POST of %q = %d, want 200 without a redirect", link, status)
		}
	}
}
