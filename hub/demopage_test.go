package main

import (
	"context"
	"encoding/json"
	"net/mail"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// pageWords collects all that an open page ever showed.
type pageWords struct {
	mu    sync.Mutex
	shown []string
}

func (p *pageWords) see(_ context.Context, text string) (bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shown = append(p.shown, text)
	return true, nil
}

// inOrder finds the texts one after the other; it returns the first missing.
func (p *pageWords) inOrder(texts ...string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := 0
	for _, want := range texts {
		for i < len(p.shown) && !strings.Contains(p.shown[i], want) {
			i++
		}
		if i == len(p.shown) {
			return want
		}
	}
	return ""
}

// TestDemo plays the demonstration fast in front of an open browser: the page
// moves by itself through the moved window and the overrun to the end, mails
// stand in the outbox, and a rating through a mailed link is counted.
func TestDemo(t *testing.T) {
	browser := openBrowser(t)
	h := startDemo(t, "--speed", "100000")
	words := &pageWords{}
	do(browser, t,
		chromedp.ExposeFunc("tellTest", words.see),
		chromedp.Navigate(h.page+"/"),
		evaluate(`window.untouched = true; new MutationObserver(() => tellTest(document.body.innerText)).observe(document.body, {subtree: true, childList: true, characterData: true}), true`))
	eventually(t, 60*time.Second, "the overview shows the upgrade", func() bool { return words.inOrder("datacenter") == "" })
	do(browser, t,
		chromedp.Navigate(h.page+"/upgrades/dc-move-2025"),
		evaluate(`window.untouched = true; new MutationObserver(() => tellTest(document.body.innerText)).observe(document.body, {subtree: true, childList: true, characterData: true}), true`))
	missing := ""
	eventually(t, 90*time.Second, "the page tells the whole story", func() bool {
		missing = words.inOrder("In progress", "Moved", "Running late", "Completed")
		return missing == "" || t.Failed()
	})
	untouched, err := chromedp.Run(browser, chromedp.Evaluate[bool](`window.untouched === true`))
	if err != nil || !untouched {
		t.Errorf("the page was reloaded on the way (%v)", err)
	}
	rateFromOutbox(t, h)
}

func evaluate(js string) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := chromedp.Evaluate[bool](js)(ctx, target)
		return err
	})
}

// startDemo starts hub demo as startHub starts a hub.
func startDemo(t *testing.T, args ...string) *hubProcess {
	t.Helper()
	h := newHubProcess(t, t.TempDir(), append([]string{"demo"}, args...)...)
	h.start(t)
	return h
}

// rateFromOutbox answers through a link of a mail in the outbox.
func rateFromOutbox(t *testing.T, h *hubProcess) {
	t.Helper()
	link := ""
	eventually(t, 30*time.Second, "a mail that asks for a rating", func() bool {
		link = feedbackLink(t, filepath.Join(h.data, "outbox"))
		return link != ""
	})
	h.opens(t, link)
	if status := submit(t, h.page+link, "rating=5&text=Well+done"); status >= 400 {
		t.Fatalf("POST %s = %d", link, status)
	}
	var feedback struct {
		Count   int
		Answers []struct{ Rating int }
	}
	h.getJSON(t, "/api/v1/upgrades/dc-move-2025/feedback", true, &feedback)
	if feedback.Count != 1 || feedback.Answers[0].Rating != 5 {
		t.Errorf("feedback = %+v, want the one rating of 5", feedback)
	}
}

func feedbackLink(t *testing.T, outbox string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(outbox, "*.eml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := mail.ReadMessage(strings.NewReader(string(raw))); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if link := regexp.MustCompile(`/f/[A-Za-z0-9_-]{22}`).FindString(decoded(t, received{raw: string(raw)})); link != "" {
			return link
		}
	}
	return ""
}

// TestOneClickUnsubscribe ends a subscription as RFC 8058 says, by the
// header's link; looking at it changes nothing, and doing it twice neither.
func TestOneClickUnsubscribe(t *testing.T) {
	t.Parallel()
	w := startWorld(t, configNow)
	w.applied(t, "pg17", "upgrade.planned", map[string]any{"plan": planNow("pg17")})
	eventually(t, 20*time.Second, "announcement", func() bool { return len(w.mail.mails("user@example.org")) == 1 })
	header := w.mail.mails("user@example.org")[0].msg.Header
	link := regexp.MustCompile(`/s/[A-Za-z0-9_-]{22}`).FindString(header.Get("List-Unsubscribe"))
	if link == "" || header.Get("List-Unsubscribe-Post") != "List-Unsubscribe=One-Click" {
		t.Fatalf("no one-click headers in %v", header)
	}
	w.opens(t, link)
	for range 3 {
		if status, _ := w.get(t, link, false); status != 200 {
			t.Fatalf("GET %s = %d", link, status)
		}
	}
	w.settled(t)
	w.applied(t, "pg17", "upgrade.planned", map[string]any{"plan": later(planNow("pg17"))})
	eventually(t, 20*time.Second, "moved", func() bool { return len(w.mail.mails("user@example.org")) == 2 })
	for range 2 {
		if status := submit(t, w.page+link, "List-Unsubscribe=One-Click"); status != 200 {
			t.Fatalf("one-click POST = %d, want 200 without a redirect", status)
		}
	}
	w.applied(t, "pg17", "upgrade.canceled", map[string]any{"reason": "not now"})
	w.settled(t)
	if n := len(w.mail.mails("user@example.org")); n != 2 {
		t.Errorf("%d mails, want none after the end of the subscription", n)
	}
}

// later is the plan with its window's end an hour later.
func later(plan map[string]any) map[string]any {
	raw, _ := json.Marshal(plan)
	var moved map[string]any
	_ = json.Unmarshal(raw, &moved)
	window := moved["window"].(map[string]any)
	end, _ := time.Parse("2006-01-02T15:04", window["end"].(string))
	window["end"] = end.Add(time.Hour).Format("2006-01-02T15:04")
	return moved
}
