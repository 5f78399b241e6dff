package main

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// TestWithoutScript rates an upgrade and subscribes in a browser that runs no
// scripts.
func TestWithoutScript(t *testing.T) {
	h := startHub(t, filepath.Join(t.TempDir(), "data"))
	path := endedUpgrade(t, h)
	browser := openBrowser(t)
	if _, err := chromedp.Call(browser, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	do(browser, t, chromedp.Navigate(h.page+path+"/feedback"),
		chromedp.Click(`.chips label:has([name="rating"][value="4"])`), chromedp.SendKeys("#text", "Half an hour was fine."))
	sendPlain(browser, t, "Thank you")
	var feedback struct {
		Answers []struct {
			Rating int
			Text   string
		}
	}
	h.getJSON(t, "/api/v1"+path+"/feedback", true, &feedback)
	if len(feedback.Answers) != 1 || feedback.Answers[0].Rating != 4 || feedback.Answers[0].Text != "Half an hour was fine." {
		t.Errorf("recorded is %+v, want the one answer", feedback.Answers)
	}
	do(browser, t, chromedp.Navigate(h.page+"/subscribe"), chromedp.SendKeys("#address", subscriber))
	sendPlain(browser, t, "Look into your mail")
}

// sendPlain sends the form that is filled in, after the time a person needs,
// and waits for the answer's words.
func sendPlain(page context.Context, t *testing.T, want string) {
	t.Helper()
	<-time.After(2100 * time.Millisecond)
	do(page, t, chromedp.Click("main button.main"), chromedp.WaitVisible("main section:not(:has(form[method])) h1"))
	words, err := chromedp.Run(page, chromedp.Text(chromedp.CSS("main")))
	if err != nil || !strings.Contains(words, want) {
		t.Errorf("the answer is %q, %v, want %q in it", words, err, want)
	}
}
