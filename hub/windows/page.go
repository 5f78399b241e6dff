package windows

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"slices"
	"strconv"
	"time"

	"upgradehub/events/plan"
	"upgradehub/events/usage"
)

//go:embed page.html.tmpl
var pageText string

//go:embed page.css
var style string

var pageTemplate = template.Must(template.New("windows").Parse(pageText))

// Style is the style sheet of a page that is served.
func Style() string { return style }

// HTML writes the answer as one page that needs nothing else: the slots, and
// the week as a table.
func (w Windows) HTML(out io.Writer) error {
	p := w.page()
	p.Style = template.CSS(style)
	return pageTemplate.Execute(out, p)
}

// Served says where a page that a hub serves finds its style sheet, and whence
// it is come to.
type Served struct{ Sheet, Back string }

// Serve writes the same page for a hub to serve.
func (w Windows) Serve(out io.Writer, at Served) error {
	p := w.page()
	p.Served = at
	return pageTemplate.Execute(out, p)
}

// Nothing writes a page that says why there are no windows for an upgrade.
func Nothing(out io.Writer, upgrade, why string, at Served) error {
	return pageTemplate.Execute(out, page{Title: "Windows for " + upgrade, Lead: why, Served: at})
}

// page is what the template shows.
type page struct {
	Served
	Style                  template.CSS
	Title, Lead, Favourite string
	Unit                   string
	Slots                  []slotView
	LeftOut                []string
	Hours                  []string
	Days                   []dayView
	Levels                 []levelView
}

type slotView struct {
	Rank                  int
	When, Expected, Range string
	Reasons               []string
}

// dayView is a row of the map.
type dayView struct {
	Name  string
	Hours []cell
}

// cell is an hour of the week. Its level is how many there are, from 0 to 7
// against the busiest hour; Slots are the ranks of the slots that it lies in.
type cell struct {
	Level, Count string
	Slots        []int
}

type levelView struct{ Level, From string }

// levels are the shades of the map.
const levels = 8

const (
	hoursADay = 24
	half      = 30 * time.Minute // slots begin on the half hour
	slotTime  = "Mon 2 Jan 2006 15:04"
)

func (w Windows) page() page {
	zone, err := time.LoadLocation(w.Zone)
	if err != nil {
		zone = time.UTC
	}
	p := page{
		Title: "Windows of " + w.Need, Favourite: w.Sentence, Unit: w.Unit,
		Lead: fmt.Sprintf("The quietest times from %s to %s, by the clocks of %s; usage is known until %s.",
			w.From.In(zone).Format(slotTime), w.Until.In(zone).Format(slotTime), w.Zone, w.DataUntil.In(zone).Format(slotTime)),
	}
	if n := w.NeedOf; n != nil {
		p.Title = "Windows for " + n.Upgrade
		p.Lead += fmt.Sprintf(" It needs %s: the work %s%s, the way back %s%s, and a buffer of %s.",
			w.Need, length(n.Work), by(n.WorkRuns), length(n.Rollback), by(n.RollbackRuns), length(n.Buffer))
	}
	for i, s := range w.Slots {
		p.Slots = append(p.Slots, slotView{
			Rank: i + 1, When: Span(s.Start, s.End, zone), Expected: usage.Count(s.Expected),
			Range: usage.Count(s.Low) + " to " + usage.Count(s.High), Reasons: s.Reasons,
		})
	}
	for _, b := range w.LeftOut {
		p.LeftOut = append(p.LeftOut, b.Name+", "+Span(b.Start, b.End, zone))
	}
	p.heat(w, zone)
	return p
}

func length(seconds int64) string {
	return plan.Duration(time.Duration(seconds) * time.Second).String()
}

// by says what a part of the need rests on.
func by(runs int) string {
	if runs == 0 {
		return " as planned"
	}
	return fmt.Sprintf(" (80 %% of %d earlier ones took no longer)", runs)
}

// heat draws the week, if it is known.
func (p *page) heat(w Windows, zone *time.Location) {
	if len(w.Week) != 7*hoursADay {
		return
	}
	most := 0.0
	for _, h := range w.Week {
		if h.Median != nil {
			most = math.Max(most, *h.Median)
		}
	}
	inSlots := w.slotHours(zone)
	for hour := range hoursADay {
		p.Hours = append(p.Hours, fmt.Sprintf("%02d", hour))
	}
	for day := range 7 {
		// 5 January 1970 was a Monday.
		row := dayView{Name: time.Date(1970, 1, 5+day, 0, 0, 0, 0, time.UTC).Weekday().String()[:3]}
		for hour := range hoursADay {
			i := day*hoursADay + hour
			row.Hours = append(row.Hours, cellOf(w.Week[i], most, inSlots[i]))
		}
		p.Days = append(p.Days, row)
	}
	for l := range levels {
		p.Levels = append(p.Levels, levelView{strconv.Itoa(l), short(most * float64(l) / levels)})
	}
}

func cellOf(h HourOf, most float64, slots []int) cell {
	if h.Median == nil {
		return cell{Level: "unknown", Count: "?", Slots: slots}
	}
	level := 0
	if most > 0 {
		level = min(int(levels**h.Median/most), levels-1)
	}
	return cell{Level: strconv.Itoa(level), Count: short(*h.Median), Slots: slots}
}

// slotHours are the ranks of the slots that lie in an hour of the week.
func (w Windows) slotHours(zone *time.Location) map[int][]int {
	in := map[int][]int{}
	for rank, s := range w.Slots {
		for at := s.Start; at.Before(s.End); at = at.Add(half) {
			local := at.In(zone)
			i := (int(local.Weekday())+6)%7*hoursADay + local.Hour()
			if !slices.Contains(in[i], rank+1) {
				in[i] = append(in[i], rank+1)
			}
		}
	}
	return in
}

// short is a number of people in at most four characters, for a narrow cell.
func short(v float64) string {
	for _, unit := range []struct {
		size float64
		name string
	}{{1e9, "G"}, {1e6, "M"}, {1e3, "k"}} {
		if v >= unit.size {
			n := v / unit.size
			if n < 10 {
				return strconv.FormatFloat(n, 'f', 1, 64) + unit.name
			}
			return strconv.FormatFloat(n, 'f', 0, 64) + unit.name
		}
	}
	return strconv.FormatFloat(v, 'f', 0, 64)
}
