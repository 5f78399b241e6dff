package duty_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"upgradehub/events"
	"upgradehub/events/bus"
	"upgradehub/events/clock"
	"upgradehub/events/link"
	"upgradehub/events/plan"
	"upgradehub/hub/duty"
	"upgradehub/hub/ingest"
	"upgradehub/hub/people"
	"upgradehub/hub/store"
	"upgradehub/notifiers"
	"upgradehub/notifiers/courier"
)

// postbox is a channel that accepts everything and remembers it.
type postbox struct {
	mu   sync.Mutex
	sent []notifiers.Message
}

// Notify accepts a message.
func (p *postbox) Notify(_ context.Context, m notifiers.Message) (notifiers.Receipt, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sent = append(p.sent, m)
	return notifiers.Receipt{Provider: "id-" + m.Delivery.ID}, nil
}

// to lists the moments told to an address, in order.
func (p *postbox) to(address string) []events.Moment {
	p.mu.Lock()
	defer p.mu.Unlock()
	var moments []events.Moment
	for _, m := range p.sent {
		if m.To.Address == address {
			moments = append(moments, m.Delivery.Notice.Moment)
		}
	}
	return moments
}

// rig is a node without pages: a log, a store that follows it, and a duty.
type rig struct {
	bus   *bus.Bus
	store *store.Store
	clock clock.Clock
	box   *postbox
	more  []notifiers.Audience // besides the usual
}

var quiet = slog.New(slog.DiscardHandler)

func newRig(t *testing.T, clk clock.Clock) *rig {
	t.Helper()
	dir := t.TempDir()
	b, err := bus.Open(t.Context(), bus.Config{Dir: dir, Listen: "127.0.0.1:0", NodeName: "test", Clock: clk}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), filepath.Join(dir, "hub.db"), quiet)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close(); _ = b.Close() })
	return &rig{bus: b, store: s, clock: clk, box: &postbox{}}
}

// run starts a duty under a node name; stop ends it and what feeds it.
func (r *rig) run(t *testing.T, node string, recipients ...duty.Recipient) (stop func()) {
	t.Helper()
	d, err := duty.New(r.bus, r.store, duty.Config{
		Node: node, Version: "test", TTL: 6 * time.Second, Clock: r.clock,
		PublicURL: "http://status.example.org", LinkKey: link.Key("secret"),
		Audiences: append([]notifiers.Audience{
			{ID: "users", Role: "users", Channels: []string{"email"}},
			{ID: "managers", Role: "managers", Channels: []string{"email"}, Cadence: map[string]plan.Duration{"live": plan.Duration(45 * time.Minute)}},
			notifiers.Crew(func(channel string) bool { return channel == "email" }),
		}, r.more...),
		Recipients: recipients,
		Channels:   map[string]notifiers.Notifier{"email": r.box},
		Courier:    courier.Config{Poll: 50 * time.Millisecond},
	}, quiet)
	if err != nil {
		t.Fatal(err)
	}
	fold := ingest.New(r.store, func(c ingest.Commit) { d.Folded(c.Upgrades, c.Subscribers, c.News) }, quiet)
	at, err := r.store.Resume(t.Context())
	if err == nil {
		err = r.bus.Verify(t.Context(), at) // opens the log: no other fact may be its first
	}
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	folding, stopFolding := context.WithCancel(context.WithoutCancel(ctx))
	var follows, duties sync.WaitGroup
	follows.Go(func() {
		if err := r.bus.Follow(folding, at, fold.Handle); folding.Err() == nil {
			t.Errorf("follow ended: %v", err)
		}
	})
	duties.Go(func() {
		if err := d.Run(ctx); ctx.Err() == nil {
			t.Errorf("duty ended: %v", err)
		}
	})
	var once sync.Once
	// The fold ends last, as in a node: what is under way waits for it.
	stop = func() { once.Do(func() { cancel(); duties.Wait(); stopFolding(); follows.Wait() }) }
	t.Cleanup(stop)
	return stop
}

func user(address string, audiences ...string) duty.Recipient {
	return duty.Recipient{Person: notifiers.Person{Channel: "email", Address: address}, Audiences: audiences}
}

// say publishes a bare event as tooling would.
func (r *rig) say(t *testing.T, typ, id string, data any) uint64 {
	t.Helper()
	body, err := json.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	seq, err := r.bus.Publish(t.Context(), "upgrades.pg17."+typ, map[string][]string{"Nats-Msg-Id": {id}}, body)
	if err != nil {
		t.Fatal(err)
	}
	return seq
}

// facts lists the types of all facts folded, in order.
func (r *rig) facts(t *testing.T) []string {
	t.Helper()
	facts, err := r.store.Facts(t.Context(), 0, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	types := make([]string, len(facts))
	for i, f := range facts {
		types[i] = string(f.Event.Type)
	}
	return types
}

func count(types []string, t events.Type) (n int) {
	for _, typ := range types {
		if typ == string(t) {
			n++
		}
	}
	return n
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-ctx.Done():
			t.Fatalf("never: %s", what)
		case <-tick.C:
		}
	}
}

func planAt(start time.Time, extra string) string {
	at := func(d time.Duration) string { return start.Add(d).UTC().Format("2006-01-02T15:04") }
	return fmt.Sprintf(`schema: upgradehub/plan/v1
id: pg17
title: Database 16 to 17
system: student-records
zone: UTC
window: {start: %s, end: %s}
phases:
  - {id: switchover, title: Switch over, start: %s, duration: 1h}
%s`, at(0), at(2*time.Hour), at(0), extra)
}

func TestAdmissionKeepsEverythingOnce(t *testing.T) {
	r := newRig(t, clock.Clock{})
	r.run(t, "a")
	r.say(t, "upgrade.planned", "plan", map[string]any{"plan": planAt(time.Now(), "")})
	r.say(t, "phase.started", "bad", map[string]any{"phase": 7, "note": []int{}})
	r.say(t, "phase.started", "p1", map[string]any{"phase": "switchover"})
	r.say(t, "phase.exploded", "odd", map[string]any{"phase": "switchover"})
	// Beyond the 100 ms in which NATS itself knows a message again.
	<-time.After(150 * time.Millisecond)
	r.say(t, "phase.started", "p1", map[string]any{"phase": "switchover"})
	other := r.say(t, "phase.finished", "p1", map[string]any{"phase": "switchover"})
	eventually(t, "the conflict is judged", func() bool {
		j, known, err := r.store.ByIntake(t.Context(), other)
		return err == nil && known && j.Conflict
	})
	types := r.facts(t)
	for typ, want := range map[events.Type]int{
		events.UpgradePlanned: 1, events.PhaseStarted: 1, events.TypeRejected: 1, "phase.exploded": 1, events.TypeConflict: 1,
	} {
		if got := count(types, typ); got != want {
			t.Errorf("%d facts %s, want %d: %v", got, typ, want, types)
		}
	}
	rejected, err := r.store.Rejected(t.Context(), 10)
	if err != nil || len(rejected) != 1 || len(rejected[0].Reasons) < 2 {
		t.Errorf("rejected = %+v, %v; want one with every fault", rejected, err)
	}
}

// TestOverrunSaysSo lets two hours pass without any event: the upgrade says
// by itself that it is late, and each clock fact stands once.
func TestOverrunSaysSo(t *testing.T) {
	start := time.Date(2026, 3, 1, 10, 0, 0, 0, time.UTC)
	r := newRig(t, clock.Clock{Start: time.Now(), Legs: []clock.Leg{{From: start.Add(-time.Minute), Speed: 3600}}})
	r.run(t, "a", user("user@example.org", "users"))
	r.say(t, "upgrade.planned", "plan", map[string]any{"plan": planAt(start, "")})
	r.say(t, "upgrade.started", "go", map[string]any{})
	eventually(t, "the page says overdue", func() bool {
		p, err := r.store.Upgrade(t.Context(), "pg17")
		return err == nil && p.Overdue != nil
	})
	eventually(t, "users are told", func() bool {
		return slices.Contains(r.box.to("user@example.org"), events.MomentOverdue)
	})
	facts, err := r.store.Facts(t.Context(), 0, 10_000)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, f := range facts {
		if strings.HasPrefix(string(f.Event.Type), "clock.") {
			seen[f.Event.ID]++
			if due := f.Event.Data.(*events.Clock).Due; f.Event.Recorded.Before(due) {
				t.Errorf("%s was recorded at %s, before its due %s", f.Event.Type, f.Event.Recorded, due)
			}
		}
	}
	for id, n := range seen {
		if n != 1 {
			t.Errorf("clock fact %s stands %d times", id, n)
		}
	}
}

// TestNextNodeSendsNothingAgain: another node takes over, with another
// configuration even; history is not told again.
func TestNextNodeSendsNothingAgain(t *testing.T) {
	r := newRig(t, clock.Clock{})
	stop := r.run(t, "a", user("user@example.org", "users"))
	r.say(t, "upgrade.planned", "plan", map[string]any{"plan": planAt(time.Now().Add(time.Hour), "")})
	eventually(t, "the announcement", func() bool { return len(r.box.to("user@example.org")) == 1 })
	stop()

	r.run(t, "b", user("user@example.org", "users"), user("new@example.org", "users"))
	r.say(t, "upgrade.canceled", "end", map[string]any{"reason": "not now"})
	eventually(t, "the cancellation", func() bool { return len(r.box.to("new@example.org")) == 1 })
	eventually(t, "the cancellation", func() bool { return len(r.box.to("user@example.org")) == 2 })
	if got := r.box.to("new@example.org"); got[0] != events.MomentCanceled {
		t.Errorf("the new user was told %v, want the cancellation alone", got)
	}
	meta, err := r.store.Meta(t.Context())
	if err != nil || meta.Epoch != 2 || meta.DutyNode != "b" {
		t.Errorf("Meta = %+v, %v; want epoch 2 of b", meta, err)
	}
}

func TestDrillReachesOnlyThoseItNames(t *testing.T) {
	r := newRig(t, clock.Clock{})
	lead := user("lead@example.org")
	lead.Name = "@lead"
	r.run(t, "a", user("user@example.org", "users"), lead)
	r.say(t, "upgrade.planned", "plan", map[string]any{"plan": planAt(time.Now().Add(time.Hour), "drill: true\nroster: {lead: {person: \"@lead\"}}\n")})
	eventually(t, "the lead is told", func() bool { return len(r.box.to("lead@example.org")) > 0 })
	r.say(t, "upgrade.canceled", "end", map[string]any{"reason": "drill over"})
	eventually(t, "the lead is told of the end", func() bool {
		return slices.Contains(r.box.to("lead@example.org"), events.MomentCanceled)
	})
	if got := r.box.to("user@example.org"); got != nil {
		t.Errorf("a user outside the drill was told %v", got)
	}
	all, err := r.store.Upgrades(t.Context())
	if err != nil || len(all) != 0 {
		t.Errorf("the board lists %+v, %v; want no drill", all, err)
	}
}

func TestHoldStopsEverySend(t *testing.T) {
	r := newRig(t, clock.Clock{})
	r.run(t, "a", user("user@example.org", "users"))
	r.fact(t, events.TypeHold, "hold1", &events.Hold{By: "test"})
	r.say(t, "upgrade.planned", "plan", map[string]any{"plan": planAt(time.Now().Add(time.Hour), "")})
	eventually(t, "the announcement is owed", func() bool {
		rows, err := r.store.Deliveries(t.Context(), store.DeliveryFilter{State: "pending"})
		return err == nil && len(rows) > 0
	})
	if got := r.box.to("user@example.org"); got != nil {
		t.Errorf("told %v while held", got)
	}
	r.fact(t, events.TypeRelease, "release1", &events.Hold{By: "test"})
	eventually(t, "the announcement is sent", func() bool { return len(r.box.to("user@example.org")) == 1 })
}

// TestRecipientsFollowTheConfiguration: a target keeps its id, moves between
// audiences, leaves with the configuration and stays out when it asked to.
func TestRecipientsFollowTheConfiguration(t *testing.T) {
	r := newRig(t, clock.Clock{})
	rows := func() []store.SubscriberRow {
		rows, err := r.store.SubscribersFrom(t.Context(), "config")
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	audiences := func(want ...string) func() bool {
		return func() bool {
			all := rows()
			return len(all) == 1 && slices.Equal(all[0].Audiences, want)
		}
	}
	stop := r.run(t, "a", user("user@example.org", "users"))
	eventually(t, "one subscriber", audiences("users"))
	id := rows()[0].ID
	stop()

	stop = r.run(t, "a", user("user@example.org", "users", "managers"))
	eventually(t, "two audiences", audiences("managers", "users"))
	stop()

	stop = r.run(t, "a")
	eventually(t, "no audience", audiences())
	now := time.Now().UTC()
	if _, err := r.bus.Append(t.Context(), events.Event{
		ID: "unsubscribe", Source: "test", Type: events.SubscriberRemoved, Time: now, Recorded: now,
		Data: &events.Subscriber{Subscriber: id, Token: "x"},
	}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "removed", func() bool { return rows()[0].State != store.SubscriberActive })
	stop()

	r.run(t, "a", user("user@example.org", "users"))
	eventually(t, "duty taken", func() bool { m, err := r.store.Meta(t.Context()); return err == nil && m.Epoch == 4 })
	r.say(t, "upgrade.planned", "plan", map[string]any{"plan": planAt(time.Now().Add(time.Hour), "")})
	eventually(t, "planned", func() bool { m, err := r.store.Meta(t.Context()); return err == nil && m.Planned > 0 })
	if all := rows(); len(all) != 1 || all[0].ID != id || all[0].State == store.SubscriberActive {
		t.Errorf("subscribers = %+v, want the one who left", all)
	}
}

// TestUnconfirmedIsForgotten: who was asked and did not answer in time is not
// kept.
func TestUnconfirmedIsForgotten(t *testing.T) {
	r := newRig(t, clock.Clock{})
	asked := time.Now().Add(-49 * time.Hour)
	stop := r.run(t, "a")
	book := people.New(r.bus, r.store, link.Key("secret"), clock.Clock{Start: time.Now(), Legs: []clock.Leg{{From: asked, Speed: 1}}})
	for _, id := range []string{"late", "early"} {
		if err := book.PutTarget(t.Context(), id, notifiers.Person{Channel: "email", Address: id + "@example.org"}); err != nil {
			t.Fatal(err)
		}
	}
	request := func(p *people.People, id string) {
		t.Helper()
		d := &events.Subscriber{Subscriber: id, Channel: "email", Audiences: []string{notifiers.SubscribersID}, Origin: people.OriginPage}
		if err := p.Tell(t.Context(), "page", events.SubscriberRequested, "asked", d); err != nil {
			t.Fatal(err)
		}
	}
	request(book, "late")
	request(people.New(r.bus, r.store, link.Key("secret"), clock.Clock{}), "early")
	eventually(t, "the one who is asked in time gets a mail", func() bool { return len(r.box.to("early@example.org")) == 1 })
	if n := len(r.box.to("late@example.org")); n != 0 {
		t.Errorf("%d mails to who asked two days ago: the link would be of no use", n)
	}
	stop()
	r.run(t, "b") // looks as soon as it takes over
	eventually(t, "the late one is forgotten, the other one is not", func() bool {
		late, _, err := r.store.Subscriber(t.Context(), "late")
		if err != nil {
			t.Fatal(err)
		}
		early, _, err := r.store.Subscriber(t.Context(), "early")
		if err != nil {
			t.Fatal(err)
		}
		return late.State == store.SubscriberErased && early.State == store.SubscriberRequested
	})
}
