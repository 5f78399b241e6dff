package courier

import (
	"math/rand/v2"
	"slices"
	"strings"
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

// pauses are how long a channel is left alone: at first, and at most.
// Meanwhile what is owed there waits, or takes a detour where it can.
type pauses struct {
	first, most time.Duration
	detour      bool
}

var (
	// misconfigured channels wait for a person.
	misconfigured = pauses{first: 5 * time.Minute, most: time.Hour}
	// refusing ones do too, and their provider leaves no doubt of it.
	refusing = pauses{first: 5 * time.Minute, most: time.Hour, detour: true}
	// silent ones come back by themselves.
	silent = pauses{first: 10 * time.Second, most: 2 * time.Minute}
)

// stumblesAllowed in a row, over all targets, and the channel is silent.
const stumblesAllowed = 5

// breaker pauses a channel that is itself broken or does not answer, for
// longer each time; after a pause one message tries it. What waits meanwhile
// burns no attempt.
type breaker struct {
	mu       sync.Mutex
	until    time.Time
	pause    time.Duration // of the last trip, 0 if the channel works
	stumbles int           // failures in a row
	code     string        // the provider's, of the last trip
	detour   bool          // what is owed is told another way meanwhile
	answered time.Time     // when the provider last answered
}

// Pause is a channel that nothing is sent on, because it is itself broken or
// does not answer.
type Pause struct {
	Channel string
	Code    string    // the provider's own, see [notifiers.SendError]
	Until   time.Time // when one message tries it again
	Detour  bool      // what can be told on another channel is
}

// Paused lists the channels that are left alone. Who may not send leaves none
// alone.
func (c *Courier) Paused() []Pause {
	var list []Pause
	for _, l := range c.loops {
		if p, ok := l.breaker.paused(); ok && c.mayWork() {
			p.Channel = l.channel
			list = append(list, p)
		}
	}
	slices.SortFunc(list, func(a, b Pause) int { return strings.Compare(a.Channel, b.Channel) })
	return list
}

// trip pauses the channel for what its provider answered, and returns for how
// long. Sends that were under way together trip it once.
func (b *breaker) trip(now time.Time, p pauses, code string) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.detour = p.detour
	if b.pause > 0 && b.until.After(now) {
		return b.until.Sub(now)
	}
	b.pause = min(max(2*b.pause, p.first), p.most)
	b.until, b.code = now.Add(b.pause), code
	return b.pause
}

// paused is the pause that stands until a message gets through.
func (b *breaker) paused() (p Pause, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return Pause{Code: b.code, Until: b.until, Detour: b.detour}, b.pause > 0
}

// stumble counts a send that was not answered; it is true when that makes too
// many in a row. If another was answered since this one began, only its
// receiver is silent.
func (b *breaker) stumble(began time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.answered.After(began) {
		return false
	}
	b.stumbles++
	return b.stumbles >= stumblesAllowed
}

func (b *breaker) tripped() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.pause > 0
}

// reset notes that the provider answered.
func (b *breaker) reset() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.answered = time.Now()
	b.pause, b.stumbles, b.code, b.detour = 0, 0, "", false
}

// rest is how long the channel pauses from now on.
func (b *breaker) rest(now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return max(b.until.Sub(now), 0)
}
