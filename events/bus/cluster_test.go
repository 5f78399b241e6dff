package bus_test

import (
	"errors"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"upgradehub/events/bus"
)

// clusterConfigs are those of three embedded servers in one cluster.
func clusterConfigs(t testing.TB) []bus.Config {
	t.Helper()
	var routes []string
	for range 3 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		routes = append(routes, l.Addr().String())
		l.Close()
	}
	var cfgs []bus.Config
	for i, addr := range routes {
		cfg := bus.Config{
			Dir: t.TempDir(), Listen: "-", NodeName: fmt.Sprintf("n%d", i+1),
			ClusterName: "hubs", ClusterListen: "hub:secret@" + addr,
		}
		for _, r := range routes {
			cfg.ClusterRoutes = append(cfg.ClusterRoutes, "hub:secret@"+r)
		}
		cfgs = append(cfgs, cfg)
	}
	return cfgs
}

func TestCluster(t *testing.T) {
	cfgs := clusterConfigs(t)
	nodes := make([]*bus.Bus, len(cfgs))
	var wg sync.WaitGroup
	for i := range cfgs {
		wg.Go(func() {
			var err error
			if nodes[i], err = bus.Open(t.Context(), cfgs[i], discard); err != nil {
				t.Errorf("Open(%s) = %v", cfgs[i].NodeName, err)
			}
		})
	}
	wg.Wait()
	for _, b := range nodes {
		if b == nil {
			t.FailNow()
		}
		t.Cleanup(func() { closeBus(t, b) })
	}
	id := identity(t, nodes[0])
	var stored, refused int
	var mu sync.Mutex
	for _, b := range nodes {
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
	if stored != 20 || refused != 40 {
		t.Errorf("stored %d, refused %d, want 20, 40", stored, refused)
	}
	if last, err := nodes[0].Last(t.Context()); err != nil || last != 21 {
		t.Errorf("Last() = %d, %v, want 21", last, err)
	}
	one := lease(t, nodes[0], "n1", time.Minute)
	if one == nil || lease(t, nodes[1], "n2", time.Minute) != nil {
		t.Errorf("the lease is not held by one node")
	}
	closeBus(t, nodes[2])
	appendFacts(t, nodes[0], 100, 105)
	if got := follow(t, nodes[1], bus.Position{Log: id}, 27); len(got) != 27 {
		t.Errorf("the second node read %d facts, want 27", len(got))
	}
}
