package email

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"sync"
	"time"

	"upgradehub/notifiers"
)

const (
	// rested is how long a domain that had enough of us is left alone.
	rested = time.Minute
	// patience is how long a mail waits for its turn here. One that would wait
	// longer is put off, so that it holds up no mail to another domain.
	patience = time.Second
	// kept is how long after its time a turn is good: older ones together
	// would be more at once than the domain takes.
	kept = time.Minute
)

// maxDomains bounds what is remembered; beyond it everything is forgotten,
// which costs a burst at most.
const maxDomains = 10_000

var (
	errResting = errors.New("the domain asked for fewer mails a while ago")
	errPace    = errors.New("more mails to the domain than are allowed a minute")
)

// pace keeps the mails to one domain apart. Big receivers count by the domain
// and put off, then refuse, who sends too much at once.
type pace struct {
	apart time.Duration // two mails to one domain; 0 is no limit

	mu      sync.Mutex
	domains map[string]*domain
}

// domain is what is known of one.
type domain struct {
	free  time.Time            // when a mail that has no turn yet may go
	turns map[string]time.Time // of the addresses whose mails were put off
	swept time.Time            // when turns that nobody took were last dropped
	until time.Time            // it rests until then
}

func newPace(perMinute int) *pace {
	p := &pace{domains: map[string]*domain{}}
	if perMinute > 0 {
		p.apart = time.Minute / time.Duration(perMinute)
	}
	return p
}

// wait returns when a mail to the address may go. If that is not soon, it says
// when: the delivery is put off until then, its turn is kept, and others go.
func (p *pace) wait(ctx context.Context, address string) error {
	if rest := p.resting(address, time.Now()); rest > 0 {
		// Not all at once when it has rested, which would be too much again.
		return &notifiers.SendError{Code: "paced", Paced: true, RetryAfter: rest + rand.N(rested), Err: errResting}
	}
	rest := p.turn(address, time.Now())
	switch {
	case rest > patience:
		return &notifiers.SendError{Code: "paced", Paced: true, RetryAfter: rest, Err: errPace}
	case rest <= 0:
		return nil
	}
	timer := time.NewTimer(rest)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return &notifiers.SendError{Code: "paced", Paced: true, RetryAfter: rested, Err: errPace}
	}
}

// resting is how long a domain is left alone. Where mails have turns, those
// begin after it.
func (p *pace) resting(address string, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if d := p.domains[domainOf(address)]; d != nil && p.apart == 0 {
		return d.until.Sub(now)
	}
	return 0
}

// turn is how long a mail must wait for its own. One that has to wait longer
// than it does here finds its turn again.
func (p *pace) turn(address string, now time.Time) time.Duration {
	if p.apart == 0 {
		return 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	d := p.domain(address)
	at, has := d.turns[address]
	if !has || at.Add(kept).Before(now) {
		at = later(d.free, now)
		d.free = at.Add(p.apart)
	}
	if rest := at.Sub(now); rest > patience {
		d.keep(address, at, now)
	} else {
		delete(d.turns, address)
	}
	return at.Sub(now)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// keep remembers a turn, and forgets those of mails that nobody owes any more.
func (d *domain) keep(address string, at, now time.Time) {
	d.turns[address] = at
	if now.Sub(d.swept) < kept {
		return
	}
	d.swept = now
	for other, turn := range d.turns {
		if turn.Add(kept).Before(now) {
			delete(d.turns, other)
		}
	}
}

// heed leaves a domain alone that had enough of us. Turns begin anew after it.
func (p *pace) heed(address string, err error) {
	if f, ok := errors.AsType[*notifiers.SendError](err); !ok || !tooMany[f.Code] {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	d := p.domain(address)
	d.until = time.Now().Add(rested)
	d.free = d.until
	clear(d.turns)
}

// tooMany are the codes by which receivers ask for fewer mails: the one of
// RFC 3463 for a congested system, and those that Gmail and Microsoft
// publish for senders that exceed a rate.
var tooMany = map[string]bool{
	"421 4.7.0": true, "421 4.7.28": true, "450 4.2.1": true, "451 4.4.5": true, "452 4.3.2": true, "451 4.7.500": true,
}

func domainOf(address string) string {
	return strings.ToLower(address[strings.LastIndex(address, "@")+1:])
}

func (p *pace) domain(address string) *domain {
	name := domainOf(address)
	d := p.domains[name]
	if d == nil {
		if len(p.domains) >= maxDomains {
			clear(p.domains)
		}
		d = &domain{turns: map[string]time.Time{}}
		p.domains[name] = d
	}
	return d
}
