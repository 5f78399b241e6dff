package main

import (
	"context"
	"encoding/json"
	"errors"
	"html"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"upgradehub/events"
	"upgradehub/events/clock"
)

const configScanned = `
people:
  "@owner": {email: owner@example.org}
  "@tester": {email: tester@example.org}
audiences:
  users: {channels: {email: [user@example.org]}}
  teams: {channels: {email: [team@example.org]}}
  stakeholders: {channels: {email: [dean@example.org]}}
  support: {channels: {email: [desk@example.org]}}
  managers: {channels: {email: [boss@example.org]}}
`

// scannedMoments are those of which a mail must have been looked at.
var scannedMoments = []events.Moment{
	events.MomentAnnounced, events.MomentReminder, events.MomentMoved, events.MomentStarting, events.MomentStarted, events.MomentDecision,
	events.MomentTrouble, events.MomentRollback, events.MomentCompleted, events.MomentRolledBack, events.MomentFailed, events.MomentCanceled,
	events.MomentReopened, events.MomentSurvey, events.MomentSurveyReminder, events.MomentSurveyDigest, events.MomentReport,
	events.MomentLesson, events.MomentItems, events.MomentConfirm, events.MomentSubscribed,
}

// TestScanners: programs that follow every link of every mail, some of them
// with a whole browser, change nothing: not the log, not what follows from it,
// and nothing that is kept of people.
func TestScanners(t *testing.T) {
	t.Parallel()                                         // most of the time is waiting
	start := time.Date(2026, 3, 3, 9, 0, 0, 0, time.UTC) // a Tuesday
	browser := openBrowser(t)
	clk := clock.Clock{Start: time.Now(), Legs: []clock.Leg{
		{From: start.Add(-24*time.Hour - 12*time.Minute), Speed: 60},
		{From: start.Add(-24*time.Hour + time.Minute), Speed: 20000},
		{From: start.Add(-3 * time.Minute), Speed: 20},
		{From: start.Add(10 * time.Minute), Speed: 1200},
		{From: start.Add(3 * time.Hour), Speed: 16000},
		{From: start.AddDate(0, 0, 2).Add(3 * time.Hour), Speed: 1},
	}}
	cfg, box := inProcess(t, configScanned)
	n, stop := runNode(t, cfg, clk)
	s := &scan{asker: &asker{&hubProcess{page: n.cfg.PublicURL, data: n.cfg.Data}, n, box}, browser: browser, seen: map[events.Moment]bool{}}
	s.plans(t, "pg17", start)
	s.subscribes(t, "reader@example.org")
	<-time.After(clk.Wait(start.Add(-2 * time.Minute)))
	s.happens(t, start)
	<-time.After(clk.Wait(start.AddDate(0, 0, 2).Add(3 * time.Hour)))
	s.ask(t, "reader@example.org") // somebody types the address once more
	s.ask(t, "curious@example.org")
	s.unconfirmed = confirmLink.FindString(decoded(t, s.mailed(t, "curious@example.org", 1)))
	s.mailedOf(t, events.MomentSurveyReminder, events.MomentSurveyDigest, events.MomentSubscribed)
	s.looks(t, true)
	stop()

	// The surveys have closed when the report is told.
	n, _ = runNode(t, cfg, clock.Clock{Start: time.Now(), Legs: []clock.Leg{{From: start.AddDate(0, 0, 14).Add(3 * time.Hour), Speed: 1}}})
	s.n, s.hubProcess = n, &hubProcess{page: n.cfg.PublicURL, data: n.cfg.Data}
	s.mailedOf(t, events.MomentReport)
	s.looks(t, false)
	for _, m := range scannedMoments {
		if !s.seen[m] {
			t.Errorf("no mail of the moment %s was looked at", m)
		}
	}
}

// scan is a hub whose mails are scanned.
type scan struct {
	*asker
	browser context.Context
	seen    map[events.Moment]bool // of which there was a mail
	// unconfirmed is a link that a look would subscribe by; who has confirmed
	// already cannot show that.
	unconfirmed string
}

func (s *scan) plans(t *testing.T, id string, start time.Time) {
	t.Helper()
	s.applied(t, id, "upgrade.planned", map[string]any{"plan": planAsking(id, start)})
}

// happens plays a good end, which is taken back once, a way back, a failure and
// a cancellation.
func (s *scan) happens(t *testing.T, start time.Time) {
	t.Helper()
	moved := planAsking("pg17", start)
	moved["window"].(map[string]any)["end"] = start.Add(10 * time.Hour).Format("2006-01-02T15:04")
	none := map[string]any{}
	s.applied(t, "pg17", "upgrade.planned", map[string]any{"plan": moved, "reason": "more time"})
	s.applied(t, "pg17", "upgrade.started", none)
	s.applied(t, "pg17", "update.posted", map[string]any{"text": "See https://example.org/news."})
	s.reports(t, "pg17")
	s.mailedOf(t, events.MomentMoved, events.MomentStarted, events.MomentTrouble, events.MomentDecision)
	for _, id := range []string{"pg18", "pg19", "pg20"} {
		s.plans(t, id, start)
	}
	s.applied(t, "pg18", "upgrade.started", none)
	s.applied(t, "pg18", "rollback.started", map[string]any{"reason": "broken"})
	s.applied(t, "pg19", "upgrade.started", none)
	s.mailedOf(t, events.MomentRollback)
	s.applied(t, "pg18", "rollback.finished", none)
	s.applied(t, "pg19", "upgrade.failed", map[string]any{"reason": "broken"})
	s.applied(t, "pg20", "upgrade.canceled", map[string]any{"reason": "not today"})
	s.applied(t, "pg17", "upgrade.completed", none)
	s.mailedOf(t, events.MomentCompleted, events.MomentRolledBack, events.MomentFailed, events.MomentCanceled)
	s.applied(t, "pg17", "upgrade.reopened", map[string]any{"by": "lead", "reason": "too early"})
	s.mailedOf(t, events.MomentReopened)
	s.applied(t, "pg17", "upgrade.completed", none)
}

// reports says by the form that something is broken.
func (s *scan) reports(t *testing.T, id string) {
	t.Helper()
	path := "/upgrades/" + id + "/trouble"
	_, form := s.get(t, path, false)
	stamp := regexp.MustCompile(`name="at" value="([^"]+)"`).FindStringSubmatch(form)
	if stamp == nil {
		t.Fatalf("no form at %s:\n%s", path, form)
	}
	<-time.After(2100 * time.Millisecond) // a person needs longer
	if status := submit(t, s.page+path, url.Values{"text": {"It is slow"}, "at": {stamp[1]}}.Encode()); status != http.StatusSeeOther {
		t.Fatalf("report = %d", status)
	}
}

// mailedOf waits until there is a mail of each moment.
func (s *scan) mailedOf(t *testing.T, moments ...events.Moment) {
	t.Helper()
	for _, m := range moments {
		eventually(t, 60*time.Second, "a mail of the moment "+string(m), func() bool {
			return slices.Contains(strings1(t, s.db(t), `SELECT DISTINCT moment FROM deliveries WHERE channel = 'email' AND state = 'accepted'`), string(m))
		})
	}
}

// standing is everything that a look could change.
type standing struct {
	Digest string // of the tables, and the end of the chain of facts
	Last   uint64 // fact
	People map[string]string
	Mails  int
}

func (s *scan) stands(t *testing.T) (all standing) {
	t.Helper()
	var err error
	if all.Digest, err = s.n.store.Digest(t.Context()); err != nil {
		t.Fatal(err)
	}
	if all.Last, err = s.n.bus.Last(t.Context()); err != nil {
		t.Fatal(err)
	}
	all.People, all.Mails = map[string]string{}, s.box.count()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	err = s.n.bus.WatchPeople(ctx, func(key string, value []byte) error { all.People[key] = string(value); return nil }, cancel)
	if err != nil && !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	return all
}

// looks follows every link of every mail, none of which is dead: thrice by a
// plain client, with GET and HEAD, and twice in the browser. Links to confirm what
// was asked for long ago lead nowhere, and who follows many is kept off.
func (s *scan) looks(t *testing.T, open bool) {
	t.Helper()
	s.settled(t)
	before, links := s.stands(t), s.links(t)
	if !slices.Contains(links, s.unconfirmed) {
		t.Errorf("no mail has the link %q, which nobody has followed", s.unconfirmed)
	}
	if !open {
		links = slices.DeleteFunc(links, func(link string) bool { return link == s.unconfirmed })
	}
	for range 3 {
		for _, link := range links {
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				req, err := http.NewRequestWithContext(t.Context(), method, s.page+link, nil)
				if err != nil {
					t.Fatal(err)
				}
				if status, _ := answer(t, req); status != http.StatusOK {
					t.Errorf("%s %s = %d", method, link, status)
				}
			}
		}
	}
	for range 2 {
		for _, link := range links {
			err := chromedp.Do(s.browser, chromedp.Navigate(s.page+link), chromedp.WaitReady("body"))
			if err != nil && !strings.Contains(link, ".ics") { // which is downloaded
				t.Errorf("the browser at %s: %v", link, err)
			}
		}
	}
	s.settled(t)
	after := s.stands(t)
	if was, is := toText(t, before), toText(t, after); was != is {
		t.Errorf("looking at %d links changed\n%s\nto\n%s", len(links), was, is)
	}
}

func toText(t *testing.T, v any) string {
	t.Helper()
	raw, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

var ourLink = regexp.MustCompile(`https?://127\.0\.0\.1:\d+(/[^\s"'<>)\]]*)`)

// links are the paths of all links in all mails to this hub, each once, those
// in headers included.
func (s *scan) links(t *testing.T) []string {
	t.Helper()
	found := map[string]bool{}
	for _, mail := range s.box.mails("") {
		var text strings.Builder
		text.WriteString(decoded(t, mail))
		for name := range mail.msg.Header {
			text.WriteString("\n" + mail.msg.Header.Get(name))
		}
		for _, m := range ourLink.FindAllStringSubmatch(text.String(), -1) {
			found[html.UnescapeString(m[1])] = true
		}
	}
	for _, m := range strings1(t, s.db(t), `SELECT DISTINCT moment FROM deliveries WHERE channel = 'email' AND state = 'accepted'`) {
		s.seen[events.Moment(m)] = true
	}
	all := slices.Sorted(maps.Keys(found))
	for _, kind := range []string{"/f/", "/g/", "/s/", "/subscribe/", "/upgrades/", "?r=5", ".ics"} {
		if !slices.ContainsFunc(all, func(link string) bool { return strings.Contains(link, kind) }) {
			t.Errorf("no link with %s in any mail", kind)
		}
	}
	return all
}
