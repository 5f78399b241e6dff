package bus

import (
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// named is a message of which only the subject matters.
type named struct {
	jetstream.Msg
	subject string
}

func (n named) Subject() string { return n.subject }

// TestOutcomesGather: outcomes wait for each other, and everything else ends
// the waiting.
func TestOutcomesGather(t *testing.T) {
	const outcome, event = "facts.outcome.all.1", "facts.upgrade.pg16.1"
	for _, tt := range []struct {
		name  string
		comes string // one letter for each 5 ms: outcome, event, nothing or closed
		until time.Duration
		want  string
		took  time.Duration
	}{
		{"the batch before is long past", "ooo", 0, "o", 0},
		{"more come", "ooo-o", 12 * time.Millisecond, "ooo", 12 * time.Millisecond},
		{"none come", "o", 12 * time.Millisecond, "o", 12 * time.Millisecond},
		{"an event comes", "ooe", 12 * time.Millisecond, "ooe", 10 * time.Millisecond},
		{"an event is first", "eoo", 12 * time.Millisecond, "e", 0},
		{"the log goes away", "oc", 12 * time.Millisecond, "o", 5 * time.Millisecond},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r, begin := &reader{ready: make(chan jetstream.Msg, batchMax)}, time.Now()
				var publisher sync.WaitGroup
				defer publisher.Wait()
				publisher.Go(func() { // ends with what comes
					for _, c := range tt.comes {
						switch c {
						case 'o':
							r.ready <- named{subject: outcome}
						case 'e':
							r.ready <- named{subject: event}
						case 'c':
							close(r.ready)
						}
						<-time.After(5 * time.Millisecond)
					}
				})
				first := <-r.ready
				var got strings.Builder
				for _, m := range r.drain(t.Context(), first, begin.Add(tt.until)) {
					got.WriteString(map[bool]string{true: "o", false: "e"}[isOutcome(m)])
				}
				if took := time.Since(begin); got.String() != tt.want || took != tt.took {
					t.Errorf("batch = %s after %s, want %s after %s", got.String(), took, tt.want, tt.took)
				}
			})
		})
	}
}
