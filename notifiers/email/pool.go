package email

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"slices"
	"sync"
	"time"

	gomail "github.com/wneessen/go-mail"

	"upgradehub/notifiers"
)

// pool keeps connections between mails. A sender has a connection for itself.
type pool struct {
	server  server
	helo    string
	timeout time.Duration
	idle    time.Duration
	tls     *tls.Config
	turns   *turns

	mu     sync.Mutex
	free   []*conn
	closed bool
}

var errClosed = errors.New("mail is closed")

func newPool(cfg Config) (*pool, error) {
	s, err := parseURL(cfg.URL)
	if err != nil {
		return nil, err
	}
	base := &tls.Config{MinVersion: tls.VersionTLS12}
	if cfg.TLS != nil {
		base = cfg.TLS.Clone()
	}
	base.ServerName = cmp.Or(base.ServerName, s.host)
	return &pool{
		server: s, helo: cfg.HELO, tls: base,
		timeout: cmp.Or(cfg.Timeout, 30*time.Second),
		idle:    cmp.Or(cfg.Idle, 30*time.Second),
		turns:   newTurns(cmp.Or(cfg.Connections, connections), hanging),
	}, nil
}

// send hands one mail to the server and returns what it answered. The error is
// nil whenever the server took it.
func (p *pool) send(ctx context.Context, l *letter) (answer string, err error) {
	end, err := p.turns.take(ctx)
	if err != nil {
		return "", &notifiers.SendError{Code: "timeout", Err: err}
	}
	defer end()
	for {
		c, err := p.take(ctx)
		if err != nil {
			return "", err
		}
		if l.utf8() && !c.offers("SMTPUTF8") {
			p.give(c)
			return "", &notifiers.SendError{Code: "smtputf8", Permanent: true, TargetBroken: true, Err: errNoUTF8}
		}
		kept := c.used
		answer, failed := p.sendOver(ctx, c, l)
		if failed == nil {
			return answer, nil
		}
		// What a kept connection was ended for has nothing to do with this
		// mail, and nothing of it was taken: the next one may be fresh.
		if !kept || !failed.stale() || ctx.Err() != nil {
			return "", judge(ctx, failed, l)
		}
	}
}

func (p *pool) sendOver(ctx context.Context, c *conn, l *letter) (answer string, failed *failure) {
	stop := context.AfterFunc(ctx, c.drop)
	answer, failed = c.hand(l, p.timeout)
	usable := failed == nil || failed.reusable() && c.reset()
	if stop() && usable {
		p.give(c)
	} else {
		c.drop()
	}
	return answer, failed
}

// take returns a free connection or a new one.
func (p *pool) take(ctx context.Context) (*conn, error) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, &notifiers.SendError{Code: "closed", Err: errClosed}
	}
	if n := len(p.free); n > 0 {
		c := p.free[n-1]
		p.free = p.free[:n-1]
		p.mu.Unlock()
		c.expiry.Stop()
		return c, nil
	}
	p.mu.Unlock()
	return p.dial(ctx)
}

// give keeps a connection for the next mail, for as long as idle allows.
func (p *pool) give(c *conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		// Nobody waits for the server's goodbye here.
		c.drop()
		return
	}
	c.used = true
	p.free = append(p.free, c)
	c.expiry = time.AfterFunc(p.idle, func() { p.expire(c) })
}

// expire ends a connection unless it was taken meanwhile.
func (p *pool) expire(c *conn) {
	p.mu.Lock()
	i := slices.Index(p.free, c)
	if i >= 0 {
		p.free = slices.Delete(p.free, i, i+1)
	}
	p.mu.Unlock()
	if i >= 0 {
		c.quit()
	}
}

func (p *pool) close() {
	p.mu.Lock()
	free := p.free
	p.free, p.closed = nil, true
	p.mu.Unlock()
	for _, c := range free {
		c.expiry.Stop()
		c.quit()
	}
}

// dial begins a session. A client of the library's serves one connection only:
// shared, it would hold a lock over every dial and send.
func (p *pool) dial(ctx context.Context) (*conn, error) {
	c := &conn{}
	client, err := gomail.NewClient(p.server.host, p.options(c)...)
	if err != nil {
		return nil, &notifiers.SendError{Code: "config", ChannelBroken: true, Err: err}
	}
	c.client = client
	// The library's deadline stands on the socket; the end of ctx must too.
	stop := context.AfterFunc(ctx, c.drop)
	c.session, err = client.DialToSMTPClientWithContext(ctx)
	if cut := !stop(); cut && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		c.drop()
		return nil, judgeDial(ctx, err)
	}
	return c, nil
}

func (p *pool) options(c *conn) []gomail.Option {
	o := []gomail.Option{
		gomail.WithPort(p.server.port), gomail.WithTimeout(p.timeout), gomail.WithTLSConfig(p.tls),
		gomail.WithDialContextFunc(p.dialer(c)), gomail.WithTLSPolicy(p.server.policy),
		gomail.WithoutNoop(), // Exim hangs up after ten commands that are not mail
	}
	if p.server.implicit {
		// With a dialer of our own the library would take WithSSL for plain text
		// and offer no password; opportunistic, it sees that TLS is there.
		o = append(o, gomail.WithTLSPolicy(gomail.TLSOpportunistic))
	}
	if p.helo != "" {
		o = append(o, gomail.WithHELO(p.helo))
	}
	if p.server.user != "" {
		o = append(o, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover),
			gomail.WithUsername(p.server.user), gomail.WithPassword(p.server.pass))
	}
	return o
}

func (p *pool) dialer(c *conn) gomail.DialContextFunc {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		socket, err := (&net.Dialer{}).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		c.keep(socket)
		if !p.server.implicit {
			return socket, nil
		}
		secured := tls.Client(socket, p.tls)
		return secured, secured.HandshakeContext(ctx)
	}
}
