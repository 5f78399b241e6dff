package events

import (
	"encoding/json"
	"fmt"
	"reflect"

	"upgradehub/events/plan"
)

// Schema is the JSON Schema, draft 2020-12, of the data of a type. It is made
// from the Go type, so that both always name the same keys.
func Schema(t Type) ([]byte, error) {
	if !t.Known() {
		return nil, fmt.Errorf("schema of %q: not in the vocabulary", t)
	}
	s := plan.TypeSchema(reflect.TypeOf(New(t)).Elem(), keyRules(t))
	s["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	s["title"] = TypePrefix + string(t) + TypeSuffix
	s["description"] = docOf(t)
	properties := s["properties"].(map[string]any)
	if !t.Own() {
		addAttributes(properties)
	}
	switch t {
	case UpgradePlanned:
		properties["plan"] = planSchema()
		delete(properties, "cadences") // the hub's own
	case UpdatePosted, UpdateCorrected:
		s["required"] = []string{"text"}
	}
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("schema of %q: %w", t, err)
	}
	return append(b, '\n'), nil
}

func docOf(t Type) string {
	for _, v := range vocabulary {
		if v.t == t {
			return v.doc
		}
	}
	return ""
}

// addAttributes adds the keys of the data that are about the event itself.
func addAttributes(properties map[string]any) {
	properties["visibility"] = map[string]any{"enum": []Visibility{Public, Internal}}
	properties["time"] = map[string]any{"type": "string", "format": "date-time", "description": "bare form only"}
	properties["source"] = map[string]any{"type": "string", "maxLength": maxID, "description": "bare form only"}
}

func planSchema() map[string]any {
	return map[string]any{"anyOf": []any{
		map[string]any{"type": "string", "description": "the plan file, YAML"},
		json.RawMessage(plan.JSONSchema()),
	}}
}

// keyRules says of single keys what their Go type does not.
func keyRules(t Type) map[string]map[string]any {
	rules := map[string]map[string]any{
		"waiting_for":      {"enum": waits},
		"kind":             {"enum": evidenceKinds},
		"result":           {"enum": evidenceResults},
		"decision":         {"enum": decisions},
		"impact":           {"enum": plan.Impacts},
		"note":             {"maxLength": maxNote},
		"reason":           {"maxLength": maxNote},
		"text":             {"maxLength": maxText},
		"done":             {"minimum": 0},
		"total":            {"minimum": 0},
		"percent":          {"minimum": 0, "maximum": 100},
		"capacity_percent": {"minimum": 0, "maximum": 100},
		"lag_seconds":      {"minimum": 0},
		"samples":          {"minItems": 1},
		"samples[].value":  {"minimum": 0},
	}
	for _, key := range []string{"phase", "gate", "component", "risk", "objective"} {
		rules[key] = map[string]any{"pattern": "^[a-z0-9][a-z0-9-]{0,62}$"}
	}
	switch New(t).(type) {
	case *Completed:
		rules["outcome"] = map[string]any{"enum": []Result{Successful, SuccessfulWithIssues}}
	case *Phase:
		rules["outcome"] = map[string]any{"enum": phaseOutcomes}
	case *Rollback, *Failover:
		rules["outcome"] = map[string]any{"enum": phaseOutcomes[:2]}
	}
	return rules
}
