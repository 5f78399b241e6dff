package statuspage

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"upgradehub/events"
	"upgradehub/events/upgrade"
	"upgradehub/statuspage/live"
)

// Fragments renders the page with that path: the source of the live hub.
func (p *Pages) Fragments(ctx context.Context, path, code string) (live.View, error) {
	s := p.in(code)
	var v view
	var err error
	id, insights, one := subject(path)
	switch {
	case path == "/":
		v, err = s.overview(ctx)
	case path == "/history":
		v, err = s.history(ctx)
	case path == embedPath:
		v, err = s.embedded(ctx)
	case insights:
		v, err = s.insights(ctx, id)
	case one:
		v, err = s.upgrade(ctx, id)
	default:
		err = ErrNotFound
	}
	if errors.Is(err, ErrNotFound) {
		return live.View{}, fmt.Errorf("%w: %w", live.ErrNotFound, err)
	}
	if err != nil {
		return live.View{}, err
	}
	v.Fragments, err = v.main.fragments(s.templates)
	return v.View, err
}

// Position is the board's.
func (p *Pages) Position() (log string, seq uint64) { return p.cfg.Board.Position() }

// view is a page before it is rendered.
type view struct {
	live.View
	main part
}

// upgrade is the page of one upgrade.
func (s *scribe) upgrade(ctx context.Context, id string) (view, error) {
	u, err := s.cfg.Board.Upgrade(ctx, id)
	if err != nil {
		return view{}, fmt.Errorf("upgrade %q: %w", id, err)
	}
	all, err := s.cfg.Board.Upgrades(ctx)
	if err != nil {
		return view{}, fmt.Errorf("list upgrades: %w", err)
	}
	learnt, err := s.learntBy(ctx, u, all)
	if err != nil {
		return view{}, err
	}
	now := s.cfg.Clock()
	return view{
		View: live.View{
			Title: u.Title + " · " + s.signOf(u).Word, Say: s.spoken(u, now), Seq: u.Seq,
			Upgrades: related(u, all), Ticks: ticks(u, now),
		},
		main: s.upgradeMain(u, now, learnt),
	}, nil
}

// related are the upgrades that a page shows something of: those of its system.
func related(u upgrade.Public, all []upgrade.Public) []string {
	ids := []string{u.ID}
	for _, o := range all {
		if o.System == u.System && o.ID != u.ID {
			ids = append(ids, o.ID)
		}
	}
	return ids
}

// ticks reports whether the page moves with the clock: from the announced
// start until the end.
func ticks(u upgrade.Public, now time.Time) bool {
	return !u.State.Ended() && (u.State.Live() || !now.Before(u.Window.Start))
}

// upgradeMain puts what matters most in this state first.
func (s *scribe) upgradeMain(u upgrade.Public, now time.Time, learnt learntView) part {
	rows := part{id: "phases", tmpl: "phases"}
	rows.data, rows.parts = s.phaseParts(u, now)
	updates := part{id: "updates", tmpl: "updates", parts: s.updateParts(u)}
	more := part{id: "more", tmpl: "more", data: s.moreOf(u, now)}
	window := part{id: "window", tmpl: "window", data: s.windowOf(u)}

	main := part{id: "main", tmpl: "main", parts: []part{{id: "banner", tmpl: "banner", data: s.banner(u, now)}}}
	if impact := s.impactOf(u); !impact.Empty() {
		main.parts = append(main.parts, part{id: "impact", tmpl: "impact", data: impact})
	}
	if spares := s.spares(u); len(spares) > 0 {
		main.parts = append(main.parts, part{id: "spare", tmpl: "spare", data: spares})
	}
	if !learnt.Empty() {
		main.parts = append(main.parts, part{id: "since", tmpl: "since", data: learnt})
	}
	switch {
	case u.State.Ended() && len(updates.parts) == 0: // and none will come
		main.parts = append(main.parts, more, rows, window)
	case u.State.Ended():
		main.parts = append(main.parts, updates, more, rows, window)
	case u.State.Live():
		main.parts = append(main.parts, updates, rows, window, more)
	case len(u.Updates) > 0:
		main.parts = append(main.parts, window, rows, updates, more)
	default:
		main.parts = append(main.parts, window, rows, more)
	}
	if len(u.Components) > 0 {
		components := part{id: "components", tmpl: "components", parts: s.componentParts(u)}
		main.parts = slices.Insert(main.parts, slices.IndexFunc(main.parts, func(p part) bool { return p.id == "phases" })+1, components)
	}
	return main
}

func (s *scribe) phaseParts(u upgrade.Public, now time.Time) (chartView, []part) {
	now = chartTime(u, now)
	sc := scaleOf(u, now)
	long := sc.to.Sub(sc.from) > 20*time.Hour
	var parts []part
	foreseen := false
	for _, ph := range u.Phases {
		row := s.phaseOf(ph, sc, now, long)
		if u.State.Ended() && (ph.State == upgrade.Running || ph.State == upgrade.Waiting) {
			row = s.leftOpen(row, ph, sc, endOf(u), long)
		}
		foreseen = foreseen || row.Foreseen != nil && row.Foreseen.Bar != nil
		parts = append(parts, part{id: "ph-" + ph.ID, tmpl: "phase", data: row})
	}
	if back := s.backPart(u, sc, now); back != nil {
		parts = append(parts, *back)
	}
	here := nowOf(u, sc, now)
	parts = append(parts, part{id: "now", tmpl: "now", data: here})
	return chartView{From: s.moment(sc.from, "full"), To: s.moment(sc.to, "full"), Now: here.X != "", Foreseen: foreseen}, parts
}

// backPart is the row of the way back, if it was taken.
func (s *scribe) backPart(u upgrade.Public, sc scale, now time.Time) *part {
	if u.Returning == nil {
		return nil
	}
	var ended *time.Time
	if u.State.Ended() {
		ended = u.Finished
	}
	v := phaseView{ID: "back", Title: s.Say("phase.back"), Sign: s.sign(look{warn, "undo"}, "phase.running"), State: upgrade.Running}
	if ended != nil {
		v.Sign, v.State = s.sign(look{warn, "undo"}, "outcome.success"), upgrade.Finished
		if u.State != upgrade.RolledBack {
			v.Sign = s.sign(look{bad, "cross"}, "outcome.failure")
		}
	}
	v.Actual = sc.bar(u.Returning, ended, now)
	v.Fact = s.spanWords("span.actual", upgrade.Span{Start: u.Returning, End: ended}, sc.to.Sub(sc.from) > 20*time.Hour)
	return &part{id: "ph--back", tmpl: "phase", data: v}
}

func (s *scribe) updateParts(u upgrade.Public) []part {
	var parts []part
	for _, w := range u.Updates {
		v := s.updateOf(w)
		parts = append(parts, part{id: v.ID, tmpl: "update", data: v})
	}
	return parts
}

func (s *scribe) componentParts(u upgrade.Public) []part {
	var parts []part
	for _, c := range u.Components {
		parts = append(parts, part{id: "c-" + c.ID, tmpl: "component", data: s.componentOf(c)})
	}
	return parts
}

// groups are the upgrades by what they are to a visitor.
type groups struct{ now, next, past []upgrade.Public }

// sorted tells the upgrades under way from those to come (soonest first)
// and those that ended (newest first). What is late to start belongs to now.
func sorted(all []upgrade.Public) groups {
	var g groups
	for _, u := range all {
		switch {
		case u.State.Ended():
			g.past = append(g.past, u)
		case u.State.Live() || u.Late != nil:
			g.now = append(g.now, u)
		default:
			g.next = append(g.next, u)
		}
	}
	soonest := func(a, b upgrade.Public) int { return a.Window.Start.Compare(b.Window.Start) }
	slices.SortStableFunc(g.now, soonest)
	slices.SortStableFunc(g.next, soonest)
	slices.SortStableFunc(g.past, func(a, b upgrade.Public) int { return endOf(b).Compare(endOf(a)) })
	return g
}

func endOf(u upgrade.Public) time.Time {
	if u.Finished != nil {
		return *u.Finished
	}
	return u.Window.End
}

// pastShown is how many ended upgrades the overview has.
const pastShown = 5

// overview is the page "/".
func (s *scribe) overview(ctx context.Context) (view, error) {
	all, err := s.cfg.Board.Upgrades(ctx)
	if err != nil {
		return view{}, fmt.Errorf("list upgrades: %w", err)
	}
	now, g := s.cfg.Clock(), sorted(all)
	v := view{View: live.View{Title: s.cfg.Theme.Title(), Seq: newest(all)}}
	parts := []part{{id: "summary", tmpl: "summary", data: s.summaryOf(g, now)}}
	for _, u := range all {
		v.Ticks = v.Ticks || ticks(u, now)
	}
	for _, u := range g.now {
		v.Say = append(v.Say, s.spoken(u, now)[0])
	}
	parts = append(parts, s.group("now-list", s.Say("group.now"), g.now, now)...)
	parts = append(parts, s.group("next-list", s.Say("group.next"), g.next, now)...)
	parts = append(parts, s.group("past-list", s.Say("group.recent"), g.past[:min(pastShown, len(g.past))], now)...)
	v.main = part{id: "main", tmpl: "main", parts: parts}
	return v, nil
}

// newest is the position of the newest fact in any of them.
func newest(all []upgrade.Public) uint64 {
	var seq uint64
	for _, u := range all {
		seq = max(seq, u.Seq)
	}
	return seq
}

// historyList is the list of everything that ended.
const historyList = "history-list"

// group is a list of cards, nothing if it is empty.
func (s *scribe) group(id, heading string, list []upgrade.Public, now time.Time) []part {
	if len(list) == 0 {
		return nil
	}
	g := part{id: id, tmpl: "group", data: heading}
	for _, u := range list {
		card := s.cardOf(u, now)
		if id == historyList {
			card.Row, card.Insights = s.rowOf(u), s.insightsOf(u)
		}
		if id == "now-list" && len(list) == 1 {
			card.Can, card.Over, card.Late = "", nil, nil // the summary has said it
		}
		g.parts = append(g.parts, part{id: "up-" + u.ID, tmpl: "card", data: card})
	}
	return []part{g}
}

// cardView is an upgrade in a list.
type cardView struct {
	bannerView
	Path     string
	Planned  line
	Affected []componentView
	Row      *rowView // of one that ended, on the page of the history
	Insights string   // likewise the path of what people said
}

func (s *scribe) cardOf(u upgrade.Public, now time.Time) cardView {
	c := cardView{bannerView: s.banner(u, now), Path: "/upgrades/" + u.ID}
	if u.State.Live() {
		c.Affected = s.impactOf(u).Affected
	}
	if u.State == upgrade.Completed && u.Result != events.SuccessfulWithIssues {
		c.Can = "" // a list of things that went well need not say it each time
	}
	if u.State.Ended() {
		c.Planned = s.announced(u)
	}
	return c
}

// summaryView is the one sentence at the top of the overview.
type summaryView struct {
	Sign     sign
	Headline string
	Detail   line
	Late     []line // of the only one under way
	Last     line   // how the last one went, while nothing goes on
}

func (s *scribe) summaryOf(g groups, now time.Time) summaryView {
	switch {
	case len(g.now) == 1:
		u := g.now[0]
		return summaryView{Sign: s.signOf(u), Headline: s.canIWork(u), Detail: s.underWay(u, now), Late: s.alerts(u, now)}
	case len(g.now) > 1:
		return s.several(g.now)
	}
	quiet := summaryView{Sign: s.sign(look{good, "check"}, "quiet.word"), Headline: s.Say("quiet.headline"), Detail: s.line("quiet.none")}
	if i := slices.IndexFunc(g.past, func(u upgrade.Public) bool { return u.Started != nil && u.Finished != nil }); i >= 0 {
		quiet.Last = s.line("quiet.last", "title", g.past[i].Title, "how", s.ended(g.past[i]).String())
	}
	if len(g.next) > 0 {
		n := g.next[0]
		if startsSoon(n, now) {
			quiet.Sign, quiet.Late = s.sign(look{calm, "clock"}, "soon.word"), s.alerts(n, now)
		}
		quiet.Detail = s.line("quiet.next", "title", n.Title, "start", s.moment(n.Window.Start, "full"), "end", s.until(n.Window.Start, n.Window.End))
	}
	return quiet
}

// underWay says which upgrade it is, and when it will be over.
func (s *scribe) underWay(u upgrade.Public, now time.Time) line {
	id := "now.not_started"
	if u.State.Live() {
		id = "now.under_way"
	}
	return s.line(id, "title", u.Title).add(piece{Text: " "}).add(s.whenOver(u, now)...)
}

// several sums up upgrades that run at once by the gravest of them.
func (s *scribe) several(list []upgrade.Public) summaryView {
	grave := gravest(list)
	return summaryView{
		Sign: s.signOf(grave), Headline: s.howMany(list), Detail: s.line("now.gravest", "title", grave.Title, "can", s.canIWork(grave)),
	}
}

// howMany counts those that go on, and those that should.
func (s *scribe) howMany(list []upgrade.Public) string {
	var said []string
	begun := countLive(list)
	if begun > 0 {
		said = append(said, s.Say("now.several", "n", begun))
	}
	if late := len(list) - begun; late > 0 {
		said = append(said, s.Say("now.late", "n", late))
	}
	return strings.Join(said, " ")
}

func countLive(list []upgrade.Public) (n int) {
	for _, u := range list {
		if u.State.Live() {
			n++
		}
	}
	return n
}

func gravest(list []upgrade.Public) upgrade.Public {
	return slices.MaxFunc(list, func(a, b upgrade.Public) int { return gravity(a) - gravity(b) })
}

func gravity(u upgrade.Public) int {
	return slices.Index([]string{mute, good, calm, busy, warn, bad}, lookOf(u).Tone)
}

// history is the page of everything that ended.
func (s *scribe) history(ctx context.Context) (view, error) {
	all, err := s.cfg.Board.Upgrades(ctx)
	if err != nil {
		return view{}, fmt.Errorf("list upgrades: %w", err)
	}
	now, g := s.cfg.Clock(), sorted(all)
	record := s.record(g.past)
	if record.Score, err = s.scored(ctx); err != nil {
		return view{}, fmt.Errorf("score forecasts: %w", err)
	}
	parts := []part{{id: "past-head", tmpl: "past-head", data: record}}
	parts = append(parts, s.group(historyList, s.Say("group.all"), g.past, now)...)
	return view{
		View: live.View{Title: s.Say("history.title") + " · " + s.cfg.Theme.Title(), Seq: newest(all)},
		main: part{id: "main", tmpl: "main", parts: parts},
	}, nil
}
