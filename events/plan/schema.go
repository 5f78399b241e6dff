package plan

import (
	"encoding/json"
	"maps"
	"reflect"
	"strings"
)

// idPattern is the rule of [ValidID] as JSON Schema has it.
const idPattern = "^[a-z0-9][a-z0-9-]{0,62}$"

const draft = "https://json-schema.org/draft/2020-12/schema"

// rules are the values of keys that are not told by their type, by path with
// [] for each item of a list.
var rules = map[string]map[string]any{
	"schema":                 {"const": Schema},
	"id":                     {"pattern": idPattern},
	"impact.default":         {"enum": Impacts},
	"objectives[].id":        {"pattern": idPattern},
	"components[].id":        {"pattern": idPattern},
	"phases[].id":            {"pattern": idPattern},
	"phases[].after[]":       {"pattern": idPattern},
	"gates[].id":             {"pattern": idPattern},
	"contingencies[].id":     {"pattern": idPattern},
	"risks[].id":             {"pattern": idPattern},
	"risks[].likelihood":     {"minimum": 1, "maximum": 5},
	"risks[].impact":         {"minimum": 1, "maximum": 5},
	"audiences[].id":         {"pattern": idPattern},
	"audiences[].role":       {"enum": Roles},
	"audiences[].channels[]": {"enum": Channels},
	"survey.mode":            {"enum": surveyModes},
	"similar[]":              {"pattern": idPattern},
	"lessons[].id":           {"pattern": idPattern},
}

// JSONSchema is the JSON Schema of the plan file, draft 2020-12. What it
// cannot say, such as that references are resolved, only [Parse] checks.
func JSONSchema() []byte {
	s := TypeSchema(reflect.TypeFor[Plan](), rules)
	s["$schema"] = draft
	s["title"] = "Upgrade Hub plan"
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		panic(err) // of our own types: a test makes it
	}
	return append(b, '\n')
}

// TypeSchema is the JSON Schema of a Go type by its JSON tags: a key without
// options is required, and no other keys are allowed. The rules add to single
// keys, by path with [] for each item of a list.
func TypeSchema(t reflect.Type, rules map[string]map[string]any) map[string]any {
	return schemaAt(t, "", rules)
}

func schemaAt(t reflect.Type, path string, rules map[string]map[string]any) map[string]any {
	s := schemaOf(t, path, rules)
	maps.Copy(s, rules[path])
	return s
}

func schemaOf(t reflect.Type, path string, rules map[string]map[string]any) map[string]any {
	switch t {
	case timeType:
		return map[string]any{"type": "string", "pattern": `^\d{4}-\d\d-\d\dT\d\d:\d\d`}
	case durationType:
		return map[string]any{"type": "string", "pattern": `^(\d{1,8}[dhms]){1,4}$`}
	case reflect.TypeFor[[]byte]():
		return map[string]any{"type": "string", "contentEncoding": "base64"}
	case reflect.TypeFor[json.Number]():
		return map[string]any{"type": "number"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return schemaAt(t.Elem(), path, rules)
	case reflect.Struct:
		return structSchema(t, path, rules)
	case reflect.Slice:
		return map[string]any{"type": "array", "items": schemaAt(t.Elem(), path+"[]", rules)}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": schemaAt(t.Elem(), path+"{}", rules)}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int, reflect.Int64, reflect.Uint64:
		return map[string]any{"type": "integer"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	}
	return map[string]any{"type": "string"}
}

func structSchema(t reflect.Type, path string, rules map[string]map[string]any) map[string]any {
	properties, required := map[string]any{}, []string{}
	names, fields := fieldsOf(t)
	for _, name := range names {
		f := fields[name]
		properties[name] = schemaAt(t.Field(f.index).Type, strings.TrimPrefix(path+"."+name, "."), rules)
		if f.required {
			required = append(required, name)
		}
	}
	return map[string]any{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
}
