package theme

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image/png"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
)

// MaxLogo is the most bytes of a logo: a page with all it loads is to stay
// small.
const MaxLogo = 32 << 10

// maxShape is how many times wider than high a logo may be, or the reverse.
const maxShape = 8

// Logo is a picture that is safe to serve.
type Logo struct {
	Data []byte
	// Ext is .svg or .png.
	Ext string
	// Width and Height are its size on pages, so that nothing moves when it
	// arrives.
	Width, Height int
}

// logoHeight is how high a logo stands on pages.
const logoHeight = 32

// ReadLogo reads a PNG, or an SVG without anything that runs, loads or links.
func ReadLogo(data []byte) (*Logo, error) {
	if len(data) > MaxLogo {
		return nil, fmt.Errorf("has more than %d bytes", MaxLogo)
	}
	ext, size := ".svg", svgSize
	if bytes.HasPrefix(data, []byte("\x89PNG\r\n\x1a\n")) {
		ext, size = ".png", pngSize
	}
	width, height, err := size(data)
	if err != nil {
		return nil, err
	}
	shape := width / height
	if !(shape <= maxShape && shape >= 1.0/maxShape) { // also for what is no number
		return nil, fmt.Errorf("is %g by %g: more than %d times longer one way", width, height, maxShape)
	}
	return &Logo{Data: data, Ext: ext, Width: int(math.Ceil(shape * logoHeight)), Height: logoHeight}, nil
}

func pngSize(data []byte) (width, height float64, err error) {
	picture, err := png.Decode(io.LimitReader(bytes.NewReader(data), MaxLogo))
	if err != nil {
		return 0, 0, fmt.Errorf("is no PNG: %w", err)
	}
	size := picture.Bounds().Size()
	return float64(size.X), float64(size.Y), nil
}

// svgSize checks the SVG, too: every fault ends it.
func svgSize(data []byte) (width, height float64, err error) {
	in := xml.NewDecoder(bytes.NewReader(data))
	in.Strict = true
	in.Entity = map[string]string{}
	var root *xml.StartElement
	for {
		token, err := in.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		line, _ := in.InputPos()
		if err != nil {
			return 0, 0, fmt.Errorf("is neither PNG nor SVG: %w", err)
		}
		if err := safe(token); err != nil {
			return 0, 0, fmt.Errorf("line %d: %w", line, err)
		}
		if start, ok := token.(xml.StartElement); ok && root == nil {
			root = new(start.Copy())
		}
	}
	if root == nil || root.Name.Local != "svg" || root.Name.Space != svgSpace {
		return 0, 0, errors.New("is neither PNG nor SVG")
	}
	return measures(root.Attr)
}

const svgSpace = "http://www.w3.org/2000/svg"

// drawing are the elements that only draw. Whatever is not here is refused:
// what runs (script, foreignObject), moves, links, loads, or is of another
// vocabulary.
var drawing = []string{
	"svg", "g", "defs", "symbol", "use", "title", "desc", "path", "rect", "circle", "ellipse", "line", "polyline", "polygon",
	"text", "tspan", "textPath", "linearGradient", "radialGradient", "stop", "clipPath", "mask", "pattern", "marker", "filter",
	"feBlend", "feColorMatrix", "feComposite", "feDropShadow", "feFlood", "feGaussianBlur", "feMerge", "feMergeNode", "feMorphology", "feOffset", "style",
}

// safe says what is wrong with a piece of an SVG.
func safe(token xml.Token) error {
	switch t := token.(type) {
	case xml.Directive:
		return errors.New("a document type is not allowed")
	case xml.ProcInst:
		if t.Target != "xml" {
			return fmt.Errorf("<?%s?> is not allowed", t.Target)
		}
	case xml.CharData:
		return safeValue("text", string(t))
	case xml.StartElement:
		if t.Name.Space != svgSpace || !slices.Contains(drawing, t.Name.Local) {
			return fmt.Errorf("<%s> is not allowed in a logo", t.Name.Local)
		}
		for _, a := range t.Attr {
			if err := safeAttr(a); err != nil {
				return err
			}
		}
	}
	return nil
}

func safeAttr(a xml.Attr) error {
	name := strings.ToLower(a.Name.Local)
	if strings.HasPrefix(name, "on") {
		return fmt.Errorf("%s may run code", a.Name.Local)
	}
	if name == "href" && !strings.HasPrefix(a.Value, "#") {
		return fmt.Errorf("href %q leads out of the picture", a.Value)
	}
	if a.Name.Space == "xmlns" || name == "xmlns" {
		return nil // the name of a vocabulary, which nobody loads
	}
	return safeValue(a.Name.Local, a.Value)
}

// safeValue refuses what makes a style load something: url() of anything but
// a part of the picture, imports, and escapes that could spell either.
func safeValue(name, value string) error {
	low := strings.ToLower(value)
	for rest := low; ; {
		_, after, found := strings.Cut(rest, "url(")
		if !found {
			break
		}
		if !strings.HasPrefix(strings.TrimLeft(after, " \t\r\n\"'"), "#") {
			return fmt.Errorf("%s loads something by url()", name)
		}
		rest = after
	}
	for _, bad := range []string{"@import", "image(", "image-set(", "javascript:", "expression(", "\\"} {
		if strings.Contains(low, bad) {
			return fmt.Errorf("%s holds %q", name, bad)
		}
	}
	return nil
}

// measures are width and height of the view box, or else of the picture.
func measures(attrs []xml.Attr) (width, height float64, err error) {
	values := map[string]string{}
	for _, a := range attrs {
		values[a.Name.Local] = a.Value
	}
	sides := []string{values["width"], values["height"]}
	if box := strings.FieldsFunc(values["viewBox"], func(r rune) bool { return r == ' ' || r == ',' }); len(box) == 4 {
		sides = box[2:]
	}
	var size [2]float64
	for i, side := range sides {
		n, err := strconv.ParseFloat(strings.TrimSuffix(side, "px"), 64)
		if err != nil || !(n > 0) || math.IsInf(n, 0) {
			return 0, 0, errors.New("has no size: it needs a viewBox, or a width and a height")
		}
		size[i] = n
	}
	return size[0], size[1], nil
}
