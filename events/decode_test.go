package events_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/plan"
)

var received = time.Date(2026, 3, 1, 18, 0, 0, 123456789, time.UTC)

// bare is a message in the bare form.
func bare(t events.Type, body string) events.Message {
	return events.Message{Upgrade: "pg16", Type: t, Body: []byte(body), Received: received, DerivedID: "derived"}
}

// faultsOf decodes and returns the faults, joined.
func faultsOf(t testing.TB, m events.Message) string {
	t.Helper()
	_, err := events.Decode(m)
	if err == nil {
		return ""
	}
	faults, ok := errors.AsType[*events.FaultsError](err)
	if !ok || len(faults.Faults) == 0 {
		t.Fatalf("Decode error = %v, want a *FaultsError", err)
	}
	return strings.Join(faults.Faults, "; ")
}

func TestBare(t *testing.T) {
	tests := []struct {
		name, body string
		header     map[string][]string
		want       events.Event
	}{
		{
			"all derived", `{"phase":"copy"}`, nil,
			events.Event{ID: "derived", Source: "bare", Time: received, Untimed: true},
		},
		{
			"id of NATS", `{"phase":"copy"}`,
			map[string][]string{"Nats-Msg-Id": {"n1"}},
			events.Event{ID: "n1", Source: "bare", Time: received, Untimed: true},
		},
		{
			"id of HTTP", `{"phase":"copy"}`,
			map[string][]string{"idempotency-key": {"h1"}, "Content-Type": {"application/x-www-form-urlencoded"}},
			events.Event{ID: "h1", Source: "bare", Time: received, Untimed: true},
		},
		{
			"stated", `{"phase":"copy","time":"2026-03-01T18:00:00+01:00","source":"ansible","visibility":"public"}`, nil,
			events.Event{ID: "derived", Source: "ansible", Time: time.Date(2026, 3, 1, 17, 0, 0, 0, time.UTC), Visibility: events.Public},
		},
		{
			"null is nothing", `{"phase":"copy","time":null,"source":null,"visibility":null,"note":null}`, nil,
			events.Event{ID: "derived", Source: "bare", Time: received, Untimed: true},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := bare(events.PhaseStarted, tt.body)
			m.Header = tt.header
			tt.want.Type, tt.want.Upgrade, tt.want.Data = events.PhaseStarted, "pg16", &events.Phase{Phase: "copy"}
			if got, err := events.Decode(m); err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("Decode = %+v, %v, want %+v", got, err, tt.want)
			}
		})
	}
}

func TestEmptyBodyIsTheEmptyObject(t *testing.T) {
	for _, body := range []string{"", " \n", "{}"} {
		e, err := events.Decode(bare(events.UpgradeStarted, body))
		if err != nil || !reflect.DeepEqual(e.Data, &events.Step{}) {
			t.Errorf("Decode(%q) = %+v, %v, want an empty step", body, e, err)
		}
	}
}

func TestEveryFaultAtOnce(t *testing.T) {
	m := bare(events.PhaseProgressed, `{"phase":"Copy It","done":5,"total":"many","percent":101,"nite":"x","visibility":"secret","time":"noon"}`)
	m.Upgrade = "PG16"
	want := []string{
		`phase: "Copy It" is not an id`,
		`total: must be a whole number`,
		`percent: must be from 0 to 100`,
		`nite: is not a key of phase.progressed`,
		`visibility: "secret" is not one of public, internal`,
		`time: "noon" is not a time such as`,
		`upgrade: "PG16" is not an id`,
	}
	_, err := events.Decode(m)
	faults, _ := errors.AsType[*events.FaultsError](err)
	if faults == nil || len(faults.Faults) != len(want) {
		t.Fatalf("Decode error = %v, want %d faults", err, len(want))
	}
	for _, w := range want {
		if !slices.ContainsFunc(faults.Faults, func(f string) bool { return strings.HasPrefix(f, w) }) {
			t.Errorf("faults %q do not name %q", faults.Faults, w)
		}
	}
	if got := err.Error(); got != strings.Join(faults.Faults, "; ") {
		t.Errorf("Error() = %q, want the faults joined by semicolons", got)
	}
}

// dataFaults has what is wrong with data, and all that is said of it.
var dataFaults = []struct {
	typ        events.Type
	body, want string
}{
	{events.UpgradePlanned, `{}`, `plan: is required`},
	{events.UpgradePlanned, `{"plan":5}`, `plan: line 1, column 1: plan: must be keys and values, not text`},
	{events.UpgradeFailed, `{}`, `reason: is required`},
	{events.UpgradeCanceled, `{"reason":" "}`, `reason: is required`},
	{events.UpgradeReopened, `{"reason":"mistake"}`, `by: is required`},
	{events.UpgradeCompleted, `{"outcome":"success"}`, `outcome: "success" is not one of successful, successful_with_issues`},
	{events.UpgradeStarted, `{"note":"` + strings.Repeat("ä", 4001) + `"}`, `note: has 4001 characters, at most 4000 are allowed`},
	{events.UpgradeStarted, `{"note":"a\u0000b"}`, `note: has control characters`},
	{events.UpgradeStarted, `{"note":7}`, `note: must be text`},
	{events.RollbackFinished, `{"outcome":"canceled"}`, `outcome: "canceled" is not one of success, failure`},
	{events.RollbackStarted, `{"data_safe":"yes"}`, `data_safe: must be true or false`},
	{events.PhaseStarted, ``, `phase: is required`},
	{events.PhaseStarted, `{"phase":null}`, `phase: is required`},
	{events.PhaseStarted, `{"Phase":"copy"}`, `Phase: is not a key of phase.started; phase: is required`},
	{events.PhaseStarted, `{"phase":"copy","phase":"b"}`, `phase: is given twice`},
	{events.PhaseFinished, `{"phase":"copy","outcome":"ok"}`, `outcome: "ok" is not one of success, failure, canceled, skipped`},
	{events.PhaseWaiting, `{"phase":"copy","waiting_for":"godot"}`, `waiting_for: "godot" is not one of approval, pause, window, dependency`},
	{events.PhaseProgressed, `{"phase":"copy","done":3,"total":2}`, `done: 3 is more than total, 2`},
	{events.PhaseProgressed, `{"phase":"copy","done":-1}`, `done: must not be negative`},
	{events.PhaseProgressed, `{"phase":"copy","done":1.5}`, `done: must be a whole number`},
	{events.PhaseProgressed, `{"phase":"copy","percent":-0.1}`, `percent: must be from 0 to 100`},
	{events.PhaseProgressed, `{"phase":"copy","percent":1e999}`, `percent: must be a number`},
	{events.GateEvidence, `{"gate":"g1","kind":"poem","name":"n"}`, `kind: "poem" is not one of junit, signoff, check`},
	{events.GateEvidence, `{}`, `gate: is required; kind: is required: one of junit, signoff, check; name: is required`},
	{events.GateEvidence, `{"gate":"g1","kind":"check","name":"n","result":"ok"}`, `result: "ok" is not one of pass, fail`},
	{events.GateEvidence, `{"gate":"g1","kind":"check","name":"n","produced_at":"now"}`, `produced_at: must be a time such as 2026-03-01T18:00:00Z`},
	{events.GateEvidence, `{"gate":"g1","kind":"check","name":"n","produced_at":"0001-01-02T00:00:00Z"}`, `produced_at: must be from 1970 to 2199`},
	{events.GateDecided, `{"gate":"g1","decision":"maybe"}`, `decision: "maybe" is not one of go, no_go`},
	{events.ObjectiveMeasured, `{"objective":"o1"}`, `value: is required`},
	{events.ObjectiveMeasured, `{"objective":"o1","value":"many"}`, `value: must be a number`},
	{events.ObjectiveMeasured, `{"objective":"o1","value":1e999}`, `value: must be a number a computer can hold, in at most 40 digits`},
	{events.ObjectiveMeasured, `{"objective":"o1","value":1` + strings.Repeat("0", 60) + `}`, `value: must be a number a computer can hold, in at most 40 digits`},
	{events.ComponentChanged, `{"component":"db","impact":"bad"}`, `impact: "bad" is not one of no_impact, reduced_redundancy, degraded, outage`},
	{events.FailoverFinished, `{"component":"db","outcome":"skipped"}`, `outcome: "skipped" is not one of success, failure`},
	{events.RedundancyChanged, `{"component":"db","lag_seconds":-1,"capacity_percent":101}`, `lag_seconds: must not be negative; capacity_percent: must be from 0 to 100`},
	{events.RiskTriggered, `{"risk":"R1"}`, `risk: "R1" is not an id: use a-z, 0-9 and -, at most 63`},
	{events.UpdatePosted, `{}`, `text: is required`},
	{events.UpdateCorrected, `{"of":"u1"}`, `text: is required`},
	{events.UpdatePosted, `{"text":"x","audiences":"users"}`, `audiences: must be a list of text`},
	{events.UpdatePosted, `{"text":"x","audiences":[""]}`, `audiences[0]: is required`},
	{events.UsageSampled, `{"system":"s","samples":[]}`, `samples: is required: a list of {time, value}`},
	{events.UsageSampled, `{"system":"s","samples":[{"value":-1}]}`, `samples[0].time: is required; samples[0].value: must not be negative`},
	{events.UsageSampled, `{"system":"s","samples":[{"when":1}]}`, `samples: has the unknown key "when"`},
	{events.UpgradeStarted, `[]`, `body: must be a JSON object`},
	{events.UpgradeStarted, `{`, `body: is not JSON: unexpected end of JSON input`},
	{events.UpgradeStarted, `{} {}`, `body: is not JSON: invalid character '{' after top-level value`},
	{events.UpgradeStarted, "{\"note\":\"\xff\"}", `body: is not UTF-8`},
	{events.UpgradeStarted, `{"source":5}`, `source: must be text`},
	{events.UpgradeStarted, `{"source":""}`, `source: is required`},
	{events.UpgradeStarted, `{"visibility":""}`, `visibility: is not one of public, internal`},
	{events.UpgradeStarted, `{"time":"2026-03-01T18:05:01Z"}`, `time: 2026-03-01T18:05:01Z is more than 5m0s ahead of the hub's clock`},
	{events.UpgradeStarted, `{"time":"1901-03-01T18:05:01Z"}`, `time: must be from 1970 to 2199`},
	{events.UpgradeStarted, `{"time":"0001-01-01T00:00:00Z"}`, `time: must be from 1970 to 2199`},
	{events.UpgradeStarted, strings.Repeat(`{"a":`, 12000), `body: is not JSON: invalid character '{' exceeded max depth`},
	{"clock.late", `{"revision":1}`, `type: "clock.late" is for the hub alone`},
	{"duty", `{}`, `type: "duty" is for the hub alone`},
	{"clock.new", `{}`, `type: "clock.new" is for the hub alone`},
	{"", `{}`, `type: is required`},
	{"phase started", `{}`, `type: "phase started" is not a type such as phase.started`},
}

func TestFaultsOfData(t *testing.T) {
	for _, tt := range dataFaults {
		t.Run(string(tt.typ)+clip(tt.body), func(t *testing.T) {
			if got := faultsOf(t, bare(tt.typ, tt.body)); got != tt.want {
				t.Errorf("Decode(%s) faults = %s\nwant %s", clip(tt.body), got, tt.want)
			}
		})
	}
}

func TestFaultsAreBounded(t *testing.T) {
	_, err := events.Decode(bare(events.UsageSampled, `{"system":"s","samples":[{}`+strings.Repeat(`,{}`, 9999)+`]}`))
	faults, _ := errors.AsType[*events.FaultsError](err)
	if faults == nil || len(faults.Faults) != 251 || faults.Faults[250] != "event: has 9750 more faults" {
		t.Errorf("Decode error = %.300v…, want 250 faults and how many more", err)
	}
}

func clip(s string) string { return s[:min(len(s), 80)] }

func TestWithinFiveMinutesAheadIsAccepted(t *testing.T) {
	if got := faultsOf(t, bare(events.UpgradeStarted, `{"time":"2026-03-01T18:05:00Z"}`)); got != "" {
		t.Errorf("faults = %s", got)
	}
}

func TestSizes(t *testing.T) {
	text := func(n int) string { return strings.Repeat(" ", n) }
	tests := []struct {
		name string
		typ  events.Type
		body string
		want string
	}{
		{"64 KiB", events.UpgradeStarted, text(64 << 10), ""},
		{"more", events.UpgradeStarted, text(64<<10 + 1), "body: has 65537 bytes, at most 65536 are allowed for upgrade.started"},
		{"evidence", events.GateEvidence, `{"gate":"g","kind":"junit","name":"n","junit":"` + text(900<<10) + `"}`, ""},
		{"1 MiB", events.GateEvidence, text(1<<20 + 1), "body: has 1048577 bytes, at most 1048576 are allowed"},
		{"text", events.UpdatePosted, `{"text":"` + strings.Repeat("x", 40000) + `"}`, ""},
		{"long text", events.UpdatePosted, `{"text":"` + strings.Repeat("x", 40001) + `"}`, "text: has 40001 characters, at most 40000 are allowed"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := faultsOf(t, bare(tt.typ, tt.body)); got != tt.want {
				t.Errorf("faults = %s, want %s", got, tt.want)
			}
		})
	}
}

func TestUnknownTypeIsKept(t *testing.T) {
	e, err := events.Decode(bare("deploy.finished", ` {"b": "<1>", "a":[1.50, null],"visibility":"internal"} `))
	if err != nil {
		t.Fatal(err)
	}
	u, ok := e.Data.(*events.Unknown)
	if want := `{"b":"\u003c1\u003e","a":[1.50,null],"visibility":"internal"}`; !ok || string(u.Raw) != want {
		t.Errorf("data = %s, want %s", u.Raw, want)
	}
	if e.Visibility != events.Internal {
		t.Errorf("visibility = %q, want internal", e.Visibility)
	}
}

const planYAML = `schema: upgradehub/plan/v1
id: pg16
title: PostgreSQL 16
system: billing
zone: Europe/Berlin
window: {start: 2026-03-01T18:00, end: 2026-03-01T20:00}
phases:
  - {id: copy, title: Copy, start: 2026-03-01T18:00, duration: 90m}
`

func TestPlanned(t *testing.T) {
	p, _ := plan.Parse([]byte(planYAML))
	canonical, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	quoted, err := json.Marshal(planYAML)
	if err != nil {
		t.Fatal(err)
	}
	for _, source := range []string{string(quoted), string(canonical)} {
		e, err := events.Decode(bare(events.UpgradePlanned, `{"reason":"first","plan":`+source+`}`))
		if err != nil {
			t.Fatal(err)
		}
		if want := (&events.Planned{Plan: p, Reason: "first"}); !reflect.DeepEqual(e.Data, want) {
			t.Errorf("data = %+v, want %+v", e.Data, want)
		}
	}
}

func TestFaultsOfAPlan(t *testing.T) {
	tests := []struct{ name, old, new, want string }{
		{"window", "end: 2026-03-01T20:00", "end: soon", `plan: line 6, column 40: window.end: "soon" is not a time`},
		{"other upgrade", "id: pg16", "id: pg17", `plan: id: "pg17" is not the upgrade "pg16"`},
		{"unknown key", "zone:", "colour: red\nzone:", `plan: line 5, column 1: colour: is not a key`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			quoted, err := json.Marshal(strings.Replace(planYAML, tt.old, tt.new, 1))
			if err != nil {
				t.Fatal(err)
			}
			got := faultsOf(t, bare(events.UpgradePlanned, `{"plan":`+string(quoted)+`}`))
			if !strings.HasPrefix(got, tt.want) || strings.Contains(got, "; plan") {
				t.Errorf("faults = %s, want only %s", got, tt.want)
			}
		})
	}
}

func ExampleDecode() {
	_, err := events.Decode(events.Message{Upgrade: "pg16", Type: events.PhaseStarted, Body: []byte(`{"fase":"copy"}`), DerivedID: "1", Received: received})
	fmt.Println(err)
	// Output: fase: is not a key of phase.started; phase: is required
}

// TestCadencesAreTheHubs: no publisher states what the configuration promises.
func TestCadencesAreTheHubs(t *testing.T) {
	m := events.Message{Upgrade: "pg16", Type: events.UpgradePlanned, Body: []byte(`{"plan":{},"cadences":[{"role":"users","every":{"live":"1m"}}]}`)}
	if got := faultsOf(t, m); !strings.Contains(got, "cadences: is the hub's own") {
		t.Errorf("faults = %q", got)
	}
}
