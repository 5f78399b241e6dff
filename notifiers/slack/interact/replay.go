package interact

import (
	"strings"
	"sync"
	"time"
)

// memory knows what was taken lately, so that a request that is sent again is
// not. Slack's signature alone lets one pass for five minutes.
type memory struct {
	mu   sync.Mutex
	seen map[string]time.Time
}

const (
	remembered = 15 * time.Minute
	// mostSeen bounds the memory; signed requests alone get into it.
	mostSeen = 100_000
)

func newMemory() *memory { return &memory{seen: map[string]time.Time{}} }

// first reports whether key was not seen lately, and remembers it.
func (m *memory) first(key string, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if at, ok := m.seen[key]; ok && now.Sub(at) < remembered {
		return false
	}
	if len(m.seen) >= mostSeen {
		m.drop(now)
	}
	m.seen[key] = now
	return true
}

// drop makes room: what is old goes, or everything if nothing is.
func (m *memory) drop(now time.Time) {
	for k, at := range m.seen {
		if now.Sub(at) >= remembered {
			delete(m.seen, k)
		}
	}
	if len(m.seen) >= mostSeen {
		clear(m.seen)
	}
}

// forget lets key be taken again.
func (m *memory) forget(key string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.seen, key)
}

func join(parts ...string) string { return strings.Join(parts, "|") }
