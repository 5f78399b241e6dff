package email

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"upgradehub/notifiers"
)

// rested is how long a domain that had enough of us is left alone.
const rested = time.Minute

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
	every rate.Limit

	mu      sync.Mutex
	domains map[string]*turn
}

// turn is what is known of one domain.
type turn struct {
	limit *rate.Limiter
	until time.Time // it rests until then
}

func newPace(perMinute int) *pace {
	p := &pace{every: rate.Inf, domains: map[string]*turn{}}
	if perMinute > 0 {
		p.every = rate.Limit(float64(perMinute) / 60)
	}
	return p
}

// wait returns when a mail to the address may go, or says when it may if that
// is not before ctx ends: then the delivery is put off, and others go.
func (p *pace) wait(ctx context.Context, address string) error {
	t := p.turn(address)
	p.mu.Lock()
	rest := time.Until(t.until)
	p.mu.Unlock()
	if rest > 0 {
		return &notifiers.SendError{Code: "paced", RetryAfter: rest, Err: errResting}
	}
	if err := t.limit.Wait(ctx); err != nil {
		return &notifiers.SendError{Code: "paced", RetryAfter: rested, Err: errPace}
	}
	return nil
}

// heed leaves a domain alone that had enough of us.
func (p *pace) heed(address string, err error) {
	if f, ok := errors.AsType[*notifiers.SendError](err); !ok || !tooMany[f.Code] {
		return
	}
	t := p.turn(address)
	p.mu.Lock()
	defer p.mu.Unlock()
	t.until = time.Now().Add(rested)
}

// tooMany are the codes by which receivers ask for fewer mails: the one of
// RFC 3463 for a congested system, and those that Gmail and Microsoft
// publish for senders that exceed a rate.
var tooMany = map[string]bool{
	"421 4.7.0": true, "421 4.7.28": true, "450 4.2.1": true, "451 4.4.5": true, "452 4.3.2": true, "451 4.7.500": true,
}

func (p *pace) turn(address string) *turn {
	domain := strings.ToLower(address[strings.LastIndex(address, "@")+1:])
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.domains[domain]
	if t == nil {
		if len(p.domains) >= maxDomains {
			clear(p.domains)
		}
		t = &turn{limit: rate.NewLimiter(p.every, 1)}
		p.domains[domain] = t
	}
	return t
}
