package main

import (
	"cmp"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"upgradehub/hub/api"
)

const sixUsers = `
audiences:
  users: {role: users, channels: {email: [u1@example.org, u2@example.org, u3@example.org, u4@example.org, u5@example.org, u6@example.org]}}
`

// ordersPlan is an upgrade of the system orders: an import of an hour.
func ordersPlan(id string, start time.Time) string {
	at := func(d time.Duration) string { return start.Add(d).UTC().Format("2006-01-02T15:04") }
	return fmt.Sprintf(`# an upgrade like the one before
schema: upgradehub/plan/v1
id: %s
title: Orders database %s
system: orders
zone: UTC
window: {start: %s, end: %s}
phases:
  - {id: import, title: Import, start: %s, duration: 1h} # one hour, as always
  - {id: check, title: Check everything, start: %s, duration: 30m, after: [import]}
roster:
  lead: {person: "@lead"}
audiences:
  - {id: users, channels: [email]}
survey: {questions: [disruption, communication]}
`, id, id, at(0), at(160*time.Minute), at(0), at(time.Hour))
}

// TestTwoUpgradesTheSecondHasLearnt plays two upgrades of one system. The first
// overruns and is rated badly; what it taught becomes a patch of the next plan,
// which is refused without it; and the announcement says what has changed.
func TestTwoUpgradesTheSecondHasLearnt(t *testing.T) {
	w := startWorld(t, sixUsers)
	cli := func(args ...string) (int, string, string) {
		t.Helper()
		return hub(t, map[string]string{"HUB_HTTP": w.page, "HUB_TOKEN": w.token(t)}, args...)
	}
	overruns(t, w)
	ratesBadly(t, w)

	code, stdout, stderr := cli("lessons", "propose", "pg16")
	if code != exitDone || !strings.Contains(stdout, "took 2 h 15 min, planned 1 h (+125 %)") || !strings.Contains(stdout, "6 of 6 said that they were told too late") {
		t.Fatalf("hub lessons propose: exit %d, printed\n%s%s", code, stdout, stderr)
	}
	longer := accept(t, w, cli, "phase-overrun")
	accept(t, w, cli, "told-late")

	file := filepath.Join(t.TempDir(), "pg17.yaml")
	if err := os.WriteFile(file, []byte(ordersPlan("pg17", time.Now().Add(30*24*time.Hour))), 0o600); err != nil {
		t.Fatal(err)
	}
	code, stdout, _ = cli("plan", "lint", file)
	if code != exitFailed || strings.Count(stdout, "\n") != 2 || !strings.Contains(stdout, ":9:68: phases[0].duration: is 1h, and must be at least 2h15m") || !strings.Contains(stdout, longer) {
		t.Errorf("hub plan lint without the lesson: exit %d, printed\n%s", code, stdout)
	}
	if code, stdout, _ = cli("plan", "apply", file); code != exitFailed || !strings.Contains(stdout, longer) {
		t.Errorf("hub plan apply without the lesson: exit %d, printed\n%s", code, stdout)
	}
	if code, _, stderr = cli("plan", "patch", "-w", file); code != exitDone {
		t.Fatalf("hub plan patch: exit %d, %s", code, stderr)
	}
	text, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(text), "duration: 2h15m} # one hour, as always") || !strings.Contains(string(text), "announce: {notice: 3d}") {
		t.Errorf("the patched plan is\n%s", text)
	}
	for _, command := range []string{"lint", "apply"} {
		if code, stdout, stderr = cli("plan", command, file); code != exitDone {
			t.Fatalf("hub plan %s with the lesson: exit %d, printed\n%s%s", command, code, stdout, stderr)
		}
	}
	const changed = "We planned 2 h 15 min for “Import” instead of 1 h."
	w.hears(t, "u1@example.org", "Since last time: "+changed)
	w.sees(t, "/upgrades/pg17", "Since last time", changed)
	w.sees(t, "/upgrades/pg17?lang=de", "Seit dem letzten Mal", "Wir haben für „Import“ 2 h 15 min statt 1 h eingeplant.")
	w.sees(t, "/upgrades/pg16", "You said, we changed", changed, "We announce the work at least 3 days ahead.")
}

// overruns plays the first upgrade, which tooling reports with its own times.
func overruns(t *testing.T, w *world) {
	t.Helper()
	now := time.Now()
	w.applied(t, "pg16", "upgrade.planned", map[string]any{"plan": ordersPlan("pg16", now.Add(-150*time.Minute))})
	for _, e := range []struct {
		typ, data string
		ago       time.Duration
	}{
		{"phase.started", `{"phase":"import"}`, 150 * time.Minute},
		{"update.posted", fmt.Sprintf(`{"text":"It takes longer.","next_update_by":%q}`, now.Add(time.Hour).UTC().Format(time.RFC3339)), 30 * time.Minute},
		{"phase.finished", `{"phase":"import"}`, 15 * time.Minute},
		{"phase.started", `{"phase":"check"}`, 15 * time.Minute},
		{"phase.finished", `{"phase":"check"}`, 0},
		{"upgrade.completed", `{}`, 0},
	} {
		body := fmt.Sprintf(`{"specversion":"1.0","id":%q,"source":"ci","type":"dev.upgradehub.%s.v1","subject":"pg16","time":%q,"data":%s}`,
			e.typ+e.data, e.typ, now.Add(-e.ago).UTC().Format(time.RFC3339), e.data)
		status, answer := w.post(t, "/api/v1/events", body, map[string]string{"Content-Type": "application/cloudevents+json", "Prefer": "wait=10"})
		if status != http.StatusOK || !strings.Contains(answer, "applied") {
			t.Fatalf("%s = %d: %s", e.typ, status, answer)
		}
	}
}

// ratesBadly answers by the personal link of everybody's last mail.
func ratesBadly(t *testing.T, w *world) {
	t.Helper()
	link := regexp.MustCompile(`/f/[A-Za-z0-9_-]{22}`)
	for i := 1; i <= 6; i++ {
		to, found := fmt.Sprintf("u%d@example.org", i), ""
		eventually(t, 30*time.Second, "done mail to "+to, func() bool {
			for _, m := range w.mail.mails(to) {
				found = cmp.Or(link.FindString(decoded(t, m)), found)
			}
			return found != ""
		})
		w.opens(t, found)
		if status := submit(t, w.page+found, "rating=1&disruption=lot&communication=late"); status >= http.StatusBadRequest {
			t.Fatalf("POST %s = %d", found, status)
		}
	}
}

// accept accepts the lesson that a rule found, and returns its id.
func accept(t *testing.T, w *world, cli func(...string) (int, string, string), rule string) string {
	t.Helper()
	var known api.Lessons
	w.getJSON(t, "/api/v1/lessons?upgrade=pg16", true, &known)
	for _, l := range known.Lessons {
		if l.Kind != rule {
			continue
		}
		if code, stdout, stderr := cli("lessons", "accept", l.ID, "--by", "@lead", "--owner", "@lead"); code != exitDone || !strings.Contains(stdout, "accepted") {
			t.Fatalf("hub lessons accept %s: exit %d, %s%s", l.ID, code, stdout, stderr)
		}
		return l.ID
	}
	t.Fatalf("%s found nothing in %+v", rule, known.Lessons)
	return ""
}

// TestLessonsInSlack: whoever leads gets a card on each lesson, accepts one by
// a button and reads on it what was decided; nobody else may.
func TestLessonsInSlack(t *testing.T) {
	w := startSlackWorld(t, false)
	w.applied(t, "pg17", "upgrade.planned", map[string]any{"plan": planGated("pg17")})
	w.applied(t, "pg17", "upgrade.started", map[string]any{})
	w.applied(t, "pg17", "upgrade.completed", map[string]any{})
	if status, body := w.post(t, "/api/v1/upgrades/pg17/lessons", "{}", nil); status != http.StatusOK || !strings.Contains(body, "gate-late") {
		t.Fatalf("propose = %d: %s, want the gate that was never decided", status, body)
	}
	const direct = "D0LEAD001"
	card := w.find(t, direct, "was never decided")
	w.click(t, lead, direct, card.TS, "lesson-accept")
	w.submit(t, lead, w.opened(t, lead, 1).ID, map[string]string{"reason": "In time to act"})
	eventually(t, 20*time.Second, "the card says what was decided", func() bool {
		for _, m := range w.slack.Messages(direct) {
			if m.TS == card.TS && strings.Contains(string(m.Blocks), "Accepted") && strings.Contains(string(m.Blocks), "In time to act") {
				return true
			}
		}
		return false
	})
	var known api.Lessons
	w.getJSON(t, "/api/v1/lessons?status=accepted", true, &known)
	if len(known.Lessons) != 1 || known.Lessons[0].By != "@lead" || known.Lessons[0].Reason != "In time to act" {
		t.Errorf("accepted = %+v, want it by @lead", known.Lessons)
	}
	for _, m := range w.mail.mails("") {
		if strings.Contains(decoded(t, m), "was never decided") {
			t.Errorf("a lesson was mailed to %s", m.to)
		}
	}
}
