package email

import (
	"context"
	"sync"
	"time"
)

const (
	// connections are how many mails are under way at once.
	connections = 4
	// hanging are how many more may be, of which the server takes longer than
	// it should: some receivers let it wait, and others must not wait for them.
	hanging = 12
	// slow is how long a mail holds up another.
	slow = 500 * time.Millisecond
)

// turns bound how many mails are under way. One that takes long passes its turn
// on, as long as not too many do.
type turns struct {
	free chan struct{} // holds one for each that is taken

	mu     sync.Mutex
	spares int // how many more may pass their turn on
}

func newTurns(most, spares int) *turns {
	return &turns{free: make(chan struct{}, most), spares: spares}
}

// take waits for a turn and begins it; end ends it.
func (t *turns) take(ctx context.Context) (end func(), err error) {
	select {
	case t.free <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	passed, over := false, false // guarded by t.mu
	timer := time.AfterFunc(slow, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if !over && t.spares > 0 {
			t.spares--
			passed = true
			<-t.free
		}
	})
	return func() {
		timer.Stop()
		t.mu.Lock()
		defer t.mu.Unlock()
		if over = true; passed {
			t.spares++
			return
		}
		<-t.free
	}, nil
}
