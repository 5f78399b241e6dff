package statuspage_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"upgradehub/events/upgrade"
)

// media sets media features of the device, "name=value" each.
func (b *tab) media(features ...string) {
	b.t.Helper()
	var p emulation.SetEmulatedMediaParams
	for _, f := range features {
		name, value, _ := strings.Cut(f, "=")
		p.Features = append(p.Features, &emulation.MediaFeature{Name: name, Value: value})
	}
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, p); err != nil {
		b.t.Fatalf("set media features %q: %v", features, err)
	}
}

// everyPage are the kinds of pages a visitor can meet, by path.
func everyPage(t *testing.T) (*site, []string) {
	t.Helper()
	done := completed()
	done.ID = "idp"
	b := &board{seq: 9, all: []upgrade.Public{overdue(), done}}
	return newSite(t, b, noon, nil), []string{"/", "/history", "/upgrades/pg16", "/upgrades/idp", "/upgrades/idp/insights", "/nowhere"}
}

// TestForcedColours: in a theme that leaves no colour of ours, everything
// that was told by a filled shape still has an edge.
func TestForcedColours(t *testing.T) {
	s, paths := everyPage(t)
	for _, scheme := range []string{"light", "dark"} {
		for _, path := range paths {
			t.Run(scheme+path, func(t *testing.T) {
				tb := open(t)
				tb.media("forced-colors=active", "prefers-color-scheme="+scheme)
				tb.do(chromedp.EmulateViewport(1100, 900), chromedp.Navigate(s.URL+path))
				if !eval[bool](tb, `matchMedia("(forced-colors: active)").matches`) {
					t.Fatal("colours are not forced: this test proves nothing")
				}
				for _, bare := range eval[[]string](tb, `[...document.querySelectorAll("progress, .tag, .button, .card, .banner, .tile")]
					.filter((el) => { const c = getComputedStyle(el); return c.borderTopStyle === "none" || c.borderTopWidth === "0px" || c.borderTopColor === "rgba(0, 0, 0, 0)"; })
					.map((el) => el.className || el.localName)`) {
					t.Errorf("%s has no edge", bare)
				}
				for _, faint := range eval[[]string](tb, faintText) {
					t.Errorf("too little contrast: %s", faint)
				}
				keep(t, tb, "forced-"+scheme+"-"+strings.ReplaceAll(strings.Trim(path, "/"), "/", "-"))
			})
		}
	}
}

// TestReducedMotion: nothing moves for one who asked for that, and something
// does for the others, or the test would prove nothing.
func TestReducedMotion(t *testing.T) {
	s, _ := everyPage(t)
	for want, wish := range map[bool]string{true: "no-preference", false: "reduce"} {
		tb := open(t)
		tb.media("prefers-reduced-motion=" + wish)
		tb.do(chromedp.Navigate(s.URL + "/upgrades/pg16"))
		tb.wait(`document.querySelector("#link").textContent === "Live"`)
		if got := eval[int](tb, `document.getAnimations().length`) > 0; got != want {
			t.Errorf("prefers-reduced-motion %s: something moves = %t, want %t", wish, got, want)
		}
	}
}

// TestTargets: what is pressed is 44 px high, except links in sentences.
func TestTargets(t *testing.T) {
	s, paths := everyPage(t)
	for _, width := range []int64{1100, 320} {
		for _, path := range paths {
			tb := open(t)
			tb.do(chromedp.EmulateViewport(width, 900), chromedp.Navigate(s.URL+path))
			for _, small := range eval[[]string](tb, `[...document.querySelectorAll("a, button, summary, input, textarea")]
				.filter((el) => !el.closest(".prose") && !el.matches(".skip") && el.checkVisibility())
				.map((el) => [el.getBoundingClientRect(), el.textContent.trim()])
				.filter(([box]) => box.height < 43.9 || box.width < 24)
				.map(([box, words]) => words + " " + Math.round(box.width) + "×" + Math.round(box.height))`) {
				t.Errorf("%s at %d px has a target under 44 px: %s", path, width, small)
			}
		}
	}
}

// TestKeyboard walks through the page with the Tab key: the skip link comes
// first and is seen, it leads to the content, and the order is that of the
// page.
func TestKeyboard(t *testing.T) {
	s, paths := everyPage(t)
	for _, path := range paths {
		t.Run(path, func(t *testing.T) {
			tb := open(t)
			tb.do(chromedp.Navigate(s.URL + path))
			tb.wait(`document.readyState === "complete"`)
			tb.do(chromedp.KeyEvent("\t"))
			if !eval[bool](tb, `document.activeElement.matches(".skip") && document.activeElement.getBoundingClientRect().top >= 0`) {
				t.Errorf("the first Tab is at %s, want the skip link in sight", eval[string](tb, `document.activeElement.outerHTML`))
			}
			tb.do(chromedp.KeyEvent("\r"))
			tb.wait(`document.activeElement.id === "main"`)
			walked := tb.walk(40)
			want := eval[[]string](tb, `[...document.querySelectorAll("main a[href], main summary, main button, main input, main textarea, footer a[href]")]
				.filter((el) => el.checkVisibility()).map((el) => el.textContent.trim())`)
			if !slices.Equal(walked, want) {
				t.Errorf("by Tab:\n%q\nwant the order of the page:\n%q", walked, want)
			}
		})
	}
}

// walk presses Tab until the focus leaves the page and lists where it was.
// Every stop shows that it has the focus.
func (b *tab) walk(most int) (list []string) {
	b.t.Helper()
	for range most {
		b.do(chromedp.KeyEvent("\t"))
		if eval[bool](b, `document.activeElement === document.body || document.activeElement.closest("header, .skip") !== null`) {
			return list
		}
		list = append(list, eval[string](b, `document.activeElement.textContent.trim()`))
		if !eval[bool](b, `getComputedStyle(document.activeElement).outlineStyle === "solid"`) {
			b.t.Errorf("%q does not show that it has the focus", list[len(list)-1])
		}
	}
	b.t.Errorf("more than %d stops", most)
	return list
}

// TestOneVoice: one polite status region, outside of everything that is
// replaced, and nothing else that speaks by itself.
func TestOneVoice(t *testing.T) {
	s, paths := everyPage(t)
	for _, path := range paths {
		tb := open(t)
		tb.do(chromedp.Navigate(s.URL + path))
		got := eval[[]string](tb, `[...document.querySelectorAll("[aria-live], [role=status], [role=alert], [role=log], [role=timer], output, marquee")].map((el) => el.id)`)
		if !slices.Equal(got, []string{"say"}) || !eval[bool](tb, `document.querySelector("#say").matches("body > [role=status][aria-live=polite][aria-atomic=true]:empty")`) {
			t.Errorf("%s speaks by %q, want by #say alone, and nothing at first", path, got)
		}
	}
}

// TestPaper prints an upgrade with its details closed: the plan is on it and
// what only a screen can use is not.
func TestPaper(t *testing.T) {
	s, _ := everyPage(t)
	tb := open(t)
	tb.media("prefers-color-scheme=dark")
	tb.zone("UTC")
	tb.do(chromedp.Navigate(s.URL + "/upgrades/pg16"))
	tb.wait(`document.querySelector("#link").textContent === "Live"`)
	pdf, err := chromedp.Run(tb.ctx, chromedp.PrintToPDF())
	if err != nil {
		t.Fatalf("print: %v", err)
	}
	if pages := bytes.Count(pdf, []byte("/Type /Page\n")); !bytes.HasPrefix(pdf, []byte("%PDF-")) || pages < 1 || pages > 3 {
		t.Errorf("the print has %d pages, want 1 to 3", pages)
	}
	if *shots != "" {
		if err := os.WriteFile(filepath.Join(*shots, "upgrade.pdf"), pdf, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	words := textOf(t, pdf)
	for _, want := range []string{
		"Database upgrade to PostgreSQL 16", "Plan and progress", "Planned", "Actual", "61 of 156 tables",
		"Freeze writes and take a backup", "Copy data to the new cluster", "Switch over", "Check and warm up", "Planned 03:00 to 03:20",
	} {
		if !strings.Contains(words, want) {
			t.Errorf("the print lacks %q:\n%s", want, words)
		}
	}
	tb.onPaper()
	for want, expression := range map[string]string{
		"every phase":            `[...document.querySelectorAll("#phases .row")].length === 4 && [...document.querySelectorAll("#phases .row, #phases .bars rect")].every((el) => el.checkVisibility())`,
		"what moved, unfolded":   `document.querySelector("#moves ul").getBoundingClientRect().height > 0 && document.querySelector("#moves ul").checkVisibility({contentVisibilityAuto: true})`,
		"black on white":         `getComputedStyle(document.querySelector("#phases")).backgroundColor === "rgb(255, 255, 255)" && getComputedStyle(document.body).color === "rgb(22, 32, 46)"`,
		"no navigation, no link": `[...document.querySelectorAll("nav, #link, .skip, .button")].every((el) => !el.checkVisibility())`,
	} {
		if !eval[bool](tb, expression) {
			t.Errorf("on paper there is not: %s", want)
		}
	}
}

// textOf reads a print as a person does, with one space between words.
func textOf(t *testing.T, pdf []byte) string {
	t.Helper()
	read := exec.CommandContext(t.Context(), "pdftotext", "-layout", "-", "-")
	read.Stdin = bytes.NewReader(pdf)
	words, err := read.Output()
	if err != nil {
		t.Fatalf("read the print: %v; make test installs pdftotext on Debian (poppler-utils)", err)
	}
	return strings.Join(strings.Fields(string(words)), " ")
}

// onPaper shows the page as it is printed.
func (b *tab) onPaper() {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"}); err != nil {
		b.t.Fatalf("show as print: %v", err)
	}
}

// script runs before anything of the page, on every page the tab opens.
func (b *tab) script(source string) {
	b.t.Helper()
	if _, err := chromedp.Call(b.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: source}); err != nil {
		b.t.Fatalf("add script: %v", err)
	}
}
