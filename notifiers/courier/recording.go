package courier

import (
	"context"
	"errors"

	"upgradehub/events"
)

// parts is into how many batches is divided what may be in flight: while one is
// sent the others are recorded. Where replies hang below a root message,
// the next batch has to know where that is.
func (l *loop) parts() int {
	if l.channel == "slack" {
		return 1
	}
	return 4
}

// recording writes what became of deliveries to the log, beside the sending.
type recording struct {
	done       chan error
	deliveries []string
}

// note keeps what became of a batch for the next recording.
func (l *loop) note(batch results) {
	for t, outcomes := range batch {
		l.sent[t] = append(l.sent[t], outcomes...)
		for _, o := range outcomes {
			l.unrecorded[o.Delivery] = true
		}
	}
}

// settled waits until at most so many deliveries are not recorded. While one
// recording is under way, what is sent gathers for the next: the slower the
// log is, the more one fact holds.
func (l *loop) settled(ctx context.Context, most int) error {
	for {
		if err := l.reap(len(l.unrecorded) > most); err != nil {
			return err
		}
		l.startRecording(ctx)
		if len(l.unrecorded) <= most {
			return nil
		}
	}
}

// reap ends the recording that is under way, if there is one and it is over;
// if need be it waits for that.
func (l *loop) reap(wait bool) (err error) {
	if l.recording == nil {
		return nil
	}
	if !wait {
		select {
		case err = <-l.recording.done:
		default:
			return nil
		}
	} else {
		err = <-l.recording.done
	}
	for _, id := range l.recording.deliveries {
		delete(l.unrecorded, id)
	}
	l.recording = nil
	return err
}

// startRecording writes what is noted, unless a recording is under way.
func (l *loop) startRecording(ctx context.Context) {
	if l.recording != nil {
		return
	}
	if len(l.sent) == 0 {
		return
	}
	r, noted := &recording{done: make(chan error, 1)}, l.sent
	for _, outcomes := range noted {
		for _, o := range outcomes {
			r.deliveries = append(r.deliveries, o.Delivery)
		}
	}
	l.recording, l.sent = r, results{}
	go func() { // ends with the recorder's deadline
		var err error
		for _, t := range []events.Type{events.OutcomeAccepted, events.OutcomeFailed, events.OutcomeSuperseded} {
			err = errors.Join(err, l.record(ctx, t, noted[t]))
		}
		r.done <- err
	}()
}
