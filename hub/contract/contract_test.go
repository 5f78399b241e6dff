package contract_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/goccy/go-yaml"

	"upgradehub/hub/contract"
)

// served is a document as it is served.
func served(t *testing.T, path string) map[string]any {
	t.Helper()
	c, err := contract.New(contract.Config{Name: "Acme: status", PublicURL: "https://status.example.org/up", Version: "1"})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	c.Routes(mux)
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	if w.Code != http.StatusOK || w.Header().Get("Content-Type") != "application/yaml" || w.Header().Get("Access-Control-Allow-Origin") != "*" {
		t.Fatalf("GET %s = %d %v", path, w.Code, w.Header())
	}
	var doc map[string]any
	if err := yaml.Unmarshal(w.Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

// at follows a path of keys and shows what is there as JSON.
func at(t *testing.T, doc map[string]any, keys ...string) string {
	t.Helper()
	var here any = doc
	for _, key := range keys {
		m, is := here.(map[string]any)
		if !is || m[key] == nil {
			t.Fatalf("there is no %q of %q", key, keys)
		}
		here = m[key]
	}
	raw, err := json.Marshal(here)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// TestSchemas: what may be missing, null or within another type is told as
// encoding/json writes it.
func TestSchemas(t *testing.T) {
	doc := served(t, "/openapi.yaml")
	for _, tt := range []struct {
		name string
		keys []string
		want string
	}{
		{"a pointer that is written as null", []string{"upgrade.Span", "properties", "end"}, `{"format":"date-time","type":["string","null"]}`},
		{"what is always written", []string{"upgrade.Span", "required"}, `["start","end"]`},
		{"a list that may be null", []string{"upgrade.Public", "properties", "phases"}, `{"items":{"$ref":"#/components/schemas/upgrade.PublicPhase"},"type":["array","null"]}`},
		{"a pointer that is left out", []string{"upgrade.Public", "properties", "late"}, `{"format":"date-time","type":"string"}`},
		{"a type within a type", []string{"store.LedgerRow", "properties", "moment"}, `{"type":"string"}`},
		{"a moment of Statuspage", []string{"statusapi.maintenance", "properties", "resolved_at"}, `{"type":["string","null"]}`},
		{"bytes", []string{"store.RejectedRow", "properties", "payload"}, `{"contentEncoding":"base64","type":"string"}`},
	} {
		if got := at(t, doc, append([]string{"components", "schemas"}, tt.keys...)...); got != tt.want {
			t.Errorf("%s: %v = %s, want %s", tt.name, tt.keys, got, tt.want)
		}
	}
}

// TestOperations: whose token is needed, what stands in the path, and what
// else may come back.
func TestOperations(t *testing.T) {
	doc := served(t, "/openapi.yaml")
	retry := []string{"paths", "/api/v1/deliveries/{id}/retry", "post"}
	for _, tt := range []struct {
		keys []string
		want string
	}{
		{append(retry, "security"), `[{"token":[]}]`},
		{append(retry, "operationId"), `"postApiV1DeliveriesIdRetry"`},
		{append(retry, "parameters"), `[{"in":"path","name":"id","required":true,"schema":{"type":"string"}}]`},
		{append(retry, "responses", "401", "content", "application/problem+json", "schema"), `{"$ref":"#/components/schemas/Problem"}`},
		{[]string{"servers"}, `[{"url":"https://status.example.org/up"}]`},
		{[]string{"info", "title"}, `"Acme: status"`},
	} {
		if got := at(t, doc, tt.keys...); got != tt.want {
			t.Errorf("%v = %s, want %s", tt.keys, got, tt.want)
		}
	}
}

func TestServers(t *testing.T) {
	doc := served(t, "/asyncapi.yaml")
	if got, want := at(t, doc, "servers", "page"), `{"host":"status.example.org","pathname":"/up","protocol":"wss"}`; got != want {
		t.Errorf("server of the pages = %s, want %s", got, want)
	}
	if got, want := at(t, doc, "components", "messages", "phase_started", "payload", "schema"), `{"$ref":"https://status.example.org/up/schemas/phase.started.json"}`; got != want {
		t.Errorf("payload of phase.started = %s, want %s", got, want)
	}
}
