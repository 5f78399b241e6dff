package theme_test

import (
	"bytes"
	"encoding/xml"
	"image"
	"image/png"
	"math"
	"strings"
	"testing"

	"upgradehub/events/theme"
)

func colour(t testing.TB, s string) theme.Colour {
	t.Helper()
	c, err := theme.ParseColour(s)
	if err != nil {
		t.Fatalf("ParseColour(%q): %v", s, err)
	}
	return c
}

// TestContrast has the ratios that are known of WCAG and of its examples.
func TestContrast(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want float64
	}{
		{"#000", "#fff", 21},
		{"#fff", "#ffffff", 1},
		{"#777777", "#ffffff", 4.48},
		{"#767676", "#ffffff", 4.54},
		{"#ff0000", "#ffffff", 4.00},
		{"#0000ff", "#ffffff", 8.59},
		{"#00ff00", "#000000", 15.30},
	} {
		got := theme.Contrast(colour(t, tt.a), colour(t, tt.b))
		if math.Abs(got-tt.want) > 0.005 || got != theme.Contrast(colour(t, tt.b), colour(t, tt.a)) {
			t.Errorf("Contrast(%s, %s) = %.3f, want %.2f both ways", tt.a, tt.b, got, tt.want)
		}
	}
}

func TestParseColour(t *testing.T) {
	if got := colour(t, "#1Bf").String(); got != "#11bbff" {
		t.Errorf("#1Bf = %s, want #11bbff", got)
	}
	for _, s := range []string{"", "red", "1f4fd1", "#1f4f", "#1f4fd1ff", "#gggggg", "#é"} {
		if c, err := theme.ParseColour(s); err == nil {
			t.Errorf("ParseColour(%q) = %s, want an error", s, c)
		}
	}
}

func TestAccent(t *testing.T) {
	for _, tt := range []struct{ light, dark, want string }{
		{"#1f4fd1", "#6b8ae0", ""},
		{"#7a1fa2", "#af78c7", ""},
		{"#ffcc00", "", "has a contrast of 1.33:1 on #eef1f5 in light, and 4.5:1 is needed: #846a00 would do"},
		{"#ffffff", "", "has a contrast of 1.00:1 on #ffffff in light, and 4.5:1 is needed: #6d6d6d would do"},
		{"#767676", "", "has a contrast of 4.00:1 on #eef1f5 in light, and 4.5:1 is needed: #6e6e6e would do"},
	} {
		got, err := theme.NewAccent(colour(t, tt.light))
		if tt.want != "" {
			if err == nil || err.Error() != tt.want {
				t.Errorf("NewAccent(%s) error = %v, want %s", tt.light, err, tt.want)
			}
			continue
		}
		if err != nil || got.Light.String() != tt.light || got.Dark.String() != tt.dark {
			t.Errorf("NewAccent(%s) = %v, %v, want %s in dark", tt.light, got, err, tt.dark)
		}
		if err := theme.Dark.Check(got.Dark); err != nil {
			t.Errorf("the dark colour of %s %v", tt.light, err)
		}
	}
}

func picture(t testing.TB, width, height int) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, width, height))); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const svg = `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" `

func TestReadLogo(t *testing.T) {
	for _, tt := range []struct {
		name, ext string
		data      []byte
		width     int
	}{
		{"png", ".png", picture(t, 90, 30), 96},
		{"view box", ".svg", []byte(`<?xml version="1.0"?><!-- ours -->` + svg + `viewBox="0,0 48 24"><style>.a{fill:url(#g)}</style><path class="a" d="M0 0"/></svg>`), 64},
		{"width and height", ".svg", []byte(svg + `width="10px" height="10"><use xlink:href="#a"/></svg>`), 32},
	} {
		got, err := theme.ReadLogo(tt.data)
		if err != nil || got.Ext != tt.ext || got.Width != tt.width || got.Height != 32 || !bytes.Equal(got.Data, tt.data) {
			t.Errorf("%s: ReadLogo = %+v, %v, want %s of width %d", tt.name, got, err, tt.ext, tt.width)
		}
	}
}

func TestReadLogoRefuses(t *testing.T) {
	in := func(inside string) []byte { return []byte(svg + `viewBox="0 0 9 9">` + "\n" + inside + `</svg>`) }
	for _, tt := range []struct {
		name string
		data []byte
		want string
	}{
		{"nothing", nil, "is neither PNG nor SVG"},
		{"a web page", []byte("<!doctype html><p>"), "line 1: a document type is not allowed"},
		{"a cut PNG", picture(t, 8, 8)[:40], "is no PNG: unexpected EOF"},
		{"too large", make([]byte, theme.MaxLogo+1), "has more than 32768 bytes"},
		{"too long", picture(t, 90, 3), "is 90 by 3: more than 8 times longer one way"},
		{"no size", []byte(svg + "/>"), "has no size: it needs a viewBox, or a width and a height"},
		{"no height", []byte(svg + `viewBox="0 0 9 0"/>`), "has no size: it needs a viewBox, or a width and a height"},
		{"no number", []byte(svg + `viewBox="0 0 NaN 9"/>`), "has no size: it needs a viewBox, or a width and a height"},
		{"script", in("<script>alert(1)</script>"), "line 2: <script> is not allowed in a logo"},
		{"foreign object", in("<foreignObject/>"), "line 2: <foreignObject> is not allowed in a logo"},
		{"HTML", in(`<b xmlns="http://www.w3.org/1999/xhtml"/>`), "line 2: <b> is not allowed in a logo"},
		{"animation", in(`<set attributeName="href" to="javascript:alert(1)"/>`), "line 2: <set> is not allowed in a logo"},
		{"picture", in(`<image href="https://evil.example/x.png"/>`), "line 2: <image> is not allowed in a logo"},
		{"handler", in(`<path onLoad="alert(1)"/>`), "line 2: onLoad may run code"},
		{"link out", in(`<use xlink:href="https://evil.example/x#a"/>`), `line 2: href "https://evil.example/x#a" leads out of the picture`},
		{"load", in(`<path fill="URL( 'https://evil.example/')"/>`), "line 2: fill loads something by url()"},
		{"import", in(`<style>@import "https://evil.example/a.css";</style>`), `line 2: text holds "@import"`},
		{"escape", in(`<style>a{fill:\75rl(x)}</style>`), `line 2: text holds "\\"`},
		{"entity", []byte(`<!DOCTYPE svg [<!ENTITY a "b">]>` + svg + `/>`), "line 1: a document type is not allowed"},
		{"unknown entity", in("&a;"), "is neither PNG nor SVG: XML syntax error on line 2: invalid character entity &a;"},
		{"instruction", []byte(`<?xml-stylesheet href="a.css"?>` + svg + `/>`), "line 1: <?xml-stylesheet?> is not allowed"},
	} {
		if got, err := theme.ReadLogo(tt.data); err == nil || err.Error() != tt.want {
			t.Errorf("%s: ReadLogo = %v, %v, want %q", tt.name, got, err, tt.want)
		}
	}
}

// FuzzReadLogo: what is taken has a size, and holds nothing that runs.
func FuzzReadLogo(f *testing.F) {
	f.Add([]byte(svg + `viewBox="0 0 9 9"><script/></svg>`))
	f.Add([]byte(svg + `viewBox="0 0 9 9"><path onclick="x" fill="url(#a)"/></svg>`))
	f.Add(picture(f, 3, 2))
	f.Fuzz(func(t *testing.T, data []byte) {
		logo, err := theme.ReadLogo(data)
		if err != nil {
			return
		}
		if logo.Width < 4 || logo.Width > 256 {
			t.Errorf("a logo of width %d", logo.Width)
		}
		if logo.Ext == ".svg" {
			runsNothing(t, data)
		}
	})
}

// runsNothing looks at the SVG again, by another rule than the one tested.
func runsNothing(t *testing.T, data []byte) {
	t.Helper()
	in := xml.NewDecoder(bytes.NewReader(data))
	for {
		token, err := in.Token()
		if err != nil {
			return
		}
		start, _ := token.(xml.StartElement)
		if strings.EqualFold(start.Name.Local, "script") {
			t.Errorf("a script in %q", data)
		}
		for _, a := range start.Attr {
			if strings.HasPrefix(strings.ToLower(a.Name.Local), "on") || strings.Contains(strings.ToLower(a.Value), "javascript:") {
				t.Errorf("%s=%q in %q", a.Name.Local, a.Value, data)
			}
		}
	}
}
