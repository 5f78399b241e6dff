package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"upgradehub/events"
	"upgradehub/events/clock"
	"upgradehub/hub/people"
	"upgradehub/notifiers"
)

// crowdAddress is the address of one of many subscribers.
func crowdAddress(i int) string { return fmt.Sprintf("reader%06d@example.org", i) }

// seed makes many people subscribers, as if each had asked and confirmed, and
// returns when the node has folded it.
func seed(ctx context.Context, t testing.TB, n *node, many int) {
	t.Helper()
	var work errgroup.Group
	work.SetLimit(16)
	book, now := people.New(n.bus, n.store, n.cfg.LinkKey(), n.clock), n.clock.Now()
	for i := range many {
		work.Go(func() error {
			id := people.NewID()
			target := notifiers.Person{Channel: "email", Address: crowdAddress(i), Zone: "Europe/Berlin"}
			if err := book.PutTarget(ctx, id, target); err != nil {
				return err
			}
			_, err := n.bus.Append(ctx, events.Event{
				ID: "seed", Source: "page", Type: events.SubscriberConfirmed, Time: now, Recorded: now,
				Data: &events.Subscriber{
					Subscriber: id, Person: id, Channel: "email", Audiences: []string{notifiers.SubscribersID}, Zone: target.Zone,
					Lang: "en", Origin: people.OriginPage,
				},
			})
			return err
		})
	}
	if err := work.Wait(); err != nil {
		t.Fatal(err)
	}
	last, err := n.bus.Last(ctx)
	if err == nil {
		err = n.store.Wait(ctx, last)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// seeded is a data directory of a hub with many subscribers.
func seeded(t testing.TB, many int) string {
	t.Helper()
	data := filepath.Join(t.TempDir(), "data")
	n := openSeeding(t, data)
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	ended := make(chan error, 1)
	running, stop := context.WithCancel(ctx)
	go func() { ended <- n.run(running, io.Discard) }() // ends with running
	seed(ctx, t, n, many)
	stop()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if err := n.close(); err != nil {
		t.Fatal(err)
	}
	return data
}

// openSeeding opens a node on a data directory that nobody else uses yet.
func openSeeding(t testing.TB, data string) *node {
	t.Helper()
	env := map[string]string{
		"HUB_DATA": data, "HUB_HTTP": "127.0.0.1:0", "HUB_OPS": "127.0.0.1:0", "HUB_NATS_LISTEN": "127.0.0.1:0", "HUB_ROLE": "view",
	}
	cfg, err := loadConfig(nil, func(name string) string { return env[name] })
	if err == nil {
		err = cfg.createSecrets()
	}
	if err != nil {
		t.Fatal(err)
	}
	n, err := openNode(t.Context(), cfg, clock.Clock{}, newLogger(io.Discard, cfg.Log))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestEverybodyIsTold kills the hub in the middle of an announcement to
// thousands: nobody is missed, and no more are told twice than were under way.
func TestEverybodyIsTold(t *testing.T) {
	t.Parallel()
	const many = 3000
	w := &world{slack: startSlack(t, oneChannel), mail: startMailbox(t)}
	w.args = []string{"--smtp", w.mail.url, "--mail-from", "Upgrade Hub <hub@example.org>", "--slack-api-url", w.slack.APIURL()}
	w.hubProcess = startHub(t, seeded(t, many), w.args...)
	w.applied(t, "pg17", "upgrade.planned", map[string]any{"plan": planNow("pg17")})
	uncovered := 0
	for _, told := range []int{many / 4, many / 2} {
		eventually(t, 120*time.Second, fmt.Sprintf("%d told", told), func() bool { return w.mail.count() >= told })
		w.kill()
		if n := w.mail.count(); n == many {
			t.Error("everybody was told before the kill: this test proves nothing")
		}
		uncovered += w.uncovered(t)
		w.restart(t)
	}
	eventually(t, 120*time.Second, "everybody is owed it", func() bool {
		var owed int
		err := w.db(t).QueryRowContext(t.Context(), `SELECT count(*) FROM deliveries`).Scan(&owed)
		return err == nil && owed == many
	})
	w.settled(t)
	got := map[string]int{}
	for _, m := range w.mail.mails("") {
		got[m.to]++
	}
	twice := 0
	for i := range many {
		switch n := got[crowdAddress(i)]; n {
		case 0:
			t.Errorf("%s was not told", crowdAddress(i))
		case 1:
		default:
			twice += n - 1
		}
	}
	if len(got) != many || twice > uncovered {
		t.Errorf("%d people told, %d mails too many; want %d people and at most %d that were under way", len(got), twice, many, uncovered)
	}
}
