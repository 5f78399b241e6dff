package events_test

import (
	"encoding/json"
	"testing"

	ce "github.com/cloudevents/sdk-go/v2/event"

	"upgradehub/events"
)

// The standard's own library reads what we store.
func TestSDKReadsFacts(t *testing.T) {
	for _, x := range examples {
		e := decode(t, x.typ, x.data)
		e.Recorded, e.Intake = received, 42
		var got ce.Event
		if err := json.Unmarshal(roundTrip(t, e), &got); err != nil {
			t.Fatalf("%s: %v", x.typ, err)
		}
		if err := got.Validate(); err != nil {
			t.Errorf("%s: %v", x.typ, err)
		}
		if got.Subject() != "pg16" || !got.Time().Equal(received) || got.Extensions()["intakeseq"] != "42" {
			t.Errorf("the SDK reads %s", got)
		}
	}
}

// We read what the standard's own library writes.
func TestDecodeReadsTheSDK(t *testing.T) {
	sent := ce.New()
	sent.SetID("e1")
	sent.SetSource("/ci/7")
	sent.SetSubject("pg16")
	sent.SetType("dev.upgradehub.phase.started.v1")
	sent.SetExtension("visibility", "public")
	if err := sent.SetData("application/json", map[string]string{"phase": "copy"}); err != nil {
		t.Fatal(err)
	}
	body, err := json.Marshal(sent)
	if err != nil {
		t.Fatal(err)
	}
	e, err := events.Decode(events.Message{Header: map[string][]string{"Content-Type": {ce.ApplicationCloudEventsJSON}}, Body: body, Received: received})
	if err != nil || e.ID != "e1" || e.Upgrade != "pg16" || !e.TextVisible() || e.Data.(*events.Phase).Phase != "copy" {
		t.Errorf("Decode(%s) = %+v, %v", body, e, err)
	}
}
