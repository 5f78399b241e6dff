package events_test

import (
	"encoding/json"
	"testing"
	"time"

	"upgradehub/events"
)

// What Decode accepts is valid, and stored and read again it is the same.
func FuzzDecode(f *testing.F) {
	for _, x := range examples {
		f.Add("pg16", string(x.typ), "", "", []byte(x.data))
		f.Add("", "", "application/cloudevents+json", "", []byte(`{"specversion":"1.0","id":"1","source":"s","subject":"pg16","type":"dev.upgradehub.`+string(x.typ)+`.v1","data":`+x.data+`}`))
	}
	f.Add("pg16", "phase.started", "application/json", "Gr%C3%B6%C3%9Fe%20100%25", []byte(`{"phase":"copy"}`))
	f.Add("pg16", "deploy.finished", "", "", []byte(`{"a":[1e999,"\ud800<"],"time":"2026-03-01T18:00:00+23:59"}`))
	f.Add("pg16", "upgrade.planned", "", "", []byte(`{"plan":"a: &a [*a]"}`))
	f.Fuzz(func(t *testing.T, upgrade, typ, media, id string, body []byte) {
		m := events.Message{Upgrade: upgrade, Type: events.Type(typ), Body: body, Received: received, DerivedID: "derived", Header: map[string][]string{"Content-Type": {media}}}
		if id != "" {
			m.Header["ce-id"] = []string{id}
			m.Header["ce-source"] = []string{id}
			m.Header["ce-specversion"] = []string{"1.0"}
			m.Header["ce-type"] = []string{events.TypePrefix + typ + events.TypeSuffix}
		}
		e, err := events.Decode(m)
		if err != nil {
			if err.Error() == "" {
				t.Error("a fault without words")
			}
			return
		}
		if err := e.Validate(); err != nil {
			t.Errorf("Validate(%+v) = %v", e, err)
		}
		if e.Time.Location() != time.UTC {
			t.Errorf("time %s is not in UTC", e.Time)
		}
		roundTrip(t, e)
	})
}

// What can be read as a fact can be written, and is written the same for ever
// after.
func FuzzUnmarshal(f *testing.F) {
	for _, x := range examples {
		f.Add(roundTrip(f, decode(f, x.typ, x.data)))
	}
	for _, own := range ownFacts {
		f.Add(roundTrip(f, own.fact))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var e, again events.Event
		if err := json.Unmarshal(b, &e); err != nil {
			return
		}
		written, err := json.Marshal(e)
		if err != nil {
			return // a time beyond the year 9999 can be read, not written
		}
		if err := json.Unmarshal(written, &again); err != nil {
			t.Fatalf("json.Unmarshal(%s): %v", written, err)
		}
		if b, err := json.Marshal(again); err != nil || string(b) != string(written) {
			t.Errorf("written again: %s, %v, want %s", b, err, written)
		}
		if e.Subject() != again.Subject() || e.ContentHash() != again.ContentHash() {
			t.Errorf("subject or content of %s changed", written)
		}
	})
}
