package contract

import (
	"maps"
	"reflect"

	"upgradehub/events"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
	"upgradehub/hub/api"
	"upgradehub/hub/lessons"
	"upgradehub/hub/people"
	"upgradehub/hub/report"
	"upgradehub/hub/store"
	"upgradehub/hub/windows"
	"upgradehub/statuspage/statusapi"
)

// operations are all routes of the public listener, by method and path. A
// test holds them against the router, in both directions.
func operations() map[string]operation {
	all := map[string]operation{}
	for _, group := range []map[string]operation{pages, forms, feeds, reading, publishing, operating, statuspages()} {
		maps.Copy(all, group)
	}
	return all
}

var pages = map[string]operation{
	"GET /":        {summary: "What is going on, what is next, what was", tag: "pages", query: language, answers: page("the overview")},
	"GET /history": {summary: "What was upgraded, and how it ended", tag: "pages", query: language, answers: page("the history")},
	"GET /embed":   {summary: "A small live page for an iframe of any site", tag: "pages", query: language, answers: page("the page")},
	"GET /upgrades/{id}": {summary: "One upgrade, live; as a calendar entry with .ics behind its id", tag: "pages", query: language, answers: map[int]answer{
		200: {about: "its page, or its entry", media: "text/html; charset=utf-8, text/calendar; charset=utf-8", schema: text}, 404: {about: "there is nothing here", media: "text/html; charset=utf-8", schema: text},
	}},
	"GET /upgrades/{id}/insights": {summary: "What people answered after an upgrade, in numbers of five and more", tag: "pages", query: language, answers: page("the page")},
	"GET /upgrades/{id}/windows": {
		summary: "When an upgrade would disturb the fewest people, for those who run it, in a browser", tag: "operate", access: leads, query: []parameter{{"from", "a date or time; default now"}, {"weeks", "1 to 8"}},
		answers: map[int]answer{
			200: {about: "the slots, and the week as a map", media: "text/html; charset=utf-8", schema: text}, 400: {about: "no such question", media: "text/html; charset=utf-8", schema: text},
			404: {about: "no such upgrade", media: "text/html; charset=utf-8", schema: text}, 409: {about: "too little is known, or it has begun", media: "text/html; charset=utf-8", schema: text},
		},
	},
	"GET /static/windows.css": {summary: "The style sheet of that page", tag: "operate", answers: map[int]answer{200: {about: "the style sheet", media: "text/css; charset=utf-8", schema: text}}},
	"GET /upgrades/{id}/report": operation{
		summary: "The report on an upgrade, for those who run it, in a browser", tag: "operate", access: leads, query: language, answers: page("at any time"),
	}.or(404, problem("no such upgrade")),
	"GET /static/report.css": {summary: "The style sheet of that page", tag: "operate", answers: map[int]answer{200: {about: "the style sheet", media: "text/css; charset=utf-8", schema: text}}},
	"GET /static/{file}": {summary: "What pages load, under names that change with the content", tag: "pages", answers: map[int]answer{
		200: {about: "the file", media: "*/*", schema: text}, 404: {about: "there is nothing here", media: "text/html; charset=utf-8", schema: text},
	}},
	"GET /favicon.ico": {summary: "The mark of the hub", tag: "pages", answers: map[int]answer{302: {about: "where it is"}}},
	"GET /robots.txt":  {summary: "What search engines leave alone", tag: "pages", answers: map[int]answer{200: {about: "the list", media: "text/plain; charset=utf-8", schema: text}}},
	"GET /live": {
		summary: "What changed on a page since a sequence: the same as the socket, by polling", tag: "live", query: since,
		answers: map[int]answer{200: {about: "the changed fragments", media: "application/json", schema: schema{as: frame}}, 404: {about: "no such page", media: "text/plain; charset=utf-8", schema: text}},
	},
	"GET /ws": {
		summary: "The same as a websocket of JSON frames; see /asyncapi.yaml", tag: "live", query: since,
		answers: map[int]answer{101: {about: "the socket"}, 404: {about: "no such page", media: "text/plain; charset=utf-8", schema: text}, 503: {about: "too many open pages", media: "text/plain; charset=utf-8", schema: text}},
	},
	"GET /openapi.yaml":  {summary: "This document", tag: "contract", answers: map[int]answer{200: {about: "OpenAPI 3.1", media: "application/yaml", schema: text}}},
	"GET /asyncapi.yaml": {summary: "What is published and subscribed to over NATS, sockets and webhooks", tag: "contract", answers: map[int]answer{200: {about: "AsyncAPI 3.1", media: "application/yaml", schema: text}}},
	"GET /schemas/":      {summary: "The event types and where their JSON Schemas are", tag: "contract", answers: answers[schemaList]("the list")},
	"GET /schemas/{type}": {summary: "The JSON Schema of the data of an event type", tag: "contract", answers: map[int]answer{
		200: {about: "the schema, draft 2020-12", media: "application/schema+json", schema: opaque}, 404: problem("no such type"),
	}},
}

var (
	language = []parameter{{"lang", "en, de, fr, es or ar; by default what Accept-Language asks for"}}
	// A feed is read by programs, so it does not change with their headers.
	feedLanguage = []parameter{{"lang", "en, de, fr, es or ar; by default en"}}
	since        = []parameter{{"since", "the sequence the page has"}, {"page", "its path"}, {"lang", "its language"}, {"build", "its data-build"}, {"log", "its data-log"}}
)

// forms are pages with forms; what they take is for people, and may change.
var forms = map[string]operation{
	"GET /f/{token}":               {summary: "A personal link to rate an upgrade; opening it records nothing", tag: "forms", answers: page("the form")},
	"POST /f/{token}":              {summary: "Rate an upgrade by a personal link", tag: "forms", body: form, answers: rated},
	"GET /g/{token}":               {summary: "A tester's personal link to sign off; opening it signs nothing", tag: "forms", answers: page("the form")},
	"POST /g/{token}":              {summary: "Sign off for a gate, or say that it does not work", tag: "forms", body: form, answers: taken},
	"GET /upgrades/{id}/feedback":  {summary: "The open form to rate an upgrade", tag: "forms", answers: page("the form")},
	"POST /upgrades/{id}/feedback": {summary: "Rate an upgrade", tag: "forms", body: form, answers: rated},
	"GET /upgrades/{id}/trouble":   {summary: "The form to say that something is broken while work is under way, and what became of a report", tag: "forms", query: []parameter{{"receipt", "of a report, instead of the form"}}, answers: page("the form, or the receipt")},
	"POST /upgrades/{id}/trouble":  {summary: "Say that something is broken", tag: "forms", body: form, answers: taken},
	"GET /subscribe":               {summary: "The form to be told by mail", tag: "forms", answers: page("the form")},
	"POST /subscribe":              {summary: "Ask to be told by mail; a link in a mail confirms it", tag: "forms", body: form, answers: taken},
	"GET /subscribe/{token}":       {summary: "The link of that mail; opening it confirms nothing", tag: "forms", answers: page("the form")},
	"POST /subscribe/{token}":      {summary: "Confirm a subscription", tag: "forms", body: form, answers: taken},
	"GET /s/{token}":               {summary: "A personal link to change or end messages", tag: "forms", answers: page("the form")},
	"POST /s/{token}":              {summary: "Change or end messages; also one-click as RFC 8058 has it", tag: "forms", body: form, answers: taken},
	"POST /slack/interactions":     {summary: "What people press in Slack; there when Slack is set up, signed by it", tag: "slack", body: form, answers: map[int]answer{200: {about: "taken"}, 401: {about: "not signed by Slack"}}},
}

var (
	form  = map[string]schema{"application/x-www-form-urlencoded": opaque}
	taken = map[int]answer{
		200: {about: "a page that says so", media: "text/html; charset=utf-8", schema: text},
		303: {about: "to the page that says so"},
		400: {about: "the form, with what is missing", media: "text/html; charset=utf-8", schema: text},
		404: {about: "there is nothing here", media: "text/html; charset=utf-8", schema: text},
	}
	// rated is taken where it may be too late.
	rated = map[int]answer{
		200: taken[200], 303: taken[303], 400: taken[400], 404: taken[404],
		410: {about: "the survey has closed: a page that says so", media: "text/html; charset=utf-8", schema: text},
	}
)

var feeds = map[string]operation{
	"GET /feed.atom":               {summary: "What happened to all upgrades, as Atom", tag: "feeds", query: feedLanguage, answers: file("the feed", "application/atom+xml; charset=utf-8")},
	"GET /upgrades/{id}/feed.atom": {summary: "What happened to one upgrade, as Atom", tag: "feeds", query: feedLanguage, answers: file("the feed", "application/atom+xml; charset=utf-8")},
	"GET /calendar.ics":            {summary: "All upgrades, as a calendar to subscribe to", tag: "feeds", query: language, answers: file("the calendar", "text/calendar; charset=utf-8")},
	"GET /badge.svg":               {summary: "How things are, as a picture", tag: "feeds", answers: file("the badge", "image/svg+xml")},
	"GET /upgrades/{id}/badge.svg": {summary: "How one upgrade is, as a picture", tag: "feeds", answers: file("the badge", "image/svg+xml")},
}

var reading = map[string]operation{
	"GET /api/v1/upgrades":      {summary: "All upgrades, drills left out", tag: "public", answers: answers[[]upgrade.Public]("newest window first")},
	"GET /api/v1/upgrades/{id}": operation{summary: "One upgrade", tag: "public", answers: answers[upgrade.Public]("the upgrade")}.or(404, problem("no such upgrade")),
	"GET /api/v1/forecasts":     {summary: "How good the forecasts were that were shown", tag: "public", answers: answers[scores]("for upgrades and phases; null without any that can be scored")},
}

var publishing = map[string]operation{
	"POST /api/v1/events": {
		summary: "Publish CloudEvents 1.0, binary, structured or as a batch", tag: "publish", access: publishers, header: wait,
		body:    map[string]schema{"application/cloudevents+json": cloudEvent, "application/cloudevents-batch+json": {as: map[string]any{"type": "array", "items": cloudEvent.as}}, "application/json": {as: anyData()}},
		answers: published,
	},
	"POST /api/v1/upgrades/{id}/{type}": {
		summary: "Publish the data of one event", tag: "publish", access: publishers,
		header: append([]parameter{{"Idempotency-Key", "makes a second try harmless"}}, wait...),
		body:   map[string]schema{"application/json": {as: anyData()}}, answers: published,
	},
	"GET /api/v1/upgrades/{id}/readiness": {
		summary: "Whether an upgrade may begin", tag: "publish", access: publishers, query: []parameter{{"phase", "ask for this phase instead of the start"}},
		answers: map[int]answer{200: {"it may", "application/json", typed[upgrade.Readiness]()}, 409: {"it may not, and why", "application/json", typed[upgrade.Readiness]()}, 404: problem("no such upgrade or phase")},
	},
	"GET /api/v1/rejected": {summary: "What was sent and is no event, with every fault", tag: "publish", access: publishers, answers: answers[struct {
		Rejected []store.RejectedRow `json:"rejected"`
	}]("a publisher reads its own")},
}

var (
	wait      = []parameter{{"Prefer", "wait=5 answers what became of it, if that is known in so many seconds"}}
	one       = map[string]any{"anyOf": []any{schemaRef("api.Answer"), map[string]any{"type": "array", "items": schemaRef("api.Answer")}}}
	published = map[int]answer{
		200: {"what became of it; a list for a batch", "application/json", schema{as: one}},
		202: {"it is on disk", "application/json", schema{as: one}},
		400: problem("it is no event; every fault is named"), 413: problem("it is too large"), 503: problem("it is not stored; send it again with the same id"),
	}
	cloudEvent = schema{as: map[string]any{
		"type": "object", "required": []string{"specversion", "id", "source", "type", "subject"},
		"properties": map[string]any{
			"specversion": map[string]any{"const": "1.0"}, "id": text.as, "source": text.as, "subject": text.as,
			"type": map[string]any{"type": "string", "pattern": `^dev\.upgradehub\..+\.v1$`}, "time": map[string]any{"type": "string", "format": "date-time"},
			"data": anyData(),
		},
	}}
)

// anyData is the data of any event that tooling publishes, by reference to the
// schemas that the hub serves.
func anyData() map[string]any {
	var data []any
	for _, t := range events.Types() {
		data = append(data, schemaOf(t))
	}
	return map[string]any{"anyOf": data}
}

func schemaRef(name string) map[string]any {
	return map[string]any{"$ref": "#/components/schemas/" + name}
}

// statuspages are the answers of Statuspage's API version 2.
func statuspages() map[string]operation {
	all := map[string]operation{}
	for path, t := range statusapi.Shapes() {
		all["GET /api/v2/"+path] = operation{
			summary: "As Statuspage answers it, byte shape for byte shape", tag: "statuspage",
			answers: map[int]answer{200: {"from any origin", "application/json; charset=utf-8", schema{of: t}}},
		}
	}
	return all
}

var operating = map[string]operation{
	"GET /api/v1/upgrades/{id}/timeline": {summary: "Every event of an upgrade, and what it did", tag: "operate", access: operators, answers: answers[struct {
		Upgrade string              `json:"upgrade"`
		Events  []store.TimelineRow `json:"events"`
	}]("oldest first")},
	"GET /api/v1/upgrades/{id}/deliveries": {summary: "Who was told what of an upgrade, who was not, and the proof", tag: "operate", access: operators, query: states, answers: ledger},
	"GET /api/v1/deliveries":               {summary: "Messages, and what became of them", tag: "operate", access: operators, query: append([]parameter{{"upgrade", "of this upgrade"}}, states...), answers: ledger},
	"GET /api/v1/upgrades/{id}/report":     operation{summary: "The report on an upgrade", tag: "operate", access: operators, answers: answers[report.Report]("at any time")}.or(404, problem("no such upgrade")),
	"GET /api/v1/upgrades/{id}/feedback":   operation{summary: "What people answered", tag: "operate", access: operators, answers: answers[api.Feedback]("numbers and words, and no names")}.or(404, problem("no such upgrade")),
	"POST /api/v1/deliveries/{id}/retry": operation{summary: "Send again what could not be sent", tag: "operate", access: operators, answers: answers[struct {
		Delivery string `json:"delivery"`
		State    string `json:"state"`
	}]("it is owed again")}.or(404, problem("no such delivery")).or(409, problem("it is under way, was accepted, or its recipient left")),
	"POST /api/v1/bounces": {summary: "Take a mail that came back", tag: "operate", access: operators, body: map[string]schema{"message/rfc822": text}, answers: map[int]answer{204: {about: "taken"}, 422: problem("it tells of no mail of ours")}},
	"GET /api/v1/anomalies": {summary: "Events that the state of their upgrade did not allow", tag: "operate", access: operators, answers: answers[struct {
		Anomalies []store.TimelineRow `json:"anomalies"`
	}]("newest first")},
	"GET /api/v1/broken": {summary: "Targets that refuse everything, without their addresses", tag: "operate", access: operators, answers: answers[struct {
		Broken []api.BrokenTarget `json:"broken"`
	}]("what they were owed goes to another channel")},
	"GET /api/v1/history": {summary: "The past work that forecasts are made from", tag: "operate", access: operators, answers: answers[struct {
		History []store.PastRow `json:"history"`
	}]("the list")},
	"POST /api/v1/history": {summary: "Bring past outages", tag: "operate", access: operators, body: map[string]schema{"text/csv": text}, answers: map[int]answer{200: {"what became of them", "application/json", typed[api.Imported]()}, 400: problem("it is no CSV of outages"), 413: problem("it is too large")}},
	"POST /api/v1/clashes": {
		summary: "What a plan wants of the time of other upgrades: their system, components or people", tag: "operate", access: operators,
		body:    map[string]schema{"application/json": typed[plan.Plan](), "application/yaml": text},
		answers: map[int]answer{200: {"what clashes, by where it stands in the plan", "application/json", typed[api.Clashes]()}, 400: problem("no plan, with every fault")},
	},
	"GET /api/v1/windows":        {summary: "When an upgrade would disturb the fewest people", tag: "operate", access: operators, query: question, answers: found},
	"POST /api/v1/windows":       {summary: "The same, with usage and blackouts of one's own", tag: "operate", access: operators, body: map[string]schema{"application/json": opaque}, answers: found},
	"POST /api/v1/people/export": {summary: "Everything known of whoever has an address", tag: "operate", access: operators, body: address, answers: map[int]answer{200: {"who they are", "application/json", typed[persons]()}, 400: problem("no address"), 404: problem("nobody is known by it")}},
	"POST /api/v1/people/erase": {summary: "Forget whoever has an address", tag: "operate", access: operators, body: address, answers: map[int]answer{200: {"how many", "application/json", typed[struct {
		Erased int `json:"erased"`
	}]()}, 400: problem("no address"), 404: problem("nobody is known by it")}},
	"POST /api/v1/words/{id}/erase": operation{summary: "Erase what somebody wrote in an answer or a report", tag: "operate", access: operators, answers: answers[struct {
		Erased string `json:"erased"`
	}]("whose words are gone; the numbers stay")}.or(404, problem("no words are kept under this id")),
	"GET /api/v1/items":                  operation{summary: "Low answers and reports that somebody is to look at", tag: "operate", access: operators, query: itemsAsked, answers: answers[api.Items]("the first due first")}.or(400, problem("no such status")),
	"POST /api/v1/items/{id}":            operation{summary: "Say what was done about one", tag: "operate", access: operators, body: map[string]schema{"application/json": {of: reflect.TypeFor[api.ItemDeed]()}}, answers: answers[api.Item]("as it is now")}.or(400, problem("every fault is named")).or(404, problem("no such item")).or(409, problem("the answer is anonymous, and nobody would read a reply")),
	"GET /api/v1/lessons":                operation{summary: "What was learnt, and what became of it", tag: "operate", access: operators, query: lessonsAsked, answers: answers[api.Lessons]("newest first")}.or(400, problem("no such status")),
	"GET /api/v1/upgrades/{id}/plan":     operation{summary: "The plan of an upgrade, with all that is internal", tag: "operate", access: operators, answers: answers[api.Planned]("its newest revision")}.or(404, problem("no such upgrade")),
	"POST /api/v1/upgrades/{id}/lessons": operation{summary: "Propose now what an upgrade taught", tag: "operate", access: operators, answers: answers[api.Lessons]("all lessons of the upgrade")}.or(404, problem("no such upgrade")).or(409, problem("it has not ended")),
	"POST /api/v1/lessons/{id}":          operation{summary: "Accept, reject or assign a lesson", tag: "operate", access: operators, body: map[string]schema{"application/json": {of: reflect.TypeFor[lessons.Decision]()}}, answers: answers[store.LessonRow]("as it is now")}.or(400, problem("no such decision; every fault is named")).or(404, problem("no such lesson")),
	"POST /api/v1/hold":                  {summary: "Stop every message", tag: "operate", access: operators, body: reason, answers: answers[holding]("held")},
	"POST /api/v1/release":               {summary: "Let messages go on", tag: "operate", access: operators, body: reason, answers: answers[holding]("released")},
}

type (
	schemaList struct {
		Schemas map[string]string `json:"schemas"`
	}
	scores struct {
		Upgrades *api.ForecastScore `json:"upgrades"`
		Phases   *api.ForecastScore `json:"phases"`
	}
	persons struct {
		Persons []people.Export `json:"persons"`
	}
	holding struct {
		Held bool `json:"held"`
	}
	deliveries struct {
		Deliveries []store.LedgerRow `json:"deliveries"`
		// Of one upgrade alone.
		Untold []store.Untold `json:"untold,omitempty"`
		Proof  *store.Proof   `json:"proof,omitempty"`
	}
)

var (
	states       = []parameter{{"state", "pending, accepted, superseded, dead or untold"}}
	itemsAsked   = []parameter{{"upgrade", "of this upgrade"}, {"status", "new, seen, answered or action"}, {"overdue", "true for those that nobody has looked at in time"}}
	lessonsAsked = []parameter{{"system", "of this system"}, {"upgrade", "that this upgrade taught"}, {"status", "proposed, accepted or rejected"}}
	ledger       = map[int]answer{200: {"newest first", "application/json", typed[deliveries]()}, 400: problem("no such state")}
	question     = []parameter{{"upgrade", "whose system, zone and need it is"}, {"system", "whose usage"}, {"need", "such as 3h"}, {"zone", "such as Europe/Berlin"}, {"from", "default now"}, {"weeks", "to look ahead"}}
	found        = map[int]answer{200: {"up to five slots", "application/json", typed[windows.Windows]()}, 400: problem("no such question"), 404: problem("no such upgrade"), 409: problem("too little is known")}
	address      = map[string]schema{"application/json": {as: map[string]any{"type": "object", "required": []string{"address"}, "properties": map[string]any{"address": text.as}}}}
	reason       = map[string]schema{"application/json": {of: reflect.TypeFor[events.Hold]()}}
)
