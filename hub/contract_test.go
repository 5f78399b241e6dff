package main

import (
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/pb33f/libopenapi"
	validator "github.com/pb33f/libopenapi-validator"
	"github.com/pb33f/libopenapi-validator/config"
	"github.com/pb33f/libopenapi/datamodel"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"upgradehub/events"
)

// openAPIOf reads the OpenAPI document of a hub as tools do, and follows its
// references to the hub's own schemas.
func openAPIOf(t *testing.T, page string, how ...config.Option) validator.Validator {
	t.Helper()
	base, err := url.Parse(page + "/")
	if err != nil {
		t.Fatal(err)
	}
	_, raw := (&hubProcess{page: page}).get(t, "/openapi.yaml", false)
	doc, err := libopenapi.NewDocumentWithConfiguration([]byte(raw), &datamodel.DocumentConfiguration{
		BaseURL: base, AllowRemoteReferences: true,
		RemoteURLHandler: http.Get,
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := doc.BuildV3Model(); err != nil {
		t.Fatalf("model of /openapi.yaml: %v", err)
	}
	v, errs := validator.NewValidator(doc, append(how, config.WithFormatAssertions(), config.WithoutSecurityValidation())...)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	if ok, errs := v.ValidateDocument(); !ok {
		for _, e := range errs {
			t.Errorf("/openapi.yaml: %s: %s", e.Message, e.Reason)
		}
	}
	return v
}

// routesOf are the documented ones, METHOD and path.
func routesOf(t *testing.T, raw string) []string {
	t.Helper()
	var doc struct {
		Paths map[string]map[string]any `yaml:"paths"`
	}
	if err := yaml.Unmarshal([]byte(raw), &doc); err != nil {
		t.Fatal(err)
	}
	var routes []string
	for path, methods := range doc.Paths {
		for method := range maps.Keys(methods) {
			routes = append(routes, strings.ToUpper(method)+" "+path)
		}
	}
	slices.Sort(routes)
	return routes
}

// TestContractNamesEveryRoute holds the document against the router, in both
// directions.
func TestContractNamesEveryRoute(t *testing.T) {
	token := writeFile(t, "slack", "xoxb-test")
	n, _ := startInProcess(t, configNow+"\nslack_token_file: "+token+"\nslack_signing_secret_file: "+token+"\nslack_api_url: http://127.0.0.1:9/\n")
	var served []string
	for _, pattern := range n.pages.patterns {
		switch pattern {
		case "/", "/api/v1/", "/api/v2/": // what nothing else answers
			continue
		case "GET /static/":
			pattern = "GET /static/{file}"
		}
		served = append(served, strings.TrimSuffix(pattern, "{$}"))
	}
	slices.Sort(served)
	_, raw := (&hubProcess{page: n.cfg.PublicURL}).get(t, "/openapi.yaml", false)
	documented := routesOf(t, raw)
	for _, route := range served {
		if !slices.Contains(documented, route) {
			t.Errorf("%s is served and stands in no document: add it to hub/contract/operations.go", route)
		}
	}
	for _, route := range documented {
		if !slices.Contains(served, route) {
			t.Errorf("%s is documented and nobody serves it", route)
		}
	}
}

// TestContractIsTrue asks a hub that has seen much for everything that can be
// read, and holds each answer against the document: what it must have, and
// nothing it does not name.
func TestContractIsTrue(t *testing.T) {
	n, box := startInProcess(t, configNow)
	h := &hubProcess{page: n.cfg.PublicURL, data: n.cfg.Data}
	h.applied(t, "pg17", "upgrade.planned", map[string]any{"plan": canaryPlan(), "reason": "a reason"})
	for _, e := range canaryEvents {
		h.publish(t, "pg17", e.typ, e.data)
	}
	h.publish(t, "pg17", "update.posted", map[string]any{"text": "All is well."})
	eventually(t, 30*time.Second, "mails to end users", func() bool { return len(box.mails("user@example.org")) >= 2 })
	h.settled(t)
	v, judged := openAPIOf(t, h.page, config.WithStrictMode()), 0
	// Strict takes keys that are no names of fields for undeclared ones.
	keyed := openAPIOf(t, h.page)
	_, raw := h.get(t, "/openapi.yaml", false)
	for _, route := range routesOf(t, raw) {
		method, path, _ := strings.Cut(route, " ")
		if method != http.MethodGet || path == "/ws" {
			continue
		}
		path = strings.ReplaceAll(path, "{id}", "pg17")
		path = strings.ReplaceAll(strings.ReplaceAll(path, "{type}", "phase.started"), "{file}", "app.css")
		if strings.Contains(path, "{token}") {
			path = linkIn(decoded(t, box.mails("user@example.org")[1]), path)
		}
		judge := v
		if path == "/live" || strings.HasPrefix(path, "/schemas/") || strings.HasSuffix(path, "/plan") {
			judge = keyed
		}
		if path != "" && sound(t, h, judge, path) {
			judged++
		}
	}
	if sound(t, h, v, "/upgrades/pg17.ics") {
		judged++
	}
	if judged < 35 {
		t.Errorf("%d answers were judged, want at least 35", judged)
	}
}

// linkIn is the personal link of a mail that a path with {token} means.
func linkIn(mail, path string) string {
	prefix, _, _ := strings.Cut(path, "{token}")
	return regexp.MustCompile(regexp.QuoteMeta(prefix) + `[A-Za-z0-9_-]{22}`).FindString(mail)
}

// sound reports whether the document knows the answer.
func sound(t *testing.T, h *hubProcess, v validator.Validator, path string) bool {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.page+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+h.token(t))
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	ok, errs := v.ValidateHttpResponse(req, res)
	for _, e := range errs {
		t.Errorf("GET %s = %d %s: %s: %s", path, res.StatusCode, res.Header.Get("Content-Type"), e.Message, e.Reason)
		for _, s := range e.SchemaValidationErrors {
			t.Logf("  %s at %s", s.Reason, s.InstancePath)
		}
	}
	return ok
}

// TestAsyncContract: every type that can be published or stands in the log has
// a message, every reference leads somewhere, and what it leads to is a schema.
func TestAsyncContract(t *testing.T) {
	n, _ := startInProcess(t, configNow)
	h := &hubProcess{page: n.cfg.PublicURL, data: n.cfg.Data}
	_, raw := h.get(t, "/asyncapi.yaml", false)
	var doc map[string]any
	if err := yaml.Unmarshal([]byte(raw), &doc); err != nil {
		t.Fatal(err)
	}
	schemas := 0
	eachRef(doc, func(ref string) {
		if rest, inside := strings.CutPrefix(ref, "#/"); inside {
			if !leads(doc, strings.Split(rest, "/")) {
				t.Errorf("%s leads nowhere", ref)
			}
			return
		}
		schemas++
		status, body := h.get(t, strings.TrimPrefix(ref, h.page), false)
		if status != http.StatusOK {
			t.Errorf("%s answers %d", ref, status)
			return
		}
		compiles(t, ref, body)
	})
	if want := len(events.Types()) + len(events.FactTypes()); schemas != want {
		t.Errorf("%d schemas of types are referred to, want %d", schemas, want)
	}
	for _, typ := range events.Types() {
		if !strings.Contains(raw, "address: upgrades.{upgrade}."+string(typ)+"\n") {
			t.Errorf("no channel for upgrades.{upgrade}.%s", typ)
		}
	}
}

func compiles(t *testing.T, name, schema string) {
	t.Helper()
	parsed, err := jsonschema.UnmarshalJSON(strings.NewReader(schema))
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(name, parsed); err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	if _, err := c.Compile(name); err != nil {
		t.Errorf("%s: %v", name, err)
	}
}

func eachRef(v any, do func(string)) {
	switch v := v.(type) {
	case map[string]any:
		for key, value := range v {
			if ref, is := value.(string); is && key == "$ref" {
				do(ref)
			}
			eachRef(value, do)
		}
	case []any:
		for _, value := range v {
			eachRef(value, do)
		}
	}
}

func leads(v any, path []string) bool {
	for _, step := range path {
		m, is := v.(map[string]any)
		if !is || m[step] == nil {
			return false
		}
		v = m[step]
	}
	return true
}
