package events_test

import (
	"encoding/json"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"upgradehub/events"
)

// examples has the data of each type publishers use, every key in use.
var examples = []struct {
	typ  events.Type
	data string
}{
	{events.UpgradePlanned, `{"reason":"first","plan":{"schema":"upgradehub/plan/v1","id":"pg16","title":"PostgreSQL 16","system":"billing","zone":"Europe/Berlin","window":{"start":"2026-03-01T18:00","end":"2026-03-01T20:00"},"phases":[{"id":"copy","title":"Copy","start":"2026-03-01T18:00","duration":"90m"}]}}`},
	{events.UpgradeScheduled, `{"by":"lead","reason":"all gates are green"}`},
	{events.UpgradeStarted, `{"note":"begun","reason":"as planned"}`},
	{events.UpgradePaused, `{"reason":"waiting for the vendor"}`},
	{events.UpgradeResumed, `{"note":"goes on"}`},
	{events.UpgradeVerifying, `{}`},
	{events.UpgradeCompleted, `{"outcome":"successful_with_issues","note":"reports are slow"}`},
	{events.UpgradeFailed, `{"reason":"the copy is damaged"}`},
	{events.UpgradeCanceled, `{"reason":"a holiday"}`},
	{events.UpgradeReopened, `{"by":"lead","reason":"ended by mistake"}`},
	{events.RollbackStarted, `{"reason":"too slow","data_safe":true}`},
	{events.RollbackFinished, `{"outcome":"success"}`},
	{events.PhaseStarted, `{"phase":"copy"}`},
	{events.PhaseWaiting, `{"phase":"copy","waiting_for":"approval","note":"by the sponsor"}`},
	{events.PhaseFinished, `{"phase":"copy","outcome":"failure"}`},
	{events.PhaseProgressed, `{"phase":"copy","done":3,"total":10,"unit":"nodes","percent":30.5}`},
	{events.GateEvidence, `{"gate":"g1","kind":"check","name":"replication","by":"ci","build":"7","produced_at":"2026-03-01T17:00:00+01:00","result":"pass"}`},
	{events.GateDecided, `{"gate":"g1","decision":"no_go","by":"lead","reason":"two red tests"}`},
	{events.ObjectiveMeasured, `{"objective":"o1","value":99.50}`},
	{events.ComponentChanged, `{"component":"db","impact":"degraded","note":"reads only"}`},
	{events.FailoverStarted, `{"component":"db","active":"a","standby":"b"}`},
	{events.FailoverFinished, `{"component":"db","active":"b","standby":"a","outcome":"success","data_loss":false}`},
	{events.FailbackStarted, `{"component":"db"}`},
	{events.FailbackFinished, `{"component":"db","outcome":"failure"}`},
	{events.RedundancyChanged, `{"component":"db","active":"a","standby":"b","lag_seconds":0.5,"capacity_percent":50}`},
	{events.RiskTriggered, `{"risk":"r1","note":"it runs long"}`},
	{events.RiskRetired, `{"risk":"r1"}`},
	{events.UpdatePosted, `{"text":"Half of it is *done*.\n<b>&","audiences":["users"],"next_update_by":"2026-03-01T19:00:00Z","final":true}`},
	{events.UpdateCorrected, `{"text":"Two thirds.","of":"u1"}`},
	{events.UpdateRetracted, `{"of":"u1"}`},
	{events.UsageSampled, `{"system":"billing","samples":[{"time":"2026-03-01T17:00:00Z","value":12.25}]}`},
}

func decode(t testing.TB, typ events.Type, data string) events.Event {
	t.Helper()
	e, err := events.Decode(bare(typ, data))
	if err != nil {
		t.Fatalf("Decode(%s, %s): %v", typ, data, err)
	}
	return e
}

func TestEveryTypeHasAnExample(t *testing.T) {
	var got []events.Type
	for _, x := range examples {
		got = append(got, x.typ)
	}
	if want := events.Types(); !reflect.DeepEqual(got, want) {
		t.Errorf("examples of %q, want %q", got, want)
	}
}

// roundTrip marshals and unmarshals, and wants the same event and bytes.
func roundTrip(t testing.TB, e events.Event) []byte {
	t.Helper()
	b, err := json.Marshal(e)
	if err != nil {
		t.Fatalf("json.Marshal(%+v): %v", e, err)
	}
	var again events.Event
	if err := json.Unmarshal(b, &again); err != nil {
		t.Fatalf("json.Unmarshal(%s): %v", b, err)
	}
	if !reflect.DeepEqual(again, e) {
		t.Errorf("json.Unmarshal(%s) = %+v, want %+v", b, again, e)
	}
	if b2, err := json.Marshal(again); err != nil || string(b2) != string(b) {
		t.Errorf("marshalled again: %s, %v, want %s", b2, err, b)
	}
	return b
}

func TestFactsRoundTrip(t *testing.T) {
	for _, x := range examples {
		e := decode(t, x.typ, x.data)
		e.Recorded, e.Intake = received.Add(time.Nanosecond), 1<<63+1
		roundTrip(t, e)
		if err := e.Validate(); err != nil {
			t.Errorf("Validate(%s) = %v", x.typ, err)
		}
	}
	for _, raw := range []string{"", `{"a":"<\u2028>"}`, `[1.0,null]`, `"x"`} {
		e := decode(t, "deploy.finished", "")
		e.Data = &events.Unknown{}
		if raw != "" {
			b, err := json.Marshal(json.RawMessage(raw))
			if err != nil {
				t.Fatal(err)
			}
			e.Data = &events.Unknown{Raw: b}
		}
		roundTrip(t, e)
	}
}

func TestStoredForm(t *testing.T) {
	e := decode(t, events.UpdatePosted, `{"text":"a < b","visibility":"internal","time":"2026-03-01T17:00:00+01:00"}`)
	e.Recorded, e.Intake = received, 42
	want := `{"specversion":"1.0","id":"derived","source":"bare","type":"dev.upgradehub.update.posted.v1","subject":"pg16",` +
		`"time":"2026-03-01T16:00:00Z","datacontenttype":"application/json","recordedtime":"2026-03-01T18:00:00.123456789Z",` +
		`"intakeseq":"42","visibility":"internal","data":{"text":"a \u003c b"}}`
	if got := string(roundTrip(t, e)); got != want {
		t.Errorf("stored as\n%s, want\n%s", got, want)
	}
}

func TestUnmarshalIsLenient(t *testing.T) {
	var e events.Event
	fact := `{"specversion":"1.0","id":"e","source":"s","type":"dev.upgradehub.phase.started.v1","newer":[1],"intakeseq":7,
		"time":"2026-03-01T18:00:00+01:00","data":{"phase":"NOT AN ID","newer":{}}}`
	if err := json.Unmarshal([]byte(fact), &e); err != nil {
		t.Fatal(err)
	}
	want := events.Event{ID: "e", Source: "s", Type: events.PhaseStarted, Intake: 7, Time: time.Date(2026, 3, 1, 17, 0, 0, 0, time.UTC), Data: &events.Phase{Phase: "NOT AN ID"}}
	if !reflect.DeepEqual(e, want) {
		t.Errorf("json.Unmarshal = %+v, want %+v", e, want)
	}
}

func TestUnmarshalKeepsThePlanAsItIsWritten(t *testing.T) {
	var e events.Event
	fact := `{"specversion":"1.0","id":"e","source":"s","type":"dev.upgradehub.upgrade.planned.v1","subject":"pg16",
		"data":{"plan":{"id":"pg16","zone":"Nowhere/Atall","window":{"start":"2026-03-01T18:00:00Z","end":"2026-03-01T17:00:00Z"},"phases":null,"newer":1}}}`
	if err := json.Unmarshal([]byte(fact), &e); err != nil {
		t.Fatal(err)
	}
	p := e.Data.(*events.Planned).Plan
	if p.Zone != "Nowhere/Atall" || p.Window.Duration() != -time.Hour {
		t.Errorf("plan = %+v, want what the fact says", p)
	}
}

func TestUnmarshalFaults(t *testing.T) {
	tests := []struct{ name, fact, want string }{
		{"no object", `[]`, "unmarshal event: "},
		{"version", `{"specversion":"2.0","id":"e","type":"dev.upgradehub.hold.v1"}`, `unmarshal event "e": specversion is "2.0", not 1.0`},
		{"type", `{"specversion":"1.0","id":"e","type":"com.example.v1"}`, `unmarshal event "e": type "com.example.v1" is not ours`},
		{"data", `{"specversion":"1.0","id":"e","type":"dev.upgradehub.phase.started.v1","data":7}`, `unmarshal event "e": data: `},
		{"position", `{"specversion":"1.0","id":"e","type":"dev.upgradehub.hold.v1","intakeseq":"-1"}`, `unmarshal event "e": intakeseq: `},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var e events.Event
			err := json.Unmarshal([]byte(tt.fact), &e)
			if err == nil || !strings.HasPrefix(err.Error(), tt.want) {
				t.Errorf("json.Unmarshal error = %v, want %s", err, tt.want)
			}
		})
	}
}

// ownFacts has one fact of each payload of the hub itself, and its subject.
var ownFacts = []struct {
	fact    events.Event
	subject string
}{
	{events.Event{Type: events.TypeLogOpened, ID: "1", Data: &events.LogOpened{Log: "ab"}}, "facts.log.identity.1"},
	{events.Event{Type: events.ClockLate, ID: "1", Upgrade: "pg16", Data: &events.Clock{Revision: 1, Due: received}}, "facts.clock.pg16.1"},
	{events.Event{Type: events.TypeNoticeOwed, ID: "42", Upgrade: "pg16", Data: &events.NoticeOwed{Cause: 42, Epoch: 1, Notices: []events.Notice{{
		ID: "n", Moment: events.MomentLate, Audience: "users", Channel: "email", Form: events.FormMessage, NotBefore: received, UsefulUntil: received,
	}}}}, "facts.notice.pg16.42"},
	{events.Event{Type: events.TypeNoticeSuperseded, ID: "1", Upgrade: "pg16", Data: &events.NoticeSuperseded{Notice: "n", Why: "newer"}}, "facts.notice.pg16.1"},
	{events.Event{Type: events.OutcomeAccepted, ID: "1", Data: &events.Outcomes{Epoch: 1, Deliveries: []events.DeliveryOutcome{{Delivery: "d", Next: received}}}}, "facts.outcome.all.1"},
	{events.Event{Type: events.OutcomeFailed, ID: "1", Upgrade: "pg16", Data: &events.Outcomes{Epoch: 1, Deliveries: []events.DeliveryOutcome{{Delivery: "d", Final: true}}}}, "facts.outcome.pg16.1"},
	{events.Event{Type: events.SubscriberConfirmed, ID: "1", Data: &events.Subscriber{Subscriber: "s1"}}, "facts.subscriber.s1.1"},
	{events.Event{Type: events.TypeFeedbackReceived, ID: "1", Upgrade: "pg16", Data: &events.FeedbackReceived{Answer: "a1", Rating: 5}}, "facts.feedback.pg16.1"},
	{events.Event{Type: events.TypeFeedbackAcknowledged, ID: "1", Upgrade: "pg16", Data: &events.FeedbackAcknowledged{Answer: "a1"}}, "facts.feedback.pg16.1"},
	{events.Event{Type: events.TypeFeedbackReported, ID: "1", Upgrade: "pg16", Data: &events.FeedbackReported{Report: "r1", Component: "db", HasText: true, Channel: "page"}}, "facts.feedback.pg16.1"},
	{events.Event{Type: events.TypeFeedbackOverdue, ID: "1", Upgrade: "pg16", Data: &events.FeedbackOverdue{Items: []string{"r1"}}}, "facts.feedback.pg16.1"},
	{events.Event{Type: events.TypeFeedbackUsed, ID: "1", Upgrade: "pg16", Data: &events.FeedbackUsed{Link: "ab"}}, "facts.feedback.pg16.1"},
	{events.Event{Type: events.LessonProposed, ID: "1", Upgrade: "pg16", Data: &events.Lesson{Lesson: "l1"}}, "facts.lesson.pg16.1"},
	{events.Event{Type: events.TypeHistoryImported, ID: "1", Data: &events.HistoryImported{Runs: []events.PastRun{{
		ID: "r", Start: received, Known: received.Add(time.Hour), Planned: 60, Actual: 70, Phases: []events.PastPhase{{Kind: "copy", Planned: 30, Actual: 40}},
	}}}}, "facts.history.all.1"},
	{events.Event{Type: events.TypeForecastMade, ID: "1", Upgrade: "pg16", Data: &events.ForecastMade{
		For: "s1", Try: 1, Renew: received, Rollback: 60, RollbackRuns: 9,
		End:    &events.Estimate{Basis: "system", Runs: 9, Within: 8, Under: 60, Low: received, Expected: received, High: received},
		Phases: []events.Estimate{{Phase: "copy", Beyond: true, Basis: "kind", Runs: 8}},
	}}, "facts.forecast.pg16.1"},
	{events.Event{Type: events.TypeDuty, ID: "7", Data: &events.Duty{Epoch: 7, Node: "n1"}}, "facts.duty.7"},
	{events.Event{Type: events.TypeHold, ID: "1", Data: &events.Hold{By: "lead"}}, "facts.hold.hub.1"},
	{events.Event{Type: events.TypeRelease, ID: "1", Data: &events.Hold{}}, "facts.release.hub.1"},
	{events.Event{Type: events.TypeRestored, ID: "1", Data: &events.Restored{From: "n1"}}, "facts.restored.hub.1"},
	{events.Event{Type: events.TypeRejected, ID: "1", Data: &events.Rejected{Subject: "upgrades.x.y", Reasons: []string{"r"}, Payload: []byte("\xff")}}, "facts.rejected.intake.1"},
	{events.Event{Type: events.TypeConflict, ID: "1", Upgrade: "pg16", Data: &events.Conflict{Event: "e1", First: "f"}}, "facts.anomaly.pg16.1"},
}

func TestOwnFacts(t *testing.T) {
	for _, tt := range ownFacts {
		e := tt.fact
		e.Source, e.Time, e.Recorded = "hub", received, received
		if err := e.Validate(); err != nil {
			t.Errorf("Validate(%s) = %v", e.Type, err)
		}
		if got := e.Subject(); got != tt.subject {
			t.Errorf("Subject of %s = %s, want %s", e.Type, got, tt.subject)
		}
		roundTrip(t, e)
	}
}

func TestFaultsOfOwnFacts(t *testing.T) {
	tests := []struct {
		data events.Data
		want string
	}{
		{&events.LogOpened{}, "log: is required"},
		{&events.Clock{Attempt: -1}, "revision: must be from 1; attempt: must not be negative; due: is required"},
		{&events.NoticeOwed{}, "cause: is required"},
		{
			&events.NoticeOwed{Cause: 1, Notices: []events.Notice{{ID: "n", Moment: "m", Audience: "a", Channel: "c", Form: "poem"}}},
			`notices[0].form: "poem" is not one of message, root, thread, broadcast, card; notices[0].useful_until: is required`,
		},
		{&events.NoticeSuperseded{}, "notice: is required; why: is required"},
		{&events.Outcomes{}, "deliveries: must be 1 to 64, not 0"},
		{&events.Outcomes{Deliveries: make([]events.DeliveryOutcome, 1)}, "deliveries[0].delivery: is required"},
		{&events.Subscriber{Subscriber: "a.b", Generation: -1}, `subscriber: "a.b" cannot be a token of a subject; generation: must not be negative`},
		{&events.FeedbackReceived{Answer: "a", Rating: 6, Disruption: "huge", Communication: "loud"}, `rating: must be from 1 to 5; disruption: "huge" is not one of none, little, lot, blocked; communication: "loud" is not one of late, little, right, much`},
		{&events.NoticeAcknowledged{}, `delivery: "" cannot be a token of a subject; person: "" cannot be a token of a subject`},
		{&events.FeedbackUsed{}, `link: "" cannot be a token of a subject`},
		{&events.FeedbackAcknowledged{}, `answer: "" cannot be a token of a subject`},
		{&events.FeedbackAcknowledged{Answer: "a", By: "me@example.org", Owner: "@lead"}, `by: is an address; write a role name such as "@lead"`},
		{&events.FeedbackAcknowledged{Answer: "a", Status: "new", HasReply: true}, `status: "new" is not one of seen, answered, action; has_reply: is only said with the status answered`},
		{&events.FeedbackReported{Component: "DB", Channel: "fax"}, `report: "" cannot be a token of a subject; component: "DB" is not an id: use a-z, 0-9 and -, at most 63; channel: "fax" is not one of page, slack`},
		{&events.FeedbackOverdue{}, "items: must be 1 to 256, not 0"},
		{&events.Lesson{}, `lesson: "" cannot be a token of a subject`},
		{&events.HistoryImported{}, "runs: must be 1 to 200, not 0"},
		{
			&events.HistoryImported{Runs: []events.PastRun{{}}},
			"runs[0].id: is required; runs[0].known: must be after start; runs[0].planned_seconds: must be positive; runs[0].actual_seconds: must be positive",
		},
		{
			&events.ForecastMade{Try: -1, Rollback: -1, Phases: []events.Estimate{{Phase: "copy", Basis: "kind", Runs: 8}}, End: &events.Estimate{Beyond: true}},
			`for: "" cannot be a token of a subject; try: must not be negative; rollback_p80_seconds: must not be negative; ` +
				`end.basis: is required: one of kind, system, organisation; end.runs: must be positive; phases[0].expected: must lie from low to high`,
		},
		{&events.Duty{}, "epoch: is required; node: is required"},
		{&events.Hold{Reason: "\x01"}, "reason: has control characters"},
		{&events.Restored{From: "\x01"}, "from: has control characters"},
		{&events.Rejected{Payload: make([]byte, 4097)}, "reasons: is required; payload: has 4097 bytes, at most 4096 are kept"},
		{&events.Conflict{}, "event: is required; first: is required"},
	}
	for _, tt := range tests {
		if got := strings.Join(tt.data.Faults(), "; "); got != tt.want {
			t.Errorf("Faults(%+v) = %s, want %s", tt.data, got, tt.want)
		}
	}
}

func TestValidateTheEnvelope(t *testing.T) {
	good := events.Event{ID: "e", Source: "s", Type: events.PhaseStarted, Upgrade: "pg16", Time: received, Data: &events.Phase{Phase: "copy"}}
	tests := []struct {
		name string
		edit func(*events.Event)
		want string
	}{
		{"no id", func(e *events.Event) { e.ID = "" }, "id: is required"},
		{"long id", func(e *events.Event) { e.ID = strings.Repeat("x", 257) }, "id: has 257 characters, at most 256 are allowed"},
		{"no upgrade", func(e *events.Event) { e.Upgrade = "" }, "upgrade: is required"},
		{"no time", func(e *events.Event) { e.Time = time.Time{} }, "time: is required"},
		{"other data", func(e *events.Event) { e.Data = &events.Risk{Risk: "r"} }, "data: is not that of phase.started"},
		{"no data", func(e *events.Event) { e.Data = nil }, "data: is not that of phase.started"},
		{"nil data", func(e *events.Event) { e.Data = (*events.Phase)(nil) }, "data: is not that of phase.started"},
		{"id of an own fact", func(e *events.Event) { e.Type, e.ID, e.Data = events.TypeHold, "a.b", &events.Hold{} }, `id: "a.b" cannot be a token of a subject`},
		{"no own fact", func(e *events.Event) { e.Type, e.Data = "hold.on", &events.Unknown{} }, `type: "hold.on" is not in the vocabulary`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := good
			tt.edit(&e)
			if err := e.Validate(); err == nil || err.Error() != tt.want {
				t.Errorf("Validate = %v, want %s", err, tt.want)
			}
		})
	}
	if err := good.Validate(); err != nil {
		t.Errorf("Validate = %v", err)
	}
}

func TestIDs(t *testing.T) {
	form := regexp.MustCompile(`^[0-9a-f]{32}$`)
	ids := map[string]string{}
	for name, id := range map[string]string{
		"fact":               events.FactID("pg16", "s", "e"),
		"fields moved":       events.FactID("pg16", "se", ""),
		"fields moved again": events.FactID("pg16s", "", "e"),
		"clock":              events.ClockID(events.ClockLate, "pg16", "copy", 1, received),
		"clock, attempt 2":   events.ClockID(events.ClockLate, "pg16", "copy", 2, received),
		"clock, later":       events.ClockID(events.ClockLate, "pg16", "copy", 1, received.Add(1)),
		"notice":             events.NoticeID(1, events.MomentLate, "users", "email"),
		"notice, other":      events.NoticeID(1, events.MomentLate, "users", "slack"),
		"superseded":         events.SupersededID("n", "why"),
		"delivery":           events.DeliveryID("n", "why"),
		"derived":            events.DerivedID(received, 1, received),
		"derived, next":      events.DerivedID(received, 2, received),
	} {
		if !form.MatchString(id) {
			t.Errorf("%s: %q is not 32 hex digits", name, id)
		}
		if other, ok := ids[id]; ok {
			t.Errorf("%s and %s have the same id", name, other)
		}
		ids[id] = name
	}
	berlin := time.FixedZone("", 3600)
	if events.ClockID(events.ClockLate, "pg16", "", 1, received) != events.ClockID(events.ClockLate, "pg16", "", 1, received.In(berlin)) {
		t.Error("the id of a clock fact depends on the zone")
	}
	if got, want := events.FactID("pg16", "ci", "1"), "facts.upgrade.pg16."; !strings.HasSuffix(decodedSubject(t), got) || !strings.HasPrefix(decodedSubject(t), want) {
		t.Errorf("Subject = %s, want %s%s", decodedSubject(t), want, got)
	}
}

func decodedSubject(t *testing.T) string {
	t.Helper()
	m := bare(events.PhaseStarted, `{"phase":"copy","source":"ci"}`)
	m.DerivedID = "1"
	e, err := events.Decode(m)
	if err != nil {
		t.Fatal(err)
	}
	return e.Subject()
}

func TestTextVisible(t *testing.T) {
	open := map[events.Type]bool{
		events.UpdatePosted: true, events.UpdateCorrected: true, events.UpdateRetracted: true,
		events.UpgradeCanceled: true, events.UpgradeFailed: true,
	}
	for _, typ := range append(events.Types(), "deploy.finished") {
		e := events.Event{Type: typ}
		if got := e.TextVisible(); got != open[typ] {
			t.Errorf("TextVisible of %s = %t, want %t", typ, got, open[typ])
		}
		e.Visibility = events.Public
		if !e.TextVisible() {
			t.Errorf("TextVisible of public %s = false", typ)
		}
		e.Visibility = events.Internal
		if e.TextVisible() {
			t.Errorf("TextVisible of internal %s = true", typ)
		}
	}
}

func TestContentHash(t *testing.T) {
	first := decode(t, events.PhaseStarted, `{"phase":"copy"}`)
	tests := []struct {
		name, body string
		edit       func(*events.Event)
		same       bool
	}{
		{"again, later", `{ "phase" : "copy" }`, func(e *events.Event) { e.Time, e.Recorded, e.Intake = received.Add(1), received, 9 }, true},
		{"other phase", `{"phase":"b"}`, func(*events.Event) {}, false},
		{"other visibility", `{"phase":"copy","visibility":"public"}`, func(*events.Event) {}, false},
		{"time stated", `{"phase":"copy","time":"2026-03-01T18:00:00Z"}`, func(*events.Event) {}, false},
		{"other type", `{"phase":"copy"}`, func(e *events.Event) { e.Type = events.PhaseFinished }, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e := decode(t, events.PhaseStarted, tt.body)
			tt.edit(&e)
			if got := e.ContentHash() == first.ContentHash(); got != tt.same {
				t.Errorf("same content = %t, want %t", got, tt.same)
			}
		})
	}
	if !regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString(first.ContentHash()) {
		t.Errorf("ContentHash = %q, want 64 hex digits", first.ContentHash())
	}
}

// A stored fact has the content hash of the event it was made from.
func TestContentHashSurvivesStorage(t *testing.T) {
	for _, x := range examples {
		e := decode(t, x.typ, x.data)
		var stored events.Event
		if err := json.Unmarshal(roundTrip(t, e), &stored); err != nil {
			t.Fatal(err)
		}
		if stored.ContentHash() != e.ContentHash() {
			t.Errorf("%s: the hash changed", x.typ)
		}
	}
}

func TestEmptyListIsNone(t *testing.T) {
	e := decode(t, events.UpdatePosted, `{"text":"x","audiences":[]}`)
	if u := e.Data.(*events.Update); u.Audiences != nil {
		t.Errorf("audiences = %#v, want nil", u.Audiences)
	}
	roundTrip(t, e)
}
