package statuspage_test

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"upgradehub/events/upgrade"
)

// seen is what stands on the screen in an element, line by line, from left to
// right, whatever the order of its letters in the page.
const seen = `((el) => {
	const letters = [], nodes = document.createTreeWalker(el, NodeFilter.SHOW_TEXT), range = document.createRange();
	for (let n; (n = nodes.nextNode()); ) for (let i = 0; i < n.length; i++) {
		range.setStart(n, i); range.setEnd(n, i + 1);
		const box = range.getBoundingClientRect();
		if (box.width > 0) letters.push({ row: Math.round(box.bottom / 12), left: box.left, letter: n.data[i] });
	}
	return letters.sort((a, b) => a.row - b.row || a.left - b.left).map((l) => l.letter).join("");
})`

// TestTimesAreSeenInOrder: also among Arabic words an hour stands left of its
// zone, whether the script has written it or not, and a title keeps its end.
func TestTimesAreSeenInOrder(t *testing.T) {
	at := noon.Add(24 * time.Hour)
	u := overnight(at, at.Add(4*time.Hour))
	u.Title = "Orders (part 2)."
	s := newSite(t, &board{seq: 9, all: []upgrade.Public{u}}, noon, nil)
	for _, tt := range []struct{ name, wait, want string }{
		{"by the script", `document.querySelector("#link").textContent === document.body.dataset.live`, "07:40 CET"},
		{"without it", `document.readyState === "complete"`, "06:40 UTC"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tb := open(t)
			tb.zone("Europe/Berlin")
			t.Cleanup(func() { tb.do(chromedp.Navigate(s.URL + "/?lang=en")) }) // other tests have the same cookies
			if tt.name == "without it" {
				if _, err := chromedp.Call(tb.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
					t.Fatal(err)
				}
			}
			tb.do(chromedp.Navigate(s.URL + "/upgrades/night?lang=ar"))
			tb.wait(tt.wait)
			for element, want := range map[string]string{"#window .lead": tt.want, "#title": "Orders (part 2)."} {
				if got := eval[string](tb, seen+`(document.querySelector("`+element+`"))`); !strings.Contains(got, want) {
					t.Errorf("%s is seen as %q, want %q in it", element, got, want)
				}
			}
		})
	}
}
