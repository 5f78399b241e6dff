// Package statusapi lets programs that were written for Statuspage read this
// hub: its public read API, version 2, byte shape for byte shape.
//
// An upgrade is a scheduled maintenance; planned work is all that the hub
// knows, so the lists of incidents are there and empty. Everything is made
// from [upgrade.Public] values, so nothing internal can be shown, and drills
// do not appear. Ids are hashes of what they stand for: the same on every
// node, and for ever.
//
// The indicator is that of the gravest component: critical when there is an
// outage of all, major of some, minor when some are degraded. If none is
// worse, it is maintenance while an upgrade is under way or a component has
// reduced redundancy, else none.
package statusapi

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"upgradehub/statuspage"
)

// root is the path above all answers.
const root = "/api/v2/"

// Config is what the API needs. Only Board is required.
type Config struct {
	Board     statuspage.Board
	Name      string           // of the page; default Upgrade Hub
	PublicURL string           // base of links; the page's id is made from it
	Clock     func() time.Time // the hub's time; default the machine's
	Log       *slog.Logger     // default: discards
}

// API is the read API. Make it with [New].
type API struct {
	cfg   Config
	since time.Time // what an empty page was updated at

	mu    sync.Mutex
	at    position
	kept  snapshot
	bytes map[string][]byte // answers made of kept, by path
}

// position is a place in a log.
type position struct {
	log string
	seq uint64
}

// New makes the API.
func New(cfg Config) *API {
	cfg.Name = cmp.Or(cfg.Name, "Upgrade Hub")
	cfg.PublicURL = strings.TrimRight(cfg.PublicURL, "/")
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	return &API{cfg: cfg, since: cfg.Clock()}
}

// Mux is where routes are added.
type Mux interface {
	// HandleFunc adds the handler of a pattern of net/http.
	HandleFunc(pattern string, h func(http.ResponseWriter, *http.Request))
}

// Routes adds the paths of the API. What else is asked for below /api/v2/
// does not exist.
func (a *API) Routes(mux Mux) {
	for path := range answers {
		mux.HandleFunc("GET "+root+path, func(w http.ResponseWriter, r *http.Request) { a.serve(w, r, path) })
	}
	mux.HandleFunc(root, missing)
}

// missing answers for paths and methods that are not there.
func missing(w http.ResponseWriter, r *http.Request) {
	_, known := answers[strings.TrimPrefix(r.URL.Path, root)]
	if known && r.Method == http.MethodOptions {
		w.Header().Set("Access-Control-Allow-Methods", "GET, HEAD")
		w.Header().Set("Access-Control-Allow-Headers", "*")
		w.Header().Set("Access-Control-Allow-Origin", "*")
		w.WriteHeader(http.StatusNoContent)
		return
	}
	if known {
		w.Header().Set("Allow", "GET, HEAD, OPTIONS")
		write(w, r, http.StatusMethodNotAllowed, []byte(`{"error":"method not allowed"}`))
		return
	}
	write(w, r, http.StatusNotFound, []byte(`{"error":"not found"}`))
}

// serve answers with one of the answers as it is now.
func (a *API) serve(w http.ResponseWriter, r *http.Request, path string) {
	raw, err := a.answer(r.Context(), path)
	if err != nil {
		if !errors.Is(err, context.Canceled) {
			a.cfg.Log.ErrorContext(r.Context(), "answer not made", "path", r.URL.Path, "err", err)
		}
		w.Header().Set("Cache-Control", "no-store")
		write(w, r, http.StatusInternalServerError, []byte(`{"error":"try again later"}`))
		return
	}
	// Programs poll; whoever stands between them and the hub may answer for
	// a moment, which is shorter than anyone's interval.
	w.Header().Set("Cache-Control", "public, max-age=5")
	write(w, r, http.StatusOK, raw)
}

func write(w http.ResponseWriter, r *http.Request, code int, raw []byte) {
	h := w.Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("Content-Length", strconv.Itoa(len(raw)))
	w.WriteHeader(code)
	if r.Method != http.MethodHead {
		_, _ = w.Write(raw) // the reader may be gone
	}
}

// answer is the answer at path: made once per change, however many ask.
func (a *API) answer(ctx context.Context, path string) ([]byte, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if err := a.refresh(ctx); err != nil {
		return nil, err
	}
	if raw, ok := a.bytes[path]; ok {
		return raw, nil
	}
	raw, err := json.Marshal(answers[path](a.kept))
	if err != nil {
		return nil, fmt.Errorf("encode %s: %w", path, err)
	}
	a.bytes[path] = raw
	return raw, nil
}

// refresh reads the board if something was folded since. The position is
// taken before, so that what comes in meanwhile is read the next time.
func (a *API) refresh(ctx context.Context) error {
	var now position
	now.log, now.seq = a.cfg.Board.Position()
	if a.bytes != nil && now == a.at {
		return nil
	}
	all, err := a.cfg.Board.Upgrades(ctx)
	if err != nil {
		return fmt.Errorf("list upgrades: %w", err)
	}
	a.at, a.kept, a.bytes = now, a.look(all), map[string][]byte{}
	return nil
}
