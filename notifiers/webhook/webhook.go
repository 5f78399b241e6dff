// Package webhook carries messages to programs, as signed HTTP POSTs.
//
// Every message is one [Payload], signed as Standard Webhooks 1.0 says
// (https://www.standardwebhooks.com): the webhook-id is the delivery's, so a
// repeat can be told from a second message. Each target has a key of its own,
// see [Keys], so that no target can sign what another one believes.
//
// Targets come from people, so none is trusted: what is dialled must be a
// public address, checked behind the name's resolution; no redirect is
// followed, no proxy used, little of an answer read. Nothing is retried here.
package webhook

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"strconv"
	"sync/atomic"
	"time"

	"upgradehub/notifiers"
)

// Config says how messages are signed and whom they may reach.
type Config struct {
	Keys Keys
	// Allow are the networks that may be dialled although they are not public,
	// for targets that the operator named; AllowStrangers are those for targets
	// that visitors named.
	Allow, AllowStrangers []netip.Prefix
	// Timeout is how long a target may take in all; default 15 s. The context
	// ends it earlier.
	Timeout time.Duration
	// Version is that of the hub, for the User-Agent.
	Version string
	// Clock stamps signatures; default time.Now.
	Clock func() time.Time
}

const defaultTimeout = 15 * time.Second

// Webhook carries messages. It is safe for concurrent use.
type Webhook struct {
	cfg                Config
	client, forVisitor *http.Client
	log                *slog.Logger
}

// New makes a Webhook; it dials nothing.
func New(cfg Config, log *slog.Logger) *Webhook {
	if cfg.Timeout == 0 {
		cfg.Timeout = defaultTimeout
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	return &Webhook{
		cfg: cfg, log: log,
		client: newClient(cfg.Allow, cfg.Timeout), forVisitor: newClient(cfg.AllowStrangers, cfg.Timeout),
	}
}

// Close ends the connections that are kept.
func (w *Webhook) Close() {
	w.client.CloseIdleConnections()
	w.forVisitor.CloseIdleConnections()
}

// Notify posts m to its target.
func (w *Webhook) Notify(ctx context.Context, m notifiers.Message) (notifiers.Receipt, error) {
	body, err := json.Marshal(payloadOf(m))
	if err != nil {
		return notifiers.Receipt{}, &notifiers.SendError{Code: "payload", Permanent: true, Err: err}
	}
	ctx, cancel := context.WithTimeout(ctx, w.cfg.Timeout)
	defer cancel()
	var sent atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		WroteRequest: func(wrote httptrace.WroteRequestInfo) { sent.Store(sent.Load() || wrote.Err == nil) },
	})
	req, err := w.request(ctx, m, body)
	if err != nil {
		return notifiers.Receipt{}, err
	}
	client := w.client
	if m.Stranger {
		client = w.forVisitor
	}
	res, err := client.Do(req)
	if err != nil {
		return notifiers.Receipt{}, unanswered(ctx, err, sent.Load())
	}
	defer res.Body.Close()
	// A connection is used again only when the answer was read.
	_, _ = io.CopyN(io.Discard, res.Body, maxAnswer)
	if err := judge(res, w.cfg.Clock()); err != nil {
		return notifiers.Receipt{}, err
	}
	w.log.DebugContext(ctx, "webhook accepted", "delivery", m.Delivery.ID, "status", res.StatusCode)
	return notifiers.Receipt{Provider: strconv.Itoa(res.StatusCode)}, nil
}

// request is the signed POST of a message.
func (w *Webhook) request(ctx context.Context, m notifiers.Message, body []byte) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, m.To.Address, bytes.NewReader(body))
	if err != nil || req.URL.Host == "" || req.URL.Scheme != "https" && req.URL.Scheme != "http" {
		return nil, &notifiers.SendError{Code: "address", Permanent: true, TargetBroken: true, Err: errAddress}
	}
	now := w.cfg.Clock()
	signature, err := w.cfg.Keys.sign(m.To.Address, m.Delivery.ID, now, body)
	if err != nil {
		return nil, &notifiers.SendError{Code: "signature", ChannelBroken: true, Err: err}
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	req.Header.Set("User-Agent", "UpgradeHub/"+w.cfg.Version)
	req.Header.Set("webhook-id", m.Delivery.ID)
	req.Header.Set("webhook-timestamp", strconv.FormatInt(now.Unix(), 10))
	req.Header.Set("webhook-signature", signature)
	return req, nil
}

var errAddress = errors.New("the target is no URL of http or https")

// Check says what is wrong with the URL of a target, without repeating it.
func Check(target string) error {
	u, err := url.Parse(target)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http":
		return errors.New("is not a URL such as https://host")
	case u.User != nil:
		return errors.New("holds credentials: messages are signed instead")
	case u.Fragment != "":
		return errors.New("has a fragment, which no server sees")
	}
	return nil
}
