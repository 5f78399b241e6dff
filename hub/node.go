package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"upgradehub/events/bus"
	"upgradehub/events/clock"
	"upgradehub/hub/api"
	"upgradehub/hub/duty"
	"upgradehub/hub/ingest"
	"upgradehub/hub/insights"
	"upgradehub/hub/store"
	"upgradehub/notifiers/courier"
	"upgradehub/notifiers/slack/interact"
	"upgradehub/statuspage"
	"upgradehub/statuspage/feedback"
	"upgradehub/statuspage/live"
	"upgradehub/statuspage/snapshot"
)

var (
	_ statuspage.Board = (*store.Store)(nil)
	_ courier.Outbox   = (*duty.Duty)(nil)
	_ courier.Composer = (*duty.Duty)(nil)
	_ courier.Recorder = (*duty.Duty)(nil)
	_ courier.Guard    = (*duty.Duty)(nil)
	_ feedback.Desk    = (*desk)(nil)
	_ interact.Desk    = (*slackDesk)(nil)
	_ interact.Board   = (*slackDesk)(nil)

	_ feedback.Subscriptions = (*subscriptions)(nil)
	_ statuspage.Insights    = (*insights.Source)(nil)
	_ feedback.Board         = (*store.Store)(nil)
)

// node is one hub node with all of its parts, wired.
type node struct {
	cfg   Config
	clock clock.Clock
	log   *slog.Logger

	bus    *bus.Bus
	store  *store.Store
	ingest *ingest.Ingest
	duty   *duty.Duty
	live   *live.Hub
	api    *api.API
	ops    *api.Ops
	pages  *router

	subscriptions *subscriptions
	// snapshot is nil when there is no place for one.
	snapshot *snapshot.Snapshot
	// erased wakes who removes what is left of erased people.
	erased chan struct{}
	// mirrored is closed once this node's copy of PEOPLE is whole.
	mirrored chan struct{}
	// clicks is nil when Slack cannot say what people do there.
	clicks *interact.Handler

	http, opsListener net.Listener
	closers           []func() error
}

// openNode opens the log, the store and the listeners and wires the parts;
// nothing runs yet. What was opened is closed again when a later part fails.
func openNode(ctx context.Context, cfg Config, clk clock.Clock, log *slog.Logger) (_ *node, err error) {
	n := &node{cfg: cfg, clock: clk, log: log, erased: make(chan struct{}, 1), mirrored: make(chan struct{})}
	defer func() {
		if err != nil {
			err = errors.Join(err, n.close())
		}
	}()
	for _, step := range []func(context.Context) error{n.openListeners, n.openLog, n.openStore, n.verifyLog, n.wire} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return n, nil
}

// close closes what was opened, the newest first.
func (n *node) close() error {
	var errs []error
	for _, v := range slices.Backward(n.closers) {
		errs = append(errs, v())
	}
	return errors.Join(errs...)
}

func (n *node) openListeners(ctx context.Context) (err error) {
	var listen net.ListenConfig
	if n.http, err = listen.Listen(ctx, "tcp", n.cfg.HTTP); err != nil {
		return fmt.Errorf("--http %s: %w", n.cfg.HTTP, err)
	}
	n.closers = append(n.closers, closeListener(n.http))
	if n.opsListener, err = listen.Listen(ctx, "tcp", n.cfg.Ops); err != nil {
		return fmt.Errorf("--ops %s: %w", n.cfg.Ops, err)
	}
	n.closers = append(n.closers, closeListener(n.opsListener))
	if n.cfg.PublicURL == "" {
		n.cfg.PublicURL = defaultURL(n.http.Addr().String())
	}
	return nil
}

// closeListener closes one that no server has closed.
func closeListener(ln net.Listener) func() error {
	return func() error {
		if err := ln.Close(); !errors.Is(err, net.ErrClosed) {
			return err
		}
		return nil
	}
}

func (n *node) openLog(ctx context.Context) error {
	name, err := nodeName(n.cfg.Data)
	if err != nil {
		return err
	}
	n.bus, err = bus.Open(ctx, bus.Config{
		Dir: n.cfg.Data, Listen: n.cfg.NATSListen, NodeName: name, Clock: n.clock,
		URL: n.cfg.NATS, Creds: n.cfg.NATSCreds, IntakeCreds: n.cfg.NATSIntakeCreds,
		ClusterName: n.cfg.ClusterName, ClusterListen: n.cfg.ClusterListen, ClusterRoutes: n.cfg.ClusterRoutes,
		Replicas: n.cfg.Replicas, Publishers: n.cfg.Publishers, Operator: n.cfg.Token.Reveal(),
	}, n.log.With("part", "bus"))
	if err != nil {
		return err
	}
	n.closers = append(n.closers, n.bus.Close)
	for _, warning := range n.bus.Warnings() {
		n.log.WarnContext(ctx, "acknowledged events may not be durable", "err", warning)
	}
	return nil
}

// nodeName is the name this data directory gives its node: random, kept, so
// that the node knows its own lease again.
func nodeName(data string) (string, error) {
	if err := os.MkdirAll(data, 0o700); err != nil {
		return "", fmt.Errorf("--data %s: %w", data, err)
	}
	path := filepath.Join(data, "node")
	raw, err := os.ReadFile(path) //nolint:gosec // the operator's own directory
	if err == nil && len(raw) > 0 {
		return strings.TrimSpace(string(raw)), nil
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("--data %s: %w", data, err)
	}
	name := "hub-" + strings.ToLower(rand.Text()[:12])
	return name, os.WriteFile(path, []byte(name+"\n"), 0o600)
}

func (n *node) openStore(ctx context.Context) (err error) {
	if n.store, err = store.Open(ctx, filepath.Join(n.cfg.Data, "hub.db"), n.log.With("part", "store")); err != nil {
		return err
	}
	n.closers = append(n.closers, n.store.Close)
	meta, err := n.store.Meta(ctx)
	if err != nil || meta.Seq == 0 || meta.FoldVersion == store.FoldVersion {
		return err
	}
	n.log.InfoContext(ctx, "folding the log anew: this version has other rules", "seq", meta.Seq)
	return ingest.Refold(ctx, n.store)
}

// verifyLog makes sure that this is the log the database was made from, before
// any part reads the one or writes to the other.
func (n *node) verifyLog(ctx context.Context) error {
	at, err := n.store.Resume(ctx)
	if err == nil {
		err = n.bus.Verify(ctx, at)
	}
	if err != nil {
		return fmt.Errorf("database %s: %w", filepath.Join(n.cfg.Data, "hub.db"), err)
	}
	return nil
}

// wire makes the parts and joins them: the fold tells pages and duty what is
// new, and both read the store.
func (n *node) wire(context.Context) error {
	if n.cfg.Role == roleView && n.cfg.Embedded() && !n.cfg.Clustered() {
		n.log.Warn("this node has the log to itself and never takes duty: nothing published will be shown or told", "role", roleView)
	}
	n.ingest = ingest.New(n.store, n.committed, n.log.With("part", "ingest"))
	if err := n.wireDuty(); err != nil {
		return err
	}
	return n.wirePages()
}

// committed runs after each commit and never blocks.
func (n *node) committed(c ingest.Commit) {
	shown := slices.Concat(c.Upgrades, c.Answered)
	n.live.Show(c.Seq, c.Newest, shown)
	if n.snapshot != nil && len(shown) > 0 {
		n.snapshot.Changed()
	}
	if c.Erased {
		n.wakeWaste()
	}
	n.duty.Folded(c.Upgrades, c.Subscribers, c.News)
}

// follow folds the log until ctx ends. While NATS is away it waits; a log
// that is not this file's own ends the node.
func (n *node) follow(ctx context.Context) error {
	return n.whileAway(ctx, func() error {
		at, err := n.store.Resume(ctx)
		if err != nil {
			return err
		}
		return n.bus.Follow(ctx, at, n.ingest.Handle)
	})
}

// whileAway repeats what needs NATS until NATS is there.
func (n *node) whileAway(ctx context.Context, f func() error) error {
	for {
		err := f()
		if !errors.Is(err, bus.ErrUnavailable) {
			return err
		}
		n.log.WarnContext(ctx, "log away, trying again", "err", err)
		if err := pause(ctx, time.Second); err != nil {
			return err
		}
	}
}

// mirrorPeople keeps this node's copy of PEOPLE.
func (n *node) mirrorPeople(ctx context.Context) error {
	whole := sync.OnceFunc(func() { close(n.mirrored) })
	return n.whileAway(ctx, func() error {
		return n.bus.WatchPeople(ctx, func(key string, value []byte) error {
			return n.store.PutPeople(ctx, key, value)
		}, whole)
	})
}

// router is a mux that knows its patterns, so that a test can visit every
// public route there is.
type router struct {
	http.ServeMux
	patterns []string
}

// Handle registers a handler.
func (r *router) Handle(pattern string, h http.Handler) {
	r.patterns = append(r.patterns, pattern)
	r.ServeMux.Handle(pattern, h)
}

// HandleFunc registers a handler function.
func (r *router) HandleFunc(pattern string, h func(http.ResponseWriter, *http.Request)) {
	r.Handle(pattern, http.HandlerFunc(h))
}
