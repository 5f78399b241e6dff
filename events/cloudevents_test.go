package events_test

import (
	"encoding/base64"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"upgradehub/events"
)

// structured makes a message of a structured CloudEvent of which some
// attributes are replaced, or left out where the value is nil.
func structured(t testing.TB, change map[string]any) events.Message {
	t.Helper()
	ce := map[string]any{
		"specversion": "1.0", "id": "e1", "source": "/ci/7", "type": "dev.upgradehub.phase.started.v1",
		"subject": "pg16", "time": "2026-03-01T17:59:00.5Z", "datacontenttype": "application/json",
		"traceparent": "00-ab-cd-01", "data": map[string]any{"phase": "copy"},
	}
	for k, v := range change {
		ce[k] = v
		if v == nil {
			delete(ce, k)
		}
	}
	body, err := json.Marshal(ce)
	if err != nil {
		t.Fatal(err)
	}
	return events.Message{Header: map[string][]string{"Content-Type": {"application/cloudevents+json; charset=UTF-8"}}, Body: body, Received: received}
}

func TestStructured(t *testing.T) {
	want := events.Event{
		ID: "e1", Source: "/ci/7", Type: events.PhaseStarted, Upgrade: "pg16",
		Time: time.Date(2026, 3, 1, 17, 59, 0, 5e8, time.UTC), Data: &events.Phase{Phase: "copy"},
	}
	tests := []struct {
		name   string
		change map[string]any
		edit   func(*events.Event)
	}{
		{"as it is", nil, func(*events.Event) {}},
		{"base64", map[string]any{"data": nil, "data_base64": base64.StdEncoding.EncodeToString([]byte(`{"phase":"copy"}`))}, func(*events.Event) {}},
		{"no time", map[string]any{"time": nil}, func(e *events.Event) { e.Time, e.Untimed = received, true }},
		{"no content type", map[string]any{"datacontenttype": nil}, func(*events.Event) {}},
		{"another JSON", map[string]any{"datacontenttype": "application/vnd.x+json"}, func(*events.Event) {}},
		{"visibility", map[string]any{"visibility": "public"}, func(e *events.Event) { e.Visibility = events.Public }},
		{"visibility in data", map[string]any{"data": map[string]any{"phase": "copy", "visibility": "internal"}}, func(e *events.Event) { e.Visibility = events.Internal }},
		{"foreign type", map[string]any{"type": "com.example.thing"}, func(e *events.Event) {
			e.Type, e.Data = "com.example.thing", &events.Unknown{Raw: json.RawMessage(`{"phase":"copy"}`)}
		}},
		{"no data", map[string]any{"type": "dev.upgradehub.upgrade.started.v1", "data": nil}, func(e *events.Event) {
			e.Type, e.Data = events.UpgradeStarted, &events.Step{}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			want := want
			tt.edit(&want)
			if got, err := events.Decode(structured(t, tt.change)); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("Decode = %+v, %v, want %+v", got, err, want)
			}
		})
	}
}

func TestStructuredFaults(t *testing.T) {
	tests := []struct {
		name   string
		change map[string]any
		want   string
	}{
		{"old version", map[string]any{"specversion": "0.3"}, `specversion: "0.3" is not 1.0`},
		{"version is a number", map[string]any{"specversion": 1.0}, `specversion: must be text`},
		{"no version", map[string]any{"specversion": nil}, `specversion: is required`},
		{"no id", map[string]any{"id": nil}, `id: is required`},
		{"empty source", map[string]any{"source": ""}, `source: is required`},
		{"no type", map[string]any{"type": nil}, `type: is required`},
		{"type is a list", map[string]any{"type": []int{1}}, `type: must be text`},
		{"no id, source and type", map[string]any{"id": nil, "source": nil, "type": nil}, `type: is required; id: is required; source: is required`},
		{"no subject", map[string]any{"subject": nil}, `subject: is required: the id of the upgrade`},
		{"bad subject", map[string]any{"subject": "PG 16"}, `upgrade: "PG 16" is not an id: use a-z, 0-9 and -, at most 63`},
		{"no version in type", map[string]any{"type": "dev.upgradehub.phase.started"}, `type: "dev.upgradehub.phase.started" is not written dev.upgradehub.phase.started.v1`},
		{"no prefix in type", map[string]any{"type": "phase.started"}, `type: "phase.started" is not written dev.upgradehub.phase.started.v1`},
		{"own type", map[string]any{"type": "dev.upgradehub.hold.v1"}, `type: "hold" is for the hub alone`},
		{"unknown key", map[string]any{"data": map[string]any{"phase": "copy", "source": "x"}}, `source: is not a key of phase.started`},
		{"data is text", map[string]any{"data": "copy"}, `data: must be a JSON object`},
		{"XML", map[string]any{"datacontenttype": "text/xml"}, `datacontenttype: "text/xml" is not JSON`},
		{"bad base64", map[string]any{"data": nil, "data_base64": "%"}, `data_base64: is not base64 of JSON`},
		{"base64 of no JSON", map[string]any{"data": nil, "data_base64": "YQ=="}, `data: is not JSON`},
		{"both data", map[string]any{"data_base64": "e30="}, `data: is given twice, as data and as data_base64`},
		{"two visibilities", map[string]any{"visibility": "public", "data": map[string]any{"phase": "copy", "visibility": "internal"}}, `visibility: "internal" in the data is not the attribute's "public"`},
		{"bad time", map[string]any{"time": "2026-03-01 18:00"}, `time: "2026-03-01 18:00" is not a time such as 2026-03-01T18:00:00Z`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := faultsOf(t, structured(t, tt.change)); got != tt.want {
				t.Errorf("faults = %s, want %s", got, tt.want)
			}
		})
	}
}

func TestDisagreementWithTheSubject(t *testing.T) {
	m := structured(t, nil)
	m.Upgrade, m.Type = "pg17", events.PhaseFinished
	want := `type: "dev.upgradehub.phase.started.v1" is not the "phase.finished" it was sent as; subject: "pg16" is not the upgrade "pg17" it was sent to`
	if got := faultsOf(t, m); got != want {
		t.Errorf("faults = %s, want %s", got, want)
	}
	m = structured(t, map[string]any{"subject": nil})
	m.Upgrade, m.Type = "pg16", events.PhaseStarted
	if e, err := events.Decode(m); err != nil || e.Upgrade != "pg16" {
		t.Errorf("Decode = %+v, %v, want the upgrade of the subject", e, err)
	}
}

func TestStructuredMediaTypes(t *testing.T) {
	tests := []struct{ media, want string }{
		{"application/cloudevents", ""},
		{"Application/CloudEvents+JSON", ""},
		{"application/cloudevents-batch+json", "content-type: "},
		{"application/cloudevents+avro", "content-type: "},
	}
	for _, tt := range tests {
		m := structured(t, nil)
		m.Header = map[string][]string{"CONTENT-TYPE": {tt.media}}
		if got := faultsOf(t, m); (tt.want == "") != (got == "") || !strings.HasPrefix(got, tt.want) {
			t.Errorf("%s: faults = %q, want %q", tt.media, got, tt.want)
		}
	}
}

// binary makes a message of a binary CloudEvent.
func binary(change map[string]string) events.Message {
	header := map[string][]string{
		"Ce-Specversion": {"1.0"}, "Ce-Id": {"e1"}, "Ce-Source": {"/ci/7"}, "Ce-Type": {"dev.upgradehub.phase.started.v1"},
		"Ce-Subject": {"pg16"}, "Content-Type": {"application/json"},
	}
	for k, v := range change {
		header[k] = []string{v}
		if v == "" {
			delete(header, k)
		}
	}
	return events.Message{Header: header, Body: []byte(`{"phase":"copy"}`), Received: received}
}

func TestBinaryValues(t *testing.T) {
	tests := []struct{ name, header, want string }{
		{"encoded", "Gr%C3%B6%C3%9Fe%20100%25", "Größe 100%"},
		{"raw", "Größe 100%", "Größe 100%"},
		{"encoded once", "100%2525", "100%25"},
		{"lower case", "%c3%b6", "ö"},
		{"quoted", `"a \"b\" c"`, `a "b" c`},
		{"encoded quotes", "%22a%22", `"a"`},
		{"not encoded", "50%zz", "50%zz"},
		{"percent at the end", "100%", "100%"},
		{"spaces around", "  a ", "a"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			e, err := events.Decode(binary(map[string]string{"Ce-Source": tt.header}))
			if err != nil || e.Source != tt.want {
				t.Errorf("source = %q, %v, want %q", e.Source, err, tt.want)
			}
		})
	}
}

func TestBinary(t *testing.T) {
	m := binary(nil)
	upper := map[string][]string{}
	for k, v := range m.Header {
		upper[strings.ToUpper(k)] = v
	}
	for _, header := range []map[string][]string{m.Header, upper} {
		m.Header = header
		e, err := events.Decode(m)
		want := events.Event{ID: "e1", Source: "/ci/7", Type: events.PhaseStarted, Upgrade: "pg16", Time: received, Untimed: true, Data: &events.Phase{Phase: "copy"}}
		if err != nil || !reflect.DeepEqual(e, want) {
			t.Errorf("Decode(%v) = %+v, %v, want %+v", header, e, err, want)
		}
	}
}

func TestBinaryFaults(t *testing.T) {
	tests := []struct {
		name   string
		change map[string]string
		want   string
	}{
		{"not UTF-8", map[string]string{"Ce-Id": "%ff"}, `id: is not UTF-8`},
		{"no version", map[string]string{"Ce-Specversion": ""}, `specversion: is required`},
		{"old version", map[string]string{"Ce-Specversion": "0.2"}, `specversion: "0.2" is not 1.0`},
		{"no id", map[string]string{"Ce-Id": ""}, `id: is required`},
		{"control character", map[string]string{"Ce-Id": "a%00"}, `id: has control characters`},
		{"content type", map[string]string{"Content-Type": "text/plain"}, `datacontenttype: "text/plain" is not JSON`},
		{"content type of NATS", map[string]string{"Ce-Datacontenttype": "text/plain"}, `datacontenttype: "text/plain" is not JSON`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := faultsOf(t, binary(tt.change)); got != tt.want {
				t.Errorf("faults = %s, want %s", got, tt.want)
			}
		})
	}
	broken := binary(nil)
	broken.Body = []byte("{")
	if got := faultsOf(t, broken); got != "data: is not JSON" {
		t.Errorf("faults = %s, want that the data is not JSON", got)
	}
}

func TestSplitBatch(t *testing.T) {
	bodies, err := events.SplitBatch([]byte(`[{"id":"1"}, {"id":"2"}]`))
	if err != nil || len(bodies) != 2 || string(bodies[1]) != `{"id":"2"}` {
		t.Errorf("SplitBatch = %q, %v", bodies, err)
	}
	for _, bad := range []string{"", "{}", "[", "[1"} {
		if bodies, err := events.SplitBatch([]byte(bad)); err == nil {
			t.Errorf("SplitBatch(%q) = %q, want an error", bad, bodies)
		}
	}
}
