package email

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"upgradehub/notifiers"
)

var errTimeout = &notifiers.SendError{Code: "timeout", Err: errors.New("no answer")}

// hang lets so many mails to an address hang for 15 s, and returns after them.
func (m *mutes) hang(many int, address string) {
	for range many {
		end := m.watch(address)
		time.AfterFunc(15*time.Second, func() { end(errTimeout) })
	}
	<-time.After(16 * time.Second)
}

// TestMuteDomain: one for which the server hangs is tried by one mail at a
// time, and all others go on.
func TestMuteDomain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMutes()
		m.hang(muteFrom-1, "a@mute.example")
		if err := m.wait(t.Context(), "b@mute.example"); err != nil {
			t.Fatalf("put off after too few: %v", err)
		}
		m.hang(3, "b@mute.example")
		if err := m.wait(t.Context(), "try@mute.example"); err != nil {
			t.Fatalf("nobody tries the domain: %v", err)
		}
		end, begin := m.watch("try@mute.example"), time.Now()
		for i := range 3 {
			var f *notifiers.SendError
			if err := m.wait(t.Context(), "c@Mute.example"); !errors.As(err, &f) || !f.Paced || f.RetryAfter < 3*time.Second || f.RetryAfter > 16*time.Second {
				t.Errorf("mail %d: %v, want it put off", i, err)
			}
		}
		if took := time.Since(begin); took != patience {
			t.Errorf("three mails were put off in %v, want them to wait for the answer once", took)
		}
		if err := m.wait(t.Context(), "c@other.example"); err != nil {
			t.Errorf("another domain is put off: %v", err)
		}
		end(nil)
		if err := m.wait(t.Context(), "c@mute.example"); err != nil {
			t.Errorf("put off although it answers again: %v", err)
		}
	})
}

// TestMuteDomainIsTriedSeldom: however many mails there are for it, few are
// under way.
func TestMuteDomainIsTriedSeldom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m, tries, begin := newMutes(), 0, time.Now()
		for time.Since(begin) < 15*time.Second {
			if m.wait(t.Context(), "a@mute.example") == nil {
				tries++
				m.watch("a@mute.example")
			}
			<-time.After(100 * time.Millisecond)
		}
		if tries > 10 {
			t.Errorf("%d mails to a mute domain within 15 s, want few", tries)
		}
	})
}

// TestMuteDomainAnswers: whoever waits while one mail tries the domain goes as
// soon as that is answered, whatever with.
func TestMuteDomainAnswers(t *testing.T) {
	for name, answer := range map[string]error{"taken": nil, "refused": &notifiers.SendError{Code: "550 5.1.1"}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newMutes()
				m.hang(2*muteFrom, "a@example.org")
				if err := m.wait(t.Context(), "b@example.org"); err != nil {
					t.Fatal(err)
				}
				end, begin := m.watch("b@example.org"), time.Now()
				time.AfterFunc(50*time.Millisecond, func() { end(answer) })
				if err := m.wait(t.Context(), "c@example.org"); err != nil || time.Since(begin) != 50*time.Millisecond {
					t.Errorf("went after %v: %v", time.Since(begin), err)
				}
			})
		})
	}
}

// TestSomeHangInADomain: a domain that answers others is not mute.
func TestSomeHangInADomain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newMutes()
		time.AfterFunc(slow/2, func() { m.watch("fine@example.org")(nil) })
		m.hang(2*muteFrom, "hangs@example.org")
		if err := m.wait(t.Context(), "other@example.org"); err != nil {
			t.Errorf("put off: %v", err)
		}
	})
}
