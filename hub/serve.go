package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"

	"upgradehub/events/clock"
	"upgradehub/statuspage"
)

// serve runs a hub until ctx ends, and ends it cleanly: pages drained, duty
// handed over, log and file closed.
func serve(ctx context.Context, cfg Config, out io.Writer, clk clock.Clock) error {
	n, err := openNode(ctx, cfg, clk, newLogger(out, cfg.Log))
	if err != nil {
		return err
	}
	return errors.Join(n.run(ctx, out), n.close())
}

// run serves until ctx ends or a part of the node fails. The fold ends last,
// because whoever finishes what is under way waits until it is folded.
func (n *node) run(parent context.Context, out io.Writer) error {
	both, ctx := errgroup.WithContext(parent)
	folding, stop := context.WithCancel(context.WithoutCancel(parent))
	both.Go(func() error {
		err := n.follow(folding)
		if folding.Err() != nil {
			return nil //nolint:nilerr // its error is that it was stopped
		}
		return err
	})
	both.Go(func() error {
		defer stop()
		return n.work(ctx, out)
	})
	err := both.Wait()
	if parent.Err() != nil && onlyStopped(err) {
		return nil
	}
	return err
}

// work is everything but the fold.
func (n *node) work(ctx context.Context, out io.Writer) error {
	work, ctx := errgroup.WithContext(ctx)
	work.Go(func() error { return n.mirrorPeople(ctx) })
	work.Go(func() error { return n.live.Run(ctx) })
	work.Go(func() error { return n.subscriptions.Run(ctx) })
	if n.cfg.Role == roleAll {
		work.Go(func() error { return n.duty.Run(ctx) })
	}
	work.Go(func() error { return n.ready(ctx, out) })
	work.Go(func() error { return n.keepSnapshot(ctx) })
	work.Go(func() error { return n.watchBounces(ctx) })
	work.Go(func() error { return n.wasteErased(ctx) })
	if n.clicks != nil {
		work.Go(func() error { return n.clicks.Run(ctx) })
	}
	work.Go(func() error { return n.listen(ctx, n.http, statuspage.Secure(n.pages)) })
	work.Go(func() error { return n.listen(ctx, n.opsListener, n.ops.Handler()) })
	return work.Wait()
}

// onlyStopped: the error of a part that was asked to stop is no fault.
func onlyStopped(err error) bool {
	return err == nil || errors.Is(err, context.Canceled)
}

// ready waits until the node has folded what the log held at its start, and
// says where it can be reached.
func (n *node) ready(ctx context.Context, out io.Writer) error {
	if err := n.caughtUp(ctx); err != nil {
		return err
	}
	n.ops.Started()
	_, err := fmt.Fprintf(out, "Upgrade Hub is ready\n  page     %s/\n  publish  %s\n  health   http://%s/readyz\n  data     %s\n",
		n.cfg.PublicURL, n.publishAddress(), n.opsListener.Addr(), n.cfg.Data)
	return err
}

// caughtUp waits until the node has folded what the log held just now.
func (n *node) caughtUp(ctx context.Context) error {
	var last uint64
	err := n.whileAway(ctx, func() (err error) {
		last, err = n.bus.Last(ctx)
		return err
	})
	if err != nil {
		return err
	}
	return n.store.Wait(ctx, last)
}

// keepSnapshot keeps the files up to date. A node that still folds the past
// would put an old state over what was last known.
func (n *node) keepSnapshot(ctx context.Context) error {
	if n.snapshot == nil {
		return nil
	}
	if err := n.caughtUp(ctx); err != nil {
		return err
	}
	return n.snapshot.Run(ctx)
}

func (n *node) publishAddress() string {
	if addr := n.bus.Addr(); addr != "" {
		return "nats://" + addr
	}
	return n.cfg.NATS
}

// listen serves HTTP on a listener until ctx ends; requests under way are
// finished first.
func (n *node) listen(ctx context.Context, ln net.Listener, h http.Handler) error {
	srv := &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(n.log.Handler(), slog.LevelDebug),
		BaseContext:       func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
	}
	drained := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		// Shutdown does not know of websockets.
		drained <- errors.Join(n.live.Close(grace), srv.Shutdown(grace))
	})
	defer stop()
	if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("listen on %s: %w", ln.Addr(), err)
	}
	return errors.Join(ctx.Err(), <-drained) // Serve returns as soon as Shutdown begins
}
