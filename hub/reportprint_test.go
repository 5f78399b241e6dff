package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"upgradehub/events"
	"upgradehub/events/lang"
	"upgradehub/events/plan"
	"upgradehub/hub/report"
	"upgradehub/hub/store"
)

// longReport is of an upgrade with much of everything.
func longReport(t *testing.T) report.Report {
	t.Helper()
	const words = " and whatever else somebody who plans with care writes down so that nobody can say afterwards that it had not been said before"
	start := time.Date(2026, 3, 7, 22, 0, 0, 0, time.UTC)
	p := &plan.Plan{
		Schema: plan.Schema, ID: "big", Title: "Everything moves" + words, System: "all", Zone: "America/New_York",
		Window: plan.Window{Start: start, End: start.Add(30 * time.Hour)},
	}
	facts := []events.Event{{Type: events.UpgradePlanned, Time: start.AddDate(0, 0, -9), Data: &events.Planned{Plan: p}}}
	say := func(minute int, typ events.Type, d events.Data) {
		at := start.Add(time.Duration(minute) * time.Minute)
		facts = append(facts, events.Event{ID: fmt.Sprint(typ, minute), Source: "tool", Upgrade: "big", Type: typ, Time: at, Recorded: at, Data: d})
	}
	var lessons []store.LessonRow
	for i := range 25 {
		id := fmt.Sprintf("p%d", i)
		p.Objectives = append(p.Objectives, plan.Objective{ID: id, Text: fmt.Sprintf("Objective %d%s", i, words), Measure: "share of rows, %", Target: ">= 100"})
		p.Phases = append(p.Phases, plan.Phase{ID: id, Title: fmt.Sprintf("Phase %d%s", i, words), Start: start.Add(time.Duration(i) * time.Hour), Duration: plan.Duration(time.Hour)})
		p.Risks = append(p.Risks, plan.Risk{ID: id, Text: fmt.Sprintf("Risk %d%s", i, words)})
		p.Gates = append(p.Gates, plan.Gate{ID: id, Title: fmt.Sprintf("Gate %d", i)})
		say(70*i, events.PhaseStarted, &events.Phase{Phase: id})
		say(70*i+1, events.RiskTriggered, &events.Risk{Risk: id})
		say(70*i+2, events.GateDecided, &events.Decided{Gate: id, Decision: "no_go", Reason: "not yet" + words})
		say(70*i+3, events.GateDecided, &events.Decided{Gate: id, Decision: "go"})
		say(70*i+60+i, events.PhaseFinished, &events.Phase{Phase: id})
		lessons = append(lessons, store.LessonRow{ID: id, Status: store.LessonProposed, Text: fmt.Sprintf("Lesson %d%s", i, words)})
	}
	say(70*25, events.ObjectiveMeasured, &events.Measured{Objective: "p24", Value: "9"})
	say(70*25+1, events.UpgradeCompleted, &events.Completed{Outcome: events.SuccessfulWithIssues, Note: strings.Repeat("Some things are left over. ", 40)})
	made, ok := report.Make("big", report.Sources{Facts: facts, Lessons: lessons})
	if !ok {
		t.Fatal("no report")
	}
	return made
}

// serveReport serves the long report, in the language that its path names.
func serveReport(t *testing.T) string {
	t.Helper()
	made := longReport(t)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := made.HTML(w, r.URL.Path[1:]); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(srv.Close)
	return srv.URL + "/"
}

// printed are the pages of a page on the shortest paper that offices have.
func printed(browser context.Context, t *testing.T, url string) []string {
	t.Helper()
	do(browser, t, chromedp.Navigate(url))
	pdf, err := chromedp.Run(browser, chromedp.PrintToPDF())
	if err != nil {
		t.Fatal(err)
	}
	read := exec.CommandContext(t.Context(), "pdftotext", "-layout", "-", "-")
	read.Stdin = bytes.NewReader(pdf)
	text, err := read.Output()
	if err != nil {
		t.Fatalf("read the print: %v; make test installs pdftotext on Debian (poppler-utils)", err)
	}
	return strings.Split(string(text), "\f")
}

// TestReportPrints: the first page is one, and what it has no room for stands in
// the details.
func TestReportPrints(t *testing.T) {
	t.Parallel()
	pages := printed(openBrowser(t), t, serveReport(t)+lang.English)
	if len(pages) < 4 {
		t.Fatalf("the print has %d pages", len(pages)-1)
	}
	for _, want := range []string{"At a glance", "Objective 24", "missed", "20 more in the details", "Phase 24", "19 more in the details", "No-go at “Gate 0”", "Came true: Risk 1 and", "Lesson (proposed): Lesson 1 and", "69 more in the details"} {
		if !strings.Contains(pages[0], want) {
			t.Errorf("the first page lacks %q:\n%s", want, pages[0])
		}
	}
	if first := strings.TrimSpace(pages[1]); !strings.HasPrefix(first, "Result") {
		t.Errorf("the second page begins with\n%.300s", first)
	}
	rest := strings.Join(strings.Fields(strings.Join(pages[1:], " ")), " ")
	for _, want := range []string{"All objectives", "Objective 3 and", "All phases", "Phase 1 and", "no-go", "not yet and whatever", "Lesson 24 and"} {
		if !strings.Contains(rest, want) {
			t.Errorf("the details lack %q", want)
		}
	}
}

// TestReportPrintsInEveryLanguage: words that are longer do not push anything
// of the first page to the second, which begins with the whole result.
func TestReportPrintsInEveryLanguage(t *testing.T) {
	t.Parallel()
	browser, url := openBrowser(t), serveReport(t)
	for _, code := range lang.Supported {
		pages := printed(browser, t, url+code)
		if !strings.Contains(pages[0], "Lesson 1 and") {
			t.Errorf("in %s the first page lacks its end:\n%s", code, pages[0])
		}
		if n := strings.Count(pages[1], "left"); n != 40 {
			t.Errorf("in %s the second page has the result %d times:\n%s", code, n, pages[1])
		}
	}
}
