package statuspage_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"upgradehub/events/lang"
	"upgradehub/events/lesson"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
	"upgradehub/statuspage"
)

// learning are pages of a board with what its upgrades learnt and taught.
func learning(t *testing.T, b *board, err error) *statuspage.Pages {
	t.Helper()
	hour := plan.Duration(time.Hour)
	since := []lesson.Change{{Lesson: "a", Kind: plan.NeedsPhase, Phase: "Copy <all>", Was: hour, Now: 2 * hour}, {Lesson: "b", Kind: plan.NeedsNotice, Now: 72 * hour}}
	p, fault := statuspage.New(statuspage.Config{
		Board: b, Clock: func() time.Time { return noon.Add(-24 * time.Hour) },
		Learnt: func(context.Context, string) ([]lesson.Change, []lesson.Change, error) { return since, since[1:], err },
	}, slog.New(slog.DiscardHandler))
	if fault != nil {
		t.Fatal(fault)
	}
	return p
}

// TestLearnt: what is otherwise stands beside how it went, in every language,
// until the work is over; then what it changed for the next time.
func TestLearnt(t *testing.T) {
	b := &board{seq: 9, all: []upgrade.Public{planned(), lastYear()}}
	p := learning(t, b, nil)
	var all strings.Builder
	for _, code := range lang.Supported {
		for _, id := range []string{"pg16", lastYear().ID} {
			page := serve(p, httptest.NewRequest("GET", "/upgrades/"+id+"?lang="+code, nil)).Body.String()
			from := strings.Index(page, `<section id="since"`)
			if from < 0 {
				t.Fatalf("%s of %s shows nothing that was learnt", code, id)
			}
			part, _, _ := strings.Cut(page[from:], "</section>")
			all.WriteString("# " + code + " " + id + "\n" + part + "\n\n")
		}
	}
	golden(t, "learnt.html", all.String())
}

// TestNothingLearnt: without lessons the page says how it went, or nothing; a
// store that does not answer is no page that is silent about it.
func TestNothingLearnt(t *testing.T) {
	p := newPages(t, &board{seq: 9, all: []upgrade.Public{planned(), lastYear()}}, noon.Add(-24*time.Hour))
	if page := serve(p, httptest.NewRequest("GET", "/upgrades/"+lastYear().ID, nil)).Body.String(); strings.Contains(page, `id="since"`) {
		t.Error("a page without lessons has a part for them")
	}
	b := &board{seq: 9, all: []upgrade.Public{planned()}}
	if w := serve(learning(t, b, errors.New("away")), httptest.NewRequest("GET", "/upgrades/pg16", nil)); w.Code != 500 {
		t.Errorf("the page answers %d, want 500", w.Code)
	}
}
