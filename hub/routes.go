package main

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"upgradehub/events/plan"
	"upgradehub/events/when"
	"upgradehub/notifiers"
)

// rules are what the planner knows of the audience; its channels are added by
// who knows which are set up.
func (a Audience) rules() notifiers.Audience {
	out := notifiers.Audience{
		ID: a.ID, Role: a.Role, Match: a.Match, Continue: a.Continue, Digest: a.Digest, Cadence: a.Cadence, Budget: a.Budget, Templates: a.Templates,
	}
	if a.Quiet != nil {
		out.Quiet = &notifiers.Quiet{From: a.Quiet.From, To: a.Quiet.To, Zone: when.Zone(a.Zone)}
	}
	return out
}

// routing reads what an audience may say besides its role and its channels;
// false if the key is none of those.
func (f *configFile) routing(a *Audience, e entry) bool {
	switch e.key {
	case "match":
		match := f.filter(a.ID, e.value)
		a.Match = &match
	case "continue":
		a.Continue = f.yes(a.ID, e)
	case "zone":
		a.Zone = f.personal(a.ID, e)
	case "lang":
		a.Lang = f.personal(a.ID, e)
	case "quiet":
		a.Quiet = f.quiet(a.ID, e.value)
	case "digest":
		a.Digest = f.digest(a.ID, e)
	case "cadence":
		a.Cadence = f.cadence(a.ID, e.value)
	case "templates":
		a.Templates = f.templateSet(a.ID, e)
	case "budget":
		a.Budget = f.number(a.ID, e)
	default:
		return false
	}
	return true
}

// filter reads a filter expression: its dialects are those of the CloudEvents
// Subscriptions API.
func (f *configFile) filter(audience string, n ast.Node) notifiers.Filter {
	var out notifiers.Filter
	dialects := map[string]*map[string]string{"exact": &out.Exact, "prefix": &out.Prefix, "suffix": &out.Suffix}
	for _, e := range f.mapping(n) {
		if texts := dialects[e.key]; texts != nil {
			*texts = f.attributes(audience, e)
			continue
		}
		switch e.key {
		case "all":
			out.All = f.filters(audience, e)
		case "any":
			out.Any = f.filters(audience, e)
		case "not":
			not := f.filter(audience, e.value)
			out.Not = &not
		default:
			f.fault(e.at, "audience %s: match: %q is none of exact, prefix, suffix, all, any, not", audience, e.key)
		}
	}
	return out
}

func (f *configFile) filters(audience string, e entry) []notifiers.Filter {
	list, ok := e.value.(*ast.SequenceNode)
	if !ok || len(list.Values) == 0 {
		f.fault(e.value, "audience %s: match: %s must be a list of filters", audience, e.key)
		return nil
	}
	out := make([]notifiers.Filter, len(list.Values))
	for i, n := range list.Values {
		out[i] = f.filter(audience, n)
	}
	return out
}

func (f *configFile) attributes(audience string, e entry) map[string]string {
	out := map[string]string{}
	for _, attr := range f.mapping(e.value) {
		if !slices.Contains(notifiers.Attributes, attr.key) {
			f.fault(attr.at, "audience %s: match: %q is none of %s", audience, attr.key, strings.Join(notifiers.Attributes, ", "))
			continue
		}
		if out[attr.key] = f.text(attr); out[attr.key] == "" {
			f.fault(attr.value, "audience %s: match: %s is empty", audience, attr.key)
		}
	}
	return out
}

func (f *configFile) yes(audience string, e entry) bool {
	b, ok := e.value.(*ast.BoolNode)
	if !ok {
		f.fault(e.value, "audience %s: %s must be true or false", audience, e.key)
		return false
	}
	return b.Value
}

// personal is what a person could say too.
func (f *configFile) personal(audience string, e entry) string {
	text := f.text(e)
	if fault := personFault(e.key, text); fault != "" {
		f.fault(e.value, "audience %s: %s %q %s", audience, e.key, text, fault)
	}
	return text
}

func (f *configFile) number(audience string, e entry) int {
	n, err := strconv.Atoi(f.text(e))
	if err != nil || n < 1 {
		f.fault(e.value, "audience %s: %s must be a number from 1", audience, e.key)
		return 0
	}
	return n
}

// digest is how often at most; less than a minute would be no digest.
func (f *configFile) digest(audience string, e entry) time.Duration {
	d, err := time.ParseDuration(f.text(e))
	if err != nil || d < time.Minute || d > 24*time.Hour {
		f.fault(e.value, "audience %s: digest must be a time from 1m to 24h", audience)
	}
	return d
}

// cadence is how often a word is promised, by state.
func (f *configFile) cadence(audience string, n ast.Node) map[string]plan.Duration {
	every := map[string]plan.Duration{}
	for _, e := range f.mapping(n) {
		if !slices.Contains(plan.LiveStates, e.key) {
			f.fault(e.at, "audience %s: cadence: %q is none of %s", audience, e.key, strings.Join(plan.LiveStates, ", "))
			continue
		}
		d, err := plan.ParseDuration(f.text(e))
		if err != nil || d.Std() < time.Minute {
			f.fault(e.value, "audience %s: cadence: %s must be a time from 1m, such as 30m", audience, e.key)
		}
		every[e.key] = d
	}
	return every
}

// QuietHours are times of the day, since midnight.
type QuietHours struct{ From, To time.Duration }

func (f *configFile) quiet(audience string, n ast.Node) *QuietHours {
	var q QuietHours
	fields := map[string]*time.Duration{"from": &q.From, "to": &q.To}
	for _, e := range f.mapping(n) {
		field := fields[e.key]
		if field == nil {
			f.fault(e.at, "audience %s: quiet: unknown key %q", audience, e.key)
			continue
		}
		delete(fields, e.key)
		clock, err := time.Parse("15:04", f.text(e))
		if err != nil {
			f.fault(e.value, "audience %s: quiet: %s must be a time of the day such as 22:00", audience, e.key)
		}
		*field = time.Duration(clock.Hour())*time.Hour + time.Duration(clock.Minute())*time.Minute
	}
	if len(fields) > 0 {
		f.fault(n, "audience %s: quiet needs from and to", audience)
	} else if q.From == q.To {
		f.fault(n, "audience %s: quiet: from and to are the same", audience)
	}
	return &q
}

// reachable names audiences that can never be told: their match contradicts
// itself, or one of their role before them takes all that they match, and does
// not say continue.
func (f *configFile) reachable(all []Audience, at map[string]ast.Node) {
	for i, a := range all {
		if a.Match == nil {
			continue
		}
		if a.Match.Never() {
			f.fault(at[a.ID], "audience %s: is never told: its match contradicts itself", a.ID)
			continue
		}
		for _, b := range all[:i] {
			if b.Role == a.Role && b.Match != nil && !b.Continue && b.Match.Takes(*a.Match) {
				f.fault(at[a.ID], "audience %s: is never told: %s takes all that it matches, and does not say continue", a.ID, b.ID)
				break
			}
		}
	}
}
