package statuspage_test

import (
	"encoding/xml"
	"errors"
	"io"
	"net/http/httptest"
	"strings"
	"testing"

	"upgradehub/events/upgrade"
)

// badgeParts reads a badge as any XML reader does: its title, and every
// element and attribute name in it.
func badgeParts(t *testing.T, raw string) (title string, names []string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(raw))
	within := ""
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return title, names
		}
		if err != nil {
			t.Fatalf("badge is no XML: %v in %s", err, raw)
		}
		switch v := token.(type) {
		case xml.StartElement:
			within = v.Name.Local
			names = append(names, within)
			for _, a := range v.Attr {
				names = append(names, a.Name.Local)
			}
		case xml.EndElement:
			within = ""
		case xml.CharData:
			if within == "title" {
				title += string(v)
			}
		}
	}
}

func TestBadge(t *testing.T) {
	late, drill := planned(), running()
	late.Late = new(at("2026-11-22 01:00"))
	drill.ID, drill.Drill = "drill", true
	second := running()
	second.ID = "pg17"
	strange := planned()
	strange.Title = `<script>"&'` + "\x01"
	for _, tt := range []struct {
		name, path string
		all        []upgrade.Public
		title      string
		colour     string
	}{
		{"nothing", "/badge.svg", nil, "upgrades: all quiet", "#117a48"},
		{"planned", "/badge.svg", []upgrade.Public{planned()}, "upgrades: all quiet", "#117a48"},
		{"late", "/badge.svg", []upgrade.Public{late}, "upgrades: scheduled, late to start", "#9a5b00"},
		{"running", "/badge.svg", []upgrade.Public{running()}, "upgrades: in progress, outage", "#b3202f"},
		{"overdue", "/badge.svg", []upgrade.Public{overdue()}, "upgrades: in progress, outage, running late", "#b3202f"},
		{"two", "/badge.svg", []upgrade.Public{running(), second}, "upgrades: 2 going on, in progress, outage", "#b3202f"},
		{"two, one of them late to start", "/badge.svg", []upgrade.Public{second, late}, "upgrades: 2 due or going on, in progress, outage", "#b3202f"},
		{"drills do not count", "/badge.svg", []upgrade.Public{drill}, "upgrades: all quiet", "#117a48"},
		{"one upgrade", "/upgrades/pg16/badge.svg", []upgrade.Public{completed()}, "Database upgrade to PostgreSQL 16: completed", "#117a48"},
		{"a drill by name", "/upgrades/drill/badge.svg", []upgrade.Public{drill}, "drill: Database upgrade to PostgreSQL 16: in progress, outage", "#b3202f"},
		{"strange title", "/upgrades/pg16/badge.svg", []upgrade.Public{strange}, "<script>\"&'\ufffd: scheduled", "#2f57c4"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := serve(newPages(t, &board{seq: 1, all: tt.all}, noon), httptest.NewRequest("GET", tt.path, nil))
			if h := w.Header(); w.Code != 200 || h.Get("Content-Type") != "image/svg+xml" || h.Get("Cache-Control") != "public, max-age=60" {
				t.Fatalf("answer = %d %v, want an SVG to be kept a minute", w.Code, h)
			}
			title, names := badgeParts(t, w.Body.String())
			if title != tt.title || !strings.Contains(w.Body.String(), tt.colour) {
				t.Errorf("badge says %q, want %q in %s: %s", title, tt.title, tt.colour, w.Body)
			}
			for _, name := range names {
				if name == "style" || name == "script" || strings.HasPrefix(name, "on") {
					t.Errorf("badge has %s", name)
				}
			}
		})
	}
}

func TestBadgeOfNothing(t *testing.T) {
	if w := serve(newPages(t, &board{seq: 1}, noon), httptest.NewRequest("GET", "/upgrades/none/badge.svg", nil)); w.Code != 404 {
		t.Errorf("badge of an unknown upgrade = %d, want 404", w.Code)
	}
}
