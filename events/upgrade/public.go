package upgrade

import (
	"time"

	"upgradehub/events"
	"upgradehub/events/plan"
)

// Public is what visitors may know of an upgrade. It has no field for
// roster, risks, gates, contingencies, the rollback clock or internal text,
// so nothing that is made from a Public can leak them. Its JSON is that of
// GET /api/v1/upgrades/{id}.
type Public struct {
	ID     string        `json:"id"`
	Title  string        `json:"title"`
	System string        `json:"system"`
	State  State         `json:"state"`
	Result events.Result `json:"result,omitempty"`
	Reason string        `json:"reason,omitempty"` // public reason of the end
	// DataSafe is what the rollback said of entered data; nil is unknown.
	DataSafe *bool  `json:"data_safe,omitempty"`
	Seq      uint64 `json:"seq"` // of the newest fact that changed it
	Zone     string `json:"zone"`
	Drill    bool   `json:"drill,omitempty"`

	Window plan.Window  `json:"window"`
	Moves  []PublicMove `json:"moves,omitempty"`
	// Revision of the plan, and how often an end was taken back: with either
	// of them the SEQUENCE of the calendar entry rises.
	Revision  int        `json:"revision"`
	Reopened  int        `json:"reopened,omitempty"`
	Announced time.Time  `json:"announced"`
	Started   *time.Time `json:"started,omitempty"`
	Finished  *time.Time `json:"finished,omitempty"`
	// Returning is when the way back began, if it did.
	Returning *time.Time `json:"returning,omitempty"`
	// SurveyCloses is when answers are no longer taken; nil before the end.
	SurveyCloses *time.Time `json:"survey_closes,omitempty"`
	// Survey is what is asked then, and what is known of who answers.
	Survey plan.Survey `json:"survey,omitzero"`

	// Impact is the greatest impact of any public component now, while
	// live; else no_impact.
	Impact      plan.Impact      `json:"impact"`
	ImpactWords plan.ImpactWords `json:"impact_words"`

	Phases     []PublicPhase     `json:"phases"`
	Components []PublicComponent `json:"components"`
	// Updates are newest first; retracted ones have no text.
	Updates []PublicUpdate `json:"updates"`

	// Late, Overdue and Silent are set when the upgrade is late to start,
	// past its announced end, or without news for longer than promised:
	// since when.
	Late    *time.Time `json:"late,omitempty"`
	Overdue *time.Time `json:"overdue,omitempty"`
	Silent  *time.Time `json:"silent,omitempty"`
	// Forecast is when it is likely to end, by how long such work took; nil
	// with fewer than eight past runs, and after the end.
	Forecast *PublicForecast `json:"forecast,omitempty"`
	// NextUpdateBy is the promise of the next update while live, and
	// UpdateOverdue is set when it passed unkept.
	NextUpdateBy  *time.Time `json:"next_update_by,omitempty"`
	UpdateOverdue *time.Time `json:"update_overdue,omitempty"`
	// Promises were kept by people, by the hub's own holding line, or not.
	PromisesKept          int `json:"promises_kept"`
	PromisesKeptByMachine int `json:"promises_kept_by_machine"`
	PromisesBroken        int `json:"promises_broken"`
}

// Notice is how long before its window the upgrade was announced; a moved
// window counts from when it was moved. It is negative if that was after the
// start.
func (p Public) Notice() time.Duration {
	from := p.Announced
	if n := len(p.Moves); n > 0 {
		from = p.Moves[n-1].At
	}
	return p.Window.Start.Sub(from)
}

// PublicMove is a change of the announced window.
type PublicMove struct {
	At     time.Time   `json:"at"`
	From   plan.Window `json:"from"`
	To     plan.Window `json:"to"`
	Reason string      `json:"reason,omitempty"`
}

// Span is a stretch of time; End is nil while it lasts, both while queued.
type Span struct {
	Start *time.Time `json:"start"`
	End   *time.Time `json:"end"`
}

// PublicPhase is one phase, planned and actual.
type PublicPhase struct {
	ID         string         `json:"id"`
	Title      string         `json:"title"`
	State      PhaseState     `json:"state"`
	Outcome    events.Outcome `json:"outcome"` // empty until it has finished
	Attempt    int            `json:"attempt,omitempty"`
	WaitingFor string         `json:"waiting_for,omitempty"`
	Planned    Span           `json:"planned"`
	Actual     Span           `json:"actual"`
	Done       *int64         `json:"done,omitempty"`
	Total      *int64         `json:"total,omitempty"`
	Unit       string         `json:"unit,omitempty"`
	Percent    *float64       `json:"percent,omitempty"` // given, or done of total
	Note       string         `json:"note,omitempty"`
	Late       *time.Time     `json:"late,omitempty"`
	Overdue    *time.Time     `json:"overdue,omitempty"`
	// Forecast is when the phase is likely to end, until it has.
	Forecast *PublicForecast `json:"forecast,omitempty"`
	// PointOfNoReturn: once it has begun there is no way back.
	PointOfNoReturn bool `json:"point_of_no_return,omitempty"`
	// NotReported: the upgrade ended and nobody ever spoke of the phase.
	NotReported bool `json:"not_reported,omitempty"`
}

// PublicComponent is one component and what people feel of it.
type PublicComponent struct {
	ID     string      `json:"id"`
	Name   string      `json:"name"`
	Impact plan.Impact `json:"impact"`
	Since  *time.Time  `json:"since,omitempty"`
	Note   string      `json:"note,omitempty"`
	// OnStandby: the component runs on its standby.
	OnStandby bool `json:"on_standby,omitempty"`
	// Moving: it is on its way to its standby or back.
	Moving bool `json:"moving,omitempty"`
	// CapacityPercent is what is left of its capacity, if that was said.
	CapacityPercent *float64 `json:"capacity_percent,omitempty"`
}

// PublicUpdate is one human word, or the hub's own line in its place.
type PublicUpdate struct {
	ID        string     `json:"id"`
	At        time.Time  `json:"at"`
	Text      string     `json:"text"` // Markdown
	Corrected *time.Time `json:"corrected,omitempty"`
	// Edits are what it said before, oldest first, as far as visitors could
	// read it; none of an update that was taken back.
	Edits     []PublicEdit `json:"edits,omitempty"`
	Retracted bool         `json:"retracted,omitempty"`
	Final     bool         `json:"final,omitempty"`
	// NextUpdateBy is what it promised, by its own time or by the cadence;
	// nil if it promised nothing.
	NextUpdateBy *time.Time `json:"next_update_by,omitempty"`
	// Automatic: the hub said it, because nobody else did in time. Text says
	// the same in English.
	Automatic *PublicHolding `json:"automatic,omitempty"`
}

// PublicEdit is a text that an update had until it was corrected.
type PublicEdit struct {
	Until time.Time `json:"until"`
	Text  string    `json:"text"` // Markdown
}

// PublicHolding is what a holding line says.
type PublicHolding struct {
	Since  time.Time `json:"since"`
	State  State     `json:"state"`
	Phases []string  `json:"phases"` // titles of those under way
	Silent bool      `json:"silent,omitempty"`
}
