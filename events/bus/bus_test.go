package bus_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"upgradehub/events"
	"upgradehub/events/bus"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var discard = slog.New(slog.DiscardHandler)

// local is an embedded log with a listener on any free port.
func local(t testing.TB) bus.Config {
	t.Helper()
	return bus.Config{Dir: t.TempDir(), Listen: "127.0.0.1:0", NodeName: "n1"}
}

// silent is an embedded log nobody can connect to.
func silent(t testing.TB) bus.Config {
	t.Helper()
	return bus.Config{Dir: t.TempDir(), Listen: "-", NodeName: "n1"}
}

func open(t testing.TB, cfg bus.Config) *bus.Bus {
	t.Helper()
	b, err := bus.Open(t.Context(), cfg, discard)
	if err != nil {
		t.Fatalf("Open() = %v", err)
	}
	t.Cleanup(func() { closeBus(t, b) })
	return b
}

func closeBus(t testing.TB, b *bus.Bus) {
	t.Helper()
	if err := b.Close(); err != nil {
		t.Errorf("Close() = %v", err)
	}
}

// eventually asks until it is true; it fails the test after ten seconds.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-ctx.Done():
			t.Fatalf("not within 10s: %s", what)
		case <-tick.C:
		}
	}
}

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// fact is the n-th fact of an upgrade.
func fact(n int) events.Event {
	return events.Event{
		ID: fmt.Sprintf("e%d", n), Source: "test", Type: events.UpgradeStarted, Upgrade: "pg16",
		Time: noon, Recorded: noon.Add(time.Duration(n) * time.Second),
		Data: &events.Step{Note: fmt.Sprint("note ", n)},
	}
}

func appendFacts(t testing.TB, b *bus.Bus, from, to int) {
	t.Helper()
	for n := from; n <= to; n++ {
		if _, err := b.Append(t.Context(), fact(n)); err != nil {
			t.Fatalf("Append(e%d) = %v", n, err)
		}
	}
}

func identity(t testing.TB, b *bus.Bus) string {
	t.Helper()
	id, err := b.Identity(t.Context())
	if err != nil {
		t.Fatalf("Identity() = %v", err)
	}
	return id
}

var errEnough = errors.New("enough")

// follow reads facts after a position until n have come.
func follow(t testing.TB, b *bus.Bus, after bus.Position, n int) []bus.Fact {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var got []bus.Fact
	err := b.Follow(ctx, after, func(_ context.Context, facts []bus.Fact) error {
		got = append(got, facts...)
		if len(got) >= n {
			return errEnough
		}
		return nil
	})
	if !errors.Is(err, errEnough) {
		t.Fatalf("Follow() = %v after %d of %d facts", err, len(got), n)
	}
	return got
}

func TestFactsSurviveReopening(t *testing.T) {
	cfg := silent(t)
	b := open(t, cfg)
	id := identity(t, b)
	appendFacts(t, b, 1, 5)
	before := follow(t, b, bus.Position{}, 6)
	closeBus(t, b)
	closeBus(t, b) // the second time does nothing

	b = open(t, cfg)
	if got := identity(t, b); got != id {
		t.Errorf("Identity() after reopening = %s, want %s", got, id)
	}
	after := follow(t, b, bus.Position{Log: id}, 6)
	for i := range before {
		if before[i].Seq != after[i].Seq || !bytes.Equal(before[i].Raw, after[i].Raw) {
			t.Errorf("fact %d = %s, want %s", i+1, after[i].Raw, before[i].Raw)
		}
	}
	if got := after[0].Event; got.Type != events.TypeLogOpened || got.Data.(*events.LogOpened).Log != id {
		t.Errorf("first fact = %+v, want log.opened with %s", got, id)
	}
}

func TestAppendStoresOnce(t *testing.T) {
	b := open(t, silent(t))
	first, err := b.Append(t.Context(), fact(1))
	if err != nil {
		t.Fatalf("Append() = %v", err)
	}
	appendFacts(t, b, 2, 3)
	again, err := b.Append(t.Context(), fact(1))
	if !errors.Is(err, bus.ErrExists) || again != first {
		t.Errorf("Append() again = %d, %v, want %d, ErrExists", again, err, first)
	}
	f, err := b.FactAt(t.Context(), fact(1).Subject())
	if err != nil || f.Seq != first || f.Event.ID != "e1" || f.Err != nil {
		t.Errorf("FactAt() = %+v, %v", f, err)
	}
	if _, err := b.FactAt(t.Context(), "facts.upgrade.pg16.none"); !errors.Is(err, bus.ErrNoFact) {
		t.Errorf("FactAt(none) error = %v, want ErrNoFact", err)
	}
}

func TestConcurrentAppendStoresOnce(t *testing.T) {
	b := open(t, silent(t))
	var mu sync.Mutex
	var stored, refused int
	var wg sync.WaitGroup
	for range 16 {
		wg.Go(func() {
			for n := range 20 {
				_, err := b.Append(t.Context(), fact(n))
				mu.Lock()
				switch {
				case err == nil:
					stored++
				case errors.Is(err, bus.ErrExists):
					refused++
				default:
					t.Errorf("Append(e%d) = %v", n, err)
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if stored != 20 || refused != 15*20 {
		t.Errorf("stored %d, refused %d, want 20, 300", stored, refused)
	}
	if last, err := b.Last(t.Context()); err != nil || last != 20 {
		t.Errorf("Last() = %d, %v, want 20", last, err)
	}
}

func TestLockRefusesSecondHub(t *testing.T) {
	cfg := silent(t)
	b := open(t, cfg)
	_, err := bus.Open(t.Context(), cfg, discard)
	if !errors.Is(err, bus.ErrLocked) || !strings.Contains(err.Error(), cfg.Dir) {
		t.Errorf("second Open() = %v, want ErrLocked with the path", err)
	}
	closeBus(t, b)
	open(t, cfg)
}

func TestOpenNamesTheFault(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	tests := []struct {
		name   string
		change func(*bus.Config)
		want   string
	}{
		{"busy port", func(c *bus.Config) { c.Listen = taken.Addr().String() }, "--nats-listen " + taken.Addr().String()},
		{"no port", func(c *bus.Config) { c.Listen = "localhost" }, "--nats-listen localhost"},
		{"no hash", func(c *bus.Config) { c.Publishers = map[string][]string{"secret": {"pg16"}} }, "hex SHA-256"},
		{"no upgrade id", func(c *bus.Config) {
			c.Publishers = map[string][]string{strings.Repeat("0a", 32): {"pg.>"}}
		}, `"pg.>" is not an upgrade id`},
		{"bad cluster", func(c *bus.Config) { c.ClusterListen = "here" }, "--cluster-listen here"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cfg := local(t)
			tt.change(&cfg)
			b, err := bus.Open(t.Context(), cfg, discard)
			if err == nil {
				closeBus(t, b)
			}
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("Open() = %v, want %q in it", err, tt.want)
			}
		})
	}
}

func TestHealthy(t *testing.T) {
	b := open(t, local(t))
	if err := b.Healthy(t.Context()); err != nil {
		t.Errorf("Healthy() = %v", err)
	}
	if b.Addr() == "" {
		t.Error("Addr() is empty")
	}
	if w := b.Warnings(); len(w) > 0 {
		t.Errorf("Warnings() of an embedded server = %q", w)
	}
	closeBus(t, b)
	if err := b.Healthy(t.Context()); !errors.Is(err, bus.ErrUnavailable) {
		t.Errorf("Healthy() after Close = %v, want ErrUnavailable", err)
	}
	if _, err := b.Append(t.Context(), fact(1)); !errors.Is(err, bus.ErrUnavailable) {
		t.Errorf("Append() after Close = %v, want ErrUnavailable", err)
	}
	if got := open(t, silent(t)).Addr(); got != "" {
		t.Errorf("Addr() without a listener = %q", got)
	}
}
