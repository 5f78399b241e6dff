package email

import (
	"bufio"
	"bytes"
	"cmp"
	"net/textproto"

	"upgradehub/notifiers"
)

// letter is one mail as it goes over the wire.
type letter struct {
	id       string // Message-ID with its brackets
	from, to string // of the envelope
	form     *form
	own      []string // what fills the gaps of the form
}

// utf8 reports whether an address needs SMTPUTF8. It is asked for only then: a
// later server that lacks it would send the mail back.
func (l *letter) utf8() bool { return !ascii(l.from) || !ascii(l.to) }

// append adds the bytes of the mail, with the dot that ends it.
func (l *letter) append(b []byte) []byte { return l.form.fill(b, l.own) }

// seal makes the letter of m: from a form if others get the same mail but for
// what is their own.
func (e *Email) seal(m notifiers.Message) (*letter, error) {
	if l := e.fillIn(m); l != nil {
		return l, nil
	}
	return e.compose(m.Whole())
}

// compose makes the letter of m by itself.
func (e *Email) compose(m notifiers.Message) (*letter, error) {
	msg, err := e.render(m)
	if err != nil {
		return nil, err
	}
	var wire bytes.Buffer
	out := bufio.NewWriter(&wire)
	dots := textproto.NewWriter(out).DotWriter() // doubles dots, and ends lines as they must be
	if _, err = msg.WriteTo(dots); err == nil {
		err = dots.Close()
	}
	if err != nil {
		return nil, &faultError{"body", err}
	}
	return &letter{
		id: msg.GetMessageID(), from: e.sender(m.Delivery.ID), to: m.To.Address,
		form: &form{pieces: []piece{{text: wire.Bytes()}}},
	}, nil
}

// sender is whom the envelope of a delivery's mail is from.
func (e *Email) sender(delivery string) string {
	return cmp.Or(e.bounces.returnPath(delivery), e.from.Address)
}
