package theme

import (
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strings"
)

// Colour is a colour of sRGB.
type Colour struct{ R, G, B uint8 }

// String is #rrggbb.
func (c Colour) String() string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

// ParseColour reads #rgb or #rrggbb.
func ParseColour(s string) (Colour, error) {
	digits, marked := strings.CutPrefix(s, "#")
	if len(digits) == 3 {
		digits = string([]byte{digits[0], digits[0], digits[1], digits[1], digits[2], digits[2]})
	}
	raw, err := hex.DecodeString(digits)
	if !marked || err != nil || len(raw) != 3 {
		return Colour{}, errors.New("is not a colour such as #1f4fd1")
	}
	return Colour{raw[0], raw[1], raw[2]}, nil
}

// Contrast is the contrast ratio of two colours, from 1 to 21, as WCAG 2.2
// defines it: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio.
func Contrast(a, b Colour) float64 {
	light, dark := a.luminance(), b.luminance()
	if light < dark {
		light, dark = dark, light
	}
	return (light + 0.05) / (dark + 0.05)
}

// luminance is https://www.w3.org/TR/WCAG22/#dfn-relative-luminance.
func (c Colour) luminance() float64 {
	return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
}

func linear(channel uint8) float64 {
	s := float64(channel) / 255
	if s <= 0.04045 {
		return s / 12.92
	}
	return math.Pow((s+0.055)/1.055, 2.4)
}

// mixed is c with a share of another colour, from 0 to 100.
func (c Colour) mixed(with Colour, percent int) Colour {
	mix := func(a, b uint8) uint8 { return uint8((int(a)*(100-percent) + int(b)*percent) / 100) } //nolint:gosec // between a and b
	return Colour{mix(c.R, with.R), mix(c.G, with.G), mix(c.B, with.B)}
}
