package lesson

import (
	"cmp"
	"embed"
	"slices"

	"upgradehub/events/lang"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
	"upgradehub/events/when"
)

//go:embed locales
var files embed.FS

var catalog = lang.MustLoad(files, "locales")

// Change is what an accepted lesson changed, fit for outsiders: it names
// nothing that they are not shown.
type Change struct {
	Lesson string               `json:"lesson"`
	Kind   plan.RequirementKind `json:"kind"`
	// Phase is the title of the phase it is about; empty if there is none that
	// visitors see.
	Phase string        `json:"phase,omitempty"`
	Was   plan.Duration `json:"was,omitzero"`
	Now   plan.Duration `json:"now,omitzero"`
	// Text is said in place of the words of Kind, as somebody wrote it.
	Text string `json:"text,omitempty"`
}

// Changed is what a lesson changed in an upgrade that does as it asks, or will
// change after the upgrade that taught it; text stands in place of its words.
// It is false where nobody outside would notice: a plan without that phase.
func Changed(id string, r plan.Requirement, text string, u *upgrade.Upgrade) (Change, bool) {
	c := Change{Lesson: id, Kind: r.Kind, Was: r.Was, Now: r.Want, Text: text}
	if u == nil || u.Plan == nil || !slices.Contains(plan.RequirementKinds, r.Kind) {
		return c, text != ""
	}
	switch r.Kind {
	case plan.NeedsWindow:
		c.Now = max(r.Want, plan.Duration(u.Plan.Window.Duration()))
		return c, true
	case plan.NeedsPhase:
	default:
		return c, true
	}
	ph, ok := r.Phase(u.Plan)
	c.Now = max(r.Want, ph.Duration)
	for _, shown := range u.Public(0).Phases {
		if shown.ID == ph.ID && !r.Hidden {
			c.Phase = shown.Title
		}
	}
	return c, ok
}

// In is the change in a sentence of a language.
func (c Change) In(code string) string {
	if c.Text != "" {
		return c.Text
	}
	id := string(c.Kind)
	if c.Kind == plan.NeedsPhase && c.Phase == "" {
		id += ".hidden"
	}
	times := when.In(code)
	return catalog.In(code).Say(id, "phase", c.Phase, "was", times.Duration(c.Was.Std()), "now", times.Duration(c.Now.Std()))
}

// Weightiest sorts changes by how much they matter to outsiders.
func Weightiest(changes []Change) {
	slices.SortStableFunc(changes, func(a, b Change) int {
		return cmp.Or(cmp.Compare(weight(a), weight(b)), cmp.Compare(a.Lesson, b.Lesson))
	})
}

func weight(c Change) int {
	i := slices.Index(plan.RequirementKinds, c.Kind)
	if i < 0 {
		return len(plan.RequirementKinds)
	}
	return i
}
