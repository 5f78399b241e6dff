package email_test

import (
	"net/mail"
	"strings"
	"testing"

	"upgradehub/notifiers"
	"upgradehub/notifiers/email"
)

func TestCheck(t *testing.T) {
	from := mail.Address{Address: "hub@example.org"}
	m := notifiers.Message{
		To: notifiers.Person{Channel: "email", Address: "reader@example.org"}, Subject: "s", Text: "t", HTML: "<p>t</p>",
		Links: notifiers.Links{Unsubscribe: "https://status.example.org/s/x"},
	}
	if notes, err := email.Check(from, m); err != nil || notes != nil {
		t.Errorf("Check() = %q, %v, want nothing", notes, err)
	}
	large := m
	large.HTML = strings.Repeat("x", 103<<10)
	if notes, err := email.Check(from, large); err != nil || len(notes) != 1 || !strings.Contains(notes[0], "103 kB") {
		t.Errorf("Check() of a large mail = %q, %v, want its size named", notes, err)
	}
	in := serveInbox(t, nil)
	e := open(t, email.Config{URL: in.url})
	large.Delivery = notifiers.Delivery{ID: "large"}
	send(t, e, large)
	if got := in.all()[0].data; len(got) > 10<<10 || strings.Contains(got, "text/html") || !strings.Contains(got, "text/plain") {
		t.Errorf("a large mail goes out with %d bytes, want its text alone", len(got))
	}
	m.To.Address = `"a b"@example.org`
	if _, err := email.Check(from, m); err == nil {
		t.Error("Check() of a quoted address passes, want an error")
	}
}
