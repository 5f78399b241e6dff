package notifiers_test

import (
	"fmt"
	"strings"
	"testing"

	"upgradehub/events"
	"upgradehub/events/plan"
	"upgradehub/notifiers"
)

// columns are the roles of the matrix, each on the channel it usually has.
var columns = []string{"users", "teams", "managers", "stakeholders", "support"}

// cells are what each of the columns gets: "" is nothing but the page. Of a
// message it is the channel, "+" how long it waits, and "!" if it may never be
// dropped; an edited root message is silent.
type cells [5]string

// moment is one row of the matrix of PRODUCT.md, or one of its parts.
type moment struct {
	name string
	want cells
	// crew is whom it concerns in person, beside the columns.
	crew string
	// before brings the upgrade there; happens is what is told.
	before, happens func(s *story, p *plan.Plan)
}

const (
	mail, root, edited = "email message", "slack root", "slack edited"
	thread, shown      = "slack thread", "slack broadcast"
	card               = "slack card"
)

// TestMatrix is the message matrix of PRODUCT.md, row by row and column by
// column, with moved, canceled and retracted added: who is told when, by which
// channel, in which words, and who is not told at all. The golden has the words.
func TestMatrix(t *testing.T) {
	r := renderer(t)
	var out strings.Builder
	for _, row := range matrix {
		s, p := newStory(t, roles), loadPlan(t, "testdata/plan.yaml")
		row.before(s, p)
		s.notices = nil
		told := map[string]string{}
		s.onNotice = func(n events.Notice) { told[n.Role] += inWords(t, r, s, n) }
		row.happens(s, p)
		s.onNotice = nil
		got, crew := filled(s)
		fmt.Fprintf(&out, "## %s\n", row.name)
		for i, role := range columns {
			if got[i] != row.want[i] {
				t.Errorf("%s: %s get %q, want %q", row.name, role, got[i], row.want[i])
			}
			fmt.Fprintf(&out, "%s: %s\n%s", role, orPage(got[i]), told[role])
		}
		if crew != row.crew {
			t.Errorf("%s: in person %q, want %q", row.name, crew, row.crew)
		}
		fmt.Fprintln(&out)
	}
	golden(t, "testdata/matrix.txt", out.String())
}

// filled are the cells of what a story told, and whom it told in person.
func filled(s *story) (got cells, crew string) {
	var people []string
	for _, n := range s.notices {
		if n.Role == notifiers.RoleCrew {
			people = append(people, fmt.Sprintf("%s %s to %s", n.Channel, n.Form, strings.Join(n.People, " ")))
			continue
		}
		for i, role := range columns {
			if n.Role == role {
				got[i] = strings.TrimPrefix(got[i]+", "+cell(s, n), ", ")
			}
		}
	}
	return got, strings.Join(people, ", ")
}

func cell(s *story, n events.Notice) string {
	words := fmt.Sprintf("%s %s", n.Channel, n.Form)
	if n.Form == events.FormRoot && n.Moment == events.MomentStatus {
		return edited
	}
	if wait := n.NotBefore.Sub(s.now); wait > 0 {
		words += " +" + strings.NewReplacer("m0s", "m", "h0m0s", "h").Replace(wait.String())
	}
	if n.Required {
		words += "!"
	}
	return words
}

func orPage(cell string) string {
	if cell == "" {
		return "–"
	}
	return cell
}

// inWords is what stands in a message: its headline, what comes first, the
// labels, and what goes with it.
func inWords(t *testing.T, r *notifiers.Renderer, s *story, n events.Notice) string {
	t.Helper()
	m, err := r.Render(s.view(n))
	if err != nil {
		t.Fatalf("render %s for %s: %v", n.Moment, n.Role, err)
	}
	var words strings.Builder
	words.WriteString("    " + m.Headline)
	for row := range strings.Lines(m.Text) {
		if row = strings.TrimSpace(row); strings.HasSuffix(row, ":") {
			words.WriteString(" | " + row)
		}
	}
	if m.Calendar != nil {
		words.WriteString(" | calendar " + m.CalendarMethod)
	}
	if strings.Contains(m.Text, "?r=5") {
		words.WriteString(" | five ratings")
	}
	return words.String() + "\n"
}
