package notifiers

import (
	"maps"
	"slices"
	"time"

	"upgradehub/events"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
)

// Plan lists the notices a cause makes owed to the audiences. What changed
// nothing, and what happened before there was a plan, is told to nobody.
func Plan(c Cause, audiences []Audience) []events.Notice {
	news := c.Effect.Changed || c.Event.Type == events.TypeFeedbackOverdue // which is of what was answered, and changes no upgrade
	if !c.Effect.Applied || !news || c.After == nil || c.After.Plan == nil {
		return nil
	}
	o := occasionOf(c)
	if o.moment == "" && len(o.cards) == 0 {
		return nil
	}
	p := planner{cause: c, occasion: o, people: drillers(c.After.Plan)}
	if c.After.Plan.Drill && len(p.people) == 0 {
		return nil // an empty list would mean everybody
	}
	taking, following := taking(c, audiences)
	if o.rule.is&ahead != 0 {
		p.deskFirst(taking)
	}
	var notices []events.Notice
	for _, a := range taking {
		notices = append(notices, p.notices(a)...)
	}
	if o.rule.is&opens == 0 {
		for _, a := range following {
			notices = append(notices, p.root(a)...)
		}
	}
	return notices
}

// planner holds what is the same for all audiences of one cause.
type planner struct {
	cause    Cause
	occasion occasion
	people   []string // whom a drill reaches; empty means everybody
	// desk is until when end users wait, so that the support desk is first;
	// zero means that they do not.
	desk time.Time
}

// deskFirst makes end users wait until the support desk has known it for a
// while, also where that is itself left alone for some hours.
func (p *planner) deskFirst(taking []Audience) {
	for _, a := range taking {
		if a.Role != "support" {
			continue
		}
		for _, n := range p.notices(a) {
			if n.Moment == p.occasion.moment {
				p.desk = newest(p.desk, n.NotBefore.Add(SupportLead))
			}
		}
	}
}

// notices are those of one audience: at most one per channel and form.
func (p planner) notices(a Audience) []events.Notice {
	if a.Role == RoleCrew {
		return append(p.inPerson(a), p.askInPerson(a)...)
	}
	o := p.occasion
	out := p.root(a)
	for _, channel := range a.Channels {
		if form, ok := o.rule.form(cellFor(o, a), channel); ok {
			out = p.add(out, a, channel, form)
		}
		if channel == slackChannel && decides(a.Role) {
			for _, gate := range o.cards {
				out = append(out, p.card(a, gate, p.people))
			}
		}
	}
	return out
}

// root is the notice that an audience's root message follows the state.
func (p planner) root(a Audience) []events.Notice {
	is := p.occasion.rule.is
	if !slices.Contains(a.Channels, slackChannel) || is&root == 0 || is&within != 0 && !Insider(a.Role) {
		return nil
	}
	return p.add(nil, a, slackChannel, events.FormRoot)
}

// decides reports whether a role sees what is to be decided: those who do the
// work and those who answer for it.
func decides(role string) bool { return role == "teams" || role == "managers" }

// slackChannel is the one channel that can edit, and so has cards.
const slackChannel = "slack"

// card is the notice of the card on a gate. Within the work a channel is not
// disturbed by it: those who decide have one of their own.
func (p planner) card(a Audience, gate string, people []string) events.Notice {
	n := p.ask(a, gate, slackChannel, people)
	n.Form, n.Card, n.Redrawn = events.FormCard, upgrade.GateMoment(gate), !p.asks()
	n.Quiet = a.Role != RoleCrew && !p.cause.After.DecidedBefore(gate)
	return n
}

// asks reports whether those who decide a gate are asked now, and not shown
// what became of it.
func (p planner) asks() bool { return p.occasion.moment == "" }

// ask is the notice that a gate is to be decided, which is of use until the
// gate lies behind.
func (p planner) ask(a Audience, gate, channel string, people []string) events.Notice {
	recorded := p.cause.Event.Recorded
	return events.Notice{
		ID:     events.NoticeID(p.cause.Seq, events.Moment(upgrade.GateMoment(gate)), a.ID, channel),
		Moment: events.MomentDecision, Audience: a.ID, Role: a.Role, Channel: channel, NotBefore: recorded, People: people,
		UsefulUntil: windowEndOrDay(p.cause.After.Plan.Window, recorded),
		Facts:       map[string]string{"gate": gate},
	}
}

// cellFor: only people who chose what they are told can have asked.
func cellFor(o occasion, a Audience) cell {
	if c := o.cell(a); c != asked || a.Chosen {
		return c
	}
	return no
}

// add appends a notice unless it would be of no use any more when it may go.
func (p planner) add(out []events.Notice, a Audience, channel string, form events.Form) []events.Notice {
	o, recorded := p.occasion, p.cause.Event.Recorded
	n := events.Notice{
		Moment: o.moment, Audience: a.ID, Role: a.Role, Channel: channel, Form: form,
		UsefulUntil: o.usefulUntil(p.cause.After.Plan.Window, recorded),
		Required:    o.rule.is&required != 0, People: p.people, Recalls: o.recalls,
		Unasked: o.unasked, Unanswered: o.unanswered, Facts: o.factsFor(a.Role), Asked: cellFor(o, a) == asked,
	}
	if form == events.FormRoot {
		n.Preferred = a.Channels[:slices.Index(a.Channels, channel)]
	}
	n.NotBefore, n.Deferred = o.notBefore(a.Role, recorded)
	if form == events.FormRoot && o.rule.is&opens == 0 {
		n.Moment, n.Required, n.Recalls, n.Facts = events.MomentStatus, false, false, nil
		n.NotBefore, n.Deferred, n.UsefulUntil = recorded, "", week(plan.Window{}, recorded)
	}
	if a.Role == "users" && p.desk.After(n.NotBefore) && n.UsefulUntil.After(p.desk) {
		n.NotBefore, n.Deferred = p.desk, "the support desk first"
	}
	if !n.UsefulUntil.After(n.NotBefore) {
		return out
	}
	a.puttingOff(&n)
	n.ID = events.NoticeID(p.cause.Seq, n.Moment, n.Audience, n.Channel)
	return append(out, n)
}

// taking are the audiences that are told of the cause, and those whose root
// message follows it all the same: it shows the whole upgrade, and so does not
// stand still because what happens is of no concern to them.
func taking(c Cause, audiences []Audience) (told, following []Audience) {
	p, whole := c.After.Plan, valuesOf(c, "", "")
	told = partakers(p, routed(attributes(c), audiences), attributes(c))
	for _, a := range partakers(p, routed(whole, audiences), whole) {
		if !slices.ContainsFunc(told, func(t Audience) bool { return t.ID == a.ID }) {
			following = append(following, a)
		}
	}
	return told, following
}

// partakers are the audiences that take part, with their roles and with the
// channels the plan leaves them. What the plan says of a match must hold for
// the attributes of a cause, if there are any.
func partakers(p *plan.Plan, audiences []Audience, of map[string][]string) []Audience {
	var out []Audience
	for _, a := range audiences {
		a.Role = plan.Audience{ID: a.ID, Role: a.Role, Channels: a.Channels}.RoleOf()
		a.Channels = slices.Compact(slices.Clone(a.Channels))
		if len(p.Audiences) == 0 || a.Role == RoleCrew {
			out = append(out, a)
			continue
		}
		meant := slices.DeleteFunc(meant(p, a), func(pa plan.Audience) bool {
			matches, _ := Filter{Exact: pa.Match}.match(of)
			return of != nil && !matches
		})
		if len(meant) > 0 {
			a.Channels = narrow(a.Channels, meant)
			out = append(out, a)
		}
	}
	return out
}

// Cadences are what the configuration promises its audiences that take part in
// a plan.
func Cadences(p *plan.Plan, audiences []Audience) []events.Cadence {
	var list []events.Cadence
	for _, a := range partakers(p, audiences, nil) {
		if len(a.Cadence) > 0 {
			list = append(list, events.Cadence{Role: a.Role, Every: a.Cadence})
		}
	}
	return list
}

// meant are the audiences of the plan that mean a: the one with its id, else
// those with its role.
func meant(p *plan.Plan, a Audience) []plan.Audience {
	var sameRole []plan.Audience
	for _, pa := range p.Audiences {
		if pa.ID == a.ID {
			return []plan.Audience{pa}
		}
		if pa.RoleOf() == a.Role {
			sameRole = append(sameRole, pa)
		}
	}
	return sameRole
}

// narrow keeps the channels that at least one of the audiences names; an
// audience that names none leaves them all.
func narrow(channels []string, meant []plan.Audience) []string {
	return slices.DeleteFunc(channels, func(ch string) bool {
		return !slices.ContainsFunc(meant, func(pa plan.Audience) bool {
			return len(pa.Channels) == 0 || slices.Contains(pa.Channels, ch)
		})
	})
}

// drillers are the people a drill names, each once; nil if it is no drill.
func drillers(p *plan.Plan) []string {
	if !p.Drill {
		return nil
	}
	names := map[string]bool{}
	for _, d := range p.Roster {
		names[d.Person], names[d.Backup] = true, true
	}
	delete(names, "")
	return slices.Sorted(maps.Keys(names))
}

func rfc3339(t time.Time) string { return t.UTC().Format(time.RFC3339) }
