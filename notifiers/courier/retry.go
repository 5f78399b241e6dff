package courier

import (
	"math/rand/v2"
	"sync"
	"time"
)

// waits are the times between attempts; the last one repeats until the
// message is no longer of use.
var waits = []time.Duration{
	5 * time.Second, 30 * time.Second, 2 * time.Minute, 5 * time.Minute, 15 * time.Minute, 30 * time.Minute,
}

// backoff is how long to wait after an attempt that came after so many
// others, but not less than the provider's wish. Up to a tenth is added at
// random, so that many deliveries put off together do not come back together.
func backoff(before int, wish time.Duration) time.Duration {
	wait := max(waits[min(max(before, 0), len(waits)-1)], wish)
	return wait + rand.N(wait/10+1)
}

const (
	firstPause = 5 * time.Minute
	maxPause   = time.Hour
)

// breaker pauses a channel that is itself broken, for longer each time.
type breaker struct {
	mu    sync.Mutex
	until time.Time
	pause time.Duration // of the last trip, 0 if the channel works
}

// trip pauses the channel, and returns for how long. Sends that were under
// way together trip it once.
func (b *breaker) trip(now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.pause > 0 && b.until.After(now) {
		return b.until.Sub(now)
	}
	b.pause = min(max(2*b.pause, firstPause), maxPause)
	b.until = now.Add(b.pause)
	return b.pause
}

func (b *breaker) tripped() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.pause > 0
}

func (b *breaker) reset() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.pause = 0
}

// rest is how long the channel pauses from now on.
func (b *breaker) rest(now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return max(b.until.Sub(now), 0)
}
