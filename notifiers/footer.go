package notifiers

import (
	"upgradehub/events/theme"
)

// footer is what stands under every mail: whose it is, who helps, and what
// the law or the operator wants to be there. It is of the configuration, not
// of events, but a mail trusts nobody: every text is one line.
type footer struct {
	Product string
	Support []theme.Contact
	Legal   []theme.Link
	Text    string
}

func newFooter(t theme.Theme) footer {
	f := footer{Product: line(t.Title()), Text: line(t.Words())}
	for _, c := range t.Support {
		f.Support = append(f.Support, theme.Contact{Name: line(c.Name), Email: line(c.Email), Phone: line(c.Phone), URL: line(c.URL)})
	}
	for _, l := range t.Legal {
		f.Legal = append(f.Legal, theme.Link{Name: line(l.Name), URL: l.URL})
	}
	return f
}
