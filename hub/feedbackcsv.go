package main

import (
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// writeCSV writes answers for spreadsheets: numbers and times as they are, every
// text in quotes and guarded.
func writeCSV(w io.Writer, said answers) error {
	var b strings.Builder
	b.WriteString("upgrade,answer,recorded,mode,who,role,channel,rating,disruption,minutes_lost,communication,effort,revisions,text\n")
	for _, a := range said.Answers {
		b.WriteString(strings.Join([]string{
			quoted(said.Upgrade), quoted(a.Answer), a.Recorded.UTC().Format(time.RFC3339), quoted(a.Mode), quoted(a.Who), quoted(a.Role), quoted(a.Channel),
			strconv.Itoa(a.Rating), quoted(a.Disruption), digits(a.Minutes), quoted(a.Communication), digits(a.Effort), strconv.Itoa(a.Revisions), quoted(a.Text),
		}, ",") + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// quoted is a text as one cell; nothing is an empty one.
func quoted(text string) string {
	if text == "" {
		return ""
	}
	return `"` + strings.ReplaceAll(guarded(text), `"`, `""`) + `"`
}

// formula is where a spreadsheet would begin to calculate: at the beginning of a
// text, and wherever one that separates by something else, as many do where the
// comma is in numbers, takes a new cell or row to begin.
var formula = regexp.MustCompile(`((?:^|[;,|\t\r\n])[\s\v\x{85}\p{Z}]*)([=+\-@＝＋－＠])`)

// guarded keeps a spreadsheet from running foreign text as a formula.
func guarded(text string) string {
	safe := formula.ReplaceAllString(text, "${1}'${2}")
	if strings.IndexAny(text, "'\t\r\n") == 0 {
		return "'" + safe
	}
	return safe
}
