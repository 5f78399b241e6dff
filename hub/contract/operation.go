package contract

import (
	"maps"
	"net/http"
	"reflect"
	"regexp"
	"strconv"
	"strings"
)

// operation is what a route is for, who may use it, and what it answers.
type operation struct {
	summary string
	tag     string
	access  access
	query   []parameter
	header  []parameter
	// body is what is sent: schemas by media type.
	body map[string]schema
	// answers are what may come back, by status. Every operation of the API
	// may also answer with a problem.
	answers map[int]answer
}

// access is whose token an operation needs.
type access int

const (
	everyone   access = iota
	publishers        // and operators
	operators
	leads // operators, in a browser
)

type parameter struct{ name, about string }

// schema is a Go type, or a schema as it stands.
type schema struct {
	of reflect.Type
	as map[string]any
}

func typed[T any]() schema { return schema{of: reflect.TypeFor[T]()} }

// answer has a body of one media type, of one of several with commas between,
// or none.
type answer struct {
	about, media string
	schema
}

func (s schemas) made(x schema) map[string]any {
	if x.of != nil {
		return s.of(x.of)
	}
	return x.as
}

var wildcard = regexp.MustCompile(`\{([a-z]+)\}`)

// document writes the operation as OpenAPI does.
func (o operation) document(id, path string, s schemas) map[string]any {
	doc := map[string]any{"operationId": id, "summary": o.summary, "tags": []string{o.tag}, "responses": o.responses(s)}
	var parameters []any
	for _, m := range wildcard.FindAllStringSubmatch(path, -1) {
		parameters = append(parameters, map[string]any{"name": m[1], "in": "path", "required": true, "schema": text.as})
	}
	for where, list := range map[string][]parameter{"query": o.query, "header": o.header} {
		for _, p := range list {
			parameters = append(parameters, map[string]any{"name": p.name, "in": where, "description": p.about, "schema": text.as})
		}
	}
	if parameters != nil {
		doc["parameters"] = parameters
	}
	if o.body != nil {
		content := map[string]any{}
		for media, sc := range o.body {
			content[media] = map[string]any{"schema": s.made(sc)}
		}
		doc["requestBody"] = map[string]any{"content": content}
	}
	switch o.access {
	case everyone:
	case leads:
		doc["security"] = []any{map[string]any{"password": []string{}}, map[string]any{"token": []string{}}}
	default:
		doc["security"] = []any{map[string]any{"token": []string{}}}
	}
	return doc
}

func (o operation) responses(s schemas) map[string]any {
	all := maps.Clone(o.answers)
	switch o.access {
	case everyone:
	case leads:
		all[http.StatusUnauthorized] = answer{"no password, or not a good one", "text/plain; charset=utf-8", text}
		all[http.StatusTooManyRequests] = answer{"too many wrong passwords", "text/plain; charset=utf-8", text}
	default:
		all[http.StatusUnauthorized] = problem("no token, or not a good one")
		all[http.StatusForbidden] = problem("the token is good for something else")
	}
	responses := map[string]any{}
	for status, a := range all {
		one := map[string]any{"description": a.about}
		if a.media != "" {
			content := map[string]any{}
			for media := range strings.SplitSeq(a.media, ", ") {
				content[media] = map[string]any{"schema": s.made(a.schema)}
			}
			one["content"] = content
		}
		responses[strconv.Itoa(status)] = one
	}
	return responses
}

// inPath is a word of a path with what stands before it.
var inPath = regexp.MustCompile(`[^A-Za-z0-9]+[A-Za-z0-9]*`)

const notWord = "/{}._-"

// operationID is the route in one word: getApiV1UpgradesId.
func operationID(method, path string) string {
	return strings.ToLower(method) + inPath.ReplaceAllStringFunc(path, func(word string) string {
		word = strings.TrimLeft(word, notWord)
		if word == "" {
			return ""
		}
		return strings.ToUpper(word[:1]) + word[1:]
	})
}

// What many operations share.
var (
	text   = schema{as: map[string]any{"type": "string"}}
	opaque = schema{as: map[string]any{"type": "object", "additionalProperties": true}}
)

func page(about string) map[int]answer {
	return map[int]answer{200: {about, "text/html; charset=utf-8", text}, 404: {"there is nothing here", "text/html; charset=utf-8", text}}
}

func file(about, media string) map[int]answer {
	return map[int]answer{200: {about, media, text}, 404: {"there is nothing here", "text/html; charset=utf-8", text}}
}

func answers[T any](about string) map[int]answer {
	return map[int]answer{200: {about, "application/json", typed[T]()}}
}

func (o operation) or(status int, a answer) operation {
	o.answers[status] = a
	return o
}

func problem(about string) answer {
	return answer{about, "application/problem+json", schema{as: map[string]any{"$ref": "#/components/schemas/Problem"}}}
}
