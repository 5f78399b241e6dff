package interact

import (
	"context"
	"sync/atomic"
	"time"

	"upgradehub/notifiers"
	"upgradehub/notifiers/slack"
)

// reply is what a person is answered; nothing if all went as they meant it.
type reply struct {
	say     string
	page    string // where to read on, behind what is said in a modal
	message *notifiers.Message
	// errors are complaints about a modal, by the id of an input's block.
	errors map[string]string
	// undone says that nothing was recorded.
	undone bool
}

func (r reply) failed() bool { return r.undone || r.errors != nil }

func (r reply) private() slack.Private { return slack.Private{Text: r.say, Message: r.message} }

// job is one thing that a person did, while it is worked on. Its reply goes
// to whoever waits for it, or is shown late; never both.
type job struct {
	run  func(context.Context) reply
	late func(context.Context, reply)
	done chan reply
	// settled says that it is decided who shows the reply.
	settled atomic.Bool
}

func newJob(run func(context.Context) reply, late func(context.Context, reply)) *job {
	return &job{run: run, late: late, done: make(chan reply, 1)}
}

// abandon says that nobody waits.
func (j *job) abandon() { j.settled.Store(true) }

// do runs the job. It outlives ctx, so that what was acknowledged is done.
func (j *job) do(ctx context.Context, within time.Duration) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), within)
	defer cancel()
	r := j.run(ctx)
	if j.settled.CompareAndSwap(false, true) {
		j.done <- r
		return
	}
	// The time for the work may be used up.
	ctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), within)
	defer cancel()
	j.late(ctx, r)
}

// wait is the reply, if it is there in time.
func (j *job) wait(ctx context.Context, within time.Duration) (reply, bool) {
	timer := time.NewTimer(within)
	defer timer.Stop()
	select {
	case r := <-j.done:
		return r, true
	case <-timer.C:
	case <-ctx.Done():
	}
	if j.settled.CompareAndSwap(false, true) {
		return reply{}, false
	}
	return <-j.done, true // it came in the very moment
}
