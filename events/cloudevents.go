package events

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"mime"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// SplitBatch splits a batch of CloudEvents, media type
// application/cloudevents-batch+json, into the bodies of structured ones.
func SplitBatch(body []byte) ([][]byte, error) {
	var batch []json.RawMessage
	if err := json.Unmarshal(body, &batch); err != nil {
		return nil, fmt.Errorf("split batch: %w", err)
	}
	bodies := make([][]byte, len(batch))
	for i, b := range batch {
		bodies[i] = b
	}
	return bodies, nil
}

// readStructured reads a CloudEvent that is one JSON object.
func (r *reading) readStructured(media string) {
	kind, _, err := mime.ParseMediaType(media)
	if err != nil || (kind != "application/cloudevents" && kind != "application/cloudevents+json") {
		r.giveUp("content-type", "%q cannot be read: send one event as application/cloudevents+json", clip(media))
		return
	}
	obj, ok := r.object("body", r.Body)
	if !ok {
		r.broken = true
		return
	}
	r.takeContext(func(name string) (string, bool) { return r.textOf(obj, name) })
	r.takeStructuredData(obj)
}

func (r *reading) takeStructuredData(obj map[string]json.RawMessage) {
	data, hasData := obj["data"]
	coded, hasCoded := r.textOf(obj, "data_base64")
	if hasData && hasCoded {
		r.loseData("data", "is given twice, as data and as data_base64")
		return
	}
	if !hasCoded {
		r.takeData(data)
		return
	}
	raw, err := base64.StdEncoding.DecodeString(coded)
	if err != nil || !utf8.Valid(raw) {
		r.loseData("data_base64", "is not base64 of JSON")
		return
	}
	r.takeData(raw)
}

func (r *reading) loseData(key, format string, args ...any) {
	r.bad(key, format, args...)
	r.noData = true
}

// takeData takes the data of a CloudEvent, which may be absent or null.
func (r *reading) takeData(raw []byte) {
	if len(raw) > 0 && !json.Valid(raw) {
		r.loseData("data", "is not JSON")
		return
	}
	if string(raw) != "null" {
		r.data = raw
	}
}

// isBinary reports whether any header is an attribute of a CloudEvent.
func (r *reading) isBinary() bool {
	for name := range r.head {
		if strings.HasPrefix(name, "ce-") {
			return true
		}
	}
	return false
}

// readBinary reads a CloudEvent whose attributes are headers. Over NATS the
// content type is one of them, over HTTP it has a header of its own.
func (r *reading) readBinary() {
	if r.head["ce-datacontenttype"] == "" && r.head["content-type"] != "" {
		r.head["ce-datacontenttype"] = r.head["content-type"]
	}
	r.takeContext(r.attribute)
	r.takeData(r.Body)
}

// attribute reads a ce- header: quotes are taken off and percent signs
// decoded once. What is not encoded is taken as it is.
func (r *reading) attribute(name string) (string, bool) {
	v, ok := r.head["ce-"+name]
	if !ok {
		return "", false
	}
	v = percentDecoded(unquoted(v))
	if !utf8.ValidString(v) {
		r.bad(name, "is not UTF-8")
		return "", false
	}
	return v, true
}

func unquoted(v string) string {
	if len(v) < 2 || v[0] != '"' || v[len(v)-1] != '"' {
		return v
	}
	var b strings.Builder
	for i := 1; i < len(v)-1; i++ {
		if v[i] == '\\' && i+1 < len(v)-1 {
			i++
		}
		b.WriteByte(v[i])
	}
	return b.String()
}

// percentDecoded decodes each %XX once, and leaves a percent sign that
// encodes nothing as it is, for senders that do not encode.
func percentDecoded(v string) string {
	var b strings.Builder
	for i := 0; i < len(v); i++ {
		if v[i] == '%' && i+2 < len(v) {
			if c, err := url.PathUnescape(v[i : i+3]); err == nil {
				b.WriteString(c)
				i += 2
				continue
			}
		}
		b.WriteByte(v[i])
	}
	return b.String()
}

// takeContext takes the attributes both modes of CloudEvents have.
func (r *reading) takeContext(get func(name string) (string, bool)) {
	switch v, ok := get("specversion"); {
	case !ok && !r.named["specversion"]:
		r.bad("specversion", "is required")
	case ok && v != "1.0":
		r.bad("specversion", "%q is not 1.0", clip(v))
	}
	r.event.ID, _ = get("id")
	r.event.Source, _ = get("source")
	if s, ok := get("time"); ok {
		r.setTime(s)
	}
	if s, ok := get("visibility"); ok {
		r.setVisibility(s)
	}
	if s, ok := get("datacontenttype"); ok && !isJSON(s) {
		r.loseData("datacontenttype", "%q is not JSON", clip(s))
	}
	r.takeType(get("type"))
	r.takeSubject(get("subject"))
}

func isJSON(media string) bool {
	kind, _, err := mime.ParseMediaType(media)
	return err == nil && (kind == "application/json" || kind == "text/json" || strings.HasSuffix(kind, "+json"))
}

// takeType takes the attribute type. A foreign type stays whole: it is
// unknown to us, and no fault.
func (r *reading) takeType(s string, ok bool) {
	if !ok || s == "" {
		r.when(!r.named["type"], "type", "is required")
		r.markNamed("type")
		return
	}
	t, ours := cutType(s)
	if !ours {
		t = Type(s)
		if strings.HasPrefix(s, TypePrefix) || t.Known() {
			r.bad("type", "%q is not written %sphase.started%s", clip(s), TypePrefix, TypeSuffix)
			return
		}
	}
	if r.Type != "" && t != r.Type {
		r.bad("type", "%q is not the %q it was sent as", clip(s), clip(string(r.Type)))
		return
	}
	r.event.Type = t
}

// takeSubject takes the attribute subject: the upgrade.
func (r *reading) takeSubject(s string, ok bool) {
	switch {
	case ok && r.Upgrade != "" && s != r.Upgrade:
		r.bad("subject", "%q is not the upgrade %q it was sent to", clip(s), clip(r.Upgrade))
	case ok:
		r.event.Upgrade = s
	case r.Upgrade == "" && !r.named["subject"]:
		r.bad("subject", "is required: the id of the upgrade")
		r.markNamed("upgrade")
	}
}

// lower gives each header its name in lower case and its first value.
func lower(header map[string][]string) map[string]string {
	m := make(map[string]string, len(header))
	for _, name := range slices.Sorted(maps.Keys(header)) {
		key, values := strings.ToLower(name), header[name]
		if _, ok := m[key]; !ok && len(values) > 0 {
			m[key] = strings.TrimSpace(values[0])
		}
	}
	return m
}
