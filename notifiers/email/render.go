package email

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"upgradehub/notifiers"
)

// render makes the mail of m. Equal messages make equal bytes.
func (e *Email) render(m notifiers.Message) (*gomail.Msg, error) {
	to, err := recipient(m.To.Address, m.To.Name)
	if err != nil {
		return nil, &faultError{"address", err}
	}
	msg := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	msg.FromMailAddress(e.from)
	msg.ToMailAddress(to)
	if e.replyTo != nil {
		msg.ReplyToMailAddress(e.replyTo)
	}
	msg.Subject(tidy(m.Subject))
	date := m.Date
	if date.IsZero() {
		date = e.clock()
	}
	msg.SetDateWithValue(date.UTC())
	e.setIDs(msg, m.Delivery)
	msg.SetGenHeader("Auto-Submitted", "auto-generated")
	msg.SetGenHeader("X-Auto-Response-Suppress", "All")
	msg.SetGenHeader("List-Id", "<upgrades."+e.host+">")
	if err := setUnsubscribe(msg, m.Links.Unsubscribe); err != nil {
		return nil, &faultError{"unsubscribe", err}
	}
	if err := setBody(msg, m); err != nil {
		return nil, &faultError{"body", err}
	}
	e.sign(msg, date)
	return msg, nil
}

// sign dates the signature by the mail, so that a repeat is the same mail.
func (e *Email) sign(msg *gomail.Msg, date time.Time) {
	if e.dkim == nil {
		return
	}
	s := *e.dkim
	s.NowFunc = func() time.Time { return date }
	msg.SetDKIM(&s)
}

// setIDs gives every mail of an upgrade the same reference. It is one string,
// because several would be joined by commas.
func (e *Email) setIDs(msg *gomail.Msg, d notifiers.Delivery) {
	msg.SetMessageIDWithValue(e.id(d.ID))
	if d.Upgrade == "" {
		return
	}
	root := "<" + e.id(digest("upgrade|"+d.Upgrade)) + ">"
	msg.SetGenHeader(gomail.HeaderInReplyTo, root)
	msg.SetGenHeader(gomail.HeaderReferences, root)
}

// idLength keeps "Message-ID: <…>" on one line; a longer id would be folded
// right behind the name, which some readers take for an empty header.
const idLength = 57

// id is key@host, shortened where host is long.
func (e *Email) id(key string) string {
	left := min(32, max(20, idLength-len(e.host)-1))
	return word(key, left) + "@" + e.host
}

var wordOnly = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

// word is the first n characters of a key that is safe in an id or a file
// name; of any other key, of its hash.
func word(key string, n int) string {
	if !wordOnly.MatchString(key) {
		key = digest(key)
	}
	return key[:min(n, len(key))]
}

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}

// setUnsubscribe sets the two headers of RFC 8058. The library takes https only
// and writes both as they come, in changing order; so the first alone is
// written that way, after a check of our own, and a hub tried out on http gets
// them too.
func setUnsubscribe(msg *gomail.Msg, address string) error {
	if address == "" {
		return nil
	}
	if err := unsubscribeURL(address); err != nil {
		return err
	}
	msg.SetListUnsubscribe(address)
	msg.SetGenHeader(gomail.HeaderListUnsubscribePost, "List-Unsubscribe=One-Click")
	return nil
}

func boundarySeed(delivery string) string { return digest("boundary|" + delivery)[:24] }

// setBody sets text, HTML as the better alternative, and what is attached. HTML
// that readers would cut off, and with it the link at its end, is left out.
func setBody(msg *gomail.Msg, m notifiers.Message) error {
	if len(m.HTML) > maxHTML {
		m.HTML = ""
	}
	seed := boundarySeed(m.Delivery.ID)
	if m.Calendar == nil && m.Report == nil {
		msg.SetBodyString(gomail.TypeTextPlain, clean(m.Text))
		addHTML(msg, m.HTML)
		msg.SetBoundary("alt-" + seed)
		return nil
	}
	if err := fixBoundaries(msg, seed); err != nil {
		return err
	}
	msg.SetBodyString(gomail.TypeTextPlain, clean(m.Text))
	addHTML(msg, m.HTML)
	if m.Report != nil {
		return attach(msg, "report.html", m.Report, gomail.TypeTextHTML)
	}
	kind, err := calendarType(m.CalendarMethod)
	if err != nil {
		return err
	}
	return attach(msg, "upgrade.ics", m.Calendar, kind)
}

// fixBoundaries: the library has one boundary for all levels, which would end
// the outer level where the inner one begins, or random ones. It remembers what
// it used for each level, though: one level at a time, of a mail that is still
// empty, makes both fixed.
func fixBoundaries(msg *gomail.Msg, seed string) error {
	msg.SetBodyString(gomail.TypeTextPlain, "")
	if err := attach(msg, "", nil, gomail.TypeTextPlain); err != nil {
		return err
	}
	if err := remember(msg, "mix-"+seed); err != nil {
		return err
	}
	msg.SetAttachments(nil)
	msg.AddAlternativeString(gomail.TypeTextHTML, "")
	return remember(msg, "alt-"+seed)
}

func remember(msg *gomail.Msg, boundary string) error {
	msg.SetBoundary(boundary)
	_, err := msg.WriteTo(io.Discard)
	msg.SetBoundary("")
	return err
}

func addHTML(msg *gomail.Msg, html string) {
	if html != "" {
		msg.AddAlternativeString(gomail.TypeTextHTML, clean(html))
	}
}

// clean leaves out what a text part must not hold.
func clean(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "")
}

var methodWord = regexp.MustCompile(`^[A-Z]{1,20}$`)

// calendarType names the method of the calendar, which must be its METHOD.
func calendarType(method string) (gomail.ContentType, error) {
	if method == "" {
		method = "PUBLISH"
	}
	if !methodWord.MatchString(method) {
		return "", fmt.Errorf("calendar method %q", method)
	}
	return gomail.ContentType("text/calendar; method=" + method + "; charset=UTF-8"), nil
}

func attach(msg *gomail.Msg, name string, content []byte, kind gomail.ContentType) error {
	return msg.AttachReader(name, bytes.NewReader(content), gomail.WithFileContentType(kind))
}
