package courier

import (
	"context"
	"fmt"
	"slices"
	"time"

	"upgradehub/events"
	"upgradehub/notifiers"
)

const (
	// ahead is how many deliveries are read at once, and enough how many of
	// them are there when the next are read.
	ahead, enough = 512, 64
	// goodFor is how long what was read may go out: it may be superseded
	// meanwhile, or held.
	goodFor = time.Second
	// unknownMost is how far the outbox may be behind before sending waits for
	// it.
	unknownMost = 10 * inFlight
)

// queue is what was read and may be sent, by target.
type queue struct {
	groups [][]notifiers.Delivery
	count  int
	read   time.Time
	// look: something may be due that is not in the queue; more: something is.
	look, more bool
	again      time.Time // to look in any case
	// reading is under way. What became of known the outbox learnt meanwhile.
	reading bool
	known   []string
	diverts time.Time // when to look next for what takes a detour
}

// reading is what the outbox had when it was asked for so many.
type reading struct {
	due   []notifiers.Delivery
	asked int
	deep  bool // because those that must wait stand first
	err   error
	// diverted says that it was read for detours, and how many took one.
	diverted *int
}

// task is a delivery for a worker.
type task struct {
	notifiers.Delivery
	doubtful bool      // the attempt before may have been accepted
	read     time.Time // when the outbox named it
}

// handOut gives the workers what they may send now, and returns how long it may
// take until they may more because one hangs.
func (l *loop) handOut(now time.Time, most, targets, workers int) time.Duration {
	if l.queue.count > 0 && now.Sub(l.queue.read) > goodFor {
		l.queue.empty()
	}
	busy, _ := l.busy(now)
	for busy < targets && len(l.working) < workers && len(l.unknown) < unknownMost {
		free := most - l.atWork - l.noted.count - l.recording
		if l.breaker.tripped() {
			free = min(free, 1-l.atWork) // try the channel with one message
		}
		if free <= 0 {
			break
		}
		if !l.inLine() { // where replies hang below what is posted with them
			free = min(free, max(1, most/targets)) // one target holds up no other
		}
		group := l.next(now, free)
		if len(group) == 0 {
			break
		}
		l.give(group, now)
		busy++
	}
	if busy < targets {
		return l.cfg.Poll
	}
	_, next := l.busy(now)
	return next.Sub(now) + time.Millisecond
}

// give hands a worker what it is to send to one target.
func (l *loop) give(group []notifiers.Delivery, now time.Time) {
	tasks := make([]task, len(group))
	for i, d := range group {
		tasks[i] = task{d, l.doubtful[d.ID], l.queue.read}
		l.unknown[d.ID] = true
	}
	l.working[group[0].Subscriber] = now
	l.atWork += len(tasks)
	l.work <- tasks // never full: a worker has no more than one
}

// next takes at most so many deliveries to one target from the queue.
func (l *loop) next(now time.Time, most int) []notifiers.Delivery {
	q := &l.queue
	for i := 0; i < len(q.groups); {
		group := q.groups[i]
		switch rest := l.rest(group[0], now); {
		case l.isWorking(group[0].Subscriber):
			i++
		case rest > 0:
			q.waitFor(now, rest)
			q.drop(i, len(group))
		default:
			some := min(len(group), most)
			q.drop(i, some)
			return group[:some]
		}
	}
	return nil
}

func (l *loop) isWorking(subscriber string) bool {
	_, ok := l.working[subscriber]
	return ok
}

// empty has everything read again.
func (q *queue) empty() { q.groups, q.count, q.look = nil, 0, true }

// waitFor looks again when a target has rested.
func (q *queue) waitFor(now time.Time, rest time.Duration) {
	if at := now.Add(rest); at.Before(q.again) {
		q.again = at
	}
}

// drop takes the head of a group out of the queue.
func (q *queue) drop(i, some int) {
	q.count -= some
	switch {
	case some < len(q.groups[i]):
		q.groups[i] = q.groups[i][some:]
	case i == 0:
		q.groups = q.groups[1:]
	default:
		q.groups = slices.Delete(q.groups, i, i+1)
	}
}

// read asks the outbox for more, if there may be and it is time; it returns how
// long to look away otherwise.
func (l *loop) read(ctx context.Context, now time.Time) time.Duration {
	q := &l.queue
	if !now.Before(q.again) {
		q.look, q.again = true, now.Add(l.cfg.Poll)
	}
	size, low := l.reads()
	wanted := (q.look || q.more) && q.count <= low && !q.reading
	if wanted && (!l.inLine() || len(l.unknown) == 0) {
		l.forget(now)
		q.look, q.again = false, now.Add(l.cfg.Poll)
		l.ask(ctx, reading{asked: size + len(l.unknown)})
	}
	return q.again.Sub(now)
}

// reads is how many are read at once, and how few must be left before more are.
func (l *loop) reads() (size, low int) {
	if l.inLine() {
		size, _, _ = l.size()
		return size, 0
	}
	return ahead, enough
}

func (l *loop) ask(ctx context.Context, r reading) {
	l.queue.reading, l.queue.more = true, false
	l.others.Go(func() { // ends with the answer
		r.due, r.err = l.outbox.Due(ctx, l.channel, l.cfg.Clock(), r.asked)
		l.came <- r
	})
}

// take makes what was read the queue.
func (l *loop) take(ctx context.Context, r reading) error {
	q, now := &l.queue, time.Now()
	q.reading = false
	defer func() {
		l.forgetUnknown(q.known)
		q.known = nil
	}()
	if r.err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return fmt.Errorf("due deliveries of %s: %w", l.channel, r.err)
	}
	if r.diverted != nil {
		l.diverted(*r.diverted, now)
		return nil
	}
	ready := l.pick(r.due, now)
	q.groups, q.count, q.read = byTarget(ready), len(ready), now
	_, low := l.reads()
	switch full := len(r.due) == r.asked; {
	case full && len(ready) > low:
		q.more = true
	case full && !r.deep:
		l.ask(ctx, reading{asked: 4 * r.asked, deep: true})
	}
	return nil
}

// forgetUnknown: the outbox knows what became of these, and does not name them
// again. One that is being asked may not have known it yet.
func (l *loop) forgetUnknown(ids []string) {
	if l.queue.reading {
		l.queue.known = append(l.queue.known, ids...)
		return
	}
	for _, id := range ids {
		delete(l.unknown, id)
	}
}

// pick leaves out those that are under way and those that must wait.
func (l *loop) pick(all []notifiers.Delivery, now time.Time) (ready []notifiers.Delivery) {
	for _, d := range all {
		if l.unknown[d.ID] {
			continue
		}
		if rest := l.rest(d, now); rest > 0 {
			l.queue.waitFor(now, rest)
			continue
		}
		ready = append(ready, d)
	}
	return ready
}

// forget drops what has passed, so that the maps stay small.
func (l *loop) forget(now time.Time) {
	for k, t := range l.held {
		if !t.After(now) {
			delete(l.held, k)
		}
	}
	for k, t := range l.edited {
		if now.Sub(t) > max(time.Minute, l.cfg.EditInterval) {
			delete(l.edited, k)
		}
	}
}

// editCost is what one edit takes of Slack's allowance of 50 a minute, which
// all root messages share.
const editCost = 1200 * time.Millisecond

// rest is how long a delivery must wait for its target.
func (l *loop) rest(d notifiers.Delivery, now time.Time) time.Duration {
	if until, ok := l.held[d.Subscriber]; ok {
		return until.Sub(now)
	}
	if last, ok := l.edited[keyOf(d)]; ok && isEdit(d) && l.cfg.EditInterval > 0 {
		return max(l.cfg.EditInterval, time.Duration(len(l.edited))*editCost) - now.Sub(last)
	}
	return 0
}

func isEdit(d notifiers.Delivery) bool {
	return d.Notice.Form == events.FormRoot && d.Root != "" || d.Notice.Form == events.FormCard && d.Card != ""
}

// byTarget groups deliveries by subscriber in their order, except that a root
// message that does not exist yet goes before what hangs on it.
func byTarget(due []notifiers.Delivery) [][]notifiers.Delivery {
	var groups [][]notifiers.Delivery
	index := map[string]int{}
	for _, d := range due {
		i, ok := index[d.Subscriber]
		if !ok {
			i = len(groups)
			index[d.Subscriber] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], d)
	}
	for _, g := range groups {
		slices.SortStableFunc(g, func(a, b notifiers.Delivery) int { return rank(a) - rank(b) })
	}
	return groups
}

func rank(d notifiers.Delivery) int {
	if d.Notice.Form == events.FormRoot && d.Root == "" {
		return 0
	}
	return 1
}
