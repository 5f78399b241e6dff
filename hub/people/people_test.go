package people_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/bus"
	"upgradehub/events/clock"
	"upgradehub/events/link"
	"upgradehub/hub/ingest"
	"upgradehub/hub/people"
	"upgradehub/hub/store"
	"upgradehub/notifiers"
)

var quiet = slog.New(slog.DiscardHandler)

// rig is a log and a node that folds it and mirrors PEOPLE.
type rig struct {
	*people.People
	bus   *bus.Bus
	store *store.Store
}

func newRig(t testing.TB) *rig {
	t.Helper()
	dir := t.TempDir()
	b, err := bus.Open(t.Context(), bus.Config{Dir: dir, Listen: "127.0.0.1:0", NodeName: "test"}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), filepath.Join(dir, "hub.db"), quiet)
	if err != nil {
		t.Fatal(err)
	}
	at, err := s.Resume(t.Context())
	if err == nil {
		err = b.Verify(t.Context(), at) // opens the log
	}
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 2)
	go func() { ended <- b.Follow(ctx, at, ingest.New(s, nil, quiet).Handle) }() // both end with ctx
	go func() {
		ended <- b.WatchPeople(ctx, func(key string, value []byte) error { return s.PutPeople(ctx, key, value) }, func() {})
	}()
	t.Cleanup(func() {
		stop()
		<-ended
		<-ended
		_ = s.Close()
		_ = b.Close()
	})
	return &rig{people.New(b, s, link.Key("0123456789abcdef"), clock.Clock{}), b, s}
}

// add makes a subscriber of a person as its origin would.
func (r *rig) add(t *testing.T, typ events.Type, id, person, origin, address string) {
	t.Helper()
	if err := r.PutTarget(t.Context(), id, notifiers.Person{Channel: "email", Address: address}); err != nil {
		t.Fatal(err)
	}
	err := r.Tell(t.Context(), "test", typ, people.NewID(), &events.Subscriber{
		Subscriber: id, Person: person, Channel: "email", Audiences: []string{"users"}, Origin: origin,
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestClaim: an address belongs to whoever was first, however it is written.
func TestClaim(t *testing.T) {
	r := newRig(t)
	first, err := r.Claim(t.Context(), "email", "Reader@Example.org", people.Owner{Person: "p1", Subscriber: "s1"})
	if err != nil || first.Person != "p1" {
		t.Fatalf("Claim() = %+v, %v", first, err)
	}
	again, err := r.Claim(t.Context(), "email", " reader@example.ORG", people.Owner{Person: "p2", Subscriber: "s2"})
	if err != nil || again != first {
		t.Errorf("Claim() again = %+v, %v, want %+v", again, err, first)
	}
	if _, known, err := r.Owner(t.Context(), "webhook", "Reader@Example.org"); known || err != nil {
		t.Errorf("on another channel: %v, %v", known, err)
	}
}

// TestSame: the targets of one human are one person, that of whichever address
// is known already.
func TestSame(t *testing.T) {
	r := newRig(t)
	mail, chat := notifiers.Person{Channel: "email", Address: "lead@example.org"}, notifiers.Person{Channel: "slack", Address: "U0LEAD"}
	if _, err := r.Claim(t.Context(), "email", mail.Address, people.Owner{Person: "subscribed", Subscriber: "s1"}); err != nil {
		t.Fatal(err)
	}
	person, err := r.Same(t.Context(), "", chat, mail)
	if err != nil || person != "subscribed" {
		t.Fatalf("Same() = %q, %v, want the person of the address", person, err)
	}
	if o, _, err := r.Owner(t.Context(), "slack", chat.Address); err != nil || o.Person != person {
		t.Errorf("the other address belongs to %+v, %v", o, err)
	}
	if o, _, err := r.Owner(t.Context(), "email", mail.Address); err != nil || o.Subscriber != "s1" {
		t.Errorf("the subscription of the address is lost: %+v, %v", o, err)
	}
	if old, err := r.Same(t.Context(), "older", notifiers.Person{Channel: "slack", Address: "U1"}); err != nil || old != "older" {
		t.Errorf("Same() = %q, %v, want the person it was before", old, err)
	}
}

// TestForget: somebody typed the address of a person who is named, and nobody
// confirmed; who is named stays.
func TestForget(t *testing.T) {
	r := newRig(t)
	r.add(t, events.SubscriberConfirmed, "named", "p", people.OriginConfig, "lead@example.org")
	r.add(t, events.SubscriberRequested, "typed", "p", people.OriginPage, "lead@example.org")
	if err := r.SetOwner(t.Context(), "email", "lead@example.org", people.Owner{Person: "p", Subscriber: "typed"}); err != nil {
		t.Fatal(err)
	}
	rows, err := r.store.Unconfirmed(t.Context(), time.Now().Add(time.Hour))
	if err != nil || len(rows) != 1 {
		t.Fatalf("Unconfirmed() = %+v, %v", rows, err)
	}
	if err := r.Forget(t.Context(), rows[0]); err != nil {
		t.Fatal(err)
	}
	if target, err := r.Target(t.Context(), "named"); err != nil || target == nil {
		t.Errorf("who is named is %+v, %v", target, err)
	}
	if o, known, err := r.Owner(t.Context(), "email", "lead@example.org"); err != nil || !known || o.Subscriber != "" {
		t.Errorf("the address belongs to %+v, %v, %v", o, known, err)
	}
	if raw, err := r.bus.Person(t.Context(), "person.typed"); err != nil || raw != nil {
		t.Errorf("PEOPLE keeps %s, %v", raw, err)
	}
}

// TestErase: every target of a person goes, who is named is kept out, and to
// erase again is no fault.
func TestErase(t *testing.T) {
	r := newRig(t)
	r.add(t, events.SubscriberConfirmed, "named", "p", people.OriginConfig, "lead@example.org")
	r.add(t, events.SubscriberConfirmed, "page", "p", people.OriginPage, "lead@example.org")
	lead := notifiers.Person{Channel: "email", Address: "lead@example.org"}
	if err := r.SetOwner(t.Context(), "email", lead.Address, people.Owner{Person: "p", Subscriber: "page"}); err != nil {
		t.Fatal(err)
	}
	if known, err := r.Persons(t.Context(), "LEAD@example.org"); err != nil || !slices.Equal(known, []string{"p"}) {
		t.Fatalf("Persons() = %v, %v", known, err)
	}
	for range 2 {
		if err := r.Erase(t.Context(), "p"); err != nil {
			t.Fatal(err)
		}
	}
	if known, err := r.Persons(t.Context(), lead.Address); err != nil || len(known) != 0 {
		t.Errorf("Persons() = %v, %v, want none", known, err)
	}
	for _, id := range []string{"named", "page"} {
		row, _, err := r.store.Subscriber(t.Context(), id)
		if raw, kept := r.bus.Person(t.Context(), "person."+id); err != nil || row.State != store.SubscriberErased || raw != nil || kept != nil {
			t.Errorf("%s is %+v, %v, and PEOPLE keeps %s, %v", id, row, err, raw, kept)
		}
	}
	if out, err := r.KeptOut(t.Context(), lead); err != nil || !out {
		t.Errorf("KeptOut() = %v, %v, want true", out, err)
	}
}

// TestWhatSomebodyReportedIsExportedAndErased, and what was said to them and noted.
func TestWhatSomebodyReportedIsExportedAndErased(t *testing.T) {
	r := newRig(t)
	now := time.Now().UTC()
	a1, err := r.BindAnswer(t.Context(), people.Giver{Upgrade: "pg16", Browser: "p"})
	if err := errors.Join(err, r.BindReport(t.Context(), "pg16", "r1", "p")); err != nil {
		t.Fatal(err)
	}
	for i, fact := range []struct {
		t    events.Type
		data events.Data
	}{
		{events.TypeFeedbackReported, &events.FeedbackReported{Report: "r1", Component: "db", HasText: true, Channel: "slack"}},
		{events.TypeFeedbackReceived, &events.FeedbackReceived{Answer: a1, Rating: 1}},
	} {
		seq, err := r.bus.Append(t.Context(), events.Event{ID: string(rune('a' + i)), Source: "slack", Type: fact.t, Upgrade: "pg16", Time: now, Recorded: now, Data: fact.data})
		if err == nil {
			err = r.store.Wait(t.Context(), seq)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, err := range []error{r.KeepReport(t.Context(), "r1", "It hangs."), r.KeepReply(t.Context(), "r1", "Fixed."), r.KeepReply(t.Context(), a1, "Sorry."), r.KeepNote(t.Context(), a1, "Called back."), r.KeepNote(t.Context(), "r1", "Disk full.")} {
		if err != nil {
			t.Fatal(err)
		}
	}
	e, err := r.Export(t.Context(), "p")
	if err != nil || len(e.Reports) != 1 || e.Reports[0].Text != "It hangs." || e.Reports[0].Reply != "Fixed." || e.Reports[0].Note != "Disk full." || len(e.Answers) != 1 || e.Answers[0].Reply != "Sorry." || e.Answers[0].Note != "Called back." {
		t.Errorf("Export() = %+v, %v, want the report, the answer, and what was said and noted", e, err)
	}
	if err := r.Erase(t.Context(), "p"); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"report.r1", "reply.r1", "reply." + a1, "note." + a1, "note.r1"} {
		if raw, err := r.bus.Person(t.Context(), key); err != nil || raw != nil {
			t.Errorf("PEOPLE keeps %s of %s, %v", raw, key, err)
		}
	}
	if bonds, err := r.store.BondsOf(t.Context(), "p"); err != nil || len(bonds) != 0 {
		t.Errorf("bonds %+v, %v, want that nothing says whose they are", bonds, err)
	}
}

// TestExportOfSomebodyInSlack: who never subscribed reads under which id they are
// known, and what they did.
func TestExportOfSomebodyInSlack(t *testing.T) {
	r := newRig(t)
	now := time.Now().UTC().Truncate(time.Microsecond)
	chat := notifiers.Person{Channel: "slack", Address: "U0T"}
	if err := r.PutTarget(t.Context(), "t", chat); err != nil {
		t.Fatal(err)
	}
	for _, e := range []events.Event{
		{ID: "a", Source: "slack/t", Type: events.GateDecided, Data: &events.Decided{Gate: "ok", Decision: "go"}},
		{ID: "b", Source: "slack/t2", Type: events.GateDecided, Data: &events.Decided{Gate: "ok", Decision: "go"}},
		{ID: "c", Source: "slack", Type: events.TypeNoticeAcknowledged, Data: &events.NoticeAcknowledged{Delivery: "d1", Person: "t"}},
	} {
		e.Upgrade, e.Time, e.Recorded = "pg16", now, now
		seq, err := r.bus.Append(t.Context(), e)
		if err == nil {
			err = r.store.Wait(t.Context(), seq)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	want := []store.DeedRow{
		{Upgrade: "pg16", Type: events.GateDecided, Time: now},
		{Type: events.TypeNoticeAcknowledged, Time: now, Delivery: "d1"},
	}
	e, err := r.Export(t.Context(), "t")
	if err != nil || e.Target == nil || *e.Target != chat || !slices.Equal(e.Deeds, want) {
		t.Errorf("Export() = %+v of %+v, %v, want %+v of %+v", e.Deeds, e.Target, err, want, chat)
	}
}
