package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"upgradehub/events"
)

// TestInsightsFollowAnswers: the page says nothing of nine answers, of ten all
// but the newest five, and never what anybody wrote or is.
func TestInsightsFollowAnswers(t *testing.T) {
	n, _ := startInProcess(t, configNow)
	h := &hubProcess{page: n.cfg.PublicURL, data: n.cfg.Data}
	const page = "/upgrades/pg17/insights"
	if status, _ := h.get(t, page, false); status != 404 {
		t.Errorf("of an unknown upgrade = %d, want 404", status)
	}
	h.applied(t, "pg17", "upgrade.planned", map[string]any{"plan": planNow("pg17")})
	if _, body := h.get(t, page, false); !strings.Contains(body, "has not ended") {
		t.Error("before the end it does not say when")
	}
	h.applied(t, "pg17", "phase.started", map[string]any{"phase": "switchover"})
	h.applied(t, "pg17", "component.changed", map[string]any{"component": "campus", "impact": "outage"})
	h.applied(t, "pg17", "component.changed", map[string]any{"component": "campus", "impact": "no_impact"})
	h.applied(t, "pg17", "phase.finished", map[string]any{"phase": "switchover"})
	h.applied(t, "pg17", "upgrade.completed", map[string]any{})
	const some = "5 answers"
	for i := range 10 {
		if _, body := h.get(t, page, false); strings.Contains(body, "<table") || !strings.Contains(body, "Too few people") {
			t.Errorf("of %d answers there are numbers", i)
		}
		giveAnswer(t, n, "pg17", i)
	}
	eventually(t, 10*time.Second, some, func() bool {
		_, body := h.get(t, page, false)
		return strings.Contains(body, some) && strings.Contains(body, "100 % (95 % interval 57 to 100 %)")
	})
	if _, body := h.get(t, "/upgrades/pg17", false); !strings.Contains(body, `href="`+page+`"`) {
		t.Error("the page of the upgrade does not lead there")
	}
}

// giveAnswer gives one of several answers; of each kind there are enough.
func giveAnswer(t *testing.T, n *node, id string, i int) {
	t.Helper()
	said := &events.FeedbackReceived{
		Answer: fmt.Sprint("a", i), Rating: 4, Disruption: "lot", Minutes: 17, Effort: 6, Communication: "right", Channel: "page",
	}
	if i >= 6 {
		said.Rating, said.Role, said.Channel = 1+i%3, "users", "email"
	}
	if err := n.desk("page").append(t.Context(), events.TypeFeedbackReceived, id, said); err != nil {
		t.Fatal(err)
	}
}
