package main

import (
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const (
	usageSample   = "../events/usage/testdata/passengers-2014-07-to-10.csv"
	holidaySample = "../events/usage/testdata/us-holidays-2014.ics"
)

var updateWindow = flag.Bool("update", false, "rewrite the golden files")

// window runs hub window on the sample, with its holidays.
func window(t testing.TB, words string) (code int, stdout, stderr string) {
	t.Helper()
	args := append([]string{"window"}, strings.Fields(words)...)
	return hub(t, nil, append(args, "--zone", "America/New_York", "--blackout", holidaySample, usageSample)...)
}

// TestWindowBacktest is the contract: four keys, and what they must reach.
func TestWindowBacktest(t *testing.T) {
	code, stdout, stderr := window(t, "backtest --need 3h --json")
	var got map[string]float64
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || code != exitDone || stderr != "" {
		t.Fatalf("exit %d, %v, printed %q, stderr %q", code, err, stdout, stderr)
	}
	if len(got) != 4 || got["weeks"] != 8 || got["median_ratio"] < 1 || got["median_ratio"] > 1.05 || got["worst_ratio"] < 1 ||
		got["worst_ratio"] > 1.5 || got["median_prediction_error"] <= 0 || got["median_prediction_error"] > 0.10 {
		t.Errorf("score = %v, want 8 weeks within 1.05, 1.5 and 0.10, and no other key", got)
	}
}

// TestWindowGolden: what people read.
func TestWindowGolden(t *testing.T) {
	for name, words := range map[string]string{
		"find":     "find --need 3h",
		"holiday":  "find --need 90m --from 2014-08-30 --weeks 2",
		"backtest": "backtest --need 3h",
	} {
		t.Run(name, func(t *testing.T) {
			code, stdout, stderr := window(t, words)
			if code != exitDone || stderr != "" {
				t.Fatalf("exit %d, stderr %q", code, stderr)
			}
			path := filepath.Join("testdata", "window-"+name+".txt")
			if *updateWindow {
				if err := os.WriteFile(path, []byte(stdout), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil || string(want) != stdout {
				t.Errorf("%s differs (%v); run 'go test ./hub -run TestWindowGolden -update' if that is meant\n got:\n%s\nwant:\n%s", path, err, stdout, want)
			}
		})
	}
}

func TestWindowFindJSON(t *testing.T) {
	code, stdout, stderr := window(t, "find --need 3h --from 2014-10-11 --json")
	var got struct {
		Zone, Need, Sentence, Unit string
		From, Until                time.Time
		Slots                      []struct {
			Start, End          time.Time
			Expected, Low, High float64
			Reasons             []string
		}
		Favourite struct{ Times float64 }
		LeftOut   []struct{ Name string } `json:"left_out"`
	}
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || code != exitDone || stderr != "" {
		t.Fatalf("exit %d, %v, printed %q, stderr %q", code, err, stdout, stderr)
	}
	if len(got.Slots) != 5 || got.Zone != "America/New_York" || got.Need != "3h" || got.Unit != "people" || got.Favourite.Times < 5 ||
		!strings.Contains(got.Sentence, "times as many") || len(got.LeftOut) != 1 || got.LeftOut[0].Name != "Columbus Day" {
		t.Errorf("found %+v", got)
	}
	for _, s := range got.Slots {
		holiday := time.Date(2014, 10, 13, 4, 0, 0, 0, time.UTC)
		if s.End.Sub(s.Start) != 3*time.Hour || s.Start.Before(holiday.AddDate(0, 0, 1)) && s.End.After(holiday) || s.Low > s.Expected || s.High < s.Expected || len(s.Reasons) < 2 {
			t.Errorf("slot %+v", s)
		}
	}
}

// TestWindowNamesWhatItSkips: rows, and weeks.
func TestWindowNamesWhatItSkips(t *testing.T) {
	text, err := os.ReadFile(usageSample)
	if err != nil {
		t.Fatal(err)
	}
	table := writeFile(t, "usage.csv", strings.Replace(string(text), "2014-09-10 05:30:00,", "2014-09-10 05:30:00,many", 1))
	code, stdout, stderr := hub(t, nil, "window", "backtest", "--need", "3h", "--zone", "America/New_York", "--json", table)
	for _, want := range []string{`usage.csv:3421: "many`, "is not a number\n", "hub: skipped week 2014-W37: 0.5 hours of it are not known\n"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("stderr %q does not name %q", stderr, want)
		}
	}
	if code != exitDone || !strings.Contains(stdout, `"weeks": 7`) {
		t.Errorf("exit %d, printed %q, want 7 weeks", code, stdout)
	}
	many := writeFile(t, "many.csv", strings.Repeat("x,\n", 30)+string(text))
	if _, _, stderr := hub(t, nil, "window", "backtest", "--need", "3h", "--zone", "America/New_York", many); strings.Count(stderr, "\n") != 21 || !strings.HasSuffix(stderr, "hub: and 10 more\n") {
		t.Errorf("stderr = %q, want 20 rows and how many more", stderr)
	}
}

func TestWindowReadsStandardInput(t *testing.T) {
	text, err := os.ReadFile(usageSample)
	if err != nil {
		t.Fatal(err)
	}
	var out, errs strings.Builder
	p := &program{getenv: env(nil), stdin: strings.NewReader(string(text)), stdout: &out, stderr: &errs}
	if code := p.run(t.Context(), []string{"window", "find", "--need", "3h", "--zone", "America/New_York", "--from", "2014-12-30", "-"}); code != exitDone {
		t.Fatalf("exit %d, stderr %q", code, errs.String())
	}
	if !strings.Contains(out.String(), "1  Tue 30 Dec 2014 02:30") || errs.String() != "hub: the usage ends with Sat 1 Nov 2014 00:00: what came since is not known\n" {
		t.Errorf("printed %q, stderr %q", out.String(), errs.String())
	}
}

func TestWindowExitCodes(t *testing.T) {
	short := writeFile(t, "short.csv", "2026-03-01 10:00,1\n2026-03-01 11:00,1\n")
	hourly := writeFile(t, "hourly.ics", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20260101\nRRULE:FREQ=HOURLY\nEND:VEVENT\nEND:VCALENDAR\n")
	tests := []struct {
		line string
		code int
		want string
	}{
		{"window", exitUsage, "hub window needs a command"},
		{"window find --need 3h --zone UTC", exitUsage, "requires at least 1 arg(s)"},
		{"window find a.csv", exitUsage, "--need is required"},
		{"window find a.csv", exitUsage, "--zone is required"},
		{"window backtest a.csv --need soon --zone Mars/Base --values many", exitUsage, `--need: "soon" is not a duration`},
		{"window backtest a.csv --need soon --zone Mars/Base --values many", exitUsage, `--zone "Mars/Base" is no IANA zone`},
		{"window backtest a.csv --need soon --zone Mars/Base --values many", exitUsage, `--values "many" is none of`},
		{"window find a.csv --need 8d --zone UTC", exitUsage, "--need 8d is not from 1m to 7d"},
		{"window find a.csv --need 3h --zone UTC --from soon", exitUsage, `--from: "soon" is not a time`},
		{"window find a.csv --need 3h --zone UTC --weeks 0", exitUsage, "--weeks 0 is not from 1 to 8"},
		{"window find nowhere.csv --need 3h --zone UTC", exitFailed, "nowhere.csv: no such file"},
		{"window find --need 3h --zone UTC " + short, exitFailed, "too little to choose from"},
		{"window backtest --need 3h --zone UTC " + short, exitFailed, "too little to choose from: 0 whole weeks"},
		{"window find --need 3h --zone UTC --blackout " + hourly + " " + short, exitFailed, "hourly.ics: line 5: the event that ends here: RRULE in line 4: FREQ"},
		{"window find --need 3h --zone UTC " + hourly, exitFailed, "no usable value was found"},
	}
	for _, tt := range tests {
		t.Run(tt.line, func(t *testing.T) {
			code, stdout, stderr := hub(t, nil, strings.Fields(tt.line)...)
			if code != tt.code || !strings.Contains(stderr, tt.want) || stdout != "" {
				t.Errorf("exit %d, printed %q, stderr %q, want exit %d and %q", code, stdout, stderr, tt.code, tt.want)
			}
		})
	}
}
