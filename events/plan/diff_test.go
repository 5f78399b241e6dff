package plan_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"upgradehub/events/plan"
)

func parsed(t testing.TB, text string) *plan.Plan {
	t.Helper()
	p, problems := plan.Parse([]byte(text))
	if p == nil {
		t.Fatal(problems)
	}
	return p
}

func TestDiff(t *testing.T) {
	tests := []struct {
		name     string
		replaced []string
		want     []plan.Difference
	}{
		{"the same", nil, nil},
		{"another day", []string{"2026-05-09", "2026-06-09", "2026-05-10", "2026-06-10"}, []plan.Difference{
			{"window: start", "2026-05-09 20:00 UTC", "2026-06-09 20:00 UTC"},
		}},
		{"a longer phase", []string{"duration: 1h # measured", "duration: 90m # measured"}, []plan.Difference{{"phase import: duration", "1h", "1h30m"}}},
		{"another phase in its place", []string{"- id: import", "- id: load"}, []plan.Difference{
			{"phase load", "", "title Import: the old rows, start 30m after the start, duration 1h, kind copy"},
			{"phase import", "title Import: the old rows, start 30m after the start, duration 1h, kind copy", ""},
		}},
		{"gates, people and impact", []string{
			"deadline: 2026-05-09T21:59", "deadline: 2026-05-09T20:30\n    evidence: [{junit: r.xml, min_tests: 40, max_age: 3d}, {signoff: dba}]", "lead: {person: \"@lead\"}", "lead: {person: \"@boss\", backup: \"@lead\"}",
			"roster:", "impact: {default: outage, do_before: [Save, Leave]}\nannounce: {notice: 3d}\nroster:", "channels: [email]", "channels: [email]\n    cadence: {live: 30m}",
		}, []plan.Difference{
			{"notice", "", "3d"},
			{"impact", "", "outage"},
			{"do before", "", "Save; Leave"},
			{"roster lead: backup", "", "@lead"},
			{"roster lead: person", "@lead", "@boss"},
			{"gate go: deadline", "1m before the start", "1h30m before the start"},
			{"gate go: evidence 1", "", "junit r.xml, tests 40, at most 3d"},
			{"gate go: evidence 2", "", "sign-off dba"},
			{"audience users: cadence live", "", "30m"},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := plan.Diff(parsed(t, blockPlan), parsed(t, strings.NewReplacer(tt.replaced...).Replace(blockPlan)))
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("Diff() = %q, want %q", got, tt.want)
			}
		})
	}
}

// TestDiffSeesEveryKey: whatever is changed in a plan is a difference.
func TestDiffSeesEveryKey(t *testing.T) {
	samples, err := filepath.Glob("testdata/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range samples {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		p, _ := plan.Parse(text)
		if p == nil {
			continue
		}
		if same := plan.Diff(p, p); same != nil {
			t.Errorf("%s differs from itself: %q", name, same)
		}
		touch(t, name, reflect.ValueOf(p).Elem(), "", func(path string) {
			changed := *p
			if path != "Schema" && path != "ID" && plan.Diff(parsed(t, string(text)), &changed) == nil {
				t.Errorf("%s: no difference in %s", name, path)
			}
		})
	}
}

// touch changes one value after the other, looks, and puts it back.
func touch(t *testing.T, name string, v reflect.Value, path string, look func(path string)) {
	t.Helper()
	change := func(to any) {
		was := reflect.ValueOf(v.Interface())
		v.Set(reflect.ValueOf(to).Convert(v.Type()))
		look(path)
		v.Set(was)
	}
	switch v.Kind() {
	case reflect.String:
		change(v.String() + "x")
	case reflect.Int:
		change(int(v.Int()) + 1)
	case reflect.Int64:
		change(v.Int() + int64(time.Minute))
	case reflect.Bool:
		change(!v.Bool())
	case reflect.Slice:
		for i := range v.Len() {
			touch(t, name, v.Index(i), path+"[]", look)
		}
	case reflect.Struct:
		if at, ok := reflect.TypeAssert[time.Time](v); ok {
			change(at.Add(time.Hour))
			return
		}
		for i := range v.NumField() {
			touch(t, name, v.Field(i), strings.TrimPrefix(path+"."+v.Type().Field(i).Name, "."), look)
		}
	}
}
