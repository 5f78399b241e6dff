package rehearsal

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"upgradehub/events"
	"upgradehub/notifiers"
)

// box is the letter box of one target, with what is still to come.
type box struct {
	*player
	id      string
	to      Person
	pending []notifiers.Delivery
	words   map[string]bool // updates it got, by id and source

	root   bool                 // the upgrade's root message stands
	cards  map[string]bool      // and these cards
	edited map[string]time.Time // their last edits, the root's under ""

	sent      []Message
	dropped   []Dropped
	coalesced int
}

func (b *box) reader() notifiers.Reader {
	return notifiers.Reader{Subscriber: b.id, Channel: b.to.Channel, Audiences: b.to.Audiences, Name: b.to.Name}
}

// owe makes a delivery of a notice of the newest fact.
func (b *box) owe(n events.Notice) {
	if n.Form == events.FormRoot || n.Form == events.FormCard {
		b.drop("a newer state", func(d notifiers.Delivery) bool { return d.Notice.Form == n.Form && d.Notice.Card == n.Card })
	}
	b.pending = append(b.pending, notifiers.Delivery{
		ID: events.DeliveryID(n.ID, b.id), Notice: n, Upgrade: b.cfg.Plan.ID, Cause: b.seq, Subscriber: b.id, Channel: n.Channel,
	})
}

// overtake drops what is pending for earlier facts and tells one of the
// moments, unless it is required.
func (b *box) overtake(moments []events.Moment, why string) {
	b.drop(why, func(d notifiers.Delivery) bool {
		return d.Cause < b.seq && !d.Notice.Required && slices.Contains(moments, d.Notice.Moment)
	})
}

// supersede drops what a cause makes untrue.
func (b *box) supersede(c notifiers.Cause) {
	for _, d := range slices.Clone(b.pending) {
		for _, gone := range notifiers.Superseded(c, []events.Notice{d.Notice}) {
			b.drop(gone.Why, func(other notifiers.Delivery) bool { return other.ID == d.ID })
		}
	}
}

// needless mirrors the hub's fold: what was not told need not be taken back,
// an announcement on its way says that the window was moved, and nobody is
// asked twice, but reminded: nobody answers in a rehearsal.
func (b *box) needless(n events.Notice) bool {
	switch {
	case n.Recalls:
		return !b.words[wordOf(n)]
	case n.Unasked:
		return b.asked[b.to.label()]
	case n.Unanswered:
		return !b.asked[b.to.label()]
	}
	return n.Form != events.FormRoot && b.takeOver(n)
}

// takeOver has what is still to come stand for a notice, too, if it says all of
// that; it waits as long, and is of use for as long.
func (b *box) takeOver(n events.Notice) bool {
	i := slices.IndexFunc(b.pending, func(d notifiers.Delivery) bool { return notifiers.Contains(d.Notice.Moment, n.Moment) })
	if i < 0 {
		return false
	}
	mine := &b.pending[i].Notice
	mine.NotBefore, mine.UsefulUntil = latest(mine.NotBefore, n.NotBefore), latest(mine.UsefulUntil, n.UsefulUntil)
	return true
}

// wordOf names the update a notice tells of.
func wordOf(n events.Notice) string { return n.Facts["update"] + " " + n.Facts["source"] }

func (b *box) drop(why string, which func(notifiers.Delivery) bool) {
	b.pending = slices.DeleteFunc(b.pending, func(d notifiers.Delivery) bool {
		gone := which(d)
		if gone {
			b.noteDropped(d, why)
		}
		return gone
	})
}

func (b *box) noteDropped(d notifiers.Delivery, why string) {
	if d.Notice.Form == events.FormRoot || d.Notice.Form == events.FormCard {
		b.coalesced++
		return
	}
	b.dropped = append(b.dropped, Dropped{At: d.Notice.NotBefore, Moment: d.Notice.Moment, Why: why})
}

// due is when a delivery goes out if nothing comes between.
func (b *box) due(d notifiers.Delivery) time.Time {
	if last := b.edited[d.Notice.Card]; b.isEdit(d) && !last.IsZero() {
		return latest(d.Notice.NotBefore, last.Add(b.cfg.EditEvery))
	}
	return d.Notice.NotBefore
}

func (b *box) isEdit(d notifiers.Delivery) bool {
	return b.root && d.Notice.Form == events.FormRoot || d.Notice.Form == events.FormCard && b.cards[d.Notice.Card]
}

// send sends what is due before a moment, in the courier's order: the root
// message goes before what hangs on it.
func (b *box) send(before time.Time) {
	for len(b.pending) > 0 {
		next := slices.MinFunc(b.pending, func(x, y notifiers.Delivery) int {
			return cmp.Or(b.due(x).Compare(b.due(y)), cmp.Compare(b.rank(x), b.rank(y)), cmp.Compare(x.Cause, y.Cause))
		})
		at := b.due(next)
		if !at.Before(before) {
			return
		}
		b.pending = slices.DeleteFunc(b.pending, func(d notifiers.Delivery) bool { return d.ID == next.ID })
		b.deliver(next, at)
	}
}

func (b *box) rank(d notifiers.Delivery) int {
	if d.Notice.Form == events.FormRoot && !b.root {
		return 0
	}
	return 1
}

// deliver renders a delivery from the state of the moment it goes out.
func (b *box) deliver(d notifiers.Delivery, at time.Time) {
	if !d.Notice.UsefulUntil.After(at) {
		b.noteDropped(d, "no longer useful")
		return
	}
	m, err := b.render.Render(notifiers.View{
		Delivery: d, Upgrade: b.u, Public: b.u.Public(b.seq), Person: b.to.Person,
		Links: b.links(d.Notice), Now: at, Theme: b.cfg.Theme,
		Templates: notifiers.TemplatesOf(d.Notice, b.u.Plan, b.cfg.Audiences),
	})
	if errors.Is(err, notifiers.ErrStale) {
		b.noteDropped(d, untrue(d.Notice.Moment))
		return
	}
	out := Message{
		At: at, Moment: d.Notice.Moment, Audience: d.Notice.Audience, Role: d.Notice.Role, Channel: d.Channel,
		Form: b.form(d), Headline: m.Headline, Text: m.Text,
	}
	if out.Form == Mail {
		out.Subject = m.Subject
	}
	if err == nil && b.cfg.Check != nil {
		out.Limits, err = b.cfg.Check(m)
	}
	if err != nil {
		out.Error = err.Error()
	}
	b.keep(d, out)
}

// untrue is why a message says nothing. What is learnt from an upgrade nobody
// knows when it is rehearsed.
func untrue(m events.Moment) string {
	if m == events.MomentLearnt {
		return "told if a lesson was accepted by then"
	}
	return "no longer true"
}

// keep notes a message that went out. A reply that found no root message
// stands in its place from then on.
func (b *box) keep(d notifiers.Delivery, m Message) {
	if m.Form == Edit {
		m.Text, b.edited[d.Notice.Card] = "", m.At
	}
	switch d.Notice.Form {
	case events.FormCard:
		b.cards[d.Notice.Card] = true
	case events.FormMessage:
	default:
		b.root = true
	}
	b.tell(d)
	b.words[wordOf(d.Notice)] = true
	if notifiers.AsksFeedback(d.Notice.Moment) && (m.Form == Mail || d.Notice.Role == notifiers.RoleCrew) {
		b.asked[b.to.label()] = true
	}
	b.sent = append(b.sent, m)
}

func (b *box) form(d notifiers.Delivery) Form {
	switch {
	case d.Channel == "webhook":
		return Webhook
	case d.Channel == "service":
		return Post
	case d.Notice.Form == events.FormMessage:
		return Mail
	case b.isEdit(d):
		return Edit
	case d.Notice.Form == events.FormCard && !d.Notice.Quiet:
		return Broadcast
	case !b.root:
		return Post
	case d.Notice.Form == events.FormBroadcast:
		return Broadcast
	}
	return Thread
}
