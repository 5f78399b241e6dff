package statuspage_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"upgradehub/events"
	"upgradehub/events/upgrade"
)

// TestPageMovesByItself changes the upgrade while a person reads, types and
// has something open.
func TestPageMovesByItself(t *testing.T) {
	b := &board{seq: 9, all: []upgrade.Public{running()}}
	s, tb := newSite(t, b, noon, nil), open(t)
	tb.do(chromedp.Navigate(s.URL + "/upgrades/pg16"))
	tb.wait(`document.querySelector("#link").textContent === "Live"`)

	eval[bool](tb, `(() => {
		document.querySelector("#moves").open = true;
		document.querySelector("#updates li a[href^=http]").focus();
		const box = document.createElement("textarea");
		box.id = "typed";
		document.querySelector("footer").append(box);
		box.value = "half a sen";
		window.blurs = 0;
		document.querySelector("#updates li a[href^=http]").addEventListener("blur", () => window.blurs++);
		getSelection().selectAllChildren(document.querySelector("#ph-switch .name"));
		window.kept = [document.querySelector("#ph-switch"), document.activeElement];
		return true;
	})()`)

	u := running()
	u.Phases[1].State, u.Phases[1].Outcome, u.Phases[1].Actual.End = upgrade.Finished, events.Success, new(noon)
	u.Updates = append([]upgrade.PublicUpdate{{ID: "n3", At: noon, Text: "The copy is **done**."}}, u.Updates...)
	u.Components[2].Impact = "no_impact"
	b.put(u)
	s.show("pg16")

	tb.wait(`document.querySelector("#updates li .prose").textContent.includes("The copy is done.")`)
	for _, want := range []string{
		`document.querySelectorAll("#updates > ol > li").length === 3`,
		`document.querySelector("#ph-copy .tag").textContent === "Done"`,
		`document.querySelector("#c-exports .is").textContent === "Works"`,
		`document.querySelector("#banner .can").textContent.startsWith("You can work, but Records")`,
		`document.querySelector("#say").textContent.includes("New update: The copy is done.")`,
		`document.querySelector("#moves").open`,
		`document.querySelector("#typed").value === "half a sen"`,
		`window.kept[1] === document.activeElement && window.blurs === 0`,
		`window.kept[0] === document.querySelector("#ph-switch")`,
		`getSelection().toString() === "Switch over"`,
		`document.querySelector("#ph-switch svg rect").namespaceURI.endsWith("svg")`,
		`!document.querySelector("[data-part]")`,
	} {
		if !eval[bool](tb, want) {
			t.Errorf("after the change this is not so: %s", want)
		}
	}
	tb.quiet()
}

// TestPageGrowsNewParts goes from an empty plan to the end: sections come,
// go and change places.
func TestPageGrowsNewParts(t *testing.T) {
	b := &board{seq: 9, all: []upgrade.Public{planned()}}
	s, tb := newSite(t, b, noon, nil), open(t)
	tb.do(chromedp.Navigate(s.URL + "/upgrades/pg16"))
	tb.wait(`document.querySelector("#link").textContent === "Live"`)
	for _, step := range []struct {
		u    upgrade.Public
		want string
	}{
		{running(), `document.querySelectorAll("#updates li .prose").length === 2`},
		{overdue(), `document.querySelector("#banner").textContent.includes("Update overdue since")`},
		{completed(), `document.querySelector("#more a.button.main")?.textContent === "Rate this upgrade"`},
		{running(), `!document.querySelector("#more a.button.main")`},
	} {
		b.put(step.u)
		s.show("pg16")
		tb.wait(step.want)
		got := eval[string](tb, `[...document.querySelectorAll("main > section")].map((s) => s.id).join(" ")`)
		tb.do(chromedp.Reload())
		if want := eval[string](tb, `[...document.querySelectorAll("main > section")].map((s) => s.id).join(" ")`); got != want {
			t.Errorf("sections after %s: %s, want %s as a fresh page has", step.u.State, got, want)
		}
		tb.wait(`document.querySelector("#link").textContent === "Live"`)
	}
	tb.quiet()
}

// TestOverviewMoves plans an upgrade while the overview is open.
func TestOverviewMoves(t *testing.T) {
	b := &board{seq: 9}
	s, tb := newSite(t, b, noon, nil), open(t)
	tb.do(chromedp.Navigate(s.URL + "/"))
	tb.wait(`document.querySelector("#link").textContent === "Live"`)
	for _, step := range []struct {
		u    upgrade.Public
		want string
	}{
		{planned(), `document.querySelector("#next-list #up-pg16") && document.querySelector("#summary").textContent.includes("Next: Database")`},
		{running(), `document.querySelector("#now-list #up-pg16") && !document.querySelector("#next-list")`},
		{completed(), `document.querySelector("#past-list #up-pg16 a") && document.querySelector("#summary").textContent.includes("Nothing going on.")`},
	} {
		b.put(step.u)
		s.show("pg16")
		tb.wait(step.want)
	}
	tb.quiet()
}

// TestTimesAreTheReaders shows a reader in Kolkata the times of Kolkata.
func TestTimesAreTheReaders(t *testing.T) {
	b := &board{seq: 9, all: []upgrade.Public{running()}}
	s, tb := newSite(t, b, noon, nil), open(t)
	tb.zone("Asia/Kolkata")
	tb.do(chromedp.Navigate(s.URL + "/upgrades/pg16"))
	tb.wait(`document.querySelector("#link").textContent === "Live"`)
	for _, want := range []string{
		`document.querySelector("[data-zone]").textContent === "Asia/Calcutta" || document.querySelector("[data-zone]").textContent === "Asia/Kolkata"`,
		`document.querySelector("#banner .over time").textContent === "10:30 GMT+5:30"`,
		`document.querySelector("#banner .over time").title === "2026-11-22 05:00 UTC"`,
		`document.querySelector("#window .lead time").textContent === "Sun 22 Nov 2026, 06:30 GMT+5:30"`,
	} {
		if !eval[bool](tb, want) {
			t.Errorf("this is not so: %s (%s)", want, eval[string](tb, `document.querySelector("#banner .over").textContent + document.querySelector("#window .lead").textContent`))
		}
	}
	tb.quiet()
}

// TestWithoutScript reads the page with scripts off.
func TestWithoutScript(t *testing.T) {
	b := &board{seq: 9, all: []upgrade.Public{running()}}
	s, tb := newSite(t, b, noon, nil), open(t)
	if _, err := chromedp.Call(tb.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	tb.do(chromedp.Navigate(s.URL + "/upgrades/pg16"))
	page, err := chromedp.Run(tb.ctx, chromedp.Text(chromedp.CSS("body")))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"You cannot use Exports", "05:00 UTC", "61 of 156 tables", "Not live.", "Reload every 30 s", "slower than in the rehearsal", "Time zone: UTC"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page without script lacks %q:\n%s", want, page)
		}
	}
	tb.do(chromedp.Click(chromedp.CSS("#link a")), chromedp.WaitReady(chromedp.CSS("#banner")))
}

// TestReconnect drops every socket: the page says so, comes back by itself
// and has what it missed.
func TestReconnect(t *testing.T) {
	b := &board{seq: 9, all: []upgrade.Public{running()}}
	var refuse atomic.Bool
	s, tb := newSite(t, b, noon, func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if refuse.Load() && r.URL.Path == "/ws" {
				http.Error(w, "no sockets here", http.StatusBadGateway)
				return
			}
			h.ServeHTTP(w, r)
		})
	}), open(t)
	tb.do(chromedp.Navigate(s.URL + "/upgrades/pg16"))
	tb.wait(`document.querySelector("#link").textContent === "Live"`)
	refuse.Store(true)
	s.CloseClientConnections()
	// The connection of a socket is hijacked: the server no longer knows it.
	eval[bool](tb, `(window.dispatchEvent(new PageTransitionEvent("pagehide")), true)`)
	b.put(completed())
	s.show("pg16")
	eval[bool](tb, `(window.dispatchEvent(new PageTransitionEvent("pageshow", {persisted: true})), true)`)
	tb.wait(`document.querySelector("#link").textContent.startsWith("Reconnecting… last known ")`)
	// Three sockets fail, then the page asks.
	tb.wait(`document.querySelector("#banner .word").textContent === "Completed"`)
	refuse.Store(false)
	if title := eval[string](tb, `document.title`); title != "Database upgrade to PostgreSQL 16 · Completed" {
		t.Errorf("title = %q, want the new state in it", title)
	}
}
