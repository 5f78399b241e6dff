package plan

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"time"
	_ "time/tzdata" // a host without zone files reads plans like any other
)

// Problem is one thing [Parse] found.
type Problem struct {
	Line, Column int
	// Path is where in the plan: "phases[2].duration".
	Path    string
	Message string
	// Advice problems do not make a plan invalid.
	Advice bool
}

// String is "12:5: phases[2].duration: message".
func (p Problem) String() string {
	return fmt.Sprintf("%d:%d: %s: %s", p.Line, p.Column, p.Path, p.Message)
}

// maxProblems bounds what one file can have to be told.
const maxProblems = 200

// Parse reads a plan file, YAML or JSON. The plan is nil if any of the
// problems is more than advice. Parse knows no today: the same file has the
// same problems at any time.
func Parse(data []byte) (*Plan, []Problem) { return ParseWith(data, nil) }

// ParseWith is Parse, and more looks at a plan that has no fault of its own:
// the problems it finds need a Path and a Message, and get their place. What
// stands nowhere in the file has that of its system.
func ParseWith(data []byte, more func(*Plan) []Problem) (*Plan, []Problem) {
	root, problems := readTree(data)
	if root == nil {
		return nil, problems
	}
	d := &decoder{places: map[string]place{}, ids: map[string]map[string]int{}, problems: problems}
	var p Plan
	if root.kind != isDict {
		d.problem(root.place, "plan", "must be keys and values, not %s", root.kind)
		return nil, d.problems
	}
	d.readZone(root)
	d.structure(root, reflect.ValueOf(&p).Elem(), "")
	d.lint(&p)
	if more != nil && !faulty(d.problems) {
		for _, found := range more(&p) {
			at := d.place(found.Path)
			if at == (place{1, 1}) {
				at = d.places["system"]
			}
			found.Line, found.Column = at.line, at.column
			d.problems = append(d.problems, found)
		}
	}
	sorted := sortProblems(d.problems)
	if faulty(sorted) {
		return nil, sorted
	}
	return &p, sorted
}

func faulty(ps []Problem) bool {
	return slices.ContainsFunc(ps, func(p Problem) bool { return !p.Advice })
}

// readZone finds the zone before any time is read in it.
func (d *decoder) readZone(root *node) {
	d.zone = time.UTC
	k, ok := root.get("zone")
	if !ok || isEmpty(k.value) || k.value.kind != isText {
		return
	}
	// The name Local would be another zone on another machine.
	zone, err := time.LoadLocation(k.value.text)
	if err != nil || k.value.text == "Local" {
		d.problem(k.value.place, "zone", "%q is not a time zone such as Europe/Berlin", clip(k.value.text))
		return
	}
	d.zone = zone
}

// sortProblems sorts by place, and drops what is more than anyone reads.
func sortProblems(ps []Problem) []Problem {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column),
			cmp.Compare(a.Path, b.Path), cmp.Compare(a.Message, b.Message))
	})
	ps = slices.Compact(ps)
	if more := len(ps) - maxProblems; more > 0 {
		last := ps[maxProblems]
		last.Message, last.Advice = fmt.Sprintf("and %d more problems", more), false
		ps = append(ps[:maxProblems:maxProblems], last)
	}
	return ps
}
