package contract

import (
	"encoding"
	"encoding/json"
	"reflect"
	"strings"
	"time"
)

// schemas collects the JSON Schemas of Go types by their JSON tags, so that
// the document says what the code answers. It differs from that of plan files
// in what answers have and files do not: null, and types within types.
type schemas map[string]any

var (
	momentType  = reflect.TypeFor[time.Time]()
	anyType     = reflect.TypeFor[json.RawMessage]()
	textType    = reflect.TypeFor[encoding.TextMarshaler]()
	jsonType    = reflect.TypeFor[json.Marshaler]()
	payloadType = reflect.TypeFor[[]byte]()
)

// of is the schema of a type; structs with a name become components.
func (s schemas) of(t reflect.Type) map[string]any {
	switch {
	case t == momentType:
		return map[string]any{"type": "string", "format": "date-time"}
	case t == payloadType:
		return map[string]any{"type": "string", "contentEncoding": "base64"}
	case t == anyType, t.Kind() == reflect.Interface:
		return map[string]any{}
	case t.Implements(textType) && t.Kind() != reflect.Pointer:
		return map[string]any{"type": "string"}
	case t.Implements(jsonType) && t.Kind() != reflect.Pointer:
		return map[string]any{}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return s.of(t.Elem())
	case reflect.Struct:
		return s.ref(t)
	case reflect.Slice, reflect.Array:
		return map[string]any{"type": "array", "items": s.of(t.Elem())}
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": s.orNull(t.Elem())}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Float32, reflect.Float64:
		return map[string]any{"type": "number"}
	case reflect.String:
		return map[string]any{"type": "string"}
	}
	return map[string]any{"type": "integer"}
}

// orNull is the schema of what is null when there is none of it.
func (s schemas) orNull(t reflect.Type) map[string]any {
	plain := s.of(t)
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Map:
		if kind, is := plain["type"].(string); is {
			plain["type"] = []string{kind, "null"}
			return plain
		}
		return map[string]any{"anyOf": []any{plain, map[string]any{"type": "null"}}}
	}
	return plain
}

// ref is a reference to a struct's component; one without a name stands where
// it is used.
func (s schemas) ref(t reflect.Type) map[string]any {
	if t.Name() == "" {
		return s.object(t)
	}
	name := t.String() // package.Type
	if _, known := s[name]; !known {
		s[name] = nil // for types that hold themselves
		s[name] = s.object(t)
	}
	return map[string]any{"$ref": "#/components/schemas/" + name}
}

func (s schemas) object(t reflect.Type) map[string]any {
	properties, required := map[string]any{}, []string{}
	for _, f := range reflect.VisibleFields(t) {
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "-" || f.Anonymous && name == "" || !f.IsExported() {
			continue
		}
		if name == "" {
			name = f.Name
		}
		if strings.Contains(options, "omit") {
			properties[name] = s.of(f.Type)
			continue
		}
		properties[name] = s.orNull(f.Type)
		required = append(required, name)
	}
	o := map[string]any{"type": "object", "properties": properties}
	if len(required) > 0 {
		o["required"] = required
	}
	return o
}
