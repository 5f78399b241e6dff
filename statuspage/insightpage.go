package statuspage

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"upgradehub/events/survey"
	"upgradehub/events/upgrade"
	"upgradehub/statuspage/live"
)

// insightsEnd ends the path of the page on what people said of an upgrade.
const insightsEnd = "/insights"

// subject is the upgrade that a path is about, and whether the page is that on
// what people said of it; false if it is about none.
func subject(path string) (id string, insights, ok bool) {
	id, ok = strings.CutPrefix(path, "/upgrades/")
	id, insights = strings.CutSuffix(id, insightsEnd)
	return id, insights && ok, ok
}

// insightsOf is the path of that page; empty if nobody says what is on it.
func (p *Pages) insightsOf(u upgrade.Public) string {
	if p.cfg.Insights == nil || !u.State.Ended() {
		return ""
	}
	return "/upgrades/" + u.ID + insightsEnd
}

// insights is the page on what people said of an upgrade. Answers change no
// upgrade, so its position is that of everything.
func (s *scribe) insights(ctx context.Context, id string) (view, error) {
	if s.cfg.Insights == nil {
		return view{}, ErrNotFound
	}
	_, seq := s.Position()
	in, err := s.cfg.Insights.Insight(ctx, id)
	if err != nil {
		return view{}, fmt.Errorf("insights of %q: %w", id, err)
	}
	u := in.Upgrade
	v := view{
		View: live.View{Title: u.Title + " · " + s.Say("insights.title"), Seq: seq, Upgrades: []string{u.ID}, Ticks: true},
		main: part{id: "main", tmpl: "main", parts: []part{{id: "insights", tmpl: "insights", data: s.insightHead(u)}}},
	}
	for _, p := range in.Trend {
		v.Upgrades = append(v.Upgrades, p.Upgrade)
	}
	if !u.State.Ended() {
		return v, nil
	}
	kept, err := s.keptOf(ctx, in)
	if err != nil {
		return view{}, err
	}
	v.main.parts = append(v.main.parts, s.insightParts(in)...)
	v.main.parts = append(v.main.parts, part{id: "kept", tmpl: "kept", data: kept})
	return v, nil
}

// insightParts are the cards, without those that have nothing to say.
func (s *scribe) insightParts(in Insight) []part {
	parts := []part{{id: "said", tmpl: "said", data: s.saidOf(in.Survey)}, {id: "felt", tmpl: "felt", data: s.feltOf(in)}}
	if told := s.toldOf(in); len(told.Figures) > 0 {
		parts = append(parts, part{id: "told", tmpl: "told", data: told})
	}
	if groups := s.groupsOf(in.Survey); len(groups) > 0 {
		parts = append(parts, part{id: "groups", tmpl: "groups", data: groups})
	}
	if len(in.Trend) > 1 {
		parts = append(parts, part{id: "trend", tmpl: "trend", data: s.trendOf(in)})
	}
	return parts
}

// insightHead says what the page is about, and when there will be something on
// it.
type insightHead struct {
	Title, Path string
	Drill       bool
	Words       line
}

func (s *scribe) insightHead(u upgrade.Public) insightHead {
	h := insightHead{Title: u.Title, Path: "/upgrades/" + u.ID, Drill: u.Drill}
	now := s.cfg.Clock()
	switch {
	case !u.State.Ended() && now.Before(u.Window.End):
		h.Words = s.line("insights.before_end", "end", s.moment(u.Window.End, "full"))
	case !u.State.Ended():
		h.Words = s.line("insights.before")
	case u.SurveyCloses != nil && now.Before(*u.SurveyCloses):
		h.Words = s.line("insights.open", "at", s.moment(*u.SurveyCloses, "full"))
	case u.SurveyCloses != nil:
		h.Words = s.line("insights.closed", "at", s.moment(*u.SurveyCloses, "full"))
	}
	return h
}

// saidView is the rating: nothing but how many were invited if few answered.
type saidView struct {
	Withheld bool
	Words    []string
	Top      *figureRow
	Ratings  *figure
}

func (s *scribe) saidOf(in survey.Insight) saidView {
	v := saidView{Withheld: in.Withheld}
	if !in.Withheld {
		v.Words = append(v.Words, s.Say("insights.count", "n", in.Count))
	}
	if in.Invited > 0 {
		v.Words = append(v.Words, s.Say("insights.invited", "n", in.Invited))
	}
	if in.Withheld {
		return v
	}
	if in.Responded.Of > 0 {
		v.Words = append(v.Words, s.Say("insights.response", "share", s.share(in.Responded)))
	}
	ratings := map[string]int{}
	for i, n := range in.Ratings {
		ratings[fmt.Sprint(i+1)] = n
	}
	v.Top = s.one("insights.top", in.Satisfied)
	v.Ratings = s.counts(s.Say("insights.ratings"), ratings, func(a string) string { return "rating." + a }, "5", "4", "3", "2", "1")
	return v
}

// feltView is the disruption that people felt beside what was measured.
type feltView struct {
	Measured, Lost string
	Disruption     *figure
	Easy           *figureRow
}

func (s *scribe) feltOf(in Insight) feltView {
	v := feltView{Measured: s.measured(in.Felt)}
	if l := in.Survey.Lost; l.Said > 0 {
		minutes := func(m float64) string { return s.length(time.Duration(m * float64(time.Minute))) }
		v.Lost = s.Say("insights.lost", "n", l.Said, "sum", minutes(float64(l.Sum)), "median", minutes(l.Median))
	}
	if len(in.Survey.Disruption) > 0 {
		named := func(a string) string { return "disruption." + a }
		v.Disruption = s.counts(s.Say("insights.disruption"), in.Survey.Disruption, named, "none", "little", "lot", "blocked")
	}
	if in.Survey.Easy.Of > 0 {
		v.Easy = s.one("insights.easy", in.Survey.Easy)
	}
	return v
}

func (s *scribe) measured(f upgrade.Felt) string {
	out, slow := s.length(time.Duration(f.Outage)*time.Second), s.length(time.Duration(f.Degraded)*time.Second)
	switch {
	case f.Outage > 0 && f.Degraded > 0:
		return s.Say("measured.both", "out", out, "slow", slow)
	case f.Outage > 0:
		return s.Say("measured.out", "out", out)
	case f.Degraded > 0:
		return s.Say("measured.slow", "slow", slow)
	}
	return s.Say("measured.none")
}

// toldView is what people thought of how they were kept informed.
type toldView struct {
	Announced string
	Figures   []*figure
}

func (s *scribe) toldOf(in Insight) (v toldView) {
	if in.Upgrade.Notice() > 0 {
		v.Announced = s.Say("insights.announced", "length", s.length(in.Upgrade.Notice()))
	}
	if len(in.Survey.Communication) > 0 {
		named := func(a string) string { return "communication." + a }
		v.Figures = append(v.Figures, s.counts(s.Say("insights.informed"), in.Survey.Communication, named, "right", "late", "little", "much"))
	}
	var rows []figureRow
	for _, g := range in.Notices {
		rows = append(rows, figureRow{Name: s.Say("notice." + g.Name)}.of(s, g.Informed))
	}
	if len(rows) > 0 {
		v.Figures = append(v.Figures, &figure{s.Say("insights.by_notice"), rows})
	}
	return v
}

// groupsOf compares audiences, and the ways people answered by.
func (s *scribe) groupsOf(in survey.Insight) (figures []*figure) {
	for _, by := range []struct {
		caption string
		known   []string
		named   func(string) string
		groups  []survey.Group
	}{
		{s.Say("insights.by_role"), []string{"users", "teams", "managers", "stakeholders", "support"}, func(n string) string { return "role." + n }, in.Roles},
		{s.Say("insights.by_channel"), []string{"email", "slack", "page"}, func(n string) string { return "channel." + n }, in.Channels},
	} {
		var rows []figureRow
		for _, g := range by.groups {
			name := by.named("other")
			switch {
			case g.Rest:
				name = "insights.rest"
			case slices.Contains(by.known, g.Name):
				name = by.named(g.Name)
			}
			rows = append(rows, figureRow{Name: s.Say(name), Note: s.Say("insights.count", "n", g.Count)}.of(s, g.Satisfied))
		}
		if len(rows) > 0 {
			figures = append(figures, &figure{by.caption, rows})
		}
	}
	return figures
}

// verdicts are the messages of verdicts; there is none for the first of a row.
var verdicts = map[survey.Verdict]string{survey.Better: "verdict.better", survey.Worse: "verdict.worse", survey.Unclear: "verdict.unclear"}

// trendOf is the upgrades of the system, the newest first.
func (s *scribe) trendOf(in Insight) *figure {
	var rows []figureRow
	for _, p := range slices.Backward(in.Trend) {
		row := figureRow{Name: p.Title, When: s.moment(p.Ended, "day")}
		if p.Upgrade != in.Upgrade.ID {
			row.Path = "/upgrades/" + p.Upgrade + insightsEnd
		}
		if row = row.of(s, p.Satisfied); p.Satisfied.Of == 0 {
			row.Words = s.Say("insights.few_here")
		}
		if id, ok := verdicts[p.Verdict]; ok {
			row.Note = s.Say(id)
		}
		rows = append(rows, row)
	}
	return &figure{s.Say("insights.top"), rows}
}
