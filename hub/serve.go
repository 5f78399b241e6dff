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

// run serves until ctx ends or a part of the node fails.
func (n *node) run(parent context.Context, out io.Writer) error {
	work, ctx := errgroup.WithContext(parent)
	work.Go(func() error { return n.follow(ctx) })
	work.Go(func() error { return n.mirrorPeople(ctx) })
	work.Go(func() error { return n.live.Run(ctx) })
	if n.cfg.Role == roleAll {
		work.Go(func() error { return n.duty.Run(ctx) })
	}
	work.Go(func() error { return n.ready(ctx, out) })
	work.Go(func() error { return n.listen(ctx, n.http, statuspage.Secure(n.pages)) })
	work.Go(func() error { return n.listen(ctx, n.opsListener, n.ops.Handler()) })
	err := work.Wait()
	if parent.Err() != nil && onlyStopped(err) {
		return nil
	}
	return err
}

// onlyStopped: the error of a part that was asked to stop is no fault.
func onlyStopped(err error) bool {
	return err == nil || errors.Is(err, context.Canceled)
}

// ready waits until the node has folded what the log held at its start, and
// says where it can be reached.
func (n *node) ready(ctx context.Context, out io.Writer) error {
	last, err := n.bus.Last(ctx)
	if err != nil {
		return err
	}
	if err := n.store.Wait(ctx, last); err != nil {
		return err
	}
	n.ops.Started()
	_, err = fmt.Fprintf(out, "Upgrade Hub is ready\n  page     %s/\n  publish  %s\n  health   http://%s/readyz\n  data     %s\n",
		n.cfg.PublicURL, n.publishAddress(), n.opsListener.Addr(), n.cfg.Data)
	return err
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
