package lessons

import (
	"fmt"
	"slices"

	"upgradehub/events/plan"
	"upgradehub/hub/store"
)

// Open are the accepted lessons that bind a plan, of which it does not do as
// they ask and does not say by name why not.
func Open(rows []store.LessonRow, p *plan.Plan) []store.LessonRow {
	var open []store.LessonRow
	for _, row := range rows {
		if _, why := row.Requirement.Unmet(p); why != "" && Binds(row, p) && !p.Waives(row.ID) {
			open = append(open, row)
		}
	}
	return open
}

// Binds reports whether a lesson is an accepted one of the plan's system, and
// not of this very upgrade.
func Binds(row store.LessonRow, p *plan.Plan) bool {
	return row.Status == store.LessonAccepted && row.System == p.System && row.Upgrade != p.ID
}

// Problems are the lessons that a plan lacks, at the places where they would
// stand; what it waives without need is advice.
func Problems(rows []store.LessonRow, p *plan.Plan) []plan.Problem {
	var found []plan.Problem
	for _, row := range Open(rows, p) {
		path, why := row.Requirement.Unmet(p)
		found = append(found, plan.Problem{Path: path, Message: fmt.Sprintf(
			"%s: %s taught %q (%s); write it with hub plan patch, or waive lesson %s under lessons", why, row.Upgrade, row.Text, row.Evidence, row.ID,
		)})
	}
	for i, w := range p.Lessons {
		if !slices.ContainsFunc(rows, func(row store.LessonRow) bool { return row.ID == w.ID && Binds(row, p) }) {
			found = append(found, plan.Problem{Path: fmt.Sprintf("lessons[%d].id", i), Message: "no accepted lesson of the system has this id", Advice: true})
		}
	}
	return found
}
