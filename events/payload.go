package events

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"

	"upgradehub/events/plan"
)

// attributeKeys are keys of the data that are about the event, not part of
// its payload. All forms may say visibility there, the bare one the others.
var attributeKeys = []string{"time", "source", "visibility"}

// decodeData reads the payload of the event strictly: an unknown key is a
// typing error far more often than a newer publisher.
func (r *reading) decodeData(raw json.RawMessage) Data {
	d := New(r.event.Type)
	if u, ok := d.(*Unknown); ok {
		u.Raw = canonical(raw)
		r.unknownVisibility(raw)
		return u
	}
	obj, ok := r.object("data", raw)
	if !ok {
		r.noData = true
		return d
	}
	r.takeAttributes(obj)
	if p, ok := d.(*Planned); ok {
		p.Plan = r.decodePlan(obj["plan"])
		delete(obj, "plan")
		if _, own := obj["cadences"]; own {
			r.fault("cadences", "is the hub's own; set cadence in the audiences of the plan")
			delete(obj, "cadences")
		}
	}
	r.fill(reflect.ValueOf(d).Elem(), obj)
	toUTC(reflect.ValueOf(d))
	return d
}

// unknownVisibility reads the key visibility of data that is not known
// otherwise.
func (r *reading) unknownVisibility(raw json.RawMessage) {
	obj, _, err := readObject(raw)
	if err != nil {
		return
	}
	if s, ok := r.textOf(obj, "visibility"); ok {
		r.setVisibility(s)
	}
}

func (r *reading) takeAttributes(obj map[string]json.RawMessage) {
	if s, ok := r.textOf(obj, "visibility"); ok {
		r.setVisibility(s)
	}
	delete(obj, "visibility")
	if r.bare {
		for _, k := range attributeKeys {
			delete(obj, k)
		}
	}
}

// decodePlan reads a plan: an object, or a text that is YAML.
func (r *reading) decodePlan(raw json.RawMessage) *plan.Plan {
	if raw == nil || string(raw) == "null" {
		return nil
	}
	source := []byte(raw)
	if raw[0] == '"' {
		var s string
		if err := json.Unmarshal(raw, &s); err != nil {
			r.bad("plan", "must be an object or YAML")
			return nil
		}
		source = []byte(s)
	}
	p, problems := plan.Parse(source)
	for _, pr := range problems {
		if !pr.Advice {
			r.bad("plan", "line %d, column %d: %s: %s", pr.Line, pr.Column, pr.Path, pr.Message)
		}
	}
	return p
}

// fill sets the fields of a payload from the keys of an object.
func (r *reading) fill(v reflect.Value, obj map[string]json.RawMessage) {
	fields := fieldsOf(v.Type())
	for _, key := range slices.Sorted(maps.Keys(obj)) {
		i, ok := fields[key]
		if !ok {
			r.bad(clip(key), "is not a key of %s", r.event.Type)
			continue
		}
		field := v.Field(i)
		if fault := decodeStrict(obj[key], field.Addr().Interface()); fault != "" {
			r.bad(key, "%s", fault)
			field.SetZero()
		}
		if field.Kind() == reflect.Slice && field.Len() == 0 {
			field.SetZero() // an empty list is written as none, and read back so
		}
	}
}

// fieldsOf maps the JSON keys of a struct to its fields.
func fieldsOf(t reflect.Type) map[string]int {
	m := make(map[string]int, t.NumField())
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		m[name] = i
	}
	return m
}

// decodeStrict decodes raw into the pointer and says what it should have
// been.
func decodeStrict(raw json.RawMessage, into any) (fault string) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.DisallowUnknownFields()
	err := dec.Decode(into)
	if err == nil {
		return ""
	}
	if _, key, ok := strings.Cut(err.Error(), "unknown field "); ok {
		return "has the unknown key " + clip(key)
	}
	return "must be " + wording(reflect.TypeOf(into).Elem())
}

// wording says in the publisher's words what a key of this type holds.
func wording(t reflect.Type) string {
	switch {
	case t == timeType:
		return "a time such as 2026-03-01T18:00:00Z"
	case t == reflect.TypeFor[json.Number]():
		return "a number"
	}
	switch t.Kind() {
	case reflect.Pointer:
		return wording(t.Elem())
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int64, reflect.Uint64:
		return "a whole number"
	case reflect.Float64:
		return "a number"
	case reflect.Slice:
		return "a list of " + wording(t.Elem())
	case reflect.Struct:
		return "{" + strings.Join(slices.Sorted(maps.Keys(fieldsOf(t))), ", ") + "}"
	}
	return "something else"
}
