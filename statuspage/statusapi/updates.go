package statusapi

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"upgradehub/events"
	"upgradehub/events/markdown"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
	"upgradehub/events/when"
)

// updatesOf are what was said of an upgrade, newest first: what people
// wrote, and a sentence for each change of the upgrade itself.
func updatesOf(u upgrade.Public, maintenanceID string) []update {
	l := &log{u: u, id: maintenanceID}
	l.announced()
	l.started()
	l.standing()
	l.words()
	l.late()
	l.ended()
	slices.SortStableFunc(l.list, func(a, b update) int { return time.Time(a.DisplayAt).Compare(time.Time(b.DisplayAt)) })
	slices.Reverse(l.list)
	return l.list
}

// log collects the updates of an upgrade; of those with the same moment, the
// one added later is the newer.
type log struct {
	u    upgrade.Public
	id   string
	list []update
}

// add adds an update; key names it among those of the upgrade.
func (l *log) add(key, status, body string, at time.Time) *update {
	l.list = append(l.list, update{
		ID: idOf("update", l.u.ID, key), Status: status, Body: body, IncidentID: l.id,
		CreatedAt: stamp(at), UpdatedAt: stamp(at), DisplayAt: stamp(at), Deliver: true,
	})
	return &l.list[len(l.list)-1]
}

// expected is what an announcement says people will feel.
var expected = map[plan.Impact]string{
	plan.NoImpact:          "You should not notice anything.",
	plan.ReducedRedundancy: "You should not notice anything; there is less protection against failures while the work lasts.",
	plan.Degraded:          "You can work, but expect slowness or short failures.",
	plan.Outage:            "Expect that you cannot work with it during this time.",
}

// announced says for when the upgrade was announced, and each new time.
func (l *log) announced() {
	window := l.u.Window
	if len(l.u.Moves) > 0 {
		window = l.u.Moves[0].From
	}
	l.add("announced", scheduled, sentences("Announced for "+l.span(window)+".", expected[l.u.ImpactWords.Default]), l.u.Announced)
	for i, m := range l.u.Moves {
		body := sentences("New time: "+l.span(m.To)+". Before, it was announced for "+l.span(m.From)+".", m.Reason)
		l.add("moved "+strconv.Itoa(i), l.statusAt(m.At), body, m.At)
	}
}

func (l *log) started() {
	if l.u.Started != nil {
		l.add("started", inProgress, "The work has begun.", *l.u.Started)
	}
}

var standings = map[upgrade.State]string{
	upgrade.Paused:      "The work is paused.",
	upgrade.Verifying:   "The work is done and is being checked.",
	upgrade.RollingBack: "The upgrade is being taken back.",
}

// standing says in which state the work is, as long as it is.
func (l *log) standing() {
	if body, ok := standings[l.u.State]; ok {
		l.add("state "+string(l.u.State), statusOf(l.u.State), body, l.lastStep())
	}
}

// lastStep is when the work last got ahead, as far as it is public: visitors
// are not told at which moment a pause or a check began, only that it did.
func (l *log) lastStep() time.Time {
	last := l.u.Announced
	later := func(t *time.Time) {
		if t != nil && t.After(last) {
			last = *t
		}
	}
	later(l.u.Started)
	for _, ph := range l.u.Phases {
		later(ph.Actual.Start)
		later(ph.Actual.End)
	}
	return last
}

// statusAt is the status at a moment, as far as it is public.
func (l *log) statusAt(t time.Time) string {
	switch {
	case l.u.Finished != nil && !t.Before(*l.u.Finished):
		return completed
	case l.u.Started == nil || t.Before(*l.u.Started):
		return scheduled
	case l.u.State == upgrade.Verifying && !t.Before(l.lastStep()):
		return verifying
	}
	return inProgress
}

// words are what people wrote, without markup. What was taken back says so:
// its id may be known already.
func (l *log) words() {
	for _, w := range slices.Backward(l.u.Updates) {
		body := markdown.Text(w.Text)
		if w.Retracted {
			body = "This update was taken back."
		}
		entry := l.add("word "+w.ID, l.statusAt(w.At), body, w.At)
		if w.Corrected != nil {
			entry.UpdatedAt = stamp(*w.Corrected)
		}
	}
}

// late says which announced moment passed. The status stays what it is: only
// an event ends an upgrade.
func (l *log) late() {
	now := statusOf(l.u.State)
	if l.u.Late != nil && now == scheduled {
		l.add("late", now, "The announced start, "+l.moment(l.u.Window.Start)+", has passed, and nobody has reported a start.", *l.u.Late)
	}
	if l.u.Overdue != nil && l.u.State.Live() {
		l.add("overdue", now, "The announced end, "+l.moment(*l.u.Overdue)+", has passed. The work goes on, and no new end has been announced.", *l.u.Overdue)
	}
}

// ended says how it ended. Statuspage has one word for every end; the truth
// is in the body.
func (l *log) ended() {
	if l.u.State.Ended() && l.u.Finished != nil {
		l.add("ended "+string(l.u.State), completed, sentences(l.result(), l.u.Reason, l.data(), l.lateness()), *l.u.Finished)
	}
}

func (l *log) result() string {
	switch {
	case l.u.State == upgrade.RolledBack:
		return "Rolled back: the upgrade was taken back and has not taken place."
	case l.u.State == upgrade.Failed:
		return "Failed: the upgrade did not succeed."
	case l.u.State == upgrade.Canceled && l.u.Started == nil:
		return "Canceled: the upgrade does not take place."
	case l.u.State == upgrade.Canceled:
		return "Canceled: the upgrade was broken off."
	case l.u.Result == events.SuccessfulWithIssues:
		return "Completed with issues: the upgrade is done, but some things do not work as they should yet."
	}
	return "Completed: the upgrade is done."
}

// data says of a rollback what became of entered data.
func (l *log) data() string {
	switch {
	case l.u.State != upgrade.RolledBack:
		return ""
	case l.u.DataSafe == nil:
		return "Whether everything you entered is still there is not known yet."
	case *l.u.DataSafe:
		return "What you entered is safe."
	}
	return "Some of what you entered may be lost."
}

// lateness is how far the end was behind the announced one.
func (l *log) lateness() string {
	late := l.u.Finished.Sub(l.u.Window.End)
	if l.u.Started == nil || late < time.Minute {
		return ""
	}
	return "It ended " + when.In("en").Duration(late) + " after the announced end."
}

func (l *log) span(w plan.Window) string {
	return when.In("en").Range(w.Start, w.End, when.Zone(l.u.Zone))
}

func (l *log) moment(t time.Time) string { return when.In("en").Full(t, when.Zone(l.u.Zone)) }

// sentences joins those that are not empty.
func sentences(list ...string) string {
	return strings.Join(slices.DeleteFunc(list, func(s string) bool { return s == "" }), " ")
}
