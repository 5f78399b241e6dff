package main

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

const windowsPage = "/upgrades/rides/windows?from=2014-11-01"

// ridesHub is a hub that knows the usage of a system, and an upgrade of it.
func ridesHub(t *testing.T) *hubProcess {
	t.Helper()
	n, _ := startInProcess(t, configNow)
	h := &hubProcess{page: n.cfg.PublicURL, data: n.cfg.Data}
	for part := range slices.Chunk(ridden(t), 700) {
		h.applied(t, "rides", "usage.sampled", map[string]any{"system": "rides", "samples": part})
	}
	h.applied(t, "rides", "upgrade.planned", ridesPlan("rides", "@lead", time.Date(2014, 11, 5, 6, 0, 0, 0, time.UTC)))
	return h
}

// asked asks a hub for a page under a name.
func asked(t *testing.T, address, name, password string) (int, http.Header, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	if name != "" {
		req.SetBasicAuth(name, password)
	}
	return fetched(t, req)
}

func fetched(t *testing.T, req *http.Request) (int, http.Header, string) {
	t.Helper()
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, res.Header, string(body)
}

// TestWindowsPage is for whoever has the operator's token, under any name; it
// is kept by nobody.
func TestWindowsPage(t *testing.T) {
	h := ridesHub(t)
	h.applied(t, "pg17", "upgrade.planned", map[string]any{"plan": planNow("pg17")})
	for _, tt := range []struct {
		name, path, user, password string
		status                     int
		want                       string
	}{
		{"nobody", windowsPage, "", "", 401, "the password is the operator's token"},
		{"wrong", windowsPage, "lead", "guess", 401, "the password is the operator's token"},
		{"the lead", windowsPage, "lead", h.token(t), 200, `<td class="h`},
		{"anybody with the token", windowsPage, "x", h.token(t), 200, "Sunday 02:00, the favourite of many, hits "},
		{"no usage", "/upgrades/pg17/windows", "lead", h.token(t), 409, "publish usage.sampled"},
		{"no question", windowsPage + "&weeks=99", "lead", h.token(t), 400, "weeks: must be from 1 to 8"},
		{"no upgrade", "/upgrades/none/windows", "lead", h.token(t), 404, "nothing is known under this name"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status, head, body := asked(t, h.page+tt.path, tt.user, tt.password)
			if status != tt.status || !strings.Contains(body, tt.want) {
				t.Errorf("%d, want %d and %q in %.300s", status, tt.status, tt.want, body)
			}
			if head.Get("Cache-Control") != "no-store" || head.Get("X-Robots-Tag") != "noindex" {
				t.Errorf("it may be kept or listed: %v", head)
			}
			if challenge := head.Get("WWW-Authenticate"); (status == 401) != strings.HasPrefix(challenge, "Basic realm=") {
				t.Errorf("WWW-Authenticate = %q", challenge)
			}
			if status != 401 && (!strings.Contains(body, `href="/static/windows.css"`) || strings.Contains(body, "<style")) {
				t.Error("it has not the style that its policy allows")
			}
		})
	}
	if status, _ := h.get(t, windowsPage, true); status != http.StatusOK {
		t.Errorf("with the token as an API takes it: %d", status)
	}
}

// TestPasswordsCannotBeGuessed: after ten wrong ones an address waits, also
// with a good one; who sends none is asked and not counted.
func TestPasswordsCannotBeGuessed(t *testing.T) {
	h := ridesHub(t)
	for range 20 {
		if status, _, _ := asked(t, h.page+windowsPage, "", ""); status != http.StatusUnauthorized {
			t.Fatalf("without a password = %d", status)
		}
	}
	var last int
	var head http.Header
	for range 12 {
		last, head, _ = asked(t, h.page+windowsPage, "lead", "guess")
	}
	if last != http.StatusTooManyRequests || head.Get("Retry-After") == "" {
		t.Errorf("the twelfth guess = %d, Retry-After %q", last, head.Get("Retry-After"))
	}
	if status, _, _ := asked(t, h.page+windowsPage, "lead", h.token(t)); status != http.StatusTooManyRequests {
		t.Errorf("a good guess after them = %d", status)
	}
}

// TestWindowsPageIsAccessible opens it as a lead does, in every look.
func TestWindowsPageIsAccessible(t *testing.T) {
	h := ridesHub(t)
	axe, browser := axeCore(t), openBrowser(t)
	address, err := url.Parse(h.page + windowsPage)
	if err != nil {
		t.Fatal(err)
	}
	address.User = url.UserPassword("lead", h.token(t))
	for _, look := range looks {
		t.Run(look.name, func(t *testing.T) {
			page, closePage := chromedp.NewContext(browser)
			defer closePage()
			console := consoleOf(page)
			device(page, t, look.width, look.features...)
			do(page, t, chromedp.Navigate(address.String()))
			visit(page, t, windowsPage, axe)
			if cells := ask[int](page, t, `[...document.querySelectorAll(".week td")].filter((el) => el.textContent && getComputedStyle(el).borderRadius === "3px").length`); cells != 168 {
				t.Errorf("%d hours are drawn, want 168", cells)
			}
			for _, line := range console() {
				t.Errorf("console: %s", line)
			}
		})
	}
}
