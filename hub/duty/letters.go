package duty

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"upgradehub/events"
	"upgradehub/events/lesson"
	"upgradehub/events/link"
	"upgradehub/events/plan"
	"upgradehub/events/survey"
	"upgradehub/events/upgrade"
	"upgradehub/hub/people"
	"upgradehub/hub/report"
	"upgradehub/hub/store"
	"upgradehub/notifiers"
)

// letters keeps what was rendered within the present second, as long as there
// is no news. A notice to a hundred thousand people reads the same for all who
// share language and zone, but for the tokens of their links; those are put in
// afterwards.
type letters struct {
	standIns tokens
	news     atomic.Uint64 // how often there was any

	mu sync.Mutex
	// unknown are sets of templates that a plan names and that are not there.
	unknown map[string]bool
	// editions of the second, by upgrade, with the news up to then.
	editions map[string]*edition
	second   int64
	upto     uint64
}

// edition is what there is to say of an upgrade, and the mails that say it.
type edition struct {
	upgrade *upgrade.Upgrade
	public  upgrade.Public
	learnt  []lesson.Change
	mails   map[letterKey]notifiers.Message
}

// letterKey is what decides how a mail reads.
type letterKey struct {
	notice     string
	zone, lang string
	personal
}

// personal says which personal links a message has beside that to end messages.
type personal struct {
	asks  bool // how it went
	signs bool // for a gate
}

// tokens are those of the personal links of one message; empty ones are not in
// it.
type tokens struct{ confirm, unsubscribe, feedback, signOff string }

// newLetters has stand-ins that nobody can write into a text.
func newLetters() *letters {
	var key link.Key = []byte(rand.Text())
	return &letters{unknown: map[string]bool{}, standIns: tokens{
		confirm:     key.Token(link.Confirm, "", "", 0),
		unsubscribe: key.Token(link.Subscribe, "", "", 0),
		feedback:    key.Token(link.Feedback, "", "", 0),
		signOff:     key.Token(link.SignOff, "", "", 0),
	}}
}

// letter is a message in the recipient's words, from the newest state, with
// stand-ins for the tokens of links. It asks for no more than it is to.
func (d *Duty) letter(ctx context.Context, delivery notifiers.Delivery, p notifiers.Person, own personal) (notifiers.Message, error) {
	d.letters.mu.Lock()
	defer d.letters.mu.Unlock()
	now := d.cfg.Clock.Now()
	e, err := d.edition(ctx, delivery.Upgrade, now)
	if err != nil {
		return notifiers.Message{}, fmt.Errorf("delivery %s: %w", delivery.ID, err)
	}
	key := letterKey{notice: delivery.Notice.ID, zone: p.Zone, lang: p.Lang, personal: own}
	if m, ok := e.mails[key]; ok {
		return m, nil
	}
	standIns := d.letters.standIns
	if !own.asks {
		standIns.feedback = ""
	}
	if !own.signs {
		standIns.signOff = ""
	}
	v := notifiers.View{Delivery: delivery, Person: p, Links: d.links(delivery, standIns), Now: now, Theme: d.cfg.Theme}
	v.Upgrade, v.Public, v.Learnt = e.upgrade, e.public, e.learnt
	if err := d.lookBack(ctx, &v); err != nil {
		return notifiers.Message{}, err
	}
	d.wording(ctx, &v)
	m, err := d.render.Render(v)
	if err == nil && delivery.Channel == "email" { // elsewhere the place of its root message decides too
		e.mails[key] = m
	}
	return m, err
}

// edition is that of now about an upgrade, or about none.
func (d *Duty) edition(ctx context.Context, id string, now time.Time) (*edition, error) {
	l, news := d.letters, d.letters.news.Load() // before anything is read
	if l.second != now.Unix() || l.upto != news {
		l.second, l.upto, l.editions = now.Unix(), news, map[string]*edition{}
	}
	if e := l.editions[id]; e != nil {
		return e, nil
	}
	e := &edition{mails: map[letterKey]notifiers.Message{}}
	if id != "" {
		u, seq, err := d.store.Full(ctx, id)
		if err != nil {
			return nil, err
		}
		if u == nil {
			return nil, fmt.Errorf("upgrade %q is not known", id)
		}
		e.upgrade, e.public = u, u.Public(seq)
		if s := e.public.State; !s.Live() && !s.Ended() {
			if e.learnt, _, err = d.store.Learnt(ctx, id); err != nil {
				return nil, err
			}
		}
	}
	l.editions[id] = e
	return e, nil
}

// lookBack fills in what sums up an upgrade, for the moments that do.
func (d *Duty) lookBack(ctx context.Context, v *notifiers.View) (err error) {
	id, of := v.Delivery.Upgrade, v.Delivery.Notice.Moment
	if of == events.MomentNewItems {
		return d.newItems(ctx, v)
	}
	if id == "" {
		return nil
	}
	if about := v.Delivery.Notice.Facts["lesson"]; about != "" {
		return d.lesson(ctx, v, about)
	}
	switch of {
	case events.MomentSurveyDigest:
		return d.answered(ctx, v)
	case events.MomentLearnt:
		return d.learnt(ctx, v)
	case events.MomentReport:
		v.Report, err = d.report(ctx, id)
	case events.MomentItems:
		v.Waiting, err = d.waiting(ctx, id)
	case events.MomentReply:
		v.Reply, err = d.people.Reply(ctx, v.Delivery.Notice.Facts["item"])
	}
	return err
}

// learnt fills in what an upgrade taught, of what was accepted.
func (d *Duty) learnt(ctx context.Context, v *notifiers.View) (err error) {
	id := v.Delivery.Upgrade
	if _, v.Learnt, err = d.store.Learnt(ctx, id); err != nil {
		return err
	}
	rows, err := d.store.Lessons(ctx, store.LessonFilter{Upgrade: id, Status: store.LessonAccepted})
	for _, row := range rows {
		v.Lessons = append(v.Lessons, notifiers.Accepted{Lesson: row.Proposal(), Owner: row.Owner})
	}
	return err
}

// lesson fills in the lesson that a message is about.
func (d *Duty) lesson(ctx context.Context, v *notifiers.View, id string) error {
	row, known, err := d.store.Lesson(ctx, id)
	if known {
		p := row.Proposal()
		v.Lesson = &p
	}
	return err
}

// report sums up an upgrade.
func (d *Duty) report(ctx context.Context, id string) (notifiers.Report, error) {
	sources, err := report.Gather(ctx, d.store, id)
	if err != nil {
		return nil, err
	}
	made, planned := report.Make(id, sources)
	if !planned {
		return nil, fmt.Errorf("report on %s: it was never planned", id)
	}
	return made, nil
}

// answered fills in what was answered about an upgrade so far.
func (d *Duty) answered(ctx context.Context, v *notifiers.View) error {
	id := v.Delivery.Upgrade
	rows, err := d.store.Answers(ctx, id)
	if err != nil {
		return err
	}
	invited, err := d.store.Invited(ctx, id)
	if err != nil {
		return err
	}
	result := survey.Count(store.Numbers(rows), invited)
	v.Survey = &result
	v.Themes, err = d.people.Themes(ctx, rows)
	return err
}

// asks reports whether a message asks its reader how it went: nobody who was
// asked about another upgrade a few days ago. A survey and its reminder were
// decided upon in the log.
func (d *Duty) asks(ctx context.Context, delivery notifiers.Delivery) (bool, error) {
	n := delivery.Notice
	if !asksFeedback(delivery) || n.Unasked || n.Unanswered {
		return asksFeedback(delivery), nil
	}
	lately, err := d.store.AskedElse(ctx, delivery.Subscriber, delivery.Upgrade, d.cfg.Clock.Now().Add(-events.AskEvery))
	return !lately, err
}

// signs reports whether a mail asks its reader to sign off for a gate: in Slack
// a button does.
func (d *Duty) signs(ctx context.Context, delivery notifiers.Delivery, name string) (bool, error) {
	n := delivery.Notice
	if delivery.Channel != "email" || n.Moment != events.MomentDecision || name == "" {
		return false, nil
	}
	u, _, err := d.store.Full(ctx, delivery.Upgrade)
	return u != nil && len(u.SignOffs(n.Facts["gate"], []string{name})) > 0, err
}

// wording picks the set of templates. One that a plan names and that is not
// there is told to the operator, once; the message goes out in our words.
func (d *Duty) wording(ctx context.Context, v *notifiers.View) {
	var p *plan.Plan
	if v.Upgrade != nil {
		p = v.Upgrade.Plan
	}
	v.Templates = notifiers.TemplatesOf(v.Delivery.Notice, p, d.cfg.Audiences)
	if v.Templates == "" || d.render.Knows(v.Templates) || d.letters.unknown[v.Templates] {
		return
	}
	d.letters.unknown[v.Templates] = true
	d.log.WarnContext(ctx, "set of templates is not there: messages go out in the hub's own words",
		"templates", v.Templates, "upgrade", v.Delivery.Upgrade)
}

// tokens are those of the links of a delivery to somebody, and the hashes of those
// that it makes known. By a reply they have the link to end their messages, which
// is known: named beside the answer it would tell whose that is.
func (d *Duty) tokens(delivery notifiers.Delivery, to people.Recipient, own personal) (tokens, []events.LinkHash) {
	var t tokens
	var hashes []events.LinkHash
	token := func(p link.Purpose, upgrade string) string {
		made := d.cfg.LinkKey.Token(p, upgrade, to.ID, to.Generation)
		hashes = append(hashes, events.LinkHash{Hash: link.Hash(made), Purpose: string(p)})
		return made
	}
	switch {
	case delivery.Notice.Moment == events.MomentConfirm: // nothing to end yet
		t.confirm = token(link.Confirm, "")
		return t, hashes
	case own.asks:
		t.feedback = token(link.Feedback, delivery.Upgrade)
	case own.signs:
		t.signOff = token(link.SignOff, delivery.Upgrade)
	}
	t.unsubscribe = token(link.Subscribe, "")
	if isReply(delivery) {
		hashes = nil
	}
	return t, hashes
}

// asksFeedback: only a mail and a message in person have one reader.
func asksFeedback(delivery notifiers.Delivery) bool {
	n := delivery.Notice
	return (delivery.Channel == "email" || n.Role == notifiers.RoleCrew) && notifiers.AsksFeedback(n.Moment)
}

// links are the addresses a message points to.
func (d *Duty) links(delivery notifiers.Delivery, t tokens) notifiers.Links {
	base := strings.TrimSuffix(d.cfg.PublicURL, "/")
	links := notifiers.Links{Page: base + "/"}
	if delivery.Upgrade != "" {
		links.Page = base + "/upgrades/" + delivery.Upgrade
		links.Calendar = links.Page + ".ics"
	}
	if delivery.Notice.Moment == events.MomentConfirm {
		links.Confirm = base + "/subscribe/" + t.confirm
		return links
	}
	links.Unsubscribe = base + "/s/" + t.unsubscribe
	if t.feedback != "" {
		links.Feedback = base + "/f/" + t.feedback
	}
	if t.signOff != "" {
		links.SignOff = base + "/g/" + t.signOff
	}
	return links
}

// address makes a letter one recipient's own. Mails are made of letters where
// many are sent; what belongs in them is named only.
func (d *Duty) address(m *notifiers.Message, delivery notifiers.Delivery, p notifiers.Person, t tokens) {
	m.Delivery, m.To, m.Links = delivery, p, d.links(delivery, t)
	s := d.letters.standIns
	for _, own := range []notifiers.Own{
		{StandIn: s.confirm, Value: t.confirm},
		{StandIn: s.unsubscribe, Value: t.unsubscribe},
		{StandIn: s.feedback, Value: t.feedback},
		{StandIn: s.signOff, Value: t.signOff},
	} {
		if own.Value != "" {
			m.Own = append(m.Own, own)
		}
	}
	if delivery.Channel != "email" {
		*m = m.Whole()
	}
}
