package notifiers

import (
	"time"

	"upgradehub/events/forecast"
	"upgradehub/events/upgrade"
)

// foreseen words when the upgrade is likely to end, never without the
// evidence; empty if nobody can tell, or the forecast has been outlasted.
func (s *sheet) foreseen(p upgrade.Public, now time.Time) string {
	f := p.Forecast
	if f == nil {
		return ""
	}
	id := "foreseen.earlier"
	if f.Basis != forecast.Organisation {
		id = "foreseen.similar"
	}
	of := s.Say(id, "n", f.Runs)
	if f.Beyond() {
		return s.Say("foreseen.beyond", "of", of)
	}
	if f.High.Before(now) {
		return ""
	}
	low := *f.Low
	if low.Before(now) {
		low = now
	}
	return s.Say("foreseen.end", "range", s.times.Range(low, *f.High, s.zone), "of", of, "within", f.Within)
}
