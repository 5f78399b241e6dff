package contract

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"upgradehub/events"
	"upgradehub/notifiers/webhook"
)

// asyncAPI is the document of everything that is sent without being asked
// for: events over NATS, frames over the socket, notices to webhooks.
func asyncAPI(cfg Config) yaml.MapSlice {
	s := schemas{}
	notice := s.of(reflect.TypeFor[webhook.Payload]())
	channels, operations, messages := map[string]any{}, map[string]any{}, map[string]any{}
	for _, t := range events.Types() {
		name := strings.ReplaceAll(string(t), ".", "_")
		messages[name] = eventMessage(t)
		channels[name] = map[string]any{
			"address": "upgrades.{upgrade}." + string(t), "title": "An event of the type " + string(t),
			"servers": []any{reference("servers/nats")}, "parameters": map[string]any{"upgrade": upgradeParameter},
			"messages": map[string]any{name: reference("components/messages/" + name)},
		}
		operations["receive_"+name] = operationOn("receive", name)
	}
	facts := map[string]any{}
	for _, t := range events.FactTypes() {
		name := strings.ReplaceAll(string(t), ".", "_")
		messages[name], facts[name] = factMessage(t), reference("components/messages/"+name)
	}
	channels["facts"] = map[string]any{
		"address": "facts.{kind}.{key}.{id}", "title": "The log: what was published (kind upgrade), and what the hub decided or learnt",
		"description": "In the account HUB, for whoever follows the log; nobody but the hub writes to it.",
		"servers":     []any{reference("servers/nats")}, "messages": facts,
		"parameters": map[string]any{"kind": map[string]any{}, "key": map[string]any{}, "id": map[string]any{}},
	}
	operations["send_facts"] = operationOn("send", "facts")
	messages["frame"] = frameMessage
	channels["live"] = map[string]any{
		"address": "/ws", "title": "The live socket of a page", "servers": []any{reference("servers/page")},
		"messages": map[string]any{"frame": reference("components/messages/frame")},
		"bindings": map[string]any{"ws": map[string]any{"query": map[string]any{"type": "object", "properties": map[string]any{
			"since": map[string]any{"type": "integer"}, "page": text.as, "lang": text.as, "build": text.as, "log": text.as,
		}}}},
	}
	operations["send_frame"] = operationOn("send", "live")
	messages["notice"] = map[string]any{"name": webhook.PayloadType, "contentType": "application/json", "payload": notice, "headers": signed}
	channels["webhook"] = map[string]any{
		"address": nil, "title": "The URL of a webhook target", "messages": map[string]any{"notice": reference("components/messages/notice")},
	}
	operations["send_notice"] = operationOn("send", "webhook")
	return yaml.MapSlice{
		{Key: "asyncapi", Value: "3.1.0"},
		{Key: "info", Value: map[string]any{"title": cfg.Name, "version": cfg.Version, "description": about, "license": map[string]any{"name": "Apache-2.0"}}},
		{Key: "defaultContentType", Value: "application/json"},
		{Key: "servers", Value: servers(cfg)},
		{Key: "channels", Value: channels},
		{Key: "operations", Value: operations},
		{Key: "components", Value: map[string]any{"messages": messages, "schemas": map[string]any(s)}},
	}
}

func servers(cfg Config) map[string]any {
	scheme, host, _ := strings.Cut(cfg.PublicURL, "://")
	socket := map[string]string{"https": "wss"}[scheme]
	if socket == "" {
		socket = "ws"
	}
	host, path, _ := strings.Cut(host, "/")
	page := map[string]any{"host": host, "protocol": socket}
	if path != "" {
		page["pathname"] = "/" + path
	}
	return map[string]any{"page": page, "nats": map[string]any{
		"host": "{host}", "protocol": "nats", "description": "a publisher's token is the user of the URL",
		"variables": map[string]any{"host": map[string]any{"default": "127.0.0.1:4222"}},
	}}
}

func reference(to string) map[string]any { return map[string]any{"$ref": "#/" + to} }

func operationOn(action, channel string) map[string]any {
	return map[string]any{"action": action, "channel": reference("channels/" + channel)}
}

var upgradeParameter = map[string]any{"description": "its id: a-z, 0-9 and -, at most 63 characters"}

// eventMessage is an event as its bare form: the data as JSON. CloudEvents
// carry the same data.
func eventMessage(t events.Type) map[string]any {
	return map[string]any{
		"name": events.TypePrefix + string(t) + events.TypeSuffix, "contentType": "application/json",
		"headers": map[string]any{"type": "object", "properties": map[string]any{
			"Nats-Msg-Id": map[string]any{"type": "string", "description": "the id, which makes a second try harmless"},
		}},
		"payload": map[string]any{
			"schemaFormat": "application/schema+json;version=draft-2020-12",
			"schema":       schemaOf(t),
		},
	}
}

// factMessage is a fact of the hub's own: a structured CloudEvent.
func factMessage(t events.Type) map[string]any {
	name := events.TypePrefix + string(t) + events.TypeSuffix
	return map[string]any{
		"name": name, "contentType": "application/cloudevents+json",
		"payload": map[string]any{
			"schemaFormat": "application/schema+json;version=draft-2020-12",
			"schema": object(map[string]any{
				"specversion": map[string]any{"const": "1.0"}, "id": text.as, "source": text.as, "type": map[string]any{"const": name},
			}, map[string]any{"subject": text.as, "time": moment, "recordedtime": moment, "data": schemaOf(t)}),
		},
	}
}

// frame is what changed on a page, as the socket and /live say it.
var frame = object(map[string]any{
	"log": text.as, "seq": integer, "title": text.as, "say": text.as,
	"f": map[string]any{"type": "object", "description": "HTML by the id of the element it replaces", "additionalProperties": text.as},
}, map[string]any{"t0": integer})

var frameMessage = map[string]any{
	"name": "frame", "contentType": "application/json",
	"payload": map[string]any{"oneOf": []any{
		frame,
		object(map[string]any{"hb": map[string]any{"const": true}}, nil),
		object(map[string]any{"reload": map[string]any{"const": true}}, nil),
	}},
}

var (
	integer = map[string]any{"type": "integer"}
	moment  = map[string]any{"type": "string", "format": "date-time"}
)

// signed are the headers of Standard Webhooks.
var signed = object(map[string]any{"webhook-id": text.as, "webhook-timestamp": text.as, "webhook-signature": text.as}, nil)

// object is a schema of an object with those keys, and others that may be
// missing.
func object(required, optional map[string]any) map[string]any {
	properties := maps.Clone(required)
	maps.Copy(properties, optional)
	names := make([]string, 0, len(required))
	for name := range required {
		names = append(names, name)
	}
	slices.Sort(names)
	return map[string]any{"type": "object", "required": names, "properties": properties}
}
