// Package snapshot keeps the last known pages as plain files, for any web
// server to show while the hub itself is down.
//
// It renders nothing: it asks the handlers of the hub as a visitor would,
// and makes their answers fit for a directory. The pages are without script,
// link to each other relatively, so that the directory may lie anywhere, and
// say when they were taken. What is not in the directory, such as forms and
// other languages than English, is linked at the hub.
//
// A reader never sees half a file: each is written beside its place and then
// renamed. What pages need stands there before they do. A page of an ended
// upgrade is written again only when the upgrade changed; nothing is ever
// deleted.
package snapshot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path"
	"strings"
	"time"

	"upgradehub/events/upgrade"
)

// Source answers for the paths of a hub.
type Source interface {
	// Get is the body of the answer to a visitor who asks for path; an
	// error unless the answer is 200.
	Get(ctx context.Context, path string) ([]byte, error)
}

// Config is what a snapshot needs. Dir and Source are required.
type Config struct {
	Source Source
	Dir    string
	Clock  func() time.Time // what pages say they were taken at; default the machine's
	Log    *slog.Logger     // default: discards
}

// How often is written: at most once per pace while things change, and once
// per beat while they do not, so that the age of the pages tells whether the
// hub is alive.
const (
	pace = time.Second
	beat = time.Minute
)

// Snapshot writes pages to its directory. Make it with [New].
type Snapshot struct {
	cfg    Config
	root   *os.Root
	wake   chan struct{}
	base   string           // of the hub, for links to what is not here
	assets map[string]bool  // written; their names change with their content
	pages  map[string]state // of ended upgrades, as they were written
	files  int              // written by the last Write
}

// state is what the page of an ended upgrade depends on.
type state struct {
	seq    uint64
	survey bool // is it open?
}

// New makes a snapshot in a directory, which it makes if need be.
func New(cfg Config) (*Snapshot, error) {
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	// Web servers run as somebody else.
	if err := os.MkdirAll(cfg.Dir, 0o755); err != nil { //nolint:gosec // public pages
		return nil, fmt.Errorf("snapshot: %w", err)
	}
	// A root: names come from answers, which may be another machine's.
	root, err := os.OpenRoot(cfg.Dir)
	if err != nil {
		return nil, fmt.Errorf("snapshot: %w", err)
	}
	return &Snapshot{cfg: cfg, root: root, wake: make(chan struct{}, 1), assets: map[string]bool{}, pages: map[string]state{}}, nil
}

// Close lets go of the directory.
func (s *Snapshot) Close() error { return s.root.Close() }

// Changed says that something may look different now. It never blocks.
func (s *Snapshot) Changed() {
	select {
	case s.wake <- struct{}{}:
	default: // it is known already
	}
}

// Run writes until ctx ends, and once more then: nobody will after it. A
// directory that cannot be written is no reason to stop: it is tried again.
func (s *Snapshot) Run(ctx context.Context) error {
	for {
		s.try(ctx)
		s.pause(ctx, pace, nil)
		s.pause(ctx, beat-pace, s.wake)
		if ctx.Err() != nil {
			s.last(ctx)
			return ctx.Err()
		}
	}
}

func (s *Snapshot) try(ctx context.Context) {
	if _, err := s.Write(ctx); err != nil && ctx.Err() == nil {
		s.cfg.Log.WarnContext(ctx, "snapshot not written", "path", s.cfg.Dir, "err", err)
	}
}

// pause waits for d, for a word on wake, or for the end of ctx.
func (s *Snapshot) pause(ctx context.Context, d time.Duration, wake <-chan struct{}) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-wake:
	case <-ctx.Done():
	}
}

// last writes with what time a hub that stops has left.
func (s *Snapshot) last(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	s.try(ctx)
}

// apiPaths are the answers for programs that are kept, with the same path.
var apiPaths = []string{
	"/api/v2/status.json", "/api/v2/summary.json", "/api/v2/components.json",
	"/api/v2/incidents.json", "/api/v2/incidents/unresolved.json", "/api/v2/scheduled-maintenances.json",
	"/api/v2/scheduled-maintenances/upcoming.json", "/api/v2/scheduled-maintenances/active.json",
}

// Write writes what changed since the last time, and says how many files
// that were. It must not be called while [Snapshot.Run] runs.
func (s *Snapshot) Write(ctx context.Context) (files int, err error) {
	s.files = 0
	taken := s.cfg.Clock()
	if err := s.locate(ctx); err != nil {
		return 0, err
	}
	all, err := s.upgrades(ctx)
	if err != nil {
		return s.files, err
	}
	here := map[string]string{"/": "index.html", "/history": "history.html"}
	for _, u := range all {
		here["/upgrades/"+u.ID] = "upgrades/" + u.ID + ".html"
		if u.State.Ended() {
			here[insightsOf(u)] = "upgrades/" + u.ID + "/insights.html"
		}
	}
	t := taking{Snapshot: s, here: here, at: taken}
	// What changes most, and what is read first, comes last: then all that
	// it links to is there.
	for _, step := range []func() error{
		func() error { return t.each(ctx, all) },
		func() error { return t.page(ctx, "/history") },
		func() error { return s.data(ctx) },
		func() error { return t.page(ctx, "/") },
		func() error { return s.stamp(taken) },
	} {
		if err := step(); err != nil {
			return s.files, err
		}
	}
	return s.files, nil
}

// locate asks the hub for its address.
func (s *Snapshot) locate(ctx context.Context) error {
	raw, err := s.cfg.Source.Get(ctx, "/api/v2/status.json")
	if err != nil {
		return err
	}
	var status struct {
		Page struct{ URL string }
	}
	if err := json.Unmarshal(raw, &status); err != nil {
		return fmt.Errorf("read status.json: %w", err)
	}
	u, err := url.Parse(status.Page.URL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return fmt.Errorf("read status.json: %q is no address of a hub", status.Page.URL)
	}
	s.base = strings.TrimRight(u.String(), "/")
	return nil
}

// upgrades lists what there is, and writes the list.
func (s *Snapshot) upgrades(ctx context.Context) ([]upgrade.Public, error) {
	raw, err := s.cfg.Source.Get(ctx, "/api/v1/upgrades")
	if err != nil {
		return nil, err
	}
	var all []upgrade.Public
	if err := json.Unmarshal(raw, &all); err != nil {
		return nil, fmt.Errorf("read the list of upgrades: %w", err)
	}
	return all, s.put("upgrades.json", raw)
}

func (s *Snapshot) data(ctx context.Context) error {
	for _, p := range apiPaths {
		raw, err := s.cfg.Source.Get(ctx, p)
		if err != nil {
			return err
		}
		if err := s.put(p[1:], raw); err != nil {
			return err
		}
	}
	return nil
}

// stamp writes how old the snapshot is, for programs.
func (s *Snapshot) stamp(taken time.Time) error {
	raw, err := json.Marshal(struct {
		TakenAt time.Time `json:"taken_at"`
		Source  string    `json:"source"`
	}{taken.UTC(), s.base})
	if err != nil {
		return err
	}
	return s.put("snapshot.json", raw)
}

// put writes a file so that a reader sees the old one or the new one.
func (s *Snapshot) put(name string, raw []byte) error {
	temp := path.Join(path.Dir(name), ".new-"+path.Base(name))
	if err := s.root.MkdirAll(path.Dir(name), 0o755); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("snapshot: %w", err)
	}
	if err := s.root.WriteFile(temp, raw, 0o644); err != nil {
		return errors.Join(fmt.Errorf("snapshot: %w", err), s.drop(temp))
	}
	if err := s.root.Rename(temp, name); err != nil {
		return errors.Join(fmt.Errorf("snapshot: %w", err), s.drop(temp))
	}
	s.files++
	return nil
}

// drop removes what was not finished, if it is there.
func (s *Snapshot) drop(name string) error {
	if err := s.root.Remove(name); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
