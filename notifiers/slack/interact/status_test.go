package interact_test

import (
	"strings"
	"testing"
	"time"

	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
)

// TestStatusNamesWhatGoesOnFirst: what is under way stands above what is
// announced, of which the next stands first.
func TestStatusNamesWhatGoesOnFirst(t *testing.T) {
	o := &office{}
	for _, days := range []int{30, 2} {
		from := noon.AddDate(0, 0, days)
		o.announced = append(o.announced, upgrade.Public{
			ID: map[int]string{30: "later", 2: "next"}[days], State: upgrade.Planned, Window: plan.Window{Start: from, End: from.Add(time.Hour)}, Zone: "UTC",
		})
	}
	s := start(t, o, nil)
	if _, err := s.srv.Command(other, ops, "/upgrade", "status"); err != nil {
		t.Fatal(err)
	}
	var ids []string
	for line := range strings.Lines(s.whispered(t, other, 1)) {
		id, _, _ := strings.Cut(line, ":")
		ids = append(ids, id)
	}
	if got := strings.Join(ids[:3], " "); got != "pg16 next later" {
		t.Errorf("the order is %q", got)
	}
}
