package notifiers

import (
	"cmp"
	"slices"

	"upgradehub/events"
	"upgradehub/events/plan"
)

// Reader is one target on one channel as far as it decides who gets a
// notice: no address, no name but that of a role.
type Reader struct {
	Subscriber string
	Channel    string
	// Broken: the target refuses everything.
	Broken    bool
	Audiences []string
	// Name is the role name of the configuration ("@lead"), or empty.
	Name string
	// Upgrades, Systems and Components limit what it is told of to what
	// one of them names; all empty means everything.
	Upgrades, Systems, Components []string
	Kind                          events.Kind
}

// About is what of an upgrade decides who is told.
type About struct {
	Upgrade, System string
	Components      []string // those visitors see, as system/id
}

// AboutPlan is what of a plan decides who is told.
func AboutPlan(p *plan.Plan) About {
	a := About{Upgrade: p.ID, System: p.System}
	for _, c := range p.Components {
		if c.IsPublic() {
			a.Components = append(a.Components, p.System+"/"+c.ID)
		}
	}
	return a
}

// Gets reports whether a notice is for r.
func (r Reader) Gets(n events.Notice, about About) bool {
	switch {
	case n.Subscriber != "" || n.Channel != r.Channel || !r.follows(about) || !r.wants(n):
		return false
	case len(n.People) > 0:
		return r.Name != "" && slices.Contains(n.People, r.Name)
	}
	return slices.Contains(r.Audiences, n.Audience)
}

func (r Reader) follows(about About) bool {
	if len(r.Upgrades)+len(r.Systems)+len(r.Components) == 0 {
		return true
	}
	return slices.Contains(r.Upgrades, about.Upgrade) || slices.Contains(r.Systems, about.System) ||
		slices.ContainsFunc(r.Components, func(c string) bool { return slices.Contains(about.Components, c) })
}

// wants: who chose a kind gets its moments and no others. What nobody gets
// unasked is for those alone.
func (r Reader) wants(n events.Notice) bool {
	if r.Kind == events.KindAll {
		return !n.Asked
	}
	return slices.Contains(kinds[r.Kind], n.Moment)
}

var kinds = map[events.Kind][]events.Moment{
	events.KindChanges: {
		events.MomentMoved, events.MomentOverdue, events.MomentRollback, events.MomentCanceled, events.MomentReopened,
	},
	events.KindEnds: {
		events.MomentStarted, events.MomentCompleted, events.MomentRolledBack, events.MomentFailed, events.MomentCanceled,
		events.MomentReopened,
	},
}

// Addressed are the audiences of notices, or the people they are narrowed to.
func Addressed(notices []events.Notice) []string {
	var list []string
	for _, n := range notices {
		switch {
		case n.Subscriber != "":
		case len(n.People) > 0:
			list = append(list, n.People...)
		default:
			list = append(list, n.Audience)
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// Choice is a notice on its way to one target.
type Choice struct {
	Subscriber string
	Notice     events.Notice
}

// Choose picks what of one cause reaches one person, given all of their
// targets: the best message on the best channel that works, once, however
// many audiences and channels they are in. A root message that only follows
// the state is no message: it stands beside, but not where the person is
// reached on a channel that is preferred. Nor is a card, which is there to be
// acted on.
func Choose(targets []Reader, notices []events.Notice, about About) []Choice {
	var chosen []Choice
	news, works := -1, false // where the message is in chosen, and whether its target takes it
	// By subscriber; a card by its name, too.
	rooted, carded := map[string]bool{}, map[[2]string]bool{}
	for _, n := range InOrder(notices) {
		for _, r := range targets {
			c := Choice{Subscriber: r.Subscriber, Notice: n}
			switch {
			case !r.Gets(n, about):
			case Follows(n):
				if !rooted[r.Subscriber] && !reached(targets, n) {
					rooted[r.Subscriber] = true
					chosen = append(chosen, c)
				}
			case n.Form == events.FormCard:
				if one := [2]string{r.Subscriber, n.Card}; !carded[one] {
					carded[one] = true
					chosen = append(chosen, c)
					if len(n.People) > 0 && !r.Broken { // it asks in place of a mail
						news, works = len(chosen)-1, true
					}
				}
			case news < 0:
				news, works = len(chosen), !r.Broken
				chosen = append(chosen, c)
			case !works && !r.Broken:
				chosen[news], works = c, true
			}
		}
	}
	return chosen
}

// reached reports whether one of the targets has the audience's messages on a
// channel it prefers to that of n.
func reached(targets []Reader, n events.Notice) bool {
	return slices.ContainsFunc(targets, func(r Reader) bool {
		return !r.Broken && slices.Contains(n.Preferred, r.Channel) && slices.Contains(r.Audiences, n.Audience)
	})
}

// Follows reports whether a notice only keeps a root message true.
func Follows(n events.Notice) bool {
	return n.Form == events.FormRoot && n.Moment == events.MomentStatus
}

// InOrder puts first what counts when somebody is in several audiences and
// gets one message: what may not be dropped, then what the channel sees.
func InOrder(notices []events.Notice) []events.Notice {
	weight := func(n events.Notice) int {
		switch {
		case n.Required:
			return 0
		case n.Form == events.FormBroadcast:
			return 1
		}
		return 2
	}
	return slices.SortedStableFunc(slices.Values(notices), func(a, b events.Notice) int { return cmp.Compare(weight(a), weight(b)) })
}

// Class is what forms compete: of one cause a target gets one of a class,
// that is the root message and one reply at most, however many audiences it
// is in; of cards it gets one of each.
func Class(f events.Form) string {
	switch f {
	case events.FormRoot:
		return "root"
	case events.FormThread, events.FormBroadcast:
		return "reply"
	}
	return "message"
}

// Overtakes are the moments nobody needs to be told of any more once m is
// owed; what is required is told all the same.
func Overtakes(m events.Moment) []events.Moment { return overtaken[m] }

var overtaken = map[events.Moment][]events.Moment{
	events.MomentCompleted:  underWay,
	events.MomentRolledBack: underWay,
	events.MomentFailed:     underWay,
	events.MomentCanceled:   underWay,
	events.MomentPaused:     stops,
	events.MomentResumed:    stops,
	events.MomentRedundancy: {events.MomentRedundancy},
	events.MomentTrouble:    {events.MomentTrouble},
	events.MomentItems:      {events.MomentItems},
}

// stops follow each other: the newest says how it is.
var stops = []events.Moment{events.MomentPaused, events.MomentResumed}

var underWay = []events.Moment{
	events.MomentReminder, events.MomentStarting, events.MomentStarted, events.MomentLate, events.MomentOverdue,
	events.MomentSilent, events.MomentPromise, events.MomentPhase, events.MomentNudge, events.MomentHolding,
	events.MomentWayBack, events.MomentRedundancy,
}
