package snapshot_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"time"

	"upgradehub/events/plan"
	"upgradehub/events/survey"
	"upgradehub/events/upgrade"
	"upgradehub/statuspage"
	"upgradehub/statuspage/snapshot"
	"upgradehub/statuspage/statusapi"
)

const hubURL = "https://status.example.org"

// site is the real pages and the real API over a board in memory.
type site struct {
	mux   *http.ServeMux
	pages *statuspage.Pages

	mu  sync.Mutex
	seq uint64
	all []upgrade.Public
}

func newSite(t testing.TB, all ...upgrade.Public) *site {
	t.Helper()
	s := &site{mux: http.NewServeMux()}
	var err error
	s.pages, err = statuspage.New(statuspage.Config{Board: s, Insights: s, PublicURL: hubURL, Clock: func() time.Time { return noon }}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	s.pages.Routes(s.mux)
	statusapi.New(statusapi.Config{Board: s, PublicURL: hubURL, Clock: func() time.Time { return noon }}).Routes(s.mux)
	s.mux.HandleFunc("GET /api/v1/upgrades", func(w http.ResponseWriter, r *http.Request) {
		all, _ := s.Upgrades(r.Context())
		if err := json.NewEncoder(w).Encode(all); err != nil {
			t.Error(err)
		}
	})
	for _, u := range all {
		s.put(u)
	}
	return s
}

func (s *site) Upgrades(context.Context) ([]upgrade.Public, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]upgrade.Public{}, s.all...), nil
}

func (s *site) Upgrade(_ context.Context, id string) (upgrade.Public, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, u := range s.all {
		if u.ID == id {
			return u, nil
		}
	}
	return upgrade.Public{}, fmt.Errorf("%q: %w", id, statuspage.ErrNotFound)
}

// Insight is that nobody answered.
func (s *site) Insight(ctx context.Context, id string) (statuspage.Insight, error) {
	u, err := s.Upgrade(ctx, id)
	return statuspage.Insight{Upgrade: u, Survey: survey.Look(nil, survey.Invited{}).Public()}, err
}

func (s *site) Position() (string, uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return "log-1", s.seq
}

// put commits a new state of an upgrade.
func (s *site) put(u upgrade.Public) {
	s.mu.Lock()
	s.seq++
	u.Seq = s.seq
	found := false
	for i := range s.all {
		if s.all[i].ID == u.ID {
			s.all[i], found = u, true
		}
	}
	if !found {
		s.all = append(s.all, u)
	}
	s.mu.Unlock()
	s.pages.Live().Show(u.Seq, noon, []string{u.ID})
}

// counted counts what a source is asked for, and fails for one path.
type counted struct {
	snapshot.Source
	mu   sync.Mutex
	n    map[string]int
	fail string
}

func (c *counted) Get(ctx context.Context, path string) ([]byte, error) {
	c.mu.Lock()
	if c.n == nil {
		c.n = map[string]int{}
	}
	c.n[path]++
	failing := c.fail == path
	c.mu.Unlock()
	if failing {
		return nil, fmt.Errorf("GET %s: broken", path)
	}
	return c.Source.Get(ctx, path)
}

func (c *counted) count(path string) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n[path]
}

var noon = time.Date(2026, 11, 22, 2, 40, 0, 0, time.UTC)

func running() upgrade.Public {
	return upgrade.Public{
		ID: "pg16", Title: "Database upgrade", System: "records", State: upgrade.InProgress, Zone: "Europe/Berlin",
		Window: plan.Window{Start: noon.Add(-time.Hour), End: noon.Add(time.Hour)}, Announced: noon.Add(-240 * time.Hour), Started: new(noon.Add(-time.Hour)),
		Impact:     plan.Degraded,
		Components: []upgrade.PublicComponent{{ID: "web", Name: "Web", Impact: plan.Degraded, Since: new(noon.Add(-time.Hour))}},
		Phases:     []upgrade.PublicPhase{},
		Updates: []upgrade.PublicUpdate{{
			ID: "n1", At: noon.Add(-time.Minute), Text: `Write href="/nowhere" and <script src="/static/x.js"></script> [notes](https://docs.example.org/a)`,
		}},
	}
}

func ended() upgrade.Public {
	u := running()
	u.ID, u.Title, u.State, u.Impact = "os24", "Operating system", upgrade.Completed, plan.NoImpact
	u.Finished, u.SurveyCloses = new(noon.Add(-10*time.Minute)), new(noon.Add(24*time.Hour))
	u.Components[0].Impact = plan.NoImpact
	return u
}

// write writes a snapshot of the site once, to a new directory.
func write(t testing.TB, s *site) (dir string, files int) {
	t.Helper()
	dir = t.TempDir()
	files, err := open(t, snapshot.Handler(s.mux), dir).Write(t.Context())
	if err != nil {
		t.Fatalf("Write: %v", err)
	}
	return dir, files
}

func open(t testing.TB, source snapshot.Source, dir string) *snapshot.Snapshot {
	t.Helper()
	shot, err := snapshot.New(snapshot.Config{Source: source, Dir: dir, Clock: func() time.Time { return noon }})
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	t.Cleanup(func() {
		if err := shot.Close(); err != nil {
			t.Error(err)
		}
	})
	return shot
}
