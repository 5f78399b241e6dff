package rehearsal

import (
	"fmt"
	"slices"

	"upgradehub/events"
	"upgradehub/notifiers"
)

// change is what did not go to plan. Rule 7 lets none of it be dropped for
// the sake of a budget, so each widens the budgets it concerns.
type change string

const (
	delay    change = "delay of the announced end"
	failover change = "failover"
	rollback change = "rollback"
	reopened change = "end taken back"
	late     change = "late start"
	silent   change = "silence"
	risk     change = "risk that came true"
	planB    change = "contingency called for"
	reserve  change = "redundancy lost"
	decision change = "decision on going back"
	gate     change = "gate that said no-go"
)

// changeOf is the change a notice tells of; empty if it is none.
func changeOf(n events.Notice) change {
	if n.Role == notifiers.RoleCrew {
		return "" // who is asked to act hears of it again and again
	}
	switch n.Moment {
	case events.MomentMoved:
		return delay
	case events.MomentOverdue:
		// A phase alone leaves the announced end as it is, unless managers
		// and the support desk are told that the end is at risk.
		if n.Facts["phase"] == "" || n.Role == "managers" || n.Role == "support" {
			return delay
		}
	case events.MomentFailover:
		return failover
	case events.MomentRollback:
		return rollback
	case events.MomentReopened:
		return reopened
	case events.MomentLate:
		return late
	case events.MomentSilent:
		return silent
	case events.MomentRisk:
		return risk
	case events.MomentContingency:
		return planB
	case events.MomentRedundancy:
		return reserve
	case events.MomentGate:
		if n.Role == "managers" {
			return gate
		}
	case events.MomentWayBack:
		if n.Role == "managers" { // who only decides if not all goes to plan
			return decision
		}
	}
	return ""
}

// What is counted.
const (
	pushes     = "messages"
	asks       = "requests for feedback"
	reminders  = "reminders of them"
	roots      = "root messages"
	broadcasts = "broadcasts"
	reports    = "reports"
)

// budget is how much of something one person may get in a role.
type budget struct {
	what   string
	base   int // when everything goes to plan
	more   []further
	source string
}

// further widens a budget: each of these changes after the first few, which
// the base covers, allows so many more.
type further struct {
	of    []change
	after int
	each  int
}

// An end that was taken back is told, and so is the end that comes after it.
var againAndAgain = further{of: []change{reopened}, each: 2}

// budgets is the noise budget of PRODUCT.md, "The people", by role. Where
// that names no number, the message matrix of PRODUCT.md does.
var budgets = map[string][]budget{
	"users": {
		{
			pushes, 3,
			[]further{{of: []change{delay, rollback}, each: 1}, againAndAgain},
			"PRODUCT.md, end user: announced, reminder, done; one more per material change",
		},
		{asks, 1, []further{{of: []change{reopened}, each: 1}}, "PRODUCT.md, end user: asked in the done mail only"},
	},
	"teams": {
		{roots, 1, nil, "PRODUCT.md, team: one root message, edited in place"},
		{
			broadcasts, 4,
			[]further{{of: []change{delay}, after: 1, each: 1}, {of: []change{failover, rollback, reserve}, after: 1, each: 1}, againAndAgain},
			"PRODUCT.md, team: at most four broadcasts (delay, gate, failover or rollback, closed); rule 7 for further ones",
		},
	},
	"managers": {
		{
			pushes, 3,
			[]further{{of: []change{delay, failover, rollback, late, silent, risk, planB, reserve, decision, gate}, each: 1}, againAndAgain},
			"PRODUCT.md, manager: plan, go or no-go, result; one more per decision or risk that came true",
		},
		{reports, 1, []further{{of: []change{reopened}, each: 1}}, "PRODUCT.md, matrix: a report 14 days later"},
	},
	"stakeholders": {
		{
			pushes, 4,
			[]further{{of: []change{delay, rollback}, each: 1}, againAndAgain},
			`PRODUCT.md, stakeholder: announced (matrix), one ask, one reminder, one "you said, we changed"`,
		},
		{asks, 1, []further{{of: []change{reopened}, each: 1}}, "PRODUCT.md, stakeholder: one ask"},
		{reminders, 1, []further{{of: []change{reopened}, each: 1}}, "PRODUCT.md, stakeholder: one reminder to those who have not answered"},
	},
	"support": {
		{
			pushes, 5,
			[]further{{of: []change{delay, failover, rollback, late}, each: 1}, againAndAgain},
			"PRODUCT.md, matrix: announced, reminder, T-30, started, done; one more per change",
		},
	},
}

// count holds what a person got against the budgets of the roles in which it
// came, or against that of the configuration for its audiences.
func count(messages []Message, changes map[change]int, audiences []notifiers.Audience) []Count {
	var out []Count
	for _, role := range rolesOf(messages) {
		for _, b := range budgets[role] {
			if own := configured(role, messages, audiences); own > 0 && (b.what == pushes || b.what == broadcasts) {
				b.base, b.source = own, "hub.yaml, budget of the audience"
			}
			out = append(out, b.count(role, messages, changes))
		}
	}
	return out
}

// configured is the largest budget of the audiences through which the messages
// of a role came; 0 if none states one.
func configured(role string, messages []Message, audiences []notifiers.Audience) int {
	most := 0
	for _, a := range audiences {
		came := func(m Message) bool { return m.Role == role && m.Audience == a.ID }
		if slices.ContainsFunc(messages, came) {
			most = max(most, a.Budget)
		}
	}
	return most
}

func rolesOf(messages []Message) []string {
	var roles []string
	for _, m := range messages {
		if m.Form != Webhook && !slices.Contains(roles, m.Role) {
			roles = append(roles, m.Role)
		}
	}
	return roles
}

func (b budget) count(role string, messages []Message, changes map[change]int) Count {
	c := Count{Role: role, What: b.what, Base: b.base, Budget: b.base, Source: b.source}
	for _, f := range b.more {
		n := 0
		for _, of := range f.of {
			n += changes[of]
			if changes[of] > 0 {
				c.Further = append(c.Further, fmt.Sprintf("%s: %d", of, changes[of]))
			}
		}
		c.Budget += f.each * max(n-f.after, 0)
	}
	for _, m := range messages {
		if m.Role == role && m.counts(b.what) {
			c.Count++
		}
	}
	return c
}

// counts reports whether the message uses up the budget of what. What is
// silent uses none.
func (m Message) counts(what string) bool {
	if m.Form == Edit || m.Form == Thread || m.Form == Webhook {
		return false
	}
	root := m.Form == Post || m.Form == Mail && m.Moment == events.MomentAnnounced
	switch what {
	case asks:
		return notifiers.AsksFeedback(m.Moment) && m.Moment != events.MomentSurveyReminder
	case reminders:
		return m.Moment == events.MomentSurveyReminder
	case roots:
		return root
	case broadcasts:
		return !root
	case reports:
		return m.Moment == events.MomentReport
	}
	return m.Moment != events.MomentReport && m.Moment != events.MomentSurveyDigest // when all is long over
}
