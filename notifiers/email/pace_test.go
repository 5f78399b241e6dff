package email

import (
	"context"
	"errors"
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
		checkPutOff(t, p.wait(ctx, "b@example.org"), rested)
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
		checkPutOff(t, p.wait(t.Context(), "b@EXAMPLE.org"), rested)
		if err := p.wait(t.Context(), "b@example.com"); err != nil {
			t.Errorf("another domain rests too: %v", err)
		}
		<-time.After(rested)
		if err := p.wait(t.Context(), "b@example.org"); err != nil {
			t.Errorf("the domain rests for ever: %v", err)
		}
	})
}

func checkPutOff(t *testing.T, err error, want time.Duration) {
	t.Helper()
	f, ok := errors.AsType[*notifiers.SendError](err)
	if !ok || f.Code != "paced" || f.RetryAfter != want || f.Permanent || f.Ambiguous {
		t.Errorf("wait = %+v, want to be put off by %s", err, want)
	}
}

func TestPaceForgets(t *testing.T) {
	p := newPace(0)
	for i := range maxDomains + 1 {
		p.turn("a@" + digest(string(rune(i))))
	}
	if len(p.domains) > maxDomains {
		t.Errorf("%d domains are kept", len(p.domains))
	}
}
