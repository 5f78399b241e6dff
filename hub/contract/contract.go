// Package contract is what programs can rely on, in the forms that tools
// read: OpenAPI 3.1 at /openapi.yaml and AsyncAPI 3.1 at /asyncapi.yaml.
//
// Both are made at the start from the code itself: schemas of answers from
// the types that are answered with, those of events by reference to /schemas/.
// What no type says, such as which routes there are and who may use them,
// stands in tables that tests hold against the router and against the answers
// of a running hub.
package contract

import (
	"bytes"
	"fmt"
	"net/http"
	"reflect"
	"strings"

	"github.com/goccy/go-yaml"

	"upgradehub/events"
	"upgradehub/hub/api"
)

// Mux is where routes are added.
type Mux interface {
	// HandleFunc adds the handler of a pattern of net/http.
	HandleFunc(pattern string, h func(http.ResponseWriter, *http.Request))
}

// Config says whose contract it is.
type Config struct {
	Name, PublicURL, Version string
}

// Contract serves the documents.
type Contract struct{ openAPI, asyncAPI []byte }

// New makes both documents.
func New(cfg Config) (*Contract, error) {
	c := &Contract{}
	for doc, into := range map[*yaml.MapSlice]*[]byte{new(openAPI(cfg)): &c.openAPI, new(asyncAPI(cfg)): &c.asyncAPI} {
		raw, err := yaml.Marshal(*doc)
		if err != nil {
			return nil, fmt.Errorf("contract: %w", err)
		}
		*into = bytes.ReplaceAll(raw, []byte(ofTypes), []byte(cfg.PublicURL+"/schemas/"))
	}
	return c, nil
}

// ofTypes stands for where the hub serves the schemas of event types. Tools
// take an address without a host for one of their own files.
const ofTypes = "https://hub.invalid/schemas/"

// schemaOf refers to the schema of the data of an event type.
func schemaOf(t events.Type) map[string]any {
	return map[string]any{"$ref": ofTypes + string(t) + ".json"}
}

// Routes adds the documents.
func (c *Contract) Routes(mux Mux) {
	for path, raw := range map[string][]byte{"/openapi.yaml": c.openAPI, "/asyncapi.yaml": c.asyncAPI} {
		mux.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) {
			h := w.Header()
			h.Set("Content-Type", "application/yaml")
			h.Set("Cache-Control", "public, max-age=300")
			h.Set("Access-Control-Allow-Origin", "*")
			_, _ = w.Write(raw) // the reader may be gone
		})
	}
}

// openAPI is the document of everything that is asked for over HTTP.
func openAPI(cfg Config) yaml.MapSlice {
	s := schemas{}
	s.of(reflect.TypeFor[api.Answer]()) // named by hand, for one or many
	s["Problem"] = problemSchema
	paths := map[string]map[string]any{}
	for route, o := range operations() {
		method, path, _ := strings.Cut(route, " ")
		if paths[path] == nil {
			paths[path] = map[string]any{}
		}
		paths[path][strings.ToLower(method)] = o.document(operationID(method, path), path, s)
	}
	return yaml.MapSlice{
		{Key: "openapi", Value: "3.1.1"},
		{Key: "info", Value: map[string]any{"title": cfg.Name, "version": cfg.Version, "description": about, "license": map[string]any{"name": "Apache-2.0", "identifier": "Apache-2.0"}}},
		{Key: "servers", Value: []any{map[string]any{"url": cfg.PublicURL}}},
		{Key: "paths", Value: paths},
		{Key: "components", Value: map[string]any{
			"schemas": map[string]any(s),
			"securitySchemes": map[string]any{
				"token":    map[string]any{"type": "http", "scheme": "bearer", "description": "the operator's token, or a publisher's"},
				"password": map[string]any{"type": "http", "scheme": "basic", "description": "the operator's token as the password, under any name"},
			},
		}},
	}
}

const about = `Pages, feeds and APIs of an upgrade hub. Fields are only added; what would break a reader gets another path.`

// problemSchema is RFC 9457, with every fault of the input at once.
var problemSchema = map[string]any{
	"type": "object", "required": []string{"type", "title", "status"},
	"properties": map[string]any{
		"type": text.as, "title": text.as, "status": map[string]any{"type": "integer"}, "detail": text.as,
		"faults": map[string]any{"type": "array", "items": text.as},
	},
}
