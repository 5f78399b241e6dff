package plan_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"upgradehub/events/plan"
)

func TestValidID(t *testing.T) {
	tests := []struct {
		id   string
		want bool
	}{
		{"pg16", true},
		{"0", true},
		{"a-b-", true},
		{strings.Repeat("a", 63), true},
		{strings.Repeat("a", 64), false},
		{"", false},
		{"-a", false},
		{"A", false},
		{"a.b", false},
		{"a b", false},
		{"a\n", false},
		{"ä", false},
	}
	for _, tt := range tests {
		if got := plan.ValidID(tt.id); got != tt.want {
			t.Errorf("ValidID(%q) = %t, want %t", tt.id, got, tt.want)
		}
	}
}

func TestDurations(t *testing.T) {
	tests := []struct {
		text, want string
		long       time.Duration
	}{
		{"90m", "1h30m", 90 * time.Minute},
		{"0m", "0m", 0},
		{"14d", "14d", 14 * 24 * time.Hour},
		{"1d12h30m5s", "1d12h30m5s", 36*time.Hour + 30*time.Minute + 5*time.Second},
		{"3660d", "3660d", 3660 * 24 * time.Hour},
	}
	for _, tt := range tests {
		d, err := plan.ParseDuration(tt.text)
		if err != nil || d.Std() != tt.long || d.String() != tt.want {
			t.Errorf("ParseDuration(%q) = %s (%s), %v, want %s (%s)", tt.text, d, d.Std(), err, tt.want, tt.long)
		}
		again, err := plan.ParseDuration(d.String())
		if err != nil || again != d {
			t.Errorf("ParseDuration(%q) = %s, %v, want %s", d.String(), again, err, d)
		}
	}
	for _, bad := range []string{"", "1", "1.5h", "-1h", "1m1h", "h", "1 h", "1w", "9999d", "99999h", "99999999999999999999s"} {
		if d, err := plan.ParseDuration(bad); err == nil {
			t.Errorf("ParseDuration(%q) = %s, want an error", bad, d)
		}
	}
}

func TestParseTrigger(t *testing.T) {
	tests := []struct {
		text string
		want plan.Trigger
	}{
		{"phase.overdue:split:90m", plan.Trigger{Type: "phase.overdue", Object: "split", After: plan.Duration(90 * time.Minute)}},
		{"phase.overdue:split", plan.Trigger{Type: "phase.overdue", Object: "split"}},
		{"phase.finished:split:failure", plan.Trigger{Type: "phase.finished", Object: "split", Outcome: "failure"}},
		{"gate.decided:g1:no_go", plan.Trigger{Type: "gate.decided", Object: "g1", Outcome: "no_go"}},
		{"component.changed:db:outage", plan.Trigger{Type: "component.changed", Object: "db", Outcome: "outage"}},
		{"upgrade.silent", plan.Trigger{Type: "upgrade.silent"}},
		{"upgrade.silent:2h", plan.Trigger{Type: "upgrade.silent", After: plan.Duration(2 * time.Hour)}},
		{"upgrade.silent:pg16:2h", plan.Trigger{Type: "upgrade.silent", Object: "pg16", After: plan.Duration(2 * time.Hour)}},
		{"rollback.finished:failure", plan.Trigger{Type: "rollback.finished", Outcome: "failure"}},
	}
	for _, tt := range tests {
		if got, err := plan.ParseTrigger(tt.text); err != nil || got != tt.want {
			t.Errorf("ParseTrigger(%q) = %+v, %v, want %+v", tt.text, got, err, tt.want)
		}
	}
	for _, bad := range []string{"", "phase.late", "phase.late:", "phase.late:A", "phase.late:a:b", "phase.late:a:1h:1h", "split", "usage.sampled:x"} {
		if got, err := plan.ParseTrigger(bad); err == nil {
			t.Errorf("ParseTrigger(%q) = %+v, want an error", bad, got)
		}
	}
}

func TestMerge(t *testing.T) {
	patch := `{"window":{"start":"2025-06-30T01:00","end":"2025-07-04T01:00"},"announce":null,"drill":true}`
	out, err := plan.Merge([]byte(read(t, "fedora-dc-move-2025.yaml")), []byte(patch))
	if err != nil {
		t.Fatal(err)
	}
	got, problems := plan.Parse(out)
	if got == nil {
		t.Fatalf("Parse(%s): %s", out, format(problems))
	}
	want, _ := plan.Parse([]byte(read(t, "fedora-dc-move-2025.yaml")))
	want.Window.End = time.Date(2025, 7, 4, 1, 0, 0, 0, time.UTC)
	want.Announce, want.Drill = plan.Announce{}, true
	if !reflect.DeepEqual(got, want) {
		t.Errorf("Merge = %+v, want %+v", got, want)
	}
}

func TestMergeWithoutPatchChangesNothing(t *testing.T) {
	for _, text := range samples(t) {
		out, err := plan.Merge([]byte(text), nil)
		if err != nil {
			t.Fatal(err)
		}
		got, problems := plan.Parse(out)
		if want, _ := plan.Parse([]byte(text)); !reflect.DeepEqual(got, want) {
			t.Errorf("Merge = %+v, want %+v; problems:\n%s", got, want, format(problems))
		}
	}
}

func TestMergeFaults(t *testing.T) {
	for _, tt := range []struct{ text, patch string }{{"a: [", "{}"}, {"a: 1", "{"}, {"", "{}"}} {
		if out, err := plan.Merge([]byte(tt.text), []byte(tt.patch)); err == nil {
			t.Errorf("Merge(%q, %q) = %s, want an error", tt.text, tt.patch, out)
		}
	}
}

func TestJSONSchemaNamesWhatIsRequired(t *testing.T) {
	var s struct {
		Required   []string
		Properties map[string]struct {
			Items struct{ Required []string }
		}
	}
	if err := json.Unmarshal(plan.JSONSchema(), &s); err != nil {
		t.Fatal(err)
	}
	if want := []string{"schema", "id", "title", "system", "zone", "window", "phases"}; !reflect.DeepEqual(s.Required, want) {
		t.Errorf("required = %q, want %q", s.Required, want)
	}
	if got, want := s.Properties["phases"].Items.Required, []string{"id", "title", "start", "duration"}; !reflect.DeepEqual(got, want) {
		t.Errorf("required of phases = %q, want %q", got, want)
	}
}

func TestRoleOf(t *testing.T) {
	tests := []struct {
		audience plan.Audience
		want     string
	}{
		{plan.Audience{ID: "testers", Role: "stakeholders"}, "stakeholders"},
		{plan.Audience{ID: "managers", Channels: []string{"slack"}}, "managers"},
		{plan.Audience{ID: "ops", Channels: []string{"email", "slack"}}, "teams"},
		{plan.Audience{ID: "all", Channels: []string{"email"}}, "users"},
	}
	for _, tt := range tests {
		if got := tt.audience.RoleOf(); got != tt.want {
			t.Errorf("RoleOf(%+v) = %s, want %s", tt.audience, got, tt.want)
		}
	}
}
