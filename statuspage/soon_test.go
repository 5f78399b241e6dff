package statuspage_test

import (
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"upgradehub/events/upgrade"
)

// TestStartsSoon: from half an hour before the announced start on the pages
// say so on top, until it begins or is late.
func TestStartsSoon(t *testing.T) {
	for _, tt := range []struct {
		name string
		left time.Duration
		make func() upgrade.Public
		want bool
	}{
		{"in an hour", time.Hour, planned, false},
		{"in half an hour", 30 * time.Minute, planned, true},
		{"in a minute", time.Minute, planned, true},
		{"now", 0, planned, false},
		{"under way", time.Minute, running, false},
	} {
		u := tt.make()
		u.Window.Start = noon.Add(tt.left)
		u.Window.End = u.Window.Start.Add(time.Hour)
		for _, path := range []string{"/", "/upgrades/" + u.ID} {
			p := newPages(t, &board{seq: 9, all: []upgrade.Public{u}}, noon)
			page := serve(p, httptest.NewRequest("GET", path, nil)).Body.String()
			if got := strings.Contains(page, "Starts soon: "); got != tt.want {
				t.Errorf("%s: %s says that it starts soon: %t", tt.name, path, got)
			}
			if strings.Contains(page, "All quiet") == tt.want && path == "/" && tt.name != "under way" {
				t.Errorf("%s: the overview says that all is quiet: %t", tt.name, !tt.want)
			}
		}
	}
}
