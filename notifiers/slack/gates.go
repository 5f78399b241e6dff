package slack

import (
	"cmp"
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"upgradehub/notifiers"
)

// errBusy is why a message waits although Slack was not asked.
var errBusy = errors.New("rate limit of our own")

// gates keep us within Slack's limits: posts are counted per channel and over
// the workspace, all else per method.
type gates struct {
	posts, calls rate.Limit
	burst        int
	workspace    *gate

	mu   sync.Mutex
	open map[string]*gate
}

// callBurst calls may come at once; with the steady rate that is left for the
// rest, no minute sees more than the limit.
const callBurst = 10

func newGates(postEvery time.Duration, perMinute int) *gates {
	g := &gates{burst: callBurst, open: map[string]*gate{}}
	g.posts = rate.Every(cmp.Or(postEvery, time.Second)) // negative: no limit
	perMinute = cmp.Or(perMinute, 50)
	switch {
	case perMinute < 0:
		g.calls = rate.Inf
	default:
		g.burst = min(callBurst, max(1, perMinute/2))
		g.calls = rate.Limit(float64(max(1, perMinute-g.burst)) / 60)
	}
	g.workspace = &gate{limit: rate.NewLimiter(rate.Limit(4), 8)}
	if g.posts == rate.Inf {
		g.workspace.limit.SetLimit(rate.Inf)
	}
	return g
}

// method is the gate of a method other than chat.postMessage.
func (g *gates) method(name string) *gate { return g.gate(name, g.calls, g.burst) }

// channel is the gate of posts to one channel.
func (g *gates) channel(id string) *gate { return g.gate("chat.postMessage "+id, g.posts, 1) }

// known says that what was posted to by name is the channel id, so that posts by
// either are counted together from now on.
func (g *gates) known(name, id string) {
	if name == id {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	named := g.open["chat.postMessage "+name]
	if by := g.open["chat.postMessage "+id]; by != nil {
		by.limit.Reserve() // the post that went by the name
		named = by
	}
	g.open["chat.postMessage "+name], g.open["chat.postMessage "+id] = named, named
}

func (g *gates) gate(key string, limit rate.Limit, burst int) *gate {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open[key] == nil {
		g.open[key] = &gate{limit: rate.NewLimiter(limit, burst)}
	}
	return g.open[key]
}

// gate lets calls pass one after the other, and none while Slack wishes a pause.
type gate struct {
	limit *rate.Limiter

	mu     sync.Mutex
	closed time.Time // until when
}

// callTime must be left of a deadline after waiting. A post that is cut off
// under way may be accepted all the same, and its repeat would double it.
const callTime = 3 * time.Second

// patience bounds the waiting where the context does not.
const patience = 30 * time.Second

// pass waits for its turn. If that would be too late for ctx, it says at once
// after how long to come again.
func (g *gate) pass(ctx context.Context) error {
	turn := g.limit.Reserve()
	wait := max(turn.Delay(), g.pause())
	if wait <= 0 {
		return nil
	}
	deadline, ok := ctx.Deadline()
	if wait > patience || ok && time.Until(deadline) < wait+callTime {
		turn.Cancel()
		return &notifiers.SendError{Code: "ratelimited", RetryAfter: wait, Err: errBusy}
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		turn.Cancel()
		return &notifiers.SendError{Code: "timeout", Err: ctx.Err()}
	case <-timer.C:
		return nil
	}
}

func (g *gate) pause() time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	return time.Until(g.closed)
}

// shut closes the gate for as long as Slack wishes, and returns e.
func (g *gate) shut(e *notifiers.SendError) error {
	if e.RetryAfter > 0 {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.closed = time.Now().Add(e.RetryAfter)
	}
	return e
}
