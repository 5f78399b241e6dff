package email

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"upgradehub/notifiers"
)

// TestPace sends to two domains at once, one mail a second each.
func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, begin := newPace(60), time.Now()
		for i := range 5 {
			for _, to := range []string{"a@Example.org", "b@example.com"} {
				if err := p.wait(t.Context(), to); err != nil {
					t.Fatal(err)
				}
			}
			if got, want := time.Since(begin), time.Duration(i)*time.Second; got != want {
				t.Errorf("mail %d went after %s, want %s", i, got, want)
			}
		}
	})
}

func TestPaceEndsBeforeItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace(1)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		if err := p.wait(ctx, "a@example.org"); err != nil {
			t.Fatal(err)
		}
		checkPutOff(t, p.wait(ctx, "b@example.org"), time.Minute, time.Minute)
	})
}

// TestPaceOfACrowd: who was put off comes back once, when its turn is, and the
// domain gets all that it takes; mail to others waits for none of it.
func TestPaceOfACrowd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const crowd, perMinute = 200, 10
		p, begin := newPace(perMinute), time.Now()
		due, asked := map[string]time.Time{}, 0
		for i := range crowd {
			due[fmt.Sprintf("%d@example.org", i)] = begin
		}
		minutes := map[int]int{}
		for len(due) > 0 {
			for to, at := range due {
				if at.After(time.Now()) {
					continue
				}
				asked++
				var f *notifiers.SendError
				if err := p.wait(t.Context(), to); errors.As(err, &f) {
					due[to] = time.Now().Add(f.RetryAfter)
					continue
				}
				minutes[int(time.Since(begin)/time.Minute)]++
				delete(due, to)
			}
			before := time.Now()
			if err := p.wait(t.Context(), "other@example.com"); err != nil || time.Since(before) > 0 {
				t.Fatalf("another domain waits %s: %v", time.Since(before), err)
			}
			<-time.After(6 * time.Second)
		}
		if took := time.Since(begin); took > crowd/perMinute*time.Minute+time.Minute || asked > 2*crowd {
			t.Errorf("%d mails took %s and were asked for %d times", crowd, took, asked)
		}
		for minute, n := range minutes {
			if n > perMinute+1 {
				t.Errorf("%d mails in minute %d", n, minute)
			}
		}
	})
}

// TestMissedTurns: turns that nobody took in time are not made up for at once.
func TestMissedTurns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace(10)
		for i := range 10 {
			_ = p.wait(t.Context(), fmt.Sprintf("%d@example.org", i)) // the first may go, the others get a turn
		}
		<-time.After(time.Hour)
		gone := 0
		for i := range 10 {
			if p.wait(t.Context(), fmt.Sprintf("%d@example.org", i)) == nil {
				gone++
			}
		}
		if gone != 1 {
			t.Errorf("%d mails go at once, want 1", gone)
		}
	})
}

// TestDomainRests: what a receiver calls too much is heeded, for that domain
// alone.
func TestDomainRests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace(0)
		p.heed("a@example.org", &notifiers.SendError{Code: "451 4.7.1"})
		if err := p.wait(t.Context(), "b@example.org"); err != nil {
			t.Errorf("greylisting of one mail rests the domain: %v", err)
		}
		p.heed("a@example.org", &notifiers.SendError{Code: "421 4.7.28"})
		checkPutOff(t, p.wait(t.Context(), "b@EXAMPLE.org"), rested, 2*rested)
		if err := p.wait(t.Context(), "b@example.com"); err != nil {
			t.Errorf("another domain rests too: %v", err)
		}
		<-time.After(rested)
		if err := p.wait(t.Context(), "b@example.org"); err != nil {
			t.Errorf("the domain rests for ever: %v", err)
		}
	})
}

// TestTurnsAfterARest: where mails have turns, these begin when the domain has
// rested.
func TestTurnsAfterARest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace(10)
		p.heed("a@example.org", &notifiers.SendError{Code: "421 4.7.28"})
		checkPutOff(t, p.wait(t.Context(), "b@example.org"), rested, rested)
		checkPutOff(t, p.wait(t.Context(), "c@example.org"), rested+6*time.Second, rested+6*time.Second)
	})
}

func checkPutOff(t *testing.T, err error, from, to time.Duration) {
	t.Helper()
	f, ok := errors.AsType[*notifiers.SendError](err)
	if !ok || f.Code != "paced" || f.RetryAfter < from || f.RetryAfter > to || !f.Paced || f.Permanent || f.Ambiguous {
		t.Errorf("wait = %+v, want to be put off by %s to %s", err, from, to)
	}
}

func TestPaceForgets(t *testing.T) {
	p := newPace(0)
	for i := range maxDomains + 1 {
		p.domain("a@" + digest(string(rune(i))))
	}
	if len(p.domains) > maxDomains {
		t.Errorf("%d domains are kept", len(p.domains))
	}
}
