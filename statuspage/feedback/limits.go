package feedback

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// maxKeys bounds the memory of a limit: keys come from strangers.
const maxKeys = 20_000

// limits is one limit per key, such as an address.
type limits struct {
	each  rate.Limit
	burst int

	mu   sync.Mutex
	keys map[string]*rate.Limiter
}

// newLimits allows each key so many a second, and burst at once.
func newLimits(each rate.Limit, burst int) *limits {
	return &limits{each: each, burst: burst, keys: map[string]*rate.Limiter{}}
}

func (l *limits) allow(key string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	lim := l.keys[key]
	if lim == nil {
		l.makePlace(now)
		lim = rate.NewLimiter(l.each, l.burst)
		l.keys[key] = lim
	}
	return lim.AllowN(now, 1)
}

// spent reports whether a key is allowed nothing more for now.
func (l *limits) spent(key string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	lim := l.keys[key]
	return lim != nil && lim.TokensAt(now) < 1
}

// makePlace forgets the keys that have their whole burst again, as if they
// were new, and all of them if that is not enough.
func (l *limits) makePlace(now time.Time) {
	if len(l.keys) < maxKeys {
		return
	}
	for key, lim := range l.keys {
		if lim.TokensAt(now) >= float64(l.burst) {
			delete(l.keys, key)
		}
	}
	if len(l.keys) >= maxKeys {
		clear(l.keys)
	}
}
