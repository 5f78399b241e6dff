// Package rehearsal plays an upgrade before it happens, and lists every
// message every person would get.
//
// [Play] walks a [Story] with a clock of its own through the parts that work
// in earnest: [upgrade.Upgrade.Apply] folds, its deadlines become the clock's
// facts when they are due, [notifiers.Plan] decides what is owed,
// [notifiers.Reader] who gets it, and [notifiers.Renderer] finds the words.
// What is overtaken before it may go is dropped, and edits of one message are
// as far apart as the courier keeps them. Against the real thing it differs
// in one point: sending takes no time, and nobody refuses.
//
// What people got is held against the noise budgets of PRODUCT.md. Nothing in
// here does I/O or looks at a clock.
package rehearsal

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"upgradehub/events"
	"upgradehub/events/plan"
	"upgradehub/events/theme"
	"upgradehub/notifiers"
	"upgradehub/notifiers/wording"
)

// Config is who is told what by which rules.
type Config struct {
	Plan      *plan.Plan
	Audiences []notifiers.Audience
	People    []Person
	// PublicURL is the base of every link, Theme signs the messages.
	PublicURL string
	Theme     theme.Theme
	// Wording are the operator's words; nil says all in ours.
	Wording wording.Sets
	// EditEvery is the least time between two edits of one message.
	EditEvery time.Duration
	// Check says what a message loses on its channel, and why the channel
	// would refuse it; nil checks nothing.
	Check func(notifiers.Message) (lost []string, err error)
}

// Person is a target of the audiences: one address on one channel.
type Person struct {
	notifiers.Person
	Audiences []string
	// Label is what the report calls it; default its name, else its
	// address. Targets of one label are one person.
	Label string
}

func (p Person) label() string { return cmp.Or(p.Label, p.Name, p.Address) }

// Report is what a rehearsal found.
type Report struct {
	Upgrade string      `json:"upgrade"`
	Title   string      `json:"title"`
	Zone    string      `json:"zone"`
	Window  plan.Window `json:"window"`
	// OK: every story is within the budgets, and no message was refused.
	OK      bool     `json:"ok"`
	Stories []Played `json:"stories"`
}

// Played is what people got in one story.
type Played struct {
	Story  string `json:"story"`
	Tells  string `json:"tells"`
	OK     bool   `json:"ok"`
	People []Told `json:"people"`
	// Anomalies are events that the state machine did not allow.
	Anomalies []string `json:"anomalies,omitempty"`
}

// Told is what one person got.
type Told struct {
	Person   string    `json:"person"`
	OK       bool      `json:"ok"`
	Counts   []Count   `json:"counts"`
	Messages []Message `json:"messages"`
	// Dropped are messages that were owed, and were overtaken before they
	// could go; edits that a newer one replaced are only counted.
	Dropped   []Dropped `json:"dropped,omitempty"`
	Coalesced int       `json:"coalesced_edits,omitempty"`
}

// Count is how much one person got in a role, against the budget.
type Count struct {
	Role   string `json:"role"`
	What   string `json:"what"`
	Count  int    `json:"count"`
	Budget int    `json:"budget"`
	// Base is the budget of an upgrade that goes to plan; what came on top
	// of it is in Further.
	Base    int      `json:"base"`
	Further []string `json:"further,omitempty"`
	Source  string   `json:"source"`
}

// Over reports whether it is more than the budget allows.
func (c Count) Over() bool { return c.Count > c.Budget }

// Form is how a message reached its reader.
type Form string

// The forms. Edits and replies in a thread are silent: they do not count as
// a push. A webhook is read by a program.
const (
	Mail      Form = "mail"
	Post      Form = "post"
	Edit      Form = "edit"
	Thread    Form = "thread"
	Broadcast Form = "broadcast"
	Webhook   Form = "webhook"
)

// Message is one message that went out.
type Message struct {
	At       time.Time     `json:"at"`
	Moment   events.Moment `json:"moment"`
	Audience string        `json:"audience"`
	Role     string        `json:"role"`
	Channel  string        `json:"channel"`
	Form     Form          `json:"form"`
	Subject  string        `json:"subject,omitempty"`
	Headline string        `json:"headline"`
	// Text is the whole message in plain text; edits go without, because
	// each says what the page says.
	Text string `json:"text,omitempty"`
	// Limits are what it loses on its channel.
	Limits []string `json:"limits,omitempty"`
	// Error is why it could not be made, or would be refused.
	Error string `json:"error,omitempty"`
}

// Dropped is a message that never went out.
type Dropped struct {
	At     time.Time     `json:"at"` // when it was to go at the earliest
	Moment events.Moment `json:"moment"`
	Why    string        `json:"why"`
}

// Play plays the stories and reports what everybody got.
func Play(cfg Config, stories ...Story) (Report, error) {
	p := cfg.Plan
	report := Report{Upgrade: p.ID, Title: p.Title, Zone: p.Zone, Window: p.Window, OK: true}
	render, err := notifiers.NewRenderer(cfg.Wording)
	if err != nil {
		return report, err
	}
	for _, s := range stories {
		stage := newPlayer(cfg, render, s)
		if err := stage.play(); err != nil {
			return report, fmt.Errorf("rehearse %s: %w", s.Name, err)
		}
		played := stage.report()
		report.Stories = append(report.Stories, played)
		report.OK = report.OK && played.OK
	}
	return report, nil
}

// StandIns is one person for each audience and channel of the plan, for want
// of a configuration, and one for each of those the roster names and channel; of
// a drill these alone.
// A plan without audiences gets one of each role.
func StandIns(p *plan.Plan) ([]notifiers.Audience, []Person) {
	var audiences []notifiers.Audience
	for _, a := range p.Audiences {
		audiences = append(audiences, standInAudience(a))
	}
	if len(audiences) == 0 {
		for _, role := range plan.Roles {
			audiences = append(audiences, standInAudience(plan.Audience{ID: role}))
		}
	}
	inUse := func(channel string) bool {
		return slices.ContainsFunc(audiences, func(a notifiers.Audience) bool { return slices.Contains(a.Channels, channel) })
	}
	crew := crewOf(p, audiences)
	audiences = append(audiences, notifiers.Crew(inUse))
	if p.Drill {
		return audiences, crew
	}
	var people []Person
	for _, a := range audiences[:len(audiences)-1] {
		for _, channel := range a.Channels {
			people = append(people, standIn(a.ID, channel, []string{a.ID}))
		}
	}
	return audiences, append(people, crew...)
}

func standInAudience(a plan.Audience) notifiers.Audience {
	role := a.RoleOf()
	channels := a.Channels
	switch {
	case len(channels) > 0:
	case role == "teams":
		channels = []string{"slack"}
	default:
		channels = []string{"email"}
	}
	return notifiers.Audience{ID: a.ID, Role: role, Channels: channels}
}

func standIn(who, channel string, audiences []string) Person {
	address := map[string]string{
		"email": "rehearsal@example.org", "slack": "C0REHEARSAL", "webhook": "https://rehearsal.example.org/", "service": "rehearsal",
	}[channel]
	return Person{
		Person: notifiers.Person{Channel: channel, Address: address}, Audiences: audiences, Label: who + " by " + channel,
	}
}

// crewOf are the people the roster names, on every channel in use.
func crewOf(p *plan.Plan, audiences []notifiers.Audience) []Person {
	var people []Person
	seen := map[string]bool{}
	for _, name := range rosterOf(p) {
		for _, a := range audiences {
			for _, channel := range a.Channels {
				if key := name + " " + channel; !seen[key] {
					seen[key] = true
					one := standIn(name, channel, nil)
					one.Name, one.Label = name, name
					people = append(people, one)
				}
			}
		}
	}
	return people
}
