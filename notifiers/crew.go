package notifiers

import (
	"slices"

	"upgradehub/events"
)

// RoleCrew is the role of those whom the roster of a plan names. They are told
// in person what concerns them alone.
const RoleCrew = "crew"

// Crew is the audience of the people a roster names, with the channels that
// are set up. No plan and no configuration can name it.
func Crew(setUp func(channel string) bool) Audience {
	a := Audience{ID: "@crew", Role: RoleCrew}
	for _, channel := range []string{"slack", "email"} { // who runs an upgrade is in the chat
		if setUp(channel) {
			a.Channels = append(a.Channels, channel)
		}
	}
	return a
}

// inPerson are the notices of the crew, one for each channel: each person gets
// the one that reaches them best, see [Choose].
func (p planner) inPerson(a Audience) []events.Notice {
	people := p.occasion.people
	if p.people != nil { // a drill reaches nobody else
		people = slices.DeleteFunc(slices.Clone(people), func(who string) bool { return !slices.Contains(p.people, who) })
	}
	if len(people) == 0 || p.occasion.rule.crew == no {
		return nil // an empty list would mean everybody
	}
	p.people = people
	var out []events.Notice
	for _, channel := range a.Channels {
		out = p.add(out, a, channel, events.FormMessage)
	}
	return out
}

// askInPerson are what those get who decide a gate or sign off for it: a card
// of their own, or a mail where no card reaches them. A card follows the
// state; the mail asks once.
func (p planner) askInPerson(a Audience) []events.Notice {
	var out []events.Notice
	for _, gate := range p.occasion.cards {
		people := p.deciding(gate)
		if len(people) == 0 {
			continue // an empty list would mean everybody
		}
		for _, channel := range a.Channels {
			if channel == slackChannel {
				out = append(out, p.card(a, gate, people))
			} else if p.asks() {
				n := p.ask(a, gate, channel, people)
				n.Form = events.FormMessage
				out = append(out, n)
			}
		}
	}
	return out
}

// deciding are those who decide a gate or sign off for it; of a drill, those
// who take part.
func (p planner) deciding(gate string) []string {
	people := p.cause.After.Deciders(gate)
	for _, testers := range p.cause.After.Testers(gate) {
		people = append(people, testers...)
	}
	slices.Sort(people)
	return slices.DeleteFunc(slices.Compact(people), func(name string) bool {
		return p.people != nil && !slices.Contains(p.people, name)
	})
}
