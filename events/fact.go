package events

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// envelope is the stored form of an event: structured CloudEvents 1.0.
type envelope struct {
	SpecVersion string          `json:"specversion"`
	ID          string          `json:"id"`
	Source      string          `json:"source"`
	Type        string          `json:"type"`
	Subject     string          `json:"subject,omitempty"`
	Time        time.Time       `json:"time,omitzero"`
	ContentType string          `json:"datacontenttype,omitempty"`
	Recorded    time.Time       `json:"recordedtime,omitzero"`
	Intake      string          `json:"intakeseq,omitempty"`
	Visibility  Visibility      `json:"visibility,omitempty"`
	Untimed     bool            `json:"untimed,omitempty"`
	Data        json.RawMessage `json:"data,omitempty"`
}

// MarshalJSON writes the event as a structured CloudEvent 1.0.
func (e Event) MarshalJSON() ([]byte, error) {
	data, err := marshalData(e.Data)
	if err != nil {
		return nil, fmt.Errorf("marshal event %q: %w", e.ID, err)
	}
	out := envelope{
		SpecVersion: "1.0",
		ID:          e.ID,
		Source:      e.Source,
		Type:        TypePrefix + string(e.Type) + TypeSuffix,
		Subject:     e.Upgrade,
		Time:        e.Time.UTC(),
		Recorded:    e.Recorded.UTC(),
		Visibility:  e.Visibility,
		Untimed:     e.Untimed,
		Data:        data,
	}
	if data != nil {
		out.ContentType = "application/json"
	}
	if e.Intake != 0 {
		out.Intake = strconv.FormatUint(e.Intake, 10)
	}
	return json.Marshal(out)
}

func marshalData(d Data) (json.RawMessage, error) {
	if u, ok := d.(*Unknown); ok {
		return canonical(u.Raw), nil
	}
	if d == nil || reflect.ValueOf(d).IsNil() {
		return nil, nil
	}
	return json.Marshal(d)
}

// canonical is raw as json.Marshal would write it, so that writing it again
// changes nothing; nil for nothing and null.
func canonical(raw json.RawMessage) json.RawMessage {
	var compact, out bytes.Buffer
	if err := json.Compact(&compact, raw); err != nil || compact.String() == "null" {
		return nil
	}
	json.HTMLEscape(&out, bytes.ToValidUTF8(compact.Bytes(), []byte("\ufffd")))
	return out.Bytes()
}

// UnmarshalJSON reads what MarshalJSON writes: a fact. It judges nothing: a
// fact stands, and keys it does not know are of a newer version.
func (e *Event) UnmarshalJSON(b []byte) error {
	in := struct {
		*envelope
		// Intake shadows the envelope's: other tools write it as a number.
		Intake json.RawMessage `json:"intakeseq"`
	}{envelope: new(envelope)}
	if err := json.Unmarshal(b, &in); err != nil {
		return fmt.Errorf("unmarshal event: %w", err)
	}
	if in.SpecVersion != "1.0" {
		return fmt.Errorf("unmarshal event %q: specversion is %q, not 1.0", in.ID, in.SpecVersion)
	}
	t, ok := cutType(in.Type)
	if !ok {
		return fmt.Errorf("unmarshal event %q: type %q is not ours", in.ID, in.Type)
	}
	seq, err := parseIntake(in.Intake)
	if err != nil {
		return fmt.Errorf("unmarshal event %q: intakeseq: %w", in.ID, err)
	}
	data, err := unmarshalData(t, in.Data)
	if err != nil {
		return fmt.Errorf("unmarshal event %q: data: %w", in.ID, err)
	}
	*e = Event{
		ID: in.ID, Source: in.Source, Type: t, Upgrade: in.Subject,
		Time: in.Time.UTC(), Untimed: in.Untimed, Recorded: in.Recorded.UTC(),
		Visibility: in.Visibility, Intake: seq, Data: data,
	}
	return nil
}

func cutType(s string) (Type, bool) {
	s, ok := strings.CutPrefix(s, TypePrefix)
	if !ok {
		return "", false
	}
	s, ok = strings.CutSuffix(s, TypeSuffix)
	return Type(s), ok && s != ""
}

func parseIntake(raw json.RawMessage) (uint64, error) {
	s := strings.Trim(string(raw), `"`)
	if s == "" || s == "null" {
		return 0, nil
	}
	return strconv.ParseUint(s, 10, 64)
}

func unmarshalData(t Type, raw json.RawMessage) (Data, error) {
	d := New(t)
	if u, ok := d.(*Unknown); ok {
		u.Raw = canonical(raw)
		return u, nil
	}
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, d); err != nil {
			return nil, err
		}
	}
	toUTC(reflect.ValueOf(d))
	return d, nil
}

var timeType = reflect.TypeFor[time.Time]()

// toUTC brings every time within v to UTC. A time read with an offset that
// happens to be the machine's would else be another value on that machine.
func toUTC(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			toUTC(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			toUTC(v.Index(i))
		}
	case reflect.Struct:
		if v.Type() == timeType {
			v.Set(reflect.ValueOf(v.Interface().(time.Time).UTC()))
			return
		}
		for _, field := range v.Fields() {
			toUTC(field)
		}
	}
}

// TextVisible reports whether the free text of the event may be shown in
// public: what the event says, else the default of its type.
func (e Event) TextVisible() bool {
	if e.Visibility != "" {
		return e.Visibility == Public
	}
	switch e.Type {
	case UpdatePosted, UpdateCorrected, UpdateRetracted, UpgradeCanceled, UpgradeFailed:
		return true
	}
	return false
}

// Subject is where the fact lies in FACTS: facts.<kind>.<key>.<id>.
func (e Event) Subject() string {
	if !e.Type.Own() {
		return "facts.upgrade." + e.Upgrade + "." + FactID(e.Upgrade, e.Source, e.ID)
	}
	kind, _, _ := strings.Cut(string(e.Type), ".")
	switch d := e.Data.(type) {
	case *Duty:
		return "facts.duty." + strconv.FormatUint(d.Epoch, 10)
	case *Subscriber:
		return "facts.subscriber." + d.Subscriber + "." + e.ID
	}
	return "facts." + kind + "." + e.subjectKey(kind) + "." + e.ID
}

func (e Event) subjectKey(kind string) string {
	switch kind {
	case "log":
		return "identity"
	case "hold", "release", "restored":
		return "hub"
	case "rejected":
		return "intake"
	}
	if e.Upgrade == "" {
		return "all"
	}
	return e.Upgrade
}

// ContentHash is the hex SHA-256 of what the publisher said: type, time when
// stated, visibility and data; two events with one id and different content
// are in conflict.
func (e Event) ContentHash() string {
	said := Event{Type: e.Type, Visibility: e.Visibility, Data: e.Data}
	if p, ok := e.Data.(*Planned); ok {
		said.Data = &Planned{Plan: p.Plan, Reason: p.Reason} // the rest is the hub's
	}
	if !e.Untimed {
		said.Time = e.Time
	}
	// What was decoded can be written; an event that cannot be, has the
	// hash of its fault, which differs from that of every other content.
	b, err := said.MarshalJSON()
	if err != nil {
		b = []byte(err.Error())
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
