package events

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"
)

// Message is an event as it arrived, over NATS or HTTP.
type Message struct {
	// Upgrade and Type are what the subject or the path says; both are
	// empty for POST /api/v1/events, where the event itself must say it.
	Upgrade string
	Type    Type
	// Header holds the transport's headers, names in any case.
	Header map[string][]string
	Body   []byte
	// Received is when the message entered INTAKE: the default of the
	// event's time, and what "too far ahead" is measured against.
	Received time.Time
	// DerivedID is the id for an event that brings none.
	DerivedID string
}

// The limits of a message's body, in bytes.
const (
	MaxBody      = 64 << 10 // of most events
	MaxLargeBody = 1 << 20  // of upgrade.planned and gate.evidence
)

// maxAhead is how far the clock of a publisher may be ahead of ours.
const maxAhead = 5 * time.Minute

// Decode reads one event in any of the three forms, bare, CloudEvents
// structured and CloudEvents binary, and validates it. Its error is a
// [*FaultsError] that names every fault, of an absurd number the first 250. A type outside the vocabulary is no
// fault, a type of the hub's own facts is one.
func Decode(m Message) (Event, error) {
	r := &reading{Message: m, head: lower(m.Header), event: Event{Upgrade: m.Upgrade, Type: m.Type}}
	r.read()
	r.judge()
	if len(r.faults) > 0 {
		return Event{}, &FaultsError{Faults: bounded(r.faults)}
	}
	return r.event, nil
}

// maxFaults keeps the faults of one event within what a fact can hold.
const maxFaults = 250

func bounded(faults []string) []string {
	if more := len(faults) - maxFaults; more > 0 {
		return append(faults[:maxFaults:maxFaults], fmt.Sprintf("event: has %d more faults", more))
	}
	return faults
}

// reading is one message being decoded.
type reading struct {
	Message
	check
	head  map[string]string // by lower-case name
	event Event
	data  json.RawMessage
	bare  bool
	// broken: the message could not be read at all, so that what is
	// missing in it is not worth naming; noData: that holds for its data.
	broken, noData bool
	// named are the keys that have a fault already.
	named map[string]bool
}

func (r *reading) read() {
	if len(r.Body) > MaxLargeBody {
		r.giveUp("body", "has %d bytes, at most %d are allowed", len(r.Body), MaxLargeBody)
		return
	}
	if !utf8.Valid(r.Body) {
		r.giveUp("body", "is not UTF-8")
		return
	}
	media := strings.ToLower(r.head["content-type"])
	switch {
	case strings.HasPrefix(media, "application/cloudevents"):
		r.readStructured(media)
	case r.isBinary():
		r.readBinary()
	default:
		r.readBare()
	}
}

func (r *reading) giveUp(key, format string, args ...any) {
	r.fault(key, format, args...)
	r.broken = true
}

// bad notes a fault of a key of the event, so that the key is not called
// missing as well.
func (r *reading) bad(key, format string, args ...any) {
	r.fault(key, format, args...)
	r.markNamed(key)
}

func (r *reading) markNamed(key string) {
	if r.named == nil {
		r.named = map[string]bool{}
	}
	r.named[key] = true
}

// judge decodes the data and validates the whole, once the attributes are
// known.
func (r *reading) judge() {
	if r.broken {
		return
	}
	e := &r.event
	if e.Time.IsZero() && !r.named["time"] {
		e.Time, e.Untimed = r.Received.UTC(), true
	}
	if !r.Received.IsZero() && e.Time.After(r.Received.Add(maxAhead)) {
		r.bad("time", "%s is more than %s ahead of the hub's clock", e.Time.Format(time.RFC3339), maxAhead)
	}
	if e.Type.Own() {
		r.bad("type", "%q is for the hub alone", e.Type)
		return
	}
	if limit := bodyLimit(e.Type); len(r.Body) > limit {
		r.fault("body", "has %d bytes, at most %d are allowed for %s", len(r.Body), limit, e.Type)
	}
	if !r.noData {
		e.Data = r.decodeData(r.data)
	}
	r.add(e.envelopeFaults())
	if !r.noData {
		r.add(e.dataFaults())
	}
}

// add takes the faults of keys that have none yet.
func (r *reading) add(faults []string) {
	for _, f := range faults {
		if key, _, _ := strings.Cut(f, ": "); !r.named[key] {
			r.faults = append(r.faults, f)
		}
	}
}

func bodyLimit(t Type) int {
	if t == UpgradePlanned || t == GateEvidence {
		return MaxLargeBody
	}
	return MaxBody
}

// readBare reads a message whose body is the data, with the keys time,
// source and visibility in it.
func (r *reading) readBare() {
	r.event.ID = r.head["nats-msg-id"]
	if r.event.ID == "" {
		r.event.ID = r.head["idempotency-key"]
	}
	if r.event.ID == "" {
		r.event.ID = r.DerivedID
	}
	r.event.Source = "bare"
	r.bare = true
	obj, ok := r.object("body", r.Body)
	if !ok {
		r.noData = true
		return
	}
	if s, ok := r.textOf(obj, "source"); ok {
		r.event.Source = s
	}
	if s, ok := r.textOf(obj, "time"); ok {
		r.setTime(s)
	}
	r.data = r.Body
}

// object reads a JSON object; nothing at all is the empty one. Keys given
// twice are faults: which of them counts, readers of JSON do not agree on.
func (r *reading) object(name string, raw []byte) (map[string]json.RawMessage, bool) {
	obj, twice, err := readObject(raw)
	if err != nil {
		r.bad(name, "%s", err)
		return nil, false
	}
	for _, k := range twice {
		if !r.named[clip(k)] {
			r.bad(clip(k), "is given twice")
		}
	}
	return obj, true
}

// textOf reads a key that holds text; null is as good as absent.
func (r *reading) textOf(obj map[string]json.RawMessage, key string) (string, bool) {
	raw, ok := obj[key]
	if !ok || string(raw) == "null" {
		return "", false
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		r.bad(key, "must be text")
		return "", false
	}
	return s, true
}

func (r *reading) setTime(s string) {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		r.bad("time", "%q is not a time such as 2026-03-01T18:00:00Z", clip(s))
		return
	}
	if t = t.UTC(); t.IsZero() {
		r.bad("time", "must be from 1970 to 2199")
	}
	r.event.Time = t
}

// setVisibility takes the visibility from an attribute and from the data,
// which must not disagree.
func (r *reading) setVisibility(s string) {
	v := Visibility(s)
	if r.event.Visibility != "" && v != r.event.Visibility {
		r.bad("visibility", "%q in the data is not the attribute's %q", clip(s), r.event.Visibility)
		return
	}
	r.event.Visibility = v
	if v == "" {
		r.bad("visibility", "is not one of %s, %s", Public, Internal)
	}
}

// emptyToObject makes the empty body the empty object.
func emptyToObject(raw []byte) []byte {
	if len(strings.TrimSpace(string(raw))) == 0 {
		return []byte("{}")
	}
	return raw
}

// readObject reads the keys of a JSON object, and names those given twice.
func readObject(raw []byte) (obj map[string]json.RawMessage, twice []string, err error) {
	raw = emptyToObject(raw)
	var whole json.RawMessage
	if err := json.Unmarshal(raw, &whole); err != nil {
		return nil, nil, fmt.Errorf("is not JSON: %w", err)
	}
	dec := json.NewDecoder(strings.NewReader(string(raw)))
	if open, err := dec.Token(); err != nil || open != json.Delim('{') {
		return nil, nil, fmt.Errorf("must be a JSON object")
	}
	obj = map[string]json.RawMessage{}
	for dec.More() {
		key, err := dec.Token()
		if err != nil {
			return nil, nil, fmt.Errorf("is not JSON: %w", err)
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return nil, nil, fmt.Errorf("is not JSON: %w", err)
		}
		name := key.(string) // what precedes a colon is text: the whole is valid
		if _, ok := obj[name]; ok {
			twice = append(twice, name)
		}
		obj[name] = value
	}
	return obj, twice, nil
}
