package events_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"upgradehub/events"
	"upgradehub/events/plan"
)

// required has the keys DESIGN prints bold.
var required = map[events.Type][]string{
	events.UpgradePlanned:    {"plan"},
	events.UpgradeFailed:     {"reason"},
	events.UpgradeCanceled:   {"reason"},
	events.UpgradeReopened:   {"by", "reason"},
	events.PhaseStarted:      {"phase"},
	events.PhaseWaiting:      {"phase"},
	events.PhaseFinished:     {"phase"},
	events.PhaseProgressed:   {"phase"},
	events.GateEvidence:      {"gate", "kind", "name"},
	events.GateDecided:       {"gate", "decision"},
	events.ObjectiveMeasured: {"objective", "value"},
	events.ComponentChanged:  {"component", "impact"},
	events.FailoverStarted:   {"component"},
	events.FailoverFinished:  {"component"},
	events.FailbackStarted:   {"component"},
	events.FailbackFinished:  {"component"},
	events.RedundancyChanged: {"component"},
	events.RiskTriggered:     {"risk"},
	events.RiskRetired:       {"risk"},
	events.UpdatePosted:      {"text"},
	events.UpdateCorrected:   {"text"},
	events.UsageSampled:      {"system", "samples"},
}

// schema reads the schema of a type.
func schema(t *testing.T, typ events.Type) map[string]any {
	t.Helper()
	b, err := events.Schema(typ)
	if err != nil {
		t.Fatal(err)
	}
	return object(t, string(b))
}

func object(t *testing.T, text string) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestSchemaAcceptsTheExamples(t *testing.T) {
	for _, x := range examples {
		if faults := violations(schema(t, x.typ), object(t, x.data), "data"); len(faults) > 0 {
			t.Errorf("the schema of %s refuses its example: %s", x.typ, faults)
		}
	}
}

func TestSchemaAndDecodeAgree(t *testing.T) {
	for _, x := range examples {
		s := schema(t, x.typ)
		var names []string
		for _, name := range s["required"].([]any) {
			names = append(names, name.(string))
		}
		if !slices.Equal(names, required[x.typ]) {
			t.Errorf("the schema of %s requires %q, want %q", x.typ, names, required[x.typ])
		}
		for _, name := range names {
			data := object(t, x.data)
			delete(data, name)
			refusedByBoth(t, x.typ, s, data, name+": is required")
		}
		data := object(t, x.data)
		data["typo"] = 1
		refusedByBoth(t, x.typ, s, data, "typo: is not a key")
	}
}

func refusedByBoth(t *testing.T, typ events.Type, s, data map[string]any, want string) {
	t.Helper()
	if len(violations(s, data, "data")) == 0 {
		t.Errorf("the schema of %s accepts %v", typ, data)
	}
	b, err := json.Marshal(data)
	if err != nil {
		t.Fatal(err)
	}
	if got := faultsOf(t, bare(typ, string(b))); !strings.HasPrefix(got, want) {
		t.Errorf("Decode(%s, %s) faults = %q, want %q", typ, b, got, want)
	}
}

func TestSchemaOfOwnFacts(t *testing.T) {
	for _, own := range ownFacts {
		b, err := json.Marshal(own.fact.Data)
		if err != nil {
			t.Fatal(err)
		}
		if faults := violations(schema(t, own.fact.Type), object(t, string(b)), "data"); len(faults) > 0 {
			t.Errorf("the schema of %s refuses %s: %s", own.fact.Type, b, faults)
		}
	}
}

func TestSchemaOfAPlanFile(t *testing.T) {
	e := decode(t, events.UpgradePlanned, examples[0].data)
	b, err := json.Marshal(e.Data.(*events.Planned).Plan)
	if err != nil {
		t.Fatal(err)
	}
	if faults := violations(object(t, string(plan.JSONSchema())), object(t, string(b)), "plan"); len(faults) > 0 {
		t.Errorf("the schema of the plan file refuses %s: %s", b, faults)
	}
}

func TestSchemaOfAnUnknownType(t *testing.T) {
	if b, err := events.Schema("deploy.finished"); err == nil {
		t.Errorf("Schema = %s, want an error", b)
	}
}

// Package plan cannot import the vocabulary, so its triggers are held to it
// here.
func TestTriggersAreOfTheVocabulary(t *testing.T) {
	derived := []string{"phase.late", "phase.overdue", "upgrade.silent"}
	var want []string
	for _, typ := range events.Types() {
		if typ != events.UsageSampled {
			want = append(want, string(typ))
		}
	}
	want = append(want, derived...)
	slices.Sort(want)
	if got := plan.TriggerTypes(); !slices.Equal(got, want) {
		t.Errorf("TriggerTypes = %q, want %q", got, want)
	}
}

func TestNew(t *testing.T) {
	for _, typ := range events.Types() {
		if typ.Own() || !typ.Known() {
			t.Errorf("%s: own %t, known %t", typ, typ.Own(), typ.Known())
		}
	}
	if _, ok := events.New("deploy.finished").(*events.Unknown); !ok || events.Type("deploy.finished").Known() {
		t.Error("deploy.finished is known")
	}
}

// violations names what in v a schema does not allow. It knows the keywords
// our schemas use, and no others.
func violations(s map[string]any, v any, at string) []string {
	var faults []string
	for keyword, want := range s {
		holds, ok := keywords[keyword]
		switch {
		case !ok:
			faults = append(faults, at+": unknown keyword "+keyword)
		case holds != nil && !holds(want, v):
			faults = append(faults, fmt.Sprintf("%s: %s is not %v", at, keyword, want))
		}
	}
	if items, ok := s["items"].(map[string]any); ok {
		list, _ := v.([]any)
		for i, item := range list {
			faults = append(faults, violations(items, item, fmt.Sprintf("%s[%d]", at, i))...)
		}
	}
	if forms, ok := s["anyOf"].([]any); ok {
		fits := func(form any) bool { return len(violations(form.(map[string]any), v, at)) == 0 }
		if !slices.ContainsFunc(forms, fits) {
			faults = append(faults, at+": is none of the forms")
		}
	}
	known, _ := s["properties"].(map[string]any)
	return append(faults, properties(known, s["additionalProperties"], v, at)...)
}

// keywords judge single values; those without a judge are judged elsewhere or
// not at all.
var keywords = map[string]func(want, v any) bool{
	"type":      func(want, v any) bool { got := typeOf(v); return got == want || (got == "integer" && want == "number") },
	"const":     func(want, v any) bool { return v == want },
	"enum":      func(want, v any) bool { return slices.Contains(want.([]any), v) },
	"pattern":   func(want, v any) bool { return regexp.MustCompile(want.(string)).MatchString(v.(string)) },
	"maxLength": func(want, v any) bool { return utf8.RuneCountInString(v.(string)) <= int(want.(float64)) },
	"minimum":   func(want, v any) bool { return v.(float64) >= want.(float64) },
	"maximum":   func(want, v any) bool { return v.(float64) <= want.(float64) },
	"minItems":  func(want, v any) bool { return len(v.([]any)) >= int(want.(float64)) },
	"required": func(want, v any) bool {
		m, ok := v.(map[string]any)
		return !ok || !slices.ContainsFunc(want.([]any), func(name any) bool { return m[name.(string)] == nil })
	},
	"anyOf": nil, "items": nil, "properties": nil, "additionalProperties": nil, "contentEncoding": nil,
	"$schema": nil, "title": nil, "description": nil, "format": nil,
}

func properties(known map[string]any, others, v any, at string) []string {
	var faults []string
	m, _ := v.(map[string]any)
	for name, value := range m {
		s, ok := known[name].(map[string]any)
		switch {
		case ok:
			faults = append(faults, violations(s, value, at+"."+name)...)
		case others == false && known != nil:
			faults = append(faults, at+": has the key "+name)
		}
	}
	return faults
}

func typeOf(v any) string {
	switch v := v.(type) {
	case string:
		return "string"
	case bool:
		return "boolean"
	case []any:
		return "array"
	case map[string]any:
		return "object"
	case float64:
		if v == float64(int64(v)) {
			return "integer"
		}
		return "number"
	}
	return "null"
}
