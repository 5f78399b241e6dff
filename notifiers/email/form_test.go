package email_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"upgradehub/notifiers"
	"upgradehub/notifiers/email"
)

const (
	standIn = "stand-in_0000000000001"
	second  = "stand-in_0000000000002"
)

// letter is a mail that many get, with what is one reader's own.
func letter(reader int) notifiers.Message {
	m := message(fmt.Sprintf("%032x", reader))
	m.To = notifiers.Person{Channel: "email", Address: fmt.Sprintf("reader.%d@example.org", reader)}
	m.Calendar = []byte(calendar)
	m.Own = []notifiers.Own{{StandIn: standIn, Value: token(reader)}, {StandIn: second, Value: token(-reader)}}
	m.Links.Unsubscribe = "https://hub.example.org/s/" + token(reader)
	m.Text = "Unsubscribe: https://hub.example.org/s/" + standIn + "\n.\nRate: https://hub.example.org/f/" + second + "\n"
	m.HTML = "<!doctype html><p>ü <a href=\"https://hub.example.org/s/" + standIn + "\">" + standIn + second + "</a></p>\n"
	return m
}

func token(n int) string { return fmt.Sprintf("T-%020d", n)[:22] }

// both sends m as one of many and by itself, and returns both mails as they
// arrived.
func both(t testing.TB, in *inbox, e *email.Email, m notifiers.Message) (one, other received) {
	t.Helper()
	for _, m := range []notifiers.Message{m, m.Whole()} {
		if _, err := e.Notify(t.Context(), m); err != nil {
			t.Fatalf("Notify = %v", err)
		}
	}
	mails := in.take()
	return mails[0], mails[1]
}

// TestManyGetTheSameMail compares with the mail that is made for one reader
// alone.
func TestManyGetTheSameMail(t *testing.T) {
	const widths = 80
	in := serveInbox(t, nil)
	e := open(t, email.Config{URL: in.url, Bounces: bounces})
	for i := range 3 {
		for pad := range widths { // so that the lines break everywhere in what is put in
			m := letter(100*i + pad)
			m.Text = strings.Repeat("x", pad) + m.Text
			one, other := both(t, in, e, m)
			if one.from != other.from || !slices.Equal(one.to, other.to) || one.data != other.data {
				t.Fatalf("one of many:\n%+v\nalone:\n%+v", one, other)
			}
			if strings.Contains(one.data, "stand-in") {
				t.Fatalf("a stand-in is left:\n%s", one.data)
			}
		}
	}
	if n := e.Forms(); n != widths {
		t.Errorf("%d forms made, want %d", n, widths)
	}
}

// TestEveryMailIsItsReaders: a mail that has something that does not go into a
// form is made by itself.
func TestEveryMailIsItsReaders(t *testing.T) {
	tests := []struct {
		name   string
		change func(*notifiers.Message)
	}{
		{"as it is", func(*notifiers.Message) {}},
		{"name", func(m *notifiers.Message) { m.To.Name = "Änn" }},
		{"UTF-8 address", func(m *notifiers.Message) { m.To.Address = "änn@example.org" }},
		{"long address", func(m *notifiers.Message) {
			m.To.Address = strings.Repeat("a", 60) + "@" + strings.Repeat("b", 60) + ".org"
		}},
		{"short value", func(m *notifiers.Message) { m.Own[0].Value = "x" }},
		{"value to encode", func(m *notifiers.Message) { m.Own[0].Value = strings.Repeat("=", len(standIn)) }},
		{"no link to leave", func(m *notifiers.Message) { m.Links.Unsubscribe = "" }},
		{"other calendar", func(m *notifiers.Message) { m.Calendar = []byte("BEGIN:VCALENDAR\r\n") }},
		{"no calendar", func(m *notifiers.Message) { m.Calendar = nil }},
		{"report", func(m *notifiers.Message) { m.Report = []byte("<!doctype html>\n") }},
		{"other date", func(m *notifiers.Message) { m.Date = m.Date.Add(time.Hour) }},
		{"other upgrade", func(m *notifiers.Message) { m.Delivery.Upgrade = "redis8" }},
		{"stand-ins changed about", func(m *notifiers.Message) { m.Own[0].StandIn, m.Own[1].StandIn = second, standIn }},
		{"one stand-in", func(m *notifiers.Message) { m.Own = m.Own[:1] }},
		{"short id", func(m *notifiers.Message) { m.Delivery.ID = "d1" }},
		{"strange id", func(m *notifiers.Message) { m.Delivery.ID = "not a word: ü" }},
	}
	in := serveInbox(t, func(s *smtp.Server) { s.EnableSMTPUTF8 = true })
	e := open(t, email.Config{URL: in.url})
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := letter(1)
			tt.change(&m)
			if one, other := both(t, in, e, m); one.data != other.data || !slices.Equal(one.to, other.to) {
				t.Errorf("one of many:\n%+v\nalone:\n%+v", one, other)
			}
		})
	}
}

// FuzzForm looks for a mail that reads otherwise when it is one of many.
func FuzzForm(f *testing.F) {
	f.Add("Planned", "reader@example.org", "0123456789abcdef", "T-00000000000000000001", "before ", " after")
	f.Add("ü", "o'hara+x@example.org", "d1", "______________________", strings.Repeat("ü", 40), ".\n.")
	f.Add("=?utf-8?q?x?=", ".@x", "", "----------------------", "\r\n.", "\x00\xff=\r\n")
	in := serveInbox(f, nil)
	e := open(f, email.Config{URL: in.url})
	f.Fuzz(func(t *testing.T, subject, address, id, value, before, after string) {
		m := letter(1)
		m.Subject, m.To.Address, m.Delivery.ID, m.Own[0].Value = subject, address, id, value
		m.Text, m.HTML = before+standIn+after, before+second+after+standIn
		if email.Valid(address) != nil {
			return
		}
		if one, other := both(t, in, e, m); one.data != other.data || !slices.Equal(one.to, other.to) {
			t.Errorf("one of many:\n%+v\nalone:\n%+v", one, other)
		}
	})
}
