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
	wire     []byte // the mail, with the dot that ends it
}

// utf8 reports whether an address needs SMTPUTF8. It is asked for only then: a
// later server that lacks it would send the mail back.
func (l *letter) utf8() bool { return !ascii(l.from) || !ascii(l.to) }

// compose makes the letter of m.
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
		wire: wire.Bytes(),
	}, nil
}

// sender is whom the envelope of a delivery's mail is from.
func (e *Email) sender(delivery string) string {
	return cmp.Or(e.bounces.returnPath(delivery), e.from.Address)
}
