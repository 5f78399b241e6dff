// Package limits keeps strangers from asking too often. A stranger is a key,
// such as an address; keys are forgotten when they have been quiet for long
// enough, so that strangers cannot fill the memory.
package limits

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// maxKeys bounds the memory of a limit: keys come from strangers.
const maxKeys = 20_000

// Limits is one limit per key, such as an address.
type Limits struct {
	each  rate.Limit
	burst int

	mu   sync.Mutex
	keys map[string]*rate.Limiter
}

// New allows each key so many a second, and burst at once.
func New(each rate.Limit, burst int) *Limits {
	return &Limits{each: each, burst: burst, keys: map[string]*rate.Limiter{}}
}

// Allow takes one from what a key is allowed; false if nothing is left.
func (l *Limits) Allow(key string, now time.Time) bool {
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

// Spent reports whether a key is allowed nothing more for now.
func (l *Limits) Spent(key string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	lim := l.keys[key]
	return lim != nil && lim.TokensAt(now) < 1
}

// makePlace forgets the keys that have their whole burst again, as if they
// were new, and all of them if that is not enough.
func (l *Limits) makePlace(now time.Time) {
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
