package statuspage_test

import (
	"net/http"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"
)

// lastKnown is what a page says that has lost its line, with the reader's
// clock and zone.
var lastKnown = regexp.MustCompile(`^Reconnecting… last known (?:[01]\d|2[0-3]):[0-5]\d UTC$`)

// roads keeps by which of the two roads pages asked for what changed, in
// order.
type roads struct {
	mu    sync.Mutex
	paths []string
}

func (r *roads) around(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if p := req.URL.Path; p == "/ws" || p == "/live" {
			r.mu.Lock()
			r.paths = append(r.paths, p)
			r.mu.Unlock()
		}
		h.ServeHTTP(w, req)
	})
}

// first waits until so many were taken.
func (r *roads) first(t *testing.T, n int) []string {
	t.Helper()
	deadline := time.Now().Add(20 * time.Second)
	for {
		r.mu.Lock()
		taken := slices.Clone(r.paths)
		r.mu.Unlock()
		if len(taken) >= n {
			return taken[:n]
		}
		if time.Now().After(deadline) {
			t.Fatalf("pages asked %d times, want %d: %q", len(taken), n, taken)
		}
		<-time.After(5 * time.Millisecond)
	}
}
