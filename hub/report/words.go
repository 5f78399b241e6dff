package report

import (
	"embed"
	"fmt"
	"slices"
	"strings"
	"time"

	"upgradehub/events/lang"
	"upgradehub/events/plan"
	"upgradehub/events/when"
)

//go:embed locales
var files embed.FS

var catalog = lang.MustLoad(files, "locales")

// words say a report in one language.
type words struct {
	Report
	lang.Words
	times when.Words
	zone  *time.Location
}

// in says the report in a language of package lang.
func (r Report) in(code string) words {
	said := catalog.In(code)
	return words{Report: r, Words: said, times: when.In(said.Code), zone: when.Zone(r.Zone)}
}

// heads are those of a table, by the ends of their ids; an empty one heads
// nothing.
func (w words) heads(names ...string) []string {
	heads := make([]string, len(names))
	for i, name := range names {
		if name != "" {
			heads[i] = w.Say("head." + name)
		}
	}
	return heads
}

// term is a value that the JSON has, such as a state, in the reader's words.
// One that has none stands as it is.
func (w words) term(family, value string) string {
	id := family + "." + apart.Replace(value)
	if _, said := slices.BinarySearch(catalog.IDs(), id); !said {
		return w.Apart(value)
	}
	return w.Say(id)
}

var apart = strings.NewReplacer(" ", "_", "-", "_", "@", "")

// orDash is the same, or a dash for nothing.
func (w words) orDash(text string) string {
	if text == "" {
		return "–"
	}
	return w.Apart(text)
}

func (w words) full(t time.Time) string { return w.times.Full(t, w.zone) }

func (w words) moment(t *time.Time) string {
	if t == nil {
		return "–"
	}
	return w.full(*t)
}

// stretch is a window in words.
func (w words) stretch(win plan.Window) string {
	return w.times.Range(win.Start, win.End, w.zone)
}

func (w words) span(seconds int64) string {
	return w.times.Duration(time.Duration(seconds) * time.Second)
}

func (w words) dash(seconds int64) string {
	if seconds == 0 {
		return "–"
	}
	return w.span(seconds)
}

// millis is a short length of time, to the tenth of a second below ten.
func (w words) millis(ms int64) string {
	d := time.Duration(ms) * time.Millisecond
	if d < 10*time.Second {
		whole, tenths, _ := strings.Cut(fmt.Sprintf("%.1f", d.Seconds()), ".")
		return w.Say("seconds", "value", w.Say("decimal", "whole", whole, "tenths", tenths))
	}
	if d < time.Minute {
		return w.Say("seconds", "value", fmt.Sprintf("%.0f", d.Seconds()))
	}
	return w.span(int64(d.Seconds()))
}

// difference is how far a length is from its plan, in per cent.
func (w words) difference(l Length) string {
	return w.Say("percent", "value", fmt.Sprintf("%+d", (l.Actual-l.Planned)*100/l.Planned))
}

func (w words) yesNo(b *bool) string {
	switch {
	case b == nil:
		return w.Say("not_said")
	case *b:
		return w.Say("yes")
	}
	return w.Say("no")
}
