package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// client speaks to a running hub over HTTP.
type client struct {
	base  string // without a slash at its end
	token Secret
	http  *http.Client
}

// How long and how often a client tries. A hub holds a publisher's request
// for at most 15 s while its log stalls, and 5 s more for the answer.
const (
	requestTimeout = 40 * time.Second
	attempts       = 3
	maxRetryAfter  = 30 * time.Second
	maxAnswer      = 16 << 20
)

// verdict is what a hub says of a published event.
type verdict struct {
	// Result is applied, duplicate, anomaly, rejected, or stored when the
	// hub had not judged the event in time.
	Result   string   `json:"result"`
	Sequence uint64   `json:"sequence,omitempty"`
	Seq      uint64   `json:"seq,omitempty"`
	Anomaly  string   `json:"anomaly,omitempty"`
	Faults   []string `json:"faults,omitempty"`
}

// problemError is a refusal: a problem document (RFC 9457).
type problemError struct {
	Title  string   `json:"title"`
	Status int      `json:"status"`
	Detail string   `json:"detail"`
	Faults []string `json:"faults"`
	// after is how long the hub wants to be left alone.
	after time.Duration
	// raw is the answer as it came.
	raw json.RawMessage
}

func (e *problemError) Error() string {
	text := e.Title
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	switch e.Status {
	case http.StatusUnauthorized:
		text += " (set HUB_TOKEN or --token-file, or --data to the hub's data directory)"
	case http.StatusServiceUnavailable:
		text += " (try again later)"
	}
	return strings.Join(append([]string{text}, e.Faults...), "\n  ")
}

// newClient makes a client for the hub at host:port or a URL.
func newClient(address string, token Secret) (*client, error) {
	base := strings.TrimRight(address, "/")
	if !strings.Contains(address, "://") {
		if err := checkHostPort(address); err != nil {
			return nil, err
		}
		base = defaultURL(address)
	}
	u, err := checkURL(base, "http", "https")
	if err != nil || u.User != nil || u.RawQuery != "" {
		return nil, errors.New("is neither host:port nor a URL such as https://hub.example.org")
	}
	// A redirect could carry the token to another host.
	stay := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &client{base: base, token: token, http: &http.Client{Timeout: requestTimeout, CheckRedirect: stay}}, nil
}

// get reads the JSON at a path.
func (c *client) get(ctx context.Context, path string) (json.RawMessage, error) {
	return c.send(ctx, http.MethodGet, path, nil, nil)
}

// post sends a command; in is marshalled.
func (c *client) post(ctx context.Context, path string, in any) (json.RawMessage, error) {
	body, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	return c.send(ctx, http.MethodPost, path, nil, body)
}

// publish puts one event in its bare form and waits for what became of it.
// The id makes a second try harmless.
func (c *client) publish(ctx context.Context, upgrade, eventType, id string, data []byte) (verdict, error) {
	path := "/api/v1/upgrades/" + url.PathEscape(upgrade) + "/" + url.PathEscape(eventType)
	raw, err := c.send(ctx, http.MethodPost, path, http.Header{"Idempotency-Key": {id}, "Prefer": {"wait=5"}}, data)
	if err != nil {
		return verdict{}, err
	}
	a := verdict{Result: "stored"}
	if err := json.Unmarshal(raw, &a); err != nil {
		return verdict{}, fmt.Errorf("answer of %s: %w", path, err)
	}
	return a, nil
}

// send tries again what can be repeated without harm, when the hub asks for
// it by 503 and Retry-After.
func (c *client) send(ctx context.Context, method, path string, header http.Header, body []byte) (json.RawMessage, error) {
	repeatable := method == http.MethodGet || header.Get("Idempotency-Key") != ""
	for try := 1; ; try++ {
		raw, err := c.once(ctx, method, path, header, body)
		p, refused := errors.AsType[*problemError](err)
		if !refused || !repeatable || try == attempts || p.Status != http.StatusServiceUnavailable {
			return raw, err
		}
		if err := pause(ctx, min(max(p.after, time.Second), maxRetryAfter)); err != nil {
			return nil, err
		}
	}
}

func (c *client) once(ctx context.Context, method, path string, header http.Header, body []byte) (json.RawMessage, error) {
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	maps.Copy(req.Header, header)
	req.Header.Set("Content-Type", "application/json")
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token.Reveal())
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("no hub answers: %w", err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	if resp.StatusCode >= 300 {
		return nil, refusal(resp, raw)
	}
	if !json.Valid(raw) {
		return nil, fmt.Errorf("%s%s does not answer as a hub", c.base, path)
	}
	return raw, nil
}

// refusal reads a problem document, or makes one of a status alone.
func refusal(resp *http.Response, raw []byte) error {
	p := &problemError{}
	if err := json.Unmarshal(raw, p); err != nil || p.Title == "" {
		p.Title = http.StatusText(resp.StatusCode)
	}
	p.Status, p.raw = resp.StatusCode, raw
	if seconds, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil && seconds > 0 {
		p.after = time.Duration(seconds) * time.Second
	}
	return p
}

// pause waits, unless the context ends before.
func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
