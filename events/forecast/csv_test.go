package forecast_test

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"upgradehub/events/forecast"
)

const (
	sampleFile = "testdata/planned-outages-1.csv"
	header     = "id,title,announced,plan_start,plan_end,started,resolved,final_start,final_end\n"
)

func sample(t testing.TB) ([]forecast.Run, []forecast.Skip) {
	t.Helper()
	text, err := os.ReadFile(sampleFile)
	if err != nil {
		t.Fatal(err)
	}
	runs, skipped, err := forecast.ReadCSV(bytes.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return runs, skipped
}

func TestReadCSVRuns(t *testing.T) {
	tests := []struct {
		name, row string
		start     time.Time
		actual    time.Duration
	}{
		{"started late", "a,A,,2026-03-01T12:00:00Z,2026-03-01T13:00:00Z,2026-03-01T12:10:00Z,2026-03-01T13:30:00Z,,", noon, 80 * time.Minute},
		{"started early", "a,A,,2026-03-01T12:10:00Z,2026-03-01T13:10:00Z,2026-03-01T12:00:00Z,2026-03-01T12:05:00Z,,", noon, 5 * time.Minute},
		{"never marked as started", "a,A,,2026-03-01T13:00:00+01:00,2026-03-01T14:00:00+01:00,,2026-03-01T13:30:00Z,,", noon, 90 * time.Minute},
		{"few fields", "a,A,,2026-03-01T12:00:00Z,2026-03-01T13:00:00Z,,2026-03-01T13:30:00Z", noon, 90 * time.Minute},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			runs, skipped, err := forecast.ReadCSV(strings.NewReader(header + tt.row))
			if err != nil || len(skipped) > 0 || len(runs) != 1 {
				t.Fatalf("ReadCSV = %v, %v, %v, want one run", runs, skipped, err)
			}
			if r := runs[0]; r.ID != "a" || r.Title != "A" || !r.Start.Equal(tt.start) || r.Planned != time.Hour || r.Actual != tt.actual {
				t.Errorf("run = %+v, want one from %v that took %v", r, tt.start, tt.actual)
			}
		})
	}
}

func TestReadCSVSkips(t *testing.T) {
	const good = "ok,A,,2026-03-01T12:00:00Z,2026-03-01T13:00:00Z,,2026-03-01T13:30:00Z,,"
	tests := []struct{ name, row, want string }{
		{"never resolved", "a,A,,2026-03-01T12:00:00Z,2026-03-01T13:00:00Z,,,,", "never marked as resolved"},
		{"plan ends first", "a,A,,2026-03-01T12:00:00Z,2026-03-01T11:00:00Z,,2026-03-01T13:30:00Z,,", "planned end is not after"},
		{"plan of no length", "a,A,,2026-03-01T12:00:00Z,2026-03-01T12:00:00Z,,2026-03-01T13:30:00Z,,", "planned end is not after"},
		{"resolved first", "a,A,,2026-03-01T12:00:00Z,2026-03-01T13:00:00Z,2026-03-01T14:00:00Z,2026-03-01T13:30:00Z,,", "resolved before it started"},
		{"resolved before the plan", "a,A,,2026-03-01T12:00:00Z,2026-03-01T13:00:00Z,,2026-03-01T11:30:00Z,,", "before its planned start"},
		{"no plan, bad time", "a,A,,,soon,,2026-03-01T13:30:00Z,,", `has no plan_start; plan_end "soon" is not a time`},
		{"no offset", "a,A,,2026-03-01T12:00:00,2026-03-01T13:00:00Z,,2026-03-01T13:30:00Z,,", "plan_start"},
		{"short", "a,A", "has no plan_start; has no plan_end; was never marked"},
		{"twice", good, "stands in the file twice"},
		{"quotes", `a,"A"B,,,`, "quote"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			runs, skipped, err := forecast.ReadCSV(strings.NewReader(header + good + "\n" + tt.row + "\n"))
			if err != nil || len(runs) != 1 || len(skipped) != 1 {
				t.Fatalf("ReadCSV = %v, %v, %v, want one run and one skipped", runs, skipped, err)
			}
			if s := skipped[0]; s.Line != 3 || !strings.Contains(s.Reason, tt.want) {
				t.Errorf("skipped %+v, want line 3 with %q", s, tt.want)
			}
		})
	}
}

// TestReadCSVOfManyKinds: spreadsheets write CSV in their own ways, and a quote
// that is left open costs its row alone.
func TestReadCSVOfManyKinds(t *testing.T) {
	const rows = "a,A,,2026-03-01T12:00:00Z,2026-03-01T13:00:00Z,,2026-03-01T13:30:00Z,,\n" +
		"b,\"B, in\ntwo \"\"lines\"\"\",,2026-03-02T12:00:00Z,2026-03-02T13:00:00Z,,2026-03-02T13:30:00Z,,\n" +
		"c,C,,2026-03-03T12:00:00Z,2026-03-03T13:00:00Z,,2026-03-03T13:30:00Z,,\n"
	quoted := "\"" + strings.NewReplacer(",", "\",\"", "\n", "\"\n\"").Replace(strings.TrimSuffix(header, "\n")) + "\"\n"
	open := strings.Replace(rows, "c,C", "broken,\"C,,2026-03-03T12:00:00Z\nc,C", 1)
	tests := []struct {
		name, text string
		skipped    int // the line
	}{
		{"as we write it", header + rows, 0},
		{"blank lines", "\n" + header + "\n\n" + rows + "\n", 0},
		{"of Windows", strings.ReplaceAll(header+rows, "\n", "\r\n"), 0},
		{"of the first Macintosh", strings.ReplaceAll(header+rows, "\n", "\r"), 0},
		{"a mark before quotes", "\ufeff" + quoted + rows, 0},
		{"semicolons after a blank line", "\n" + strings.ReplaceAll(header, ",", ";") + strings.NewReplacer(", ", ", ", ",", ";").Replace(rows), 0},
		{"semicolons", strings.ReplaceAll(header, ",", ";") + strings.NewReplacer(", ", ", ", ",", ";").Replace(rows), 0},
		{"an open quote", header + open, 5},
		{"an open quote at the end", header + rows + "d,\"D,,,\n", 6},
		{"an open quote before others", header + "z,\"Z\n" + rows, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			runs, skipped, err := forecast.ReadCSV(strings.NewReader(tt.text))
			if err != nil || len(runs) != 3 || runs[2].ID != "c" || runs[1].Title != "B, in\ntwo \"lines\"" {
				t.Fatalf("ReadCSV = %+v, %v, %v, want a, b and c", runs, skipped, err)
			}
			if n := len(skipped); n > 1 || (n == 1) != (tt.skipped > 0) || n == 1 && (skipped[0].Line != tt.skipped || !strings.Contains(skipped[0].Reason, "quote")) {
				t.Errorf("skipped %+v, want line %d", skipped, tt.skipped)
			}
		})
	}
}

func TestReadCSVFiles(t *testing.T) {
	broken := errors.New("broken")
	tests := []struct {
		name, text, want string
	}{
		{"empty", "", ""},
		{"header alone", "\ufeff" + header, ""},
		{"other order, other columns", "resolved,started,plan_end,plan_start,title,note,note,ID\n", ""},
		{"no header", "a,b,c\n", "no column id, title, plan_start"},
		{"column twice", "id," + header, `column "id" stands twice`},
		{"no CSV", "\"", "header"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			runs, skipped, err := forecast.ReadCSV(strings.NewReader(tt.text))
			if len(runs)+len(skipped) > 0 || (err != nil) != (tt.want != "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("ReadCSV = %v, %v, %v, want an error with %q", runs, skipped, err, tt.want)
			}
		})
	}
	if _, _, err := forecast.ReadCSV(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("ReadCSV of a broken file: %v", err)
	}
}

func FuzzReadCSV(f *testing.F) {
	text, err := os.ReadFile(sampleFile)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(header + "a,A,,0001-01-01T00:00:00Z,9999-12-31T23:59:59Z,,9999-12-31T23:59:59Z,,"))
	f.Fuzz(func(t *testing.T, data []byte) {
		runs, skipped, err := forecast.ReadCSV(bytes.NewReader(data))
		for _, r := range runs {
			if r.Planned <= 0 || r.Actual <= 0 || !r.Known.After(r.Start) {
				t.Errorf("unusable run %+v", r)
			}
		}
		for _, s := range skipped {
			if s.Line < 2 || s.Reason == "" {
				t.Errorf("skipped %+v", s)
			}
		}
		if err == nil && len(runs) < 500 {
			score, unscored := forecast.Backtest(nil, runs)
			if score.Runs+len(unscored) != len(runs) || score.Error < 0 {
				t.Errorf("%d runs: %+v and %d unscored", len(runs), score, len(unscored))
			}
		}
		if slices.ContainsFunc(runs, func(r forecast.Run) bool { return r.Start.IsZero() && r.Known.IsZero() }) {
			t.Error("a run without times")
		}
	})
}
