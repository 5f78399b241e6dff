package main

import (
	"encoding/json"
	"testing"
	"time"

	"upgradehub/events/survey"
	"upgradehub/events/upgrade"
	"upgradehub/hub/insights"
)

// TestFeedbackShowsParts: audiences, channels and notices beside each other,
// and the upgrades of the system in a row.
func TestFeedbackShowsParts(t *testing.T) {
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	many := survey.Answer{Rating: 5, Disruption: "none", Communication: "right", Role: "users", Channel: "email", Effort: 6}
	few := survey.Answer{Rating: 2, Disruption: "blocked", Communication: "late", Minutes: 45, Effort: 2}
	said := []survey.Answer{many, many, many, many, few}
	point := func(id string, day, count int) survey.Point {
		return survey.Point{Upgrade: id, Title: "The " + id, Ended: noon.AddDate(0, 0, day), Satisfied: survey.Of(count, 100)}
	}
	raw, err := json.Marshal(struct {
		Upgrade string `json:"upgrade"`
		insights.Insights
	}{"pg16", insights.Insights{
		Insight: survey.Look(said, survey.Invited{Asked: 9}), Felt: upgrade.Felt{Outage: 3900, Degraded: 600},
		Notices:  survey.ByNotice([]survey.Told{{Notice: time.Hour, Answers: said}, {Notice: 200 * time.Hour, Answers: said[:4]}}),
		Trend:    survey.Trend([]survey.Point{point("pg15", 0, 40), point("pg15-2", 1, 45), point("pg16", 2, 80)}),
		Forecast: &insights.Forecast{Low: noon, High: noon.Add(time.Hour), Actual: noon.Add(30 * time.Minute), Held: true, Pinball: [3]float64{3, 0, 3}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	f := newFakeHub(t, map[string]string{"GET /api/v1/upgrades/pg16/feedback": string(raw)})
	const want = `pg16: 5 answers, 9 invited, 4.4 of 5
answered by invitation: 0 % (95 % interval 0 to 30 %); gave 4 or 5: 80 % (95 % interval 38 to 96 %); gave 1 or 2 or could not work: 1
easy to go on, 5 to 7 of 7: 80 % (95 % interval 38 to 96 %)
work lost: 45 minutes in all, 45 at the median of the 1 who said so
measured: not available for 1 h 5 min, slow or partly down for 10 min
forecast at its start: 2026-03-01T12:00:00Z to 2026-03-01T13:00:00Z, ended 2026-03-01T12:30:00Z: held; pinball loss 3, 0 and 3 minutes
PART                       ANSWERS  GAVE 4 OR 5                        DISRUPTED                          TOLD IN TIME
audience users             4        100 % (95 % interval 51 to 100 %)  0 % (95 % interval 0 to 49 %)      100 % (95 % interval 51 to 100 %)
audience of the open form  1        0 % (95 % interval 0 to 79 %)      100 % (95 % interval 21 to 100 %)  0 % (95 % interval 0 to 79 %)
channel email              4        100 % (95 % interval 51 to 100 %)  0 % (95 % interval 0 to 49 %)      100 % (95 % interval 51 to 100 %)
channel not known          1        0 % (95 % interval 0 to 79 %)      100 % (95 % interval 21 to 100 %)  0 % (95 % interval 0 to 79 %)
notice under 1 day         5        80 % (95 % interval 38 to 96 %)    20 % (95 % interval 4 to 62 %)     80 % (95 % interval 38 to 96 %)
notice 7 days or longer    4        100 % (95 % interval 51 to 100 %)  0 % (95 % interval 0 to 49 %)      100 % (95 % interval 51 to 100 %)
UPGRADE  ENDED       GAVE 4 OR 5  AGAINST THE ONE BEFORE
pg15     2026-03-01  40 % (95 % interval 31 to 50 %)
pg15-2   2026-03-02  45 % (95 % interval 36 to 55 %)  no clear difference
pg16     2026-03-03  80 % (95 % interval 71 to 87 %)  better
RECORDED  RATING  DISRUPTION  LOST  TOLD  EFFORT  TEXT
`
	code, stdout, stderr := f.hub(t, "feedback", "pg16")
	if code != exitDone || stdout != want || stderr != "" {
		t.Errorf("exit %d, stderr %q, printed\n%s\nwant\n%s", code, stderr, stdout, want)
	}
}
