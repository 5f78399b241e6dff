package theme

import (
	"fmt"
	"math"
)

// Accent is the colour of links, buttons and the focus ring, on pages and in
// mails: one for light looks and one for dark ones. The zero Accent is the
// product's own.
type Accent struct{ Light, Dark Colour }

// Scheme is a look of the pages: what an accent stands on.
type Scheme struct {
	Name string
	// Surfaces are the colours behind links. The first one is also the
	// colour of words on a button that is filled with the accent.
	Surfaces []Colour
	// help is what an accent is mixed with to stand out more.
	help Colour
}

var (
	white = Colour{255, 255, 255}
	black = Colour{}
)

// The two looks of the pages.
var (
	Light = Scheme{"light", []Colour{white, {0xf3, 0xf5, 0xf8}, {0xee, 0xf1, 0xf5}}, black}
	Dark  = Scheme{"dark", []Colour{{0x0d, 0x11, 0x17}, {0x16, 0x1c, 0x25}, {0x1f, 0x27, 0x33}}, white}
)

// least is the contrast that WCAG 2.2 asks of text, criterion 1.4.3 at level
// AA: https://www.w3.org/TR/WCAG22/#contrast-minimum.
const least = 4.5

// NewAccent is the accent of a colour for light pages. The one for dark pages
// is the same colour, made lighter until it can be read there.
func NewAccent(light Colour) (Accent, error) {
	if err := Light.Check(light); err != nil {
		return Accent{}, err
	}
	return Accent{light, Dark.nearest(light)}, nil
}

// Check measures the colour on every surface of the look. The error names the
// worst ratio, what is needed, and the nearest colour that would do.
func (s Scheme) Check(c Colour) error {
	ratio, on := s.worst(c)
	if ratio >= least {
		return nil
	}
	// Rounded down, so that what misses by little does not look as if it passed.
	return fmt.Errorf("has a contrast of %.2f:1 on %s in %s, and %.1f:1 is needed: %s would do",
		math.Floor(ratio*100)/100, on, s.Name, least, s.nearest(c))
}

// worst is the surface on which the colour is hardest to read.
func (s Scheme) worst(c Colour) (ratio float64, on Colour) {
	ratio = math.Inf(1)
	for _, surface := range s.Surfaces {
		if r := Contrast(c, surface); r < ratio {
			ratio, on = r, surface
		}
	}
	return ratio, on
}

// nearest is the colour, changed as little as can be so that it can be read.
func (s Scheme) nearest(c Colour) Colour {
	for percent := range 101 {
		mixed := c.mixed(s.help, percent)
		if ratio, _ := s.worst(mixed); ratio >= least {
			return mixed
		}
	}
	return s.help
}
