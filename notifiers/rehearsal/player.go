package rehearsal

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"upgradehub/events"
	"upgradehub/events/upgrade"
	"upgradehub/notifiers"
)

// player is one story being played.
type player struct {
	cfg    Config
	render *notifiers.Renderer
	story  Story

	u     *upgrade.Upgrade
	seq   uint64
	now   time.Time
	boxes []*box

	changes   map[change]int
	told      map[told]bool
	asked     map[string]bool // how it went, by person
	anomalies []string
}

func newPlayer(cfg Config, render *notifiers.Renderer, s Story) *player {
	p := &player{cfg: cfg, render: render, story: s, u: upgrade.New(cfg.Plan.ID), changes: map[change]int{}, told: map[told]bool{}, asked: map[string]bool{}}
	for i, to := range cfg.People {
		p.boxes = append(p.boxes, &box{player: p, id: fmt.Sprintf("p%d", i+1), to: to, words: map[string]bool{}, cards: map[string]bool{}, edited: map[string]time.Time{}})
	}
	return p
}

// How long after the last event it goes on, so that what was put off goes out
// and the clock says what it has to say.
const (
	tailEnded = 15 * 24 * time.Hour // to what is learnt two weeks after
	tailOpen  = 24 * time.Hour
)

func (p *player) play() error {
	for _, s := range p.story.Steps {
		if err := p.until(s.At); err != nil {
			return err
		}
		p.fact(s.At, s.Event)
	}
	tail := tailOpen
	if p.u.State.Ended() {
		tail = tailEnded
	}
	if err := p.until(p.now.Add(tail)); err != nil {
		return err
	}
	p.send(p.now.Add(tail))
	return nil
}

// mostClocks bounds what the clock says between two events: a cadence of
// minutes over a window of weeks is a mistake in the plan.
const mostClocks = 20_000

// until lets time pass: what falls due on the way is said.
func (p *player) until(at time.Time) error {
	for range mostClocks {
		list := p.u.Deadlines()
		if len(list) == 0 || list[0].Clock.Due.After(at) {
			return nil
		}
		d := list[0]
		if at, ok := wordBefore(list, p.now); ok && p.story.Words {
			p.fact(at, events.Event{Type: events.UpdatePosted, Source: "lead", Data: &events.Update{Text: word}})
			continue
		}
		c := d.Clock
		if effect := p.fact(c.Due, events.Event{Type: d.Type, Source: "hub", Data: &c}); !effect.Changed {
			return fmt.Errorf("%s of %q due %s changes nothing", d.Type, c.Object, c.Due.Format(time.RFC3339))
		}
	}
	return fmt.Errorf("more than %d clock facts until %s", mostClocks, at.Format(time.RFC3339))
}

// A person who keeps promises says a word a minute before it is missed.
const (
	wordAhead = time.Minute
	word      = "Work goes on. The page shows where we stand."
)

// wordBefore is when to say a word so that none of the deadlines finds silence,
// if that is by the first of them.
func wordBefore(list []upgrade.Deadline, now time.Time) (time.Time, bool) {
	i := slices.IndexFunc(list, unheard)
	if i < 0 {
		return time.Time{}, false
	}
	at := list[i].Clock.Due.Add(-wordAhead)
	return at, at.After(now) && !at.After(list[0].Clock.Due)
}

// unheard reports whether a clock's fact says that nobody said anything, or
// asks for it.
func unheard(d upgrade.Deadline) bool {
	switch d.Type {
	case events.ClockSilent, events.ClockPromiseBroken:
		return true
	case events.ClockDue:
		return d.Clock.Object == "nudge-70" || d.Clock.Object == "holding"
	}
	return false
}

// fact sends what was due before it, folds it, and makes owed what it causes.
func (p *player) fact(at time.Time, e events.Event) upgrade.Effect {
	at = latest(p.now, at.UTC())
	p.send(at)
	p.seq++
	p.now = at
	e.Upgrade, e.Recorded = p.cfg.Plan.ID, at
	if e.ID == "" {
		e.ID = fmt.Sprintf("rehearsal-%d", p.seq)
	}
	if e.Time.IsZero() {
		e.Time = at
	}
	before := p.u
	after := before.Clone()
	effect := after.Apply(e)
	if effect.Anomaly != "" {
		p.anomalies = append(p.anomalies, at.Format(time.RFC3339)+" "+effect.Anomaly)
	}
	p.u = after
	cause := notifiers.Cause{Seq: p.seq, Event: e, Effect: effect, Before: before, After: after}
	for _, b := range p.boxes {
		b.supersede(cause)
	}
	p.owe(notifiers.Plan(cause, p.cfg.Audiences))
	return effect
}

// owe expands the notices of the newest fact, as the hub's fold does.
func (p *player) owe(notices []events.Notice) {
	for _, n := range notices {
		for _, b := range p.boxes {
			b.overtake(notifiers.Overtakes(n.Moment), "overtaken: "+string(n.Moment))
		}
	}
	p.choose(notices)
}

// told is a change of which somebody was told, and the fact that made it. What
// was over before anybody heard of it widens no budget.
type told struct {
	change
	cause uint64
}

// tell notes that somebody was told of the change a delivery is about.
func (p *player) tell(d notifiers.Delivery) {
	c := told{changeOf(d.Notice), d.Cause}
	if c.change != "" && !p.told[c] {
		p.told[c] = true
		p.changes[c.change]++
	}
}

// choose owes every person what reaches them best.
func (p *player) choose(notices []events.Notice) {
	boxes, targets := map[string]*box{}, map[string][]notifiers.Reader{}
	for _, b := range p.boxes {
		boxes[b.id] = b
		targets[b.to.label()] = append(targets[b.to.label()], b.reader())
	}
	for _, person := range targets {
		for _, c := range notifiers.Choose(person, notices, notifiers.AboutPlan(p.cfg.Plan)) {
			if b := boxes[c.Subscriber]; !b.needless(c.Notice) {
				b.owe(c.Notice)
			}
		}
	}
}

// send sends everything that is due before a moment.
func (p *player) send(before time.Time) {
	for _, b := range p.boxes {
		b.send(before)
	}
}

func (b *box) links(n events.Notice) notifiers.Links {
	p := b.player
	base := strings.TrimSuffix(p.cfg.PublicURL, "/")
	page := base + "/upgrades/" + p.cfg.Plan.ID
	links := notifiers.Links{Page: page, Calendar: page + ".ics", Unsubscribe: base + "/s/rehearsal"}
	if notifiers.AsksFeedback(n.Moment) {
		links.Feedback = base + "/f/rehearsal"
	}
	if n.Moment == events.MomentDecision && len(b.u.SignOffs(n.Facts["gate"], []string{b.to.Name})) > 0 {
		links.SignOff = base + "/g/rehearsal"
	}
	return links
}

// report gathers the boxes of one label, in the order of the people.
func (p *player) report() Played {
	out := Played{Story: p.story.Name, Tells: p.story.Tells, OK: true, Anomalies: p.anomalies}
	for _, b := range p.boxes {
		i := slices.IndexFunc(out.People, func(t Told) bool { return t.Person == b.to.label() })
		if i < 0 {
			i = len(out.People)
			out.People = append(out.People, Told{Person: b.to.label(), OK: true})
		}
		t := &out.People[i]
		t.Messages = append(t.Messages, b.sent...)
		t.Dropped = append(t.Dropped, b.dropped...)
		t.Coalesced += b.coalesced
	}
	// Those whom nothing in this upgrade concerns are no part of it.
	out.People = slices.DeleteFunc(out.People, func(t Told) bool { return len(t.Messages)+len(t.Dropped) == 0 })
	for i := range out.People {
		out.People[i].judge(p.changes, p.cfg.Audiences)
		out.OK = out.OK && out.People[i].OK
	}
	return out
}

// judge puts messages in order, counts them and says whether all is well.
func (t *Told) judge(changes map[change]int, audiences []notifiers.Audience) {
	slices.SortStableFunc(t.Messages, func(a, b Message) int { return a.At.Compare(b.At) })
	t.Counts = count(t.Messages, changes, audiences)
	t.OK = !slices.ContainsFunc(t.Counts, Count.Over) &&
		!slices.ContainsFunc(t.Messages, func(m Message) bool { return m.Error != "" })
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
