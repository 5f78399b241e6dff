// Package live pushes changed fragments to every open page.
//
// A page is a list of fragments: pieces of HTML with an id. The [Hub] keeps
// the last HTML of each fragment and the position in the log at which it
// changed, so a reader who comes back is sent what changed since then: state,
// never deltas, never a replay.
//
// Its promises: [Hub.Show] never blocks; a page is rendered and encoded once
// per change and language, however many look at it; nobody waits for a slow
// reader, who gets one fresh frame when the socket takes it and never a queue;
// a reader whose socket stays blocked for 30 s is cut off. What a fragment
// says is the [Source]'s business.
package live

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// ErrNotFound is what a Source wraps when there is no such page.
var ErrNotFound = errors.New("no such page")

// Fragment is one piece of a page: an element with its id.
type Fragment struct{ ID, HTML string }

// View is a page as it is now.
type View struct {
	Title string
	// Say are the facts worth speaking, a short sentence each. A frame
	// carries those that were not true before.
	Say []string
	// Fragments are in document order, parents before children.
	Fragments []Fragment
	// Seq is the position of the newest fact the view depends on.
	Seq uint64
	// Upgrades are the ids of the upgrades shown; nil means any.
	Upgrades []string
	// Ticks says that the view moves with the clock, minute by minute.
	Ticks bool
}

// Source makes the pages.
type Source interface {
	// Fragments is the page with that path in that language; an error that
	// wraps [ErrNotFound] if there is none.
	Fragments(ctx context.Context, page, lang string) (View, error)
	// Position is the log's identity and the newest position in it that
	// Fragments shows.
	Position() (log string, seq uint64)
}

// Config tunes a Hub. Its zero value is ready to use.
type Config struct {
	Build     string        // of the assets; a page of another build is told to reload
	Origin    string        // a further origin that may open sockets, "https://status.example.org"
	Languages []string      // the first is the default; default en
	MaxConns  int           // open sockets; default 16000
	MaxPerIP  int           // open sockets from one address; default 1000
	Gap       time.Duration // least time between two frames of a page; default 50ms
	CatchUp   time.Duration // how long a node behind its reader waits; default 2s
	// ClientIP tells readers apart; default the host of RemoteAddr.
	ClientIP func(*http.Request) string
	Log      *slog.Logger // default: discards
}

// The protocol's fixed times.
const (
	heartbeat = 25 * time.Second
	tick      = time.Minute
	stalled   = 30 * time.Second
	maxRooms  = 512
)

// Hub is all open pages.
type Hub struct {
	src Source
	cfg Config
	up  upgrader

	wake chan struct{} // something may have changed

	mu      sync.Mutex
	rooms   map[place]*room
	open    int            // sockets, those in their handshake included
	perIP   map[string]int // of them, by address
	viewers map[*viewer]struct{}
	closed  bool
	running sync.WaitGroup // the goroutines of all viewers
}

// place is a page in a language.
type place struct{ page, lang string }

// New makes a hub for the pages of src. [Hub.Run] must run for open pages to
// move.
func New(src Source, cfg Config) *Hub {
	cfg = cfg.withDefaults()
	return &Hub{
		src: src, cfg: cfg, up: newUpgrader(cfg.Origin),
		wake:    make(chan struct{}, 1),
		rooms:   map[place]*room{},
		perIP:   map[string]int{},
		viewers: map[*viewer]struct{}{},
	}
}

func (c Config) withDefaults() Config {
	if len(c.Languages) == 0 {
		c.Languages = []string{"en"}
	}
	if c.MaxConns == 0 {
		c.MaxConns = 16_000
	}
	if c.MaxPerIP == 0 {
		c.MaxPerIP = 1_000
	}
	if c.Gap == 0 {
		c.Gap = 50 * time.Millisecond
	}
	if c.CatchUp == 0 {
		c.CatchUp = 2 * time.Second
	}
	if c.ClientIP == nil {
		c.ClientIP = remoteHost
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return c
}

// Show says that the facts up to seq are committed and changed these
// upgrades; newest is when the newest of them entered INTAKE. It is called
// after each commit and never blocks on a reader or a render.
func (h *Hub) Show(seq uint64, newest time.Time, upgrades []string) {
	h.mu.Lock()
	stale := false
	for _, rm := range h.rooms {
		stale = rm.touch(newest, upgrades) || stale
	}
	h.mu.Unlock()
	h.cfg.Log.Debug("to show", "seq", seq, "upgrade", upgrades)
	if stale { // a pass for nothing would hold the next change back
		h.nudge()
	}
}

func (h *Hub) nudge() {
	select {
	case h.wake <- struct{}{}:
	default: // a nudge is waiting already
	}
}

// Run moves the open pages until ctx ends, and then closes their sockets.
func (h *Hub) Run(ctx context.Context) error {
	minute := time.NewTicker(tick)
	defer minute.Stop()
	for {
		select {
		case <-ctx.Done():
			return h.Close(context.WithoutCancel(ctx))
		case <-minute.C:
			h.tickAll()
		case <-h.wake:
		}
		began := time.Now()
		h.pass(ctx)
		pause(ctx, max(h.cfg.Gap, time.Since(began)))
	}
}

// pause waits for d or the end of ctx.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// pass renders every watched page that may have changed and waits until its
// readers have it, except those that are slow.
func (h *Hub) pass(ctx context.Context) {
	p := newPass()
	for _, rm := range h.watched() {
		if err := h.refresh(ctx, rm); err != nil {
			h.cfg.Log.ErrorContext(ctx, "page not rendered", "path", rm.at.page, "err", err)
			time.AfterFunc(time.Second, h.nudge) // the store may only be busy
			continue
		}
		rm.rouse(p)
	}
	p.wait(ctx, h.cfg.Gap)
}

// watched lists the rooms somebody looks at and that may have changed.
func (h *Hub) watched() []*room {
	h.mu.Lock()
	defer h.mu.Unlock()
	var list []*room
	for _, rm := range h.rooms {
		if rm.wanted() {
			list = append(list, rm)
		}
	}
	return list
}

// tickAll marks what moves with the clock.
func (h *Hub) tickAll() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, rm := range h.rooms {
		rm.tick()
	}
}

// State is the page as it is now, rendered if it changed since the last
// time. The value is shared and must not be changed; as long as nothing
// changed, it is the same pointer.
func (h *Hub) State(ctx context.Context, page, lang string) (*State, error) {
	rm := h.room(place{page, h.language(lang)})
	if err := h.refresh(ctx, rm); err != nil {
		h.forget(rm)
		return nil, err
	}
	return rm.current(), nil
}

// language is lang if it is spoken here, else the default.
func (h *Hub) language(lang string) string {
	for _, l := range h.cfg.Languages {
		if l == lang {
			return l
		}
	}
	return h.cfg.Languages[0]
}

// room finds or makes the room of a page.
func (h *Hub) room(at place) *room {
	h.mu.Lock()
	defer h.mu.Unlock()
	rm := h.rooms[at]
	if rm == nil {
		h.makePlace()
		rm = newRoom(at)
		h.rooms[at] = rm
	}
	return rm
}

// makePlace drops rooms nobody is in when there are too many: paths come
// from strangers. The caller holds mu.
func (h *Hub) makePlace() {
	for at, rm := range h.rooms {
		if len(h.rooms) < maxRooms {
			return
		}
		if rm.empty() {
			delete(h.rooms, at)
		}
	}
}

// forget drops a room whose page does not exist, unless somebody is in it.
func (h *Hub) forget(rm *room) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if rm.empty() && h.rooms[rm.at] == rm {
		delete(h.rooms, rm.at)
	}
}

// Viewers is the number of open sockets.
func (h *Hub) Viewers() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.viewers)
}

// Close ends every socket with the code 1012, service restart, so that pages
// come back to whatever serves next. It waits for them until ctx ends, at
// most 5 s.
func (h *Hub) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	for _, v := range h.shut() {
		v.end(closeRestart)
	}
	gone := make(chan struct{})
	go func() { // ends when the last viewer has ended
		h.running.Wait()
		close(gone)
	}()
	select {
	case <-gone:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// shut refuses new viewers and lists those there are.
func (h *Hub) shut() []*viewer {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	list := make([]*viewer, 0, len(h.viewers))
	for v := range h.viewers {
		list = append(list, v)
	}
	return list
}
