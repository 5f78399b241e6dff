package snapshot

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
)

// Handler is the source that asks a handler in the same process.
func Handler(h http.Handler) Source { return handler{h} }

type handler struct{ http.Handler }

// Get asks the handler.
func (h handler) Get(ctx context.Context, path string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, path, http.NoBody)
	if err != nil {
		return nil, err
	}
	r.RequestURI = path
	w := answer{header: http.Header{}, status: http.StatusOK}
	h.ServeHTTP(&w, r)
	if w.status != http.StatusOK {
		return nil, fmt.Errorf("GET %s: %d %s", path, w.status, http.StatusText(w.status))
	}
	return w.body.Bytes(), nil
}

// answer keeps what a handler writes.
type answer struct {
	header  http.Header
	status  int
	written bool
	body    bytes.Buffer
}

// Header is that of the answer.
func (a *answer) Header() http.Header { return a.header }

// WriteHeader sets the status; the first one counts.
func (a *answer) WriteHeader(status int) {
	if !a.written {
		a.status, a.written = status, true
	}
}

// Write keeps a piece of the body.
func (a *answer) Write(p []byte) (int, error) {
	a.written = true
	return a.body.Write(p)
}
