package main

import (
	"cmp"
	"fmt"
	"io"
	"strconv"
	"time"

	"upgradehub/events/lang"
	"upgradehub/events/survey"
	"upgradehub/events/topic"
	"upgradehub/events/when"
	"upgradehub/hub/insights"
)

// noticeWords are the lengths of notice, as a table says them.
var noticeWords = map[string]string{
	survey.NoticeUnderDay: "under 1 day", survey.NoticeDays: "1 to 3 days", survey.NoticeWeek: "3 to 7 days", survey.NoticeLonger: "7 days or longer",
}

// writeParts prints what answers say besides the whole: what is not known is
// left out.
func writeParts(w io.Writer, said insights.Insights) error {
	length := func(seconds int64) string { return when.In("en").Duration(time.Duration(seconds) * time.Second) }
	if said.Easy.Of > 0 {
		fmt.Fprintf(w, "easy to go on, 5 to 7 of 7: %s\n", said.Easy)
	}
	if said.Lost.Said > 0 {
		fmt.Fprintf(w, "work lost: %d minutes in all, %g at the median of the %d who said so\n", said.Lost.Sum, said.Lost.Median, said.Lost.Said)
	}
	if len(said.Themes) > 0 {
		fmt.Fprintf(w, "low answers speak of: %s\n", topic.Told(said.Themes, lang.English))
	}
	if said.Felt.Outage+said.Felt.Degraded > 0 {
		fmt.Fprintf(w, "measured: not available for %s, slow or partly down for %s\n", length(said.Felt.Outage), length(said.Felt.Degraded))
	}
	if f := said.Forecast; f != nil {
		verdict := map[bool]string{true: "held", false: "did not hold"}[f.Held]
		fmt.Fprintf(w, "forecast at its start: %s to %s, ended %s: %s; pinball loss %g, %g and %g minutes\n", f.Low.UTC().Format(time.RFC3339),
			f.High.UTC().Format(time.RFC3339), f.Actual.UTC().Format(time.RFC3339), verdict, f.Pinball[0], f.Pinball[1], f.Pinball[2])
	}
	if err := writeGroups(w, said); err != nil {
		return err
	}
	return writeTrend(w, said.Trend)
}

func writeGroups(w io.Writer, said insights.Insights) error {
	var rows [][]string
	for _, part := range []struct {
		of     string
		groups []survey.Group
		name   func(string) string
	}{
		{"audience", said.Roles, func(role string) string { return cmp.Or(role, "of the open form") }},
		{"channel", said.Channels, func(channel string) string { return cmp.Or(channel, "not known") }},
		{"notice", said.Notices, func(notice string) string { return cmp.Or(noticeWords[notice], notice) }},
	} {
		for _, g := range part.groups {
			name := part.name(g.Name)
			switch {
			case g.Rest && len(part.groups) == 1:
				continue // the whole
			case g.Rest:
				name = "of all others"
			}
			rows = append(rows, []string{part.of + " " + name, strconv.Itoa(g.Count), g.Satisfied.String(), g.Disrupted.String(), g.Informed.String()})
		}
	}
	if rows == nil {
		return nil
	}
	return table(w, []string{"PART", "ANSWERS", "GAVE 4 OR 5", "DISRUPTED", "TOLD IN TIME"}, rows)
}

// writeTrend prints a row of upgrades, if it is one.
func writeTrend(w io.Writer, points []survey.Point) error {
	if len(points) < 2 {
		return nil
	}
	var rows [][]string
	for _, p := range points {
		rows = append(rows, []string{p.Upgrade, p.Ended.UTC().Format(time.DateOnly), p.Satisfied.String(), string(p.Verdict)})
	}
	return table(w, []string{"UPGRADE", "ENDED", "GAVE 4 OR 5", "AGAINST THE ONE BEFORE"}, rows)
}
