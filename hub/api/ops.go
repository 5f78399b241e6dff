package api

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"upgradehub/events/bus"
	"upgradehub/hub/store"
	"upgradehub/notifiers/courier"
)

// Ops is the second listener: health and metrics, never public.
type Ops struct {
	bus     *bus.Bus
	store   *store.Store
	sockets func() int
	paused  func() []courier.Pause
	version string
	started atomic.Bool
}

// NewOps makes the operations listener; sockets counts the open pages, paused
// lists the channels that are left alone.
func NewOps(b *bus.Bus, s *store.Store, sockets func() int, paused func() []courier.Pause, version string) *Ops {
	return &Ops{bus: b, store: s, sockets: sockets, paused: paused, version: version}
}

// Started says that this node has folded what the log held at its start.
func (o *Ops) Started() { o.started.Store(true) }

// Handler serves /livez, /readyz, /startupz and /metrics.
func (o *Ops) Handler() http.Handler {
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), (*gauges)(o))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /readyz", o.ready)
	mux.HandleFunc("GET /startupz", func(w http.ResponseWriter, _ *http.Request) {
		if !o.started.Load() {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	mux.Handle("GET /metrics", promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	return mux
}

// check is one line of /readyz. Degraded checks do not make a node unready.
type check struct {
	Name     string `json:"name"`
	OK       bool   `json:"ok"`
	Degraded bool   `json:"degraded,omitempty"`
	Detail   string `json:"detail,omitempty"`
}

func (o *Ops) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 3*time.Second)
	defer cancel()
	checks := []check{o.caughtUp(), o.logAnswers(ctx), o.sends(ctx), o.channels(), o.targets(ctx)}
	for _, warning := range o.bus.Warnings() {
		checks = append(checks, check{Name: "durability", Degraded: true, Detail: warning})
	}
	status := http.StatusOK
	for _, c := range checks {
		if !c.OK && !c.Degraded {
			status = http.StatusServiceUnavailable
		}
	}
	_ = reply(w, status, map[string]any{"checks": checks})
}

func (o *Ops) caughtUp() check {
	c := check{Name: "folded", OK: o.started.Load()}
	if !c.OK {
		c.Detail = "still folding what the log held at the start"
	}
	return c
}

// logAnswers is degraded, not unready, when NATS is silent: the pages go on
// showing what is known.
func (o *Ops) logAnswers(ctx context.Context) check {
	if err := o.bus.Healthy(ctx); err != nil {
		return check{Name: "log", Degraded: true, Detail: err.Error()}
	}
	return check{Name: "log", OK: true}
}

// sends is degraded while a hold is on, which is easily forgotten.
func (o *Ops) sends(ctx context.Context) check {
	switch m, err := o.store.Meta(ctx); {
	case err != nil:
		return check{Name: "sending", Degraded: true, Detail: "the store does not answer"}
	case m.Held:
		return check{Name: "sending", Degraded: true, Detail: "on hold: nothing is sent until hub release"}
	}
	return check{Name: "sending", OK: true}
}

// channels is degraded while one takes no messages at all: what is owed there
// waits or goes another way, and nobody else would say so.
func (o *Ops) channels() check {
	var broken []string
	for _, p := range o.paused() {
		words := fmt.Sprintf("%s takes no messages (%s), tried again at %s", p.Channel, p.Code, p.Until.UTC().Format("15:04:05 MST"))
		if p.Detour {
			words += "; who can be told on another channel is"
		}
		broken = append(broken, words)
	}
	if len(broken) > 0 {
		return check{Name: "channels", Degraded: true, Detail: strings.Join(broken, "; ")}
	}
	return check{Name: "channels", OK: true}
}

// targets is degraded while one refuses everything: somebody is told on another
// way, or not at all.
func (o *Ops) targets(ctx context.Context) check {
	switch broken, err := o.store.Broken(ctx, listed); {
	case err != nil:
		return check{Name: "targets", Degraded: true, Detail: "the store does not answer"}
	case len(broken) > 0:
		return check{Name: "targets", Degraded: true, Detail: fmt.Sprintf("%d refuse everything: hub deliveries --broken", len(broken))}
	}
	return check{Name: "targets", OK: true}
}

// gauges reads the metrics when they are asked for.
type gauges Ops

var (
	buildInfo  = prometheus.NewDesc("hub_build_info", "The program's version.", []string{"version"}, nil)
	folded     = prometheus.NewDesc("hub_folded_sequence", "Position in the log up to which this node has folded.", nil, nil)
	sockets    = prometheus.NewDesc("hub_ws_connections", "Open live connections of pages.", nil, nil)
	deliveries = prometheus.NewDesc("hub_deliveries", "Deliveries by channel and state.", []string{"channel", "state"}, nil)
	paused     = prometheus.NewDesc("hub_channel_paused", "Channels that take no messages at all, on the node on duty.", []string{"channel"}, nil)
	extra      = prometheus.NewDesc("hub_deliveries_extra_total", "Messages accepted more than once.", nil, nil)
	ambiguous  = prometheus.NewDesc("hub_deliveries_ambiguous_total", "Messages for which a provider's answer was lost: they may have come more than once.", nil, nil)
	quarantine = prometheus.NewDesc("hub_quarantined_events", "Messages that could not become facts.", nil, nil)
	reports    = prometheus.NewDesc("hub_reports", "People who said that something is broken by an upgrade that is under way.", []string{"upgrade"}, nil)
	items      = prometheus.NewDesc("hub_items", "Low answers and reports that nobody has looked at, and those whose time has passed.", []string{"state"}, nil)
)

// Describe names the metrics.
func (g *gauges) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{buildInfo, folded, sockets, deliveries, paused, extra, ambiguous, quarantine, reports, items} {
		ch <- d
	}
}

// Collect reads the metrics from the store.
func (g *gauges) Collect(ch chan<- prometheus.Metric) {
	value := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	_, seq := g.store.Position()
	value(buildInfo, 1, g.version)
	value(folded, float64(seq))
	value(sockets, float64(g.sockets()))
	for _, p := range g.paused() {
		value(paused, 1, p.Channel)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second) // a Collector gets no context
	defer cancel()
	stats, err := g.store.Stats(ctx)
	if err != nil {
		ch <- prometheus.NewInvalidMetric(deliveries, err)
		return
	}
	for _, d := range stats.Deliveries {
		value(deliveries, float64(d.Count), d.Channel, d.State)
	}
	value(extra, float64(stats.ExtraSends))
	value(ambiguous, float64(stats.Ambiguous))
	value(quarantine, float64(stats.Rejected))
	for _, r := range stats.Reports {
		value(reports, float64(r.Count), r.Upgrade)
	}
	value(items, float64(stats.Items.Open), "open")
	value(items, float64(stats.Items.Overdue), "overdue")
}
