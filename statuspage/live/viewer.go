package live

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// viewer is one open page.
type viewer struct {
	hub  *Hub
	room *room
	sock socket
	ip   string
	ask  ask

	wake    chan struct{}
	done    chan struct{}
	ending  sync.Once
	version uint64               // of the page, that the reader has
	owed    atomic.Pointer[pass] // the pass that waits for this viewer
}

// pass is one round of writing to everybody.
type pass struct {
	left atomic.Int64
	done chan struct{} // closed when none is left
}

// newPass holds one place itself, until wait is called.
func newPass() *pass {
	p := &pass{done: make(chan struct{})}
	p.left.Store(1)
	return p
}

// leave gives one place back.
func (p *pass) leave() {
	if p.left.Add(-1) == 0 {
		close(p.done)
	}
}

// wait returns when all have been served, or nobody was for the time gap:
// those who are left are slow, and the others shall not wait for them.
func (p *pass) wait(ctx context.Context, gap time.Duration) {
	p.leave()
	look := time.NewTicker(gap)
	defer look.Stop()
	for last := p.left.Load(); ; {
		select {
		case <-p.done:
			return
		case <-ctx.Done():
			return
		case <-look.C:
			left := p.left.Load()
			if left == last {
				return
			}
			last = left
		}
	}
}

// rouse wakes all viewers if the page changed since the last time. Those who are still busy with an earlier frame
// are slow: they will find the newest state by themselves.
func (rm *room) rouse(p *pass) {
	rm.mu.Lock()
	defer rm.mu.Unlock()
	if rm.shown == rm.state.version {
		return
	}
	rm.shown = rm.state.version
	for v := range rm.viewers {
		p.left.Add(1)
		if !v.owed.CompareAndSwap(nil, p) {
			p.leave()
		}
		select {
		case v.wake <- struct{}{}:
		default:
		}
	}
}

// served tells the pass that this viewer has its frame.
func (v *viewer) served() {
	if p := v.owed.Swap(nil); p != nil {
		p.leave()
	}
}

// read waits for the end of the connection.
func (v *viewer) read() {
	defer v.hub.running.Done()
	v.sock.drain()
	v.end(closeNormal)
}

// end closes the socket once.
func (v *viewer) end(code int) {
	v.ending.Do(func() {
		close(v.done)
		v.sock.end(code)
	})
}

// write sends the page what it lacks, until the connection ends.
func (v *viewer) write(ctx context.Context) {
	defer v.hub.running.Done()
	defer v.hub.leave(v)
	defer v.served()
	defer v.end(closeAway)
	beats := time.NewTicker(heartbeat)
	defer beats.Stop()
	if err := v.greet(ctx); err != nil {
		return
	}
	for err := error(nil); err == nil; {
		select {
		case <-v.done:
			return
		case <-v.wake:
			err = v.push()
		case <-beats.C:
			err = v.sock.write(beat)
		}
	}
}

// push writes one frame from the version the reader has to the newest.
func (v *viewer) push() error {
	m, version, ok := v.room.next(v.version)
	if !ok {
		v.served()
		return nil
	}
	err := v.sock.write(m)
	v.version = version
	v.served()
	return err
}

// greet sends what the page lacks since it was rendered.
func (v *viewer) greet(ctx context.Context) error {
	if v.hub.outdated(v.ask) {
		if err := v.sock.write(reload); err != nil {
			return err
		}
	}
	if err := v.catchUp(ctx); err != nil {
		return err
	}
	state, err := v.hub.State(ctx, v.room.at.page, v.room.at.lang)
	if err != nil {
		return err
	}
	v.version = state.version
	raw, some := state.frame(v.ask.has(state))
	if !some {
		return nil
	}
	return v.sock.write(prepare(raw))
}

// catchUp waits while this node is behind what the reader has seen
// elsewhere. If that takes long it tells the reader, and afterwards sends
// everything; after half a minute it does so in any case, because a log that
// was restored may never come so far again.
func (v *viewer) catchUp(ctx context.Context) error {
	if v.await(ctx, v.hub.cfg.CatchUp) {
		return nil
	}
	log, seq := v.hub.src.Position()
	if err := v.sock.write(prepare(behindFrame(log, seq))); err != nil {
		return err
	}
	v.await(ctx, stalled)
	v.ask.all = true
	return nil
}

// await reports whether the node has what the reader has, within d.
func (v *viewer) await(ctx context.Context, d time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	return v.hub.await(ctx, v.ask, v.done)
}
