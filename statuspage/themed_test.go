package statuspage_test

import (
	"log/slog"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"upgradehub/events/theme"
	"upgradehub/events/upgrade"
	"upgradehub/statuspage"
)

// acme is a theme with everything in it.
func acme(t testing.TB) theme.Theme {
	t.Helper()
	logo, err := theme.ReadLogo([]byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 60 20"><rect width="60" height="20" fill="#7a1fa2"/></svg>`))
	if err != nil {
		t.Fatal(err)
	}
	accent, err := theme.NewAccent(theme.Colour{R: 0x7a, G: 0x1f, B: 0xa2})
	if err != nil {
		t.Fatal(err)
	}
	return theme.Theme{
		Name: "Acme & Söhne status", Logo: logo, Accent: accent,
		Support: []theme.Contact{{Name: "Service desk", Email: "desk@acme.example", Phone: "+49 30 1234", URL: "https://help.acme.example/"}},
		Legal:   []theme.Link{{Name: "Imprint", URL: "https://acme.example/imprint"}, {Name: "Privacy", URL: "https://acme.example/privacy?a=1&b=2"}},
		Text:    "Run by **Acme** for [its customers](https://acme.example/). <script>alert(1)</script>",
	}
}

func themedPages(t testing.TB, b *board, th theme.Theme) *statuspage.Pages {
	t.Helper()
	p, err := statuspage.New(statuspage.Config{
		Board: b, PublicURL: "https://status.example.org", Theme: th, Clock: func() time.Time { return noon },
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestThemeStandsEverywhere(t *testing.T) {
	p := themedPages(t, &board{seq: 9, all: []upgrade.Public{running()}}, acme(t))
	for _, path := range []string{"/", "/upgrades/pg16", "/history", "/nowhere", "/feed.atom", "/upgrades/pg16/feed.atom"} {
		body := serve(p, httptest.NewRequest("GET", path, nil)).Body.String()
		for _, want := range []string{"Acme &amp; Söhne status", "desk@acme.example", "https://acme.example/privacy?a=1&amp;b=2", "Run by", "/static/logo-"} {
			if !strings.Contains(body, want) {
				t.Errorf("%s has no %q", path, want)
			}
		}
		if strings.Contains(body, "alert(1)</script>") || strings.Contains(body, " style=") {
			t.Errorf("%s has a script or a style of its own", path)
		}
	}
	golden(t, "themed.html", serve(p, httptest.NewRequest("GET", "/", nil)).Body.String())
	golden(t, "themed.atom", serve(p, httptest.NewRequest("GET", "/feed.atom", nil)).Body.String())
}

var linked = regexp.MustCompile(`/static/(?:app|logo|mark)-[0-9a-f]{8}\.(?:css|svg)`)

// TestThemeIsServed follows what a page loads: the accent stands in the one
// sheet, and the logo may be kept for ever and do nothing.
func TestThemeIsServed(t *testing.T) {
	plain, own := newPages(t, &board{}, noon), themedPages(t, &board{}, acme(t))
	page := func(p *statuspage.Pages) []string {
		return linked.FindAllString(serve(p, httptest.NewRequest("GET", "/", nil)).Body.String(), -1)
	}
	before, after := page(plain), page(own)
	if len(after) != 3 || before[0] == after[0] || after[1] != after[2] || !strings.Contains(after[1], "/logo-") {
		t.Fatalf("a themed page loads %v, and one without a theme %v", after, before)
	}
	sheet := serve(own, httptest.NewRequest("GET", after[0], nil))
	for _, want := range []string{"--link: light-dark(#7a1fa2, #af78c7)", "--on-accent: light-dark(#ffffff, #0d1117)"} {
		if !strings.Contains(sheet.Body.String(), want) {
			t.Errorf("the sheet has no %q", want)
		}
	}
	logo := serve(own, httptest.NewRequest("GET", after[1], nil))
	if got := logo.Header().Get("Cache-Control"); logo.Code != 200 || got != "public, max-age=31536000, immutable" {
		t.Errorf("logo = %d, Cache-Control %q", logo.Code, got)
	}
	if got := logo.Header().Get("Content-Security-Policy"); !strings.HasPrefix(got, "default-src 'none'; ") || !strings.HasSuffix(got, "; sandbox") {
		t.Errorf("policy of the logo = %q", got)
	}
}

// TestSurfaces: what a theme measures its accent on are the pages' own
// colours.
func TestSurfaces(t *testing.T) {
	sheet, err := os.ReadFile("static/app.css")
	if err != nil {
		t.Fatal(err)
	}
	light, dark := theme.Light.Surfaces, theme.Dark.Surfaces
	for name, on := range map[string][2]theme.Colour{
		"--card": {light[0], dark[1]}, "--page": {light[1], dark[0]}, "--sunk": {light[2], dark[2]},
	} {
		if want := name + ": light-dark(" + on[0].String() + ", " + on[1].String() + ");"; !strings.Contains(string(sheet), want) {
			t.Errorf("app.css has no %q", want)
		}
	}
}
