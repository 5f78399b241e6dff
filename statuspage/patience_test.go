package statuspage_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"upgradehub/events/upgrade"
)

// hasty lets no reader wait: what the page would do later it does at once, and
// window.waits keeps for how long it meant to. Dice fall in turn on 0, a half
// and nearly 1. The minute in which a silent socket is given up stays.
const hasty = `window.waits = [];
{ let n = 0; Math.random = () => [0, 0.5, 0.999][n++ % 3]; }
{ const real = setTimeout; window.setTimeout = (f, ms, ...rest) => {
	if (!/^(async )?function (connect|poll)\b/.test(f)) return real(f, ms, ...rest);
	waits.push(Math.round(ms));
	return real(f, Math.min(ms, 15), ...rest);
}; }`

// jittered are the waits of full jitter with these dice: 250 ms and any part
// of a time that doubles, up to half a minute.
func jittered(tries int) (waits []int) {
	dice := []float64{0, 0.5, 0.999}
	for i := range tries {
		most := min(30_000, 1_000<<i)
		waits = append(waits, int(250+dice[i%3]*float64(most)+0.5))
	}
	return waits
}

// TestFullJitter cuts the line again and again, before anything was said: the
// page waits longer each time, by chance, and a message makes it quick again.
func TestFullJitter(t *testing.T) {
	s, tb := newSite(t, &board{seq: 9, all: []upgrade.Public{running()}}, noon, nil), open(t)
	tb.script(hasty)
	tb.do(chromedp.Navigate(s.URL + "/upgrades/pg16"))
	const cuts = 9
	for i := range cuts {
		s.cable.websocket(t, i)
		tb.wait(isLive)
		s.cable.websocket(t, i).cut(t)
		tb.wait(fmt.Sprintf(`waits.length === %d`, i+1))
	}
	if got, want := eval[[]int](tb, `waits`), jittered(cuts); !slices.Equal(got, want) {
		t.Errorf("the page waited %d ms, want %d", got, want)
	}
	s.cable.websocket(t, cuts)
	s.board.put(saying("Heard again."))
	s.show("pg16")
	tb.says("Heard again.")
	s.cable.websocket(t, cuts).cut(t)
	tb.wait(fmt.Sprintf(`waits.length === %d`, cuts+1))
	if got := eval[int](tb, `waits.at(-1)`); got > 1250 {
		t.Errorf("after a message the page waited %d ms, want 1250 at most", got)
	}
}

// TestRefusedSockets: after three sockets in a row that never opened the page
// asks instead, says when it last knew something, tries a socket again after a
// dozen questions, and is live when one passes.
func TestRefusedSockets(t *testing.T) {
	var refuse atomic.Bool
	refuse.Store(true)
	roads := &roads{}
	s, tb := newSite(t, &board{seq: 9, all: []upgrade.Public{running()}}, noon, func(h http.Handler) http.Handler {
		return roads.around(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if refuse.Load() && r.URL.Path == "/ws" {
				http.Error(w, "no sockets here", http.StatusBadGateway)
				return
			}
			h.ServeHTTP(w, r)
		}))
	}), open(t)
	tb.zone("UTC")
	tb.script(hasty)
	tb.script(`window.said = []; addEventListener("DOMContentLoaded", () => {
		const link = document.querySelector("#link");
		new MutationObserver(() => said.push(link.textContent)).observe(link, {childList: true, characterData: true, subtree: true});
	})`)
	tb.do(chromedp.Navigate(s.URL + "/upgrades/pg16"))
	tb.wait(`said.includes("Live")`)
	s.board.put(saying("By asking."))
	s.show("pg16")
	tb.says("By asking.")
	want := append(slices.Repeat([]string{"/ws"}, 3), append(slices.Repeat([]string{"/live"}, 12), "/ws", "/live")...)
	if got := roads.first(t, len(want)); !slices.Equal(got, want) {
		t.Errorf("the page asked %q, want %q", got, want)
	}
	if got := eval[string](tb, `said.find((s) => s !== "Live")`); !lastKnown.MatchString(got) {
		t.Errorf("the page says %q, want when it last knew something", got)
	}
	refuse.Store(false)
	s.cable.websocket(t, 0)
	tb.wait(isLive)
	s.board.put(saying("By a socket."))
	s.show("pg16")
	tb.says("By a socket.")
	joined(t, s, 1)
}

// TestReloadIsSpread: of many pages that hear of a new build each waits its
// own part of half a minute, so that the server is not asked by all at once.
func TestReloadIsSpread(t *testing.T) {
	sockets := &asked{path: "/ws", change: func(q url.Values) { q.Set("build", "another") }}
	s, tb := newSite(t, &board{seq: 9, all: []upgrade.Public{running()}}, noon, sockets.around), open(t)
	tb.script(`window.spread = []; Math.random = () => 0.75;
		{ const real = setTimeout; window.setTimeout = (f, ms, ...rest) => { if (/reload/.test(f)) spread.push(ms); return real(f, ms, ...rest); }; }`)
	tb.do(chromedp.Navigate(s.URL + "/upgrades/pg16"))
	tb.wait(`spread.length > 0`)
	if got := eval[[]int](tb, `spread`); !slices.Equal(got, []int{22_500}) {
		t.Errorf("the page loads itself again after %d ms, want 22500 with these dice", got)
	}
	tb.wait(isLive) // and goes on meanwhile
	s.board.put(saying("Before the reload."))
	s.show("pg16")
	tb.says("Before the reload.")
}

// TestStalledReader: a line that takes nothing for half a minute is cut off,
// and the page comes back for what it missed.
func TestStalledReader(t *testing.T) {
	sockets := &asked{path: "/ws"}
	s, tb := newSite(t, &board{seq: 9, all: []upgrade.Public{running()}}, noon, sockets.around), open(t)
	tb.do(chromedp.Navigate(s.URL + "/upgrades/pg16"))
	tb.wait(isLive)
	line := s.cable.websocket(t, 0)
	line.stall()
	s.board.put(saying("Into a line that takes nothing."))
	s.show("pg16")
	tb.says("Into a line that takes nothing.")
	if patience := time.Duration(line.patient.Load()); patience <= 0 || patience > 30*time.Second {
		t.Errorf("the server waits %s for a reader, want half a minute at most", patience)
	}
	joined(t, s, 1)
	all := sockets.all()
	if last := all[len(all)-1].Get("since"); len(all) != 2 || last != "9" {
		t.Errorf("%d sockets, the last since %s, want a second one since 9", len(all), last)
	}
}

// TestOnlyWhatChanged counts one more table while somebody has half filled in
// a form: what is counted changes, and not one other node of the page.
func TestOnlyWhatChanged(t *testing.T) {
	s, tb := newSite(t, &board{seq: 9, all: []upgrade.Public{rich(), lastYear()}}, noon, nil), open(t)
	tb.do(chromedp.Navigate(s.URL + "/upgrades/pg16"))
	tb.wait(isLive)
	eval[bool](tb, `(() => {
		const form = document.createElement("form");
		for (const type of ["radio", "radio", "text"]) form.append(Object.assign(document.createElement("input"), {type, name: type, value: ""}));
		document.querySelector("main").before(form);
		const [, radio, text] = form.children;
		radio.checked = true;
		text.focus();
		text.value = "half a sen";
		text.setSelectionRange(2, 4);
		document.querySelector(".edits").open = true;
		window.touched = new Set();
		const name = (n) => (n.nodeType === 1 ? n : n.parentElement)?.closest("[id]")?.id ?? n.nodeName;
		new MutationObserver((all) => { for (const m of all) touched.add(name(m.target)); }).observe(document.documentElement, {childList: true, characterData: true, attributes: true, subtree: true});
		return true;
	})()`)
	u := rich()
	u.Phases[1].Done, u.Phases[1].Percent = new(int64(62)), new(39.7)
	s.board.put(u)
	s.show("pg16")
	tb.wait(`document.querySelector("#ph-copy").textContent.includes("62 of 156 tables")`)
	for _, want := range []string{
		`[...touched].sort().join() === "ph-copy"`,
		`document.querySelector("form [type=radio]:checked") === document.forms[0].children[1]`,
		`document.activeElement === document.forms[0].children[2] && document.activeElement.value === "half a sen"`,
		`document.activeElement.selectionStart === 2 && document.activeElement.selectionEnd === 4`,
		`document.querySelector(".edits").open`,
	} {
		if !eval[bool](tb, want) {
			t.Errorf("after the change this is not so: %s (touched: %s)", want, eval[string](tb, `[...touched].sort().join()`))
		}
	}
	tb.quiet()
}
