package bus

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

const (
	defaultListen = "127.0.0.1:4222"
	noListener    = "-"
	defaultNode   = "hub"

	// maxStore bounds what JetStream may write; left alone, it takes three
	// quarters of whatever is free at the moment of the start.
	maxStore = 8 << 30
	// maxPayload leaves room for the fact made of the largest event.
	maxPayload = 4 << 20
	readyWait  = 20 * time.Second
)

// takeLock makes sure that no other hub uses the data directory: the server
// itself would not notice, and both would write.
func (b *Bus) takeLock(context.Context) error {
	if b.cfg.Dir == "" {
		return nil
	}
	if err := os.MkdirAll(b.cfg.Dir, 0o700); err != nil {
		return err
	}
	path := filepath.Join(b.cfg.Dir, "LOCK")
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		f.Close()
		return fmt.Errorf("%w: %s is held by another hub: %w", ErrLocked, path, err)
	}
	b.lock = f
	return nil
}

// startServer starts the embedded server with JetStream in both accounts.
func (b *Bus) startServer(ctx context.Context) error {
	if b.cfg.URL != "" {
		return nil
	}
	gate, err := newGatekeeper(b.cfg)
	if err != nil {
		return err
	}
	opts, err := b.cfg.serverOptions(gate)
	if err != nil {
		return err
	}
	b.warnOpenCluster(opts)
	srv, err := server.NewServer(opts)
	if err != nil {
		return fmt.Errorf("nats server: %w", err)
	}
	b.server = srv
	gate.account = srv.LookupAccount
	b.hubLogin, b.publishersLogin = gate.hubLogin, gate.publishersLogin
	fatal := make(chan string, 1)
	srv.SetLogger(&serverLog{log: b.log, fatal: fatal}, false, false)
	srv.Start()
	if err := b.awaitServer(ctx, fatal); err != nil {
		return err
	}
	return b.enableAccounts()
}

// awaitServer waits until the server takes connections, or says why not.
func (b *Bus) awaitServer(ctx context.Context, fatal <-chan string) error {
	ctx, cancel := context.WithTimeout(ctx, readyWait)
	defer cancel()
	for ctx.Err() == nil {
		select {
		case why := <-fatal:
			return b.cfg.fatalError(why)
		default:
		}
		if b.server.ReadyForConnections(100 * time.Millisecond) {
			return nil
		}
	}
	return fmt.Errorf("nats server: not ready: %w", ctx.Err())
}

// fatalError names the flag behind what the server could not do.
func (c Config) fatalError(why string) error {
	switch {
	case strings.Contains(why, "listening on port"):
		return fmt.Errorf("--nats-listen %s: %s (another address, or %q for none, avoids it)", c.listen(), why, noListener)
	case strings.Contains(why, "router port"):
		return fmt.Errorf("--cluster-listen %s: %s", c.ClusterListen, why)
	}
	return fmt.Errorf("nats server: %s", why)
}

// enableAccounts gives JetStream to both accounts: unlike the default
// account, a configured one does not have it by itself.
func (b *Bus) enableAccounts() error {
	for _, name := range []string{hubAccount, publishersAccount} {
		acc, err := b.server.LookupAccount(name)
		if err != nil {
			return fmt.Errorf("account %s: %w", name, err)
		}
		if err := acc.EnableJetStream(nil, nil); err != nil {
			return fmt.Errorf("account %s: enable JetStream: %w", name, err)
		}
	}
	return nil
}

func (c Config) listen() string {
	if c.Listen == "" {
		return defaultListen
	}
	return c.Listen
}

func (c Config) node() string {
	if c.NodeName == "" {
		return defaultNode
	}
	return c.NodeName
}

func (c Config) clustered() bool { return c.ClusterListen != "" }

// serverOptions are those of the embedded server. It syncs always: with the
// default a power cut takes back what was acknowledged.
func (c Config) serverOptions(gate *gatekeeper) (*server.Options, error) {
	opts := &server.Options{
		ServerName:                 c.node(),
		NoSigs:                     true,
		NoLog:                      true,
		JetStream:                  true,
		StoreDir:                   filepath.Join(c.Dir, "nats"),
		JetStreamMaxStore:          maxStore,
		SyncAlways:                 true,
		MaxPayload:                 maxPayload,
		Accounts:                   []*server.Account{server.NewAccount(hubAccount), server.NewAccount(publishersAccount)},
		CustomClientAuthentication: gate,
	}
	if err := c.setListener(opts); err != nil {
		return nil, err
	}
	if err := c.setCluster(opts); err != nil {
		return nil, err
	}
	return opts, nil
}

func (c Config) setListener(opts *server.Options) error {
	listen := c.listen()
	if listen == noListener {
		// Routes between servers start only beside a client listener; the
		// gatekeeper then refuses whoever finds this one.
		opts.DontListen = !c.clustered()
		listen = "127.0.0.1:0"
	}
	host, port, err := splitAddr(listen)
	if err != nil {
		return fmt.Errorf("--nats-listen %s: %w", listen, err)
	}
	opts.Host, opts.Port = host, port
	return nil
}

func (c Config) setCluster(opts *server.Options) error {
	if !c.clustered() {
		return nil
	}
	listen := c.ClusterListen
	// The servers of a cluster may share a secret: user:password@host:port.
	if i := strings.LastIndexByte(listen, '@'); i >= 0 {
		opts.Cluster.Username, opts.Cluster.Password, _ = strings.Cut(listen[:i], ":")
		listen = listen[i+1:]
	}
	host, port, err := splitAddr(listen)
	if err != nil {
		return fmt.Errorf("--cluster-listen %s: %w", listen, err)
	}
	opts.Cluster.Name, opts.Cluster.Host, opts.Cluster.Port = c.ClusterName, host, port
	for _, route := range c.ClusterRoutes {
		if !strings.Contains(route, "://") {
			route = "nats://" + route
		}
		u, err := url.Parse(route)
		if err != nil {
			return fmt.Errorf("--cluster-routes: %w", err)
		}
		opts.Routes = append(opts.Routes, u)
	}
	return nil
}

// warnOpenCluster says that any server may join and read everything.
func (b *Bus) warnOpenCluster(opts *server.Options) {
	if !b.cfg.clustered() || opts.Cluster.Username != "" {
		return
	}
	if ip := net.ParseIP(opts.Cluster.Host); ip == nil || !ip.IsLoopback() {
		b.log.Warn("cluster without a secret: give --cluster-listen and --cluster-routes as user:password@host:port",
			"path", b.cfg.ClusterListen)
	}
}

// splitAddr splits host:port; port 0 becomes the server's word for any.
func splitAddr(addr string) (host string, port int, err error) {
	host, p, err := net.SplitHostPort(addr)
	if err != nil {
		return "", 0, err
	}
	port, err = strconv.Atoi(p)
	if err != nil || port > 65535 {
		return "", 0, fmt.Errorf("port %q is not a number up to 65535", p)
	}
	if port <= 0 {
		port = server.RANDOM_PORT
	}
	return host, port, nil
}

// serverLog passes what the embedded server says to the hub's log. The
// server's notices are of no use to an operator, its errors are.
type serverLog struct {
	log   *slog.Logger
	fatal chan<- string
}

func (l *serverLog) Noticef(f string, v ...any) {
	l.log.Debug("nats server", "notice", fmt.Sprintf(f, v...))
}
func (l *serverLog) Debugf(string, ...any) {}
func (l *serverLog) Tracef(string, ...any) {}
func (l *serverLog) Warnf(f string, v ...any) {
	l.log.Debug("nats server", "err", fmt.Sprintf(f, v...))
}

func (l *serverLog) Errorf(f string, v ...any) {
	l.log.Warn("nats server", "err", fmt.Sprintf(f, v...))
}

// Fatalf must not end the process; the first reason is kept for [Open].
func (l *serverLog) Fatalf(f string, v ...any) {
	select {
	case l.fatal <- fmt.Sprintf(f, v...):
	default:
		l.log.Error("nats server", "err", fmt.Sprintf(f, v...))
	}
}
