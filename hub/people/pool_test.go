package people_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"upgradehub/events"
	"upgradehub/events/clock"
	"upgradehub/events/link"
	"upgradehub/events/plan"
	"upgradehub/hub/people"
)

// unsigned is an anonymous answer with words.
func unsigned(upgrade, text string) people.Pending {
	return people.Pending{Upgrade: upgrade, Text: text, Numbers: events.FeedbackReceived{Answer: people.NewID(), Rating: 2, Mode: plan.Anonymous}}
}

func (r *rig) put(t *testing.T, a people.Pending) people.Pending {
	t.Helper()
	a, err := r.KeepPending(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// waits waits until the mirror has such answers, and lists them.
func (r *rig) waits(t *testing.T, what string, right func([]people.Pending) bool) (waiting []people.Pending) {
	t.Helper()
	eventually(t, what, func() bool {
		all, unread, err := r.Pending(t.Context())
		waiting = all["pg16"]
		return err == nil && unread == nil && right(waiting)
	})
	return waiting
}

// TestPending: what waits is listed by upgrade, with the words, until it is
// dropped.
func TestPending(t *testing.T) {
	r := newRig(t)
	a, other := r.put(t, unsigned("pg16", "words")), r.put(t, unsigned("pg17", "others"))
	eventually(t, "both", func() bool {
		all, _, err := r.Pending(t.Context())
		return err == nil && len(all) == 2 && slices.Equal(all["pg16"], []people.Pending{a}) && slices.Equal(all["pg17"], []people.Pending{other})
	})
	if err := r.DropPending(t.Context(), a); err != nil {
		t.Fatal(err)
	}
	r.waits(t, "none", func(left []people.Pending) bool { return len(left) == 0 })
}

// TestEnvelopesTellNothing: what stands in the bucket has neither the words nor
// the id of the answer, is always of one size, and opens under its key alone.
func TestEnvelopesTellNothing(t *testing.T) {
	r := newRig(t)
	said := []people.Pending{unsigned("pg16", ""), unsigned("pg16", "It was slow."), unsigned("pg16", strings.Repeat("\x01", 4000))}
	sizes := map[int]bool{}
	for i, a := range said {
		said[i] = r.put(t, a)
		raw, err := r.bus.Person(t.Context(), said[i].Place)
		if err != nil || bytes.Contains(raw, []byte("slow")) || strings.Contains(said[i].Place+string(raw), a.Numbers.Answer) {
			t.Errorf("envelope %s tells: %v", said[i].Place, err)
		}
		sizes[len(raw)] = true
	}
	if len(sizes) != 1 {
		t.Errorf("envelopes are of %v bytes, want one size", sizes)
	}
	r.waits(t, "all", func(all []people.Pending) bool { return len(all) == len(said) })
	raw, err := r.bus.Person(t.Context(), said[0].Place)
	if err == nil {
		err = r.bus.PutPerson(t.Context(), "pending.pg17.elsewhere", raw)
	}
	if err != nil {
		t.Fatal(err)
	}
	eventually(t, "the copy is found and not opened", func() bool {
		all, unread, err := r.Pending(t.Context())
		return err == nil && len(unread) == 1 && unread[0].Upgrade == "pg17" && len(all["pg17"]) == 0
	})
	others := people.New(r.bus, r.store, link.Key("another secret"), clock.Clock{})
	if all, unread, err := others.Pending(t.Context()); err != nil || len(all) != 0 || len(unread) != 4 {
		t.Errorf("under another secret %d are read and %d not, %v", len(all), len(unread), err)
	}
	long := unsigned("pg16", strings.Repeat("x", 64<<10))
	if _, err := r.KeepPending(t.Context(), long); err == nil {
		t.Error("what does not fit is kept")
	}
}

// FuzzEnvelope: whatever stands in the bucket is no fault.
func FuzzEnvelope(f *testing.F) {
	r := newRig(f)
	f.Add([]byte("{}"))
	f.Add(bytes.Repeat([]byte{0}, 40))
	f.Fuzz(func(t *testing.T, raw []byte) {
		if err := r.store.PutPeople(t.Context(), "pending.pg16.x", append([]byte{0}, raw...)); err != nil {
			t.Fatal(err)
		}
		if all, unread, err := r.Pending(t.Context()); err != nil || len(all) != 0 || len(unread) != 1 {
			t.Errorf("Pending() = %v, %v, %v, want one that cannot be read", all, unread, err)
		}
	})
}

// TestShuffle: all envelopes are new, in no order, and hold the same; those of
// answers that leave are gone.
func TestShuffle(t *testing.T) {
	r := newRig(t)
	var came []string
	for i := range 9 {
		came = append(came, fmt.Sprint(i))
		r.put(t, unsigned("pg16", came[i]))
	}
	waiting := r.waits(t, "all nine", func(all []people.Pending) bool { return len(all) == len(came) })
	gone := r.put(t, unsigned("pg16", "gone"))
	places := map[string]bool{gone.Place: true}
	orders := map[string]bool{}
	for range 3 {
		for _, a := range waiting {
			places[a.Place] = true
		}
		if err := r.Shuffle(t.Context(), waiting, []people.Pending{gone}); err != nil {
			t.Fatal(err)
		}
		waiting = r.waits(t, "all of them moved", func(all []people.Pending) bool {
			return len(all) == len(came) && !slices.ContainsFunc(all, func(a people.Pending) bool { return places[a.Place] || !a.Mixed })
		})
		orders[fmt.Sprint(r.standing(t, waiting))] = true
	}
	delete(orders, fmt.Sprint(came))
	if len(orders) < 2 { // one shuffle in 362,880 changes nothing
		t.Errorf("they stand in the orders %v, came in %v", orders, came)
	}
}

// standing is the words of what waits, in the order of the bucket.
func (r *rig) standing(t *testing.T, waiting []people.Pending) (order []string) {
	t.Helper()
	text := map[string]string{}
	for _, a := range waiting {
		text[a.Place] = a.Text
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	err := r.bus.WatchPeople(ctx, func(key string, raw []byte) error {
		if raw != nil {
			order = append(order, text[key])
		}
		return nil
	}, cancel)
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	return order
}
