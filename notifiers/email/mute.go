package email

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"upgradehub/notifiers"
)

const (
	// muteFrom unanswered mails in a row, a domain is mute.
	muteFrom = connections
	// A mute domain is tried with one mail, at first after triedFirst and then
	// after ever longer, at most triedMost.
	triedFirst, triedMost = time.Second, 2 * time.Minute
)

var errMute = errors.New("the server does not answer for this domain")

// mutes are the domains for which the server hangs, so that their mails do not
// take up every connection: one mail at a time tries such a domain, and the
// others are put off.
type mutes struct {
	mu      sync.Mutex
	domains map[string]*mute
}

// mute is what is known of one domain.
type mute struct {
	unheard  int           // mails that are not answered yet or were not, in a row
	answered time.Time     // when the server last answered
	heard    chan struct{} // closed when it does
	tried    time.Time     // when a mail last tried a mute one
}

func newMutes() *mutes { return &mutes{domains: map[string]*mute{}} }

// wait returns when a mail to the address may go. While another tries the
// domain it waits a moment for the answer; after that the mail is put off.
func (m *mutes) wait(ctx context.Context, address string) error {
	for {
		t := m.turn(address, time.Now())
		switch {
		case t.rest <= 0:
			return nil
		case t.soon <= 0 || ctx.Err() != nil:
			return &notifiers.SendError{Code: "paced", Paced: true, RetryAfter: t.rest + rand.N(t.rest), Err: errMute}
		}
		timer := time.NewTimer(t.soon)
		select {
		case <-t.heard:
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// turn is how long a mail must wait, 0 if it may go.
type turn struct {
	rest  time.Duration
	soon  time.Duration   // for so long an answer is expected
	heard <-chan struct{} // closed when it comes
}

// turn is that of a mail. One that may go to a mute domain tries it.
func (m *mutes) turn(address string, now time.Time) turn {
	m.mu.Lock()
	defer m.mu.Unlock()
	d := m.domains[domainOf(address)]
	if d == nil || d.unheard < muteFrom {
		return turn{}
	}
	every := triedMost
	if n := d.unheard - muteFrom; n < 7 {
		every = min(triedFirst<<n, triedMost)
	}
	rest := d.tried.Add(every).Sub(now)
	if rest <= 0 {
		d.tried = now
		return turn{}
	}
	return turn{rest: rest, soon: d.tried.Add(patience).Sub(now), heard: d.heard}
}

// watch notes whether the server answers to a mail; end says with what.
func (m *mutes) watch(address string) (end func(error)) {
	began := time.Now()
	timer := time.AfterFunc(slow, func() { m.miss(address, began) })
	return func(err error) {
		timer.Stop()
		if f, ok := errors.AsType[*notifiers.SendError](err); !ok || f.Code != "timeout" {
			m.hear(address)
		}
	}
}

// miss counts a mail that is not answered, unless another was meanwhile.
func (m *mutes) miss(address string, began time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if d := m.domain(address); !d.answered.After(began) {
		d.unheard++
	}
}

func (m *mutes) hear(address string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	d := m.domain(address)
	d.answered = time.Now()
	if d.unheard > 0 {
		d.unheard, d.tried = 0, time.Time{}
		close(d.heard)
		d.heard = make(chan struct{})
	}
}

func (m *mutes) domain(address string) *mute {
	name := domainOf(address)
	d := m.domains[name]
	if d == nil {
		if len(m.domains) >= maxDomains {
			clear(m.domains)
		}
		d = &mute{heard: make(chan struct{})}
		m.domains[name] = d
	}
	return d
}
