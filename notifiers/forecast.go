package notifiers

import (
	"fmt"
	"time"

	"upgradehub/events/forecast"
	"upgradehub/events/upgrade"
	"upgradehub/events/when"
)

// foreseen words when the upgrade is likely to end, never without the
// evidence; empty if nobody can tell, or the forecast has been outlasted.
func foreseen(p upgrade.Public, zone *time.Location, now time.Time) string {
	f := p.Forecast
	if f == nil {
		return ""
	}
	of := fmt.Sprintf("%d earlier upgrades", f.Runs)
	if f.Basis != forecast.Organisation {
		of = fmt.Sprintf("%d similar upgrades", f.Runs)
	}
	if f.Beyond() {
		return fmt.Sprintf("It has taken longer than any of %s; when it will end is not known.", of)
	}
	if f.High.Before(now) {
		return ""
	}
	low := *f.Low
	if low.Before(now) {
		low = now
	}
	return fmt.Sprintf("Expected to end %s, by how long %s took: %d of them would have ended within the announced window.",
		when.In("en").Range(low, *f.High, zone), of, f.Within)
}
