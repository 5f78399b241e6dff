// Package theme is how an operator makes the hub their own: a name, a logo,
// an accent colour, who helps, legal links and a text. Pages, feeds and
// messages all show the same one.
//
// A Theme is checked before it is used: [NewAccent] refuses a colour that
// people could not read, and [ReadLogo] a picture that could run code or load
// anything. Nothing here reads files or looks at a clock.
package theme

import (
	"cmp"
	"strings"

	"upgradehub/events/markdown"
)

// product is the name of a hub whose operator gave it none.
const product = "Upgrade Hub"

// Theme is what stands on everything people see. The zero Theme is the
// product's own.
type Theme struct {
	Name string
	// Logo is nil for the product's own mark.
	Logo   *Logo
	Accent Accent
	// Support are those whom readers can ask.
	Support []Contact
	// Legal are links that must stand everywhere, such as an imprint.
	Legal []Link
	// Text is Markdown of the operator's own.
	Text string
}

// Contact is somebody who helps; at least one way to them is given.
type Contact struct{ Name, Email, Phone, URL string }

// Link is a named address.
type Link struct{ Name, URL string }

// Title is the name, or the product's own.
func (t Theme) Title() string { return cmp.Or(t.Name, product) }

// Words is the operator's text without markup.
func (t Theme) Words() string { return markdown.Text(t.Text) }

// Dial is the phone number as a link wants it.
func (c Contact) Dial() string {
	return strings.Map(func(r rune) rune {
		if r == '+' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, c.Phone)
}

// Line is the contact in one line of plain text.
func (c Contact) Line() string {
	return strings.Join(strings.Fields(c.Name+": "+c.Email+" "+c.Phone+" "+c.URL), " ")
}
