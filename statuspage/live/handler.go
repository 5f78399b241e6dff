package live

import (
	"cmp"
	"context"
	"errors"
	"net"
	"net/http"
	"strconv"
	"time"
)

// ask is what a page says of itself when it connects.
type ask struct {
	page, lang, build string
	log               string // may be empty
	since             uint64
	all               bool // whatever it has, send everything
}

func asked(r *http.Request) ask {
	q := r.URL.Query()
	since, err := strconv.ParseUint(q.Get("since"), 10, 64)
	return ask{
		page: cmp.Or(q.Get("page"), "/"), lang: q.Get("lang"), build: q.Get("build"), log: q.Get("log"),
		since: since, all: err != nil,
	}
}

// has is what the asking page has of a state.
func (a ask) has(s *State) since {
	if a.all || a.log != "" && a.log != s.Log {
		return nothing
	}
	return fromSeq(a.since)
}

// ahead reports whether the page has seen more than the position.
func (a ask) ahead(log string, seq uint64) bool {
	return !a.all && a.since > seq && (a.log == "" || a.log == log)
}

// await waits until the node is not behind the page, or ctx or done ends; it
// reports whether it no longer is.
func (h *Hub) await(ctx context.Context, a ask, done <-chan struct{}) bool {
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for a.ahead(h.src.Position()) {
		select {
		case <-ctx.Done():
			return false
		case <-done:
			return false
		case <-look.C:
		}
	}
	return true
}

// ServeWS is GET /ws?since=N&page=PATH&lang=L&build=HASH, the socket. It
// must not stand behind anything that wraps the ResponseWriter.
func (h *Hub) ServeWS(w http.ResponseWriter, r *http.Request) {
	a := asked(r)
	if !h.exists(w, r, a) {
		return
	}
	ip := h.cfg.ClientIP(r)
	if !h.admit(ip) {
		w.Header().Set("Retry-After", "30")
		http.Error(w, "too many open pages", http.StatusServiceUnavailable)
		return
	}
	sock, err := h.up.open(w, r)
	if err != nil {
		h.release(ip)
		return // the upgrader has answered
	}
	h.join(context.WithoutCancel(r.Context()), sock, ip, a)
}

// exists answers 404 for a page that is not there.
func (h *Hub) exists(w http.ResponseWriter, r *http.Request, a ask) bool {
	_, err := h.State(r.Context(), a.page, a.lang)
	switch {
	case err == nil:
		return true
	case errors.Is(err, ErrNotFound):
		http.Error(w, "no such page", http.StatusNotFound)
	default:
		h.cfg.Log.ErrorContext(r.Context(), "page not rendered", "path", a.page, "err", err)
		http.Error(w, "try again later", http.StatusServiceUnavailable)
	}
	return false
}

// admit takes one of the places for sockets, as far as there are any.
func (h *Hub) admit(ip string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed || h.open >= h.cfg.MaxConns || h.perIP[ip] >= h.cfg.MaxPerIP {
		return false
	}
	h.open++
	h.perIP[ip]++
	return true
}

// release gives the place back.
func (h *Hub) release(ip string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.free(ip)
}

// free gives a place back for a caller that holds mu.
func (h *Hub) free(ip string) {
	h.open--
	if h.perIP[ip]--; h.perIP[ip] == 0 {
		delete(h.perIP, ip)
	}
}

// join makes a viewer of a socket. Its two goroutines end with the
// connection; the handler returns, which frees the request's memory.
func (h *Hub) join(ctx context.Context, sock socket, ip string, a ask) {
	v := &viewer{hub: h, sock: sock, ip: ip, ask: a, wake: make(chan struct{}, 1), done: make(chan struct{})}
	if !h.enter(v) {
		sock.end(closeRestart)
		h.release(ip)
		return
	}
	go v.read()
	go v.write(ctx)
}

// enter puts the viewer into its room before anything is sent, so that what
// changes in between wakes it.
func (h *Hub) enter(v *viewer) bool {
	rm := h.room(place{v.ask.page, h.language(v.ask.lang)})
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return false
	}
	if kept := h.rooms[rm.at]; kept != nil {
		rm = kept
	} else {
		h.rooms[rm.at] = rm // dropped as empty a moment ago
	}
	v.room = rm
	rm.mu.Lock()
	rm.viewers[v] = struct{}{}
	rm.mu.Unlock()
	h.viewers[v] = struct{}{}
	h.running.Add(2)
	return true
}

// leave takes the viewer out.
func (h *Hub) leave(v *viewer) {
	h.mu.Lock()
	defer h.mu.Unlock()
	v.room.mu.Lock()
	delete(v.room.viewers, v)
	v.room.mu.Unlock()
	delete(h.viewers, v)
	h.free(v.ip)
}

// ServeLive is GET /live?since=N&page=PATH, the same by polling.
func (h *Hub) ServeLive(w http.ResponseWriter, r *http.Request) {
	a := asked(r)
	if !h.exists(w, r, a) {
		return
	}
	raw, err := h.poll(r.Context(), a)
	if err != nil {
		h.cfg.Log.ErrorContext(r.Context(), "page not rendered", "path", a.page, "err", err)
		http.Error(w, "try again later", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(raw) // the reader may be gone
}

// poll is the one frame that answers a poll. One of another build is told so
// in the frame: it has no second message.
func (h *Hub) poll(ctx context.Context, a ask) ([]byte, error) {
	wait, cancel := context.WithTimeout(ctx, h.cfg.CatchUp)
	defer cancel()
	if !h.await(wait, a, nil) {
		log, seq := h.src.Position()
		return behindFrame(log, seq), nil
	}
	state, err := h.State(ctx, a.page, a.lang)
	if err != nil {
		return nil, err
	}
	raw, _ := state.frame(a.has(state))
	if h.outdated(a) {
		raw = append([]byte(`{"reload":true,`), raw[1:]...)
	}
	return raw, nil
}

// outdated reports whether the page belongs to another build.
func (h *Hub) outdated(a ask) bool { return a.build != "" && a.build != h.cfg.Build }

// remoteHost is the address of the peer without its port.
func remoteHost(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}
