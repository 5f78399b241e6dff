package main

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

const reportPage = "/upgrades/pg17/report"

// reportedHub is a hub with an upgrade that was canceled.
func reportedHub(t *testing.T) *hubProcess {
	t.Helper()
	n, _ := startInProcess(t, configNow)
	h := &hubProcess{page: n.cfg.PublicURL, data: n.cfg.Data}
	h.applied(t, "pg17", "upgrade.planned", map[string]any{"plan": planNow("pg17")})
	h.applied(t, "pg17", "upgrade.canceled", map[string]any{"reason": "The vendor is closed"})
	return h
}

// TestReportPage is for whoever has the operator's token, in the language of
// the reader; it is kept by nobody.
func TestReportPage(t *testing.T) {
	h := reportedHub(t)
	for _, tt := range []struct {
		name, path, accept, password string
		status                       int
		lang, want                   string
	}{
		{"nobody", reportPage, "de", "", 401, "", "the password is the operator's token"},
		{"wrong", reportPage, "de", "guess", 401, "", "the password is the operator's token"},
		{"no wish", reportPage, "", h.token(t), 200, "en", "was canceled on"},
		{"the browser's", reportPage, "de-AT,en;q=0.5", h.token(t), 200, "de", `<html lang="de">`},
		{"chosen", reportPage + "?lang=ar", "de", h.token(t), 200, "ar", `<html lang="ar" dir="rtl">`},
		{"not spoken", reportPage + "?lang=tlh", "fr", h.token(t), 200, "fr", "a été annulée le"},
		{"no upgrade", "/upgrades/none/report", "de", h.token(t), 404, "", "nothing is known under this name"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status, head, body := askedIn(t, h.page+tt.path, tt.accept, tt.password)
			if status != tt.status || !strings.Contains(body, tt.want) {
				t.Errorf("%d, want %d and %q in %.300s", status, tt.status, tt.want, body)
			}
			if head.Get("Cache-Control") != "no-store" || head.Get("X-Robots-Tag") != "noindex" {
				t.Errorf("it may be kept or listed: %v", head)
			}
			if head.Get("Content-Language") != tt.lang {
				t.Errorf("Content-Language = %q, want %q", head.Get("Content-Language"), tt.lang)
			}
			if chosen := strings.Contains(head.Get("Set-Cookie"), "lang=ar"); chosen != (tt.name == "chosen") {
				t.Errorf("Set-Cookie = %q", head.Get("Set-Cookie"))
			}
			if status == 200 && (!strings.Contains(body, "The vendor is closed") || !strings.Contains(body, `href="/static/report.css"`) || strings.Contains(body, "<style")) {
				t.Errorf("it lacks the reason, or the style that its policy allows:\n%s", body)
			}
		})
	}
	if _, body := h.get(t, "/api/v1"+reportPage+"?lang=de", true); !strings.Contains(body, `"outcome":"not reported"`) {
		t.Errorf("the JSON is not as in every language: %s", body)
	}
}

// askedIn asks a hub for a page as a browser does whose reader prefers a
// language.
func askedIn(t *testing.T, address, accept, password string) (int, http.Header, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept-Language", accept)
	if password != "" {
		req.SetBasicAuth("lead", password)
	}
	return fetched(t, req)
}

// TestReportPageIsAccessible opens it as a lead does, in every look, from both
// sides.
func TestReportPageIsAccessible(t *testing.T) {
	h := reportedHub(t)
	axe, browser := axeCore(t), openBrowser(t)
	address, err := url.Parse(h.page)
	if err != nil {
		t.Fatal(err)
	}
	address.User = url.UserPassword("lead", h.token(t))
	for _, look := range looks {
		for _, code := range []string{"en", "ar"} {
			t.Run(look.name+"/"+code, func(t *testing.T) {
				page, closePage := chromedp.NewContext(browser)
				defer closePage()
				console := consoleOf(page)
				device(page, t, look.width, look.features...)
				do(page, t, chromedp.Navigate(address.String()+reportPage+"?lang="+code))
				visit(page, t, reportPage, axe)
				if borders := ask[string](page, t, `getComputedStyle(document.querySelector("table")).borderCollapse`); borders != "collapse" {
					t.Error("the page has no style")
				}
				for _, line := range console() {
					t.Errorf("console: %s", line)
				}
			})
		}
	}
}
