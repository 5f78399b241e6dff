package live

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"
)

// State is one rendering of a page. It never changes.
type State struct {
	Log string
	// Seq is the position up to which every fact is in the state.
	Seq       uint64
	Title     string
	Fragments []Fragment
	// Made is when it was rendered.
	Made time.Time

	version  uint64 // of this page, counted by this process
	t0       int64  // when the newest event in it entered INTAKE, Unix ns
	said     []string
	changed  map[string]mark // of fragments by id, of sentences by text
	upgrades []string
	ticks    bool
}

// mark is when something last changed: in this process's count, and in the
// log's.
type mark struct{ version, seq uint64 }

// room is one page in one language and those who look at it.
type room struct {
	at        place
	rendering sync.Mutex // so that a crowd at the door causes one render

	mu      sync.Mutex
	state   *State
	stale   bool
	t0      int64  // of the newest event that made it stale
	shown   uint64 // the version viewers were last woken for
	viewers map[*viewer]struct{}
	frames  map[uint64]message // of the present state, by version come from
}

func newRoom(at place) *room {
	return &room{at: at, stale: true, viewers: map[*viewer]struct{}{}}
}

func (rm *room) current() *State {
	rm.mu.Lock()
	defer rm.mu.Unlock()
	return rm.state
}

func (rm *room) empty() bool {
	rm.mu.Lock()
	defer rm.mu.Unlock()
	return len(rm.viewers) == 0
}

// wanted reports whether somebody waits for what may have changed, or for
// what another visitor's request has rendered meanwhile.
func (rm *room) wanted() bool {
	rm.mu.Lock()
	defer rm.mu.Unlock()
	fresh := rm.state != nil && rm.state.version != rm.shown
	return (rm.stale || fresh) && len(rm.viewers) > 0
}

// touch marks the room stale if it shows one of the upgrades, and reports
// whether it does.
func (rm *room) touch(newest time.Time, upgrades []string) bool {
	rm.mu.Lock()
	defer rm.mu.Unlock()
	if !rm.shows(upgrades) {
		return false
	}
	rm.stale = true
	if !newest.IsZero() {
		rm.t0 = max(rm.t0, newest.UnixNano())
	}
	return true
}

// shows reports whether one of the upgrades is on the page. A room whose
// first render is under way may show any. The caller holds mu.
func (rm *room) shows(upgrades []string) bool {
	if rm.state == nil || rm.state.upgrades == nil {
		return len(upgrades) > 0
	}
	return slices.ContainsFunc(upgrades, func(id string) bool { return slices.Contains(rm.state.upgrades, id) })
}

// tick marks the room stale if it moves with the clock.
func (rm *room) tick() {
	rm.mu.Lock()
	defer rm.mu.Unlock()
	if rm.state != nil && rm.state.ticks {
		rm.stale = true
	}
}

// begin takes the mark of staleness away before a render, so that what
// changes during it marks the room again.
func (rm *room) begin(log string) (prev *State, t0 int64, stale bool) {
	rm.mu.Lock()
	defer rm.mu.Unlock()
	stale = rm.stale || rm.state == nil || rm.state.Log != log
	rm.stale = false
	prev, t0, rm.t0 = rm.state, rm.t0, 0
	return prev, t0, stale
}

// settle keeps what was rendered; next is nil after an error.
func (rm *room) settle(next *State, t0 int64) {
	rm.mu.Lock()
	defer rm.mu.Unlock()
	if next == nil {
		rm.stale, rm.t0 = true, max(rm.t0, t0)
		return
	}
	if next != rm.state {
		rm.state, rm.frames = next, map[uint64]message{}
	}
}

// refresh renders the room's page if it may have changed.
func (h *Hub) refresh(ctx context.Context, rm *room) error {
	rm.rendering.Lock()
	defer rm.rendering.Unlock()
	log, before := h.src.Position()
	prev, t0, stale := rm.begin(log)
	if !stale {
		return nil
	}
	view, err := h.src.Fragments(ctx, rm.at.page, rm.at.lang)
	if err != nil {
		rm.settle(nil, t0)
		return fmt.Errorf("render %q: %w", rm.at.page, err)
	}
	_, after := h.src.Position()
	rm.settle(advance(prev, view, turn{log: log, before: before, after: after, t0: t0}), t0)
	return nil
}

// turn is the circumstances of one render. before is the position ahead of
// it: all of that is in the view. after is the position behind it: nothing
// in the view is newer.
type turn struct {
	log           string
	before, after uint64
	t0            int64
}

// advance makes the next state from a view; it is prev if nothing changed.
func advance(prev *State, view View, at turn) *State {
	next := &State{
		Log: at.log, Seq: at.before, Title: view.Title, Fragments: view.Fragments, Made: time.Now(),
		version: 1, t0: at.t0, said: view.Say, upgrades: view.Upgrades, ticks: view.Ticks,
		changed: make(map[string]mark, len(view.Fragments)+len(view.Say)),
	}
	if prev == nil {
		next.markAll(mark{1, view.Seq})
		return next
	}
	next.version = prev.version + 1
	if prev.Log != at.log {
		next.markAll(mark{next.version, at.after})
		return next
	}
	if !next.markChanges(prev, mark{next.version, at.after}) && next.Title == prev.Title {
		return prev
	}
	return next
}

func (s *State) markAll(m mark) {
	for _, f := range s.Fragments {
		s.changed[f.ID] = m
	}
	for _, say := range s.said {
		s.changed[spoken+say] = m
	}
}

// spoken sets sentences apart from fragments in State.changed.
const spoken = "\x00"

// markChanges carries the marks of prev over to what is the same, marks the
// rest with m, and reports whether there was any.
func (s *State) markChanges(prev *State, m mark) bool {
	old := make(map[string]string, len(prev.Fragments))
	for _, f := range prev.Fragments {
		old[f.ID] = f.HTML
	}
	moved := len(s.Fragments) != len(prev.Fragments)
	for _, f := range s.Fragments {
		html, known := old[f.ID]
		moved = s.mark(prev, f.ID, known && html == f.HTML, m) || moved
	}
	for _, say := range s.said {
		moved = s.mark(prev, spoken+say, slices.Contains(prev.said, say), m) || moved
	}
	return moved
}

// mark carries one mark over if the thing is the same, else sets m.
func (s *State) mark(prev *State, key string, same bool, m mark) (moved bool) {
	if same {
		s.changed[key] = prev.changed[key]
		return false
	}
	s.changed[key] = m
	return true
}
