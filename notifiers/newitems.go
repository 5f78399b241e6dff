package notifiers

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"upgradehub/events"
	"upgradehub/events/plan"
)

// NewItem is a low answer or a report that nobody has looked at, as whoever
// answers for it reads it: in numbers, because free text goes to no channel.
type NewItem struct {
	Upgrade, Title string
	// Report: something was broken; of Component if that was said. Else it is an
	// answer, whose Rating is 0 where it is anonymous.
	Report     bool
	Component  string
	Rating     int
	Disruption string
	// Due is until when it is to be looked at.
	Due time.Time
}

// OfficeOpened is when the office opened on the day of t in a zone; false if it
// is not open at t.
func OfficeOpened(t time.Time, zone *time.Location) (time.Time, bool) {
	local := t.In(zone)
	open := officeHours(t, zone).Equal(t)
	return time.Date(local.Year(), local.Month(), local.Day(), officeOpens, 0, 0, 0, zone), open
}

// PlanNewItems is what is owed to whoever answers for what is new: one list of
// all their upgrades, on each channel of the audience of those who do the work.
func PlanNewItems(seq uint64, recorded time.Time, d *events.FeedbackListed, audiences []Audience) []events.Notice {
	i := slices.IndexFunc(audiences, func(a Audience) bool { return a.Role == RoleCrew })
	if i < 0 {
		return nil
	}
	var list []events.Notice
	for _, channel := range audiences[i].Channels {
		list = append(list, events.Notice{
			ID: events.NoticeID(seq, events.MomentNewItems, audiences[i].ID, channel), Moment: events.MomentNewItems,
			Audience: audiences[i].ID, Role: RoleCrew, Channel: channel, Form: events.FormMessage, People: []string{d.Owner},
			NotBefore: recorded, UsefulUntil: day(plan.Window{}, recorded),
			Facts: map[string]string{"owner": d.Owner, "until": strconv.FormatInt(d.Until.UnixMicro(), 10)},
		})
	}
	return list
}

// ListedUntil is the time of the list that a notice of MomentNewItems is about.
func ListedUntil(n events.Notice) (time.Time, error) {
	micros, err := strconv.ParseInt(n.Facts["until"], 10, 64)
	if err != nil {
		return time.Time{}, fmt.Errorf("list of new items: until: %w", err)
	}
	return time.UnixMicro(micros).UTC(), nil
}

// newItems is what is new, by upgrade.
type newItems struct {
	Headline, Due string
	Upgrades      []newOf
}

// newOf is what is new of one upgrade.
type newOf struct {
	Title, Page string
	Lines       []string
}

// mostNew is how many lines one upgrade gets.
const mostNew = 10

func (s *sheet) newItems(v View) *newItems {
	if len(v.New) == 0 {
		return nil
	}
	due := slices.MinFunc(v.New, func(a, b NewItem) int { return a.Due.Compare(b.Due) }).Due
	list := &newItems{Headline: s.Say("new_items", "n", len(v.New)), Due: s.full(due)}
	for rest := v.New; len(rest) > 0; {
		n := 1
		for n < len(rest) && rest[n].Upgrade == rest[0].Upgrade {
			n++
		}
		list.Upgrades = append(list.Upgrades, newOf{
			Title: line(rest[0].Title), Page: v.Links.Page + "upgrades/" + rest[0].Upgrade, Lines: s.newLines(rest[:n]),
		})
		rest = rest[n:]
	}
	return list
}

// newLines counts what reads the same, in the order in which it came.
func (s *sheet) newLines(items []NewItem) []string {
	count := map[string]int{}
	var words []string
	for _, item := range items {
		w := s.newItem(item)
		if count[w]++; count[w] == 1 {
			words = append(words, w)
		}
	}
	var list []string
	for i, w := range words {
		if i == mostNew {
			return append(list, s.Say("new_items_more", "n", len(words)-i))
		}
		if count[w] > 1 {
			w = fmt.Sprintf("%d × %s", count[w], w)
		}
		list = append(list, w)
	}
	return list
}

func (s *sheet) newItem(i NewItem) string {
	switch {
	case i.Report && i.Component != "":
		return s.named(s.Say("new.report"), line(i.Component))
	case i.Report:
		return s.Say("new.report")
	case i.Rating == 0:
		return s.Say("new.anonymous")
	}
	words := []string{s.Say("new.rated", "rating", i.Rating, "word", ratingWord(i.Rating, s.Words))}
	if i.Disruption == "blocked" {
		words = append(words, s.Say("new.blocked"))
	}
	return s.List(words)
}
