package email

import (
	"bytes"
	"crypto/rand"
	"slices"
	"strings"
	"sync"

	"upgradehub/notifiers"
)

// maxForms bounds what is kept: a notice has one form for each language and
// zone of its readers.
const maxForms = 256

// forms are those that were made.
type forms struct {
	mu   sync.Mutex
	made map[formKey]*form // nil for what no form does for
}

// formKey is what decides how a mail reads, but for its calendar.
type formKey struct {
	upgrade, subject, text, html, method string
	date                                 int64
	unsubscribe                          bool
}

// fillIn makes the letter of m from a form; nil if that cannot be.
func (e *Email) fillIn(m notifiers.Message) *letter {
	if !e.formable(m) {
		return nil
	}
	f := e.form(m)
	if f == nil {
		return nil
	}
	own := e.own(m)
	return &letter{id: "<" + own[gapID] + ">", from: e.sender(m.Delivery.ID), to: m.To.Address, form: f, own: own}
}

// formable reports whether what is m's own goes into a mail as it is: nothing
// of it has to be encoded, folded or signed. A report is too large to be kept.
func (e *Email) formable(m notifiers.Message) bool {
	if e.dkim != nil || len(m.Own) == 0 || m.Report != nil || m.Date.IsZero() || tidy(m.To.Name) != "" ||
		len(m.To.Address) >= maxFormed || !ascii(m.To.Address) {
		return false
	}
	for _, o := range m.Own {
		if len(o.Value) != len(o.StandIn) || !fits(o.Value) || !fits(o.StandIn) {
			return false
		}
	}
	if _, err := recipient(m.To.Address, ""); err != nil {
		return false // whoever makes the mail by itself says why
	}
	return m.Links.Unsubscribe == "" || unsubscribeURL(m.Links.Unsubscribe) == nil
}

// longestOwn is what a sample can be made of.
const longestOwn = 50

// fits reports whether s is as long as a sample can be, and the same in every
// encoding.
func fits(s string) bool {
	return s != "" && len(s) <= longestOwn && !strings.ContainsFunc(s, func(r rune) bool {
		return ('0' > r || r > '9') && ('a' > r || r > 'z') && ('A' > r || r > 'Z') && r != '-' && r != '_'
	})
}

// own is what goes into the gaps.
func (e *Email) own(m notifiers.Message) []string {
	all := make([]string, gapsOfAll, gapsOfAll+len(m.Own))
	all[gapAddress], all[gapID], all[gapUnsubscribe] = m.To.Address, e.id(m.Delivery.ID), m.Links.Unsubscribe
	all[gapBoundary] = boundarySeed(m.Delivery.ID)
	for _, o := range m.Own {
		all = append(all, o.Value)
	}
	return all
}

// form is that of m. It is made when the first mail of its kind goes out.
func (e *Email) form(m notifiers.Message) *form {
	key := formKey{
		upgrade: m.Delivery.Upgrade, subject: m.Subject, text: m.Text, html: m.HTML, method: m.CalendarMethod,
		date: m.Date.UnixNano(), unsubscribe: m.Links.Unsubscribe != "",
	}
	e.forms.mu.Lock()
	defer e.forms.mu.Unlock()
	if f, ok := e.forms.made[key]; ok && (f == nil || f.of(m)) {
		return f
	}
	if e.forms.made == nil || len(e.forms.made) >= maxForms {
		e.forms.made = map[formKey]*form{}
	}
	f := e.newForm(m)
	e.forms.made[key] = f
	return f
}

// of reports whether m has the calendar and the stand-ins of the form.
func (f *form) of(m notifiers.Message) bool {
	return bytes.Equal(f.calendar, m.Calendar) &&
		slices.EqualFunc(f.standIns, m.Own, func(s string, o notifiers.Own) bool { return s == o.StandIn })
}

// newForm makes a form of a mail to nobody; nil if a second such mail shows
// that it does not do.
func (e *Email) newForm(m notifiers.Message) *form {
	short, long := sample(m, 8), sample(m, maxFormed-2)
	made, err := e.compose(short.Whole())
	if err != nil {
		return nil
	}
	f := &form{calendar: m.Calendar, pieces: cut(made.append(nil), e.own(short))}
	for _, o := range m.Own {
		f.standIns = append(f.standIns, o.StandIn)
	}
	other, err := e.compose(long.Whole())
	if err != nil || !bytes.Equal(other.append(nil), f.fill(nil, e.own(long))) {
		return nil
	}
	return f
}

// maxFormed is too long for an address that surely stands on one line with its
// "To:".
const maxFormed = 60

// sample is m for somebody who is not there, with an address of some length.
func sample(m notifiers.Message, length int) notifiers.Message {
	m.Delivery.ID = strings.ToLower(rand.Text())
	name := strings.ToLower(rand.Text() + rand.Text() + rand.Text())
	m.To.Address, m.To.Name = name[:length/2]+"@"+name[length/2:length], ""
	if m.Links.Unsubscribe != "" {
		m.Links.Unsubscribe = "https://" + rand.Text()
	}
	m.Own = slices.Clone(m.Own)
	for i, o := range m.Own {
		m.Own[i].Value = (rand.Text() + rand.Text())[:len(o.StandIn)]
	}
	return m
}
