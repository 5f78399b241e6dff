package email

import (
	"fmt"
	"net/mail"
	"strings"
	"time"

	"upgradehub/notifiers"
)

// maxHTML is the size at which a widespread reader cuts a mail off.
const maxHTML = 102 << 10

// Valid reports whether mail can go to an address.
func Valid(address string) error {
	_, err := recipient(address, "")
	return err
}

// Check says what readers would not see of m as a mail from that sender; nil
// if nothing. Its error is why no mail can be made of it. It sends nothing.
func Check(from mail.Address, m notifiers.Message) ([]string, error) {
	e := &Email{from: &from, host: strings.ToLower(from.Address[strings.LastIndex(from.Address, "@")+1:]), clock: time.Now}
	if _, err := e.render(m); err != nil {
		return nil, fmt.Errorf("mail for %s: %w", m.Delivery.Notice.Moment, err)
	}
	if len(m.HTML) > maxHTML {
		return []string{fmt.Sprintf("the mail has %d kB of HTML, readers cut it at %d: it goes out as text alone", len(m.HTML)>>10, maxHTML>>10)}, nil
	}
	return nil, nil
}
