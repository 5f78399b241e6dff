package forecast

import "time"

// Step is a phase in a schedule.
type Step struct {
	Work
	// Begin is when it began, or the earliest at which it can, from the
	// beginning of the schedule.
	Begin time.Duration
	// After are the indices of the steps that must have ended before it.
	After []int
}

// Schedule forecasts when the steps of a schedule end, each and all of them,
// from its beginning. It plays them as each past upgrade went: what overran
// together overruns together, and what waits for it moves along, which adding
// up quantiles would lose. Of the same kind are upgrades that had all of these
// phases; where one has no phase of a kind, its ratio as a whole stands in.
// All steps are of one system. The levels of the record of whole upgrades are
// those of their steps too: history drifts for both.
func (h *History) Schedule(at time.Time, steps []Step) (each []Forecast, all Forecast) {
	if len(steps) == 0 {
		return nil, Forecast{}
	}
	in, known := h.class(steps[0].Work), h.known(at)
	levels := calibrated(known)
	plays := make([]play, len(known))
	for i, r := range known {
		plays[i] = r.play(steps)
		plays[i].system = in.has(r)
	}
	for i := range steps {
		each = append(each, forecast(observed(plays, func(p play) (time.Duration, bool) { return p.ends[i], p.kinds[i] }), levels))
	}
	return each, forecast(observed(plays, play.end), levels)
}

// play is a schedule as it goes if it goes as a past upgrade did.
type play struct {
	ends             []time.Duration
	kinds            []bool // by step: the upgrade had a phase of its kind
	survives, system bool
}

// end is when all is done, and whether the upgrade had all of the phases.
func (p play) end() (last time.Duration, kind bool) {
	kind = true
	for i, end := range p.ends {
		last, kind = max(last, end), kind && p.kinds[i]
	}
	return last, kind
}

func observed(plays []play, end func(play) (time.Duration, bool)) []observation {
	all := make([]observation, len(plays))
	for i, p := range plays {
		value, kind := end(p)
		all[i] = observation{value: float64(value), survives: p.survives, system: p.system, kind: kind}
	}
	return all
}

func (p *past) play(steps []Step) play {
	out := play{ends: make([]time.Duration, len(steps)), kinds: make([]bool, len(steps)), survives: true}
	took := make([]time.Duration, len(steps))
	for i, s := range steps {
		like, known := p.ratioOf(s.Kind)
		took[i], out.kinds[i] = duration(like*float64(s.Planned)), known
		out.survives = out.survives && (s.Elapsed == 0 || took[i] > s.Elapsed)
	}
	placed := make([]bool, len(steps))
	for i := range steps {
		out.place(i, steps, took, placed)
	}
	return out
}

// place puts a step behind those that it waits for. A step that waits for
// itself, which no plan has, does not wait.
func (p *play) place(i int, steps []Step, took []time.Duration, placed []bool) {
	if placed[i] {
		return
	}
	placed[i] = true
	begin := steps[i].Begin
	for _, k := range steps[i].After {
		p.place(k, steps, took, placed)
		begin = max(begin, p.ends[k])
	}
	p.ends[i] = min(begin, longest-took[i]) + took[i]
}
