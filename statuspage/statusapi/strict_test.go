package statusapi_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"
)

// The shapes as a strict client of Statuspage has them, written from what
// Statuspage answers and not from our own types. Every field must be there,
// in this order, and no other.

type pageShape struct {
	ID        string    `json:"id"`
	Name      string    `json:"name"`
	URL       string    `json:"url"`
	TimeZone  string    `json:"time_zone"`
	UpdatedAt time.Time `json:"updated_at"`
}

type statusShape struct {
	Indicator   string `json:"indicator"`
	Description string `json:"description"`
}

type componentShape struct {
	ID                 string    `json:"id"`
	Name               string    `json:"name"`
	Status             string    `json:"status"`
	CreatedAt          time.Time `json:"created_at"`
	UpdatedAt          time.Time `json:"updated_at"`
	Position           int       `json:"position"`
	Description        *string   `json:"description"`
	Showcase           bool      `json:"showcase"`
	StartDate          *string   `json:"start_date"`
	GroupID            *string   `json:"group_id"`
	PageID             string    `json:"page_id"`
	Group              bool      `json:"group"`
	OnlyShowIfDegraded bool      `json:"only_show_if_degraded"`
	Components         []string  `json:"components,omitempty"`
}

type affectedShape struct {
	Code      string `json:"code"`
	Name      string `json:"name"`
	OldStatus string `json:"old_status"`
	NewStatus string `json:"new_status"`
}

type updateShape struct {
	ID           string          `json:"id"`
	Status       string          `json:"status"`
	Body         string          `json:"body"`
	IncidentID   string          `json:"incident_id"`
	CreatedAt    time.Time       `json:"created_at"`
	UpdatedAt    time.Time       `json:"updated_at"`
	DisplayAt    time.Time       `json:"display_at"`
	Affected     []affectedShape `json:"affected_components"`
	Notification bool            `json:"deliver_notifications"`
	CustomTweet  *string         `json:"custom_tweet"`
	TweetID      *string         `json:"tweet_id"`
}

type incidentShape struct {
	ID           string           `json:"id"`
	Name         string           `json:"name"`
	Status       string           `json:"status"`
	CreatedAt    time.Time        `json:"created_at"`
	UpdatedAt    time.Time        `json:"updated_at"`
	MonitoringAt *time.Time       `json:"monitoring_at"`
	ResolvedAt   *time.Time       `json:"resolved_at"`
	Impact       string           `json:"impact"`
	Shortlink    string           `json:"shortlink"`
	StartedAt    time.Time        `json:"started_at"`
	PageID       string           `json:"page_id"`
	Updates      []updateShape    `json:"incident_updates"`
	Components   []componentShape `json:"components"`
}

type maintenanceShape struct {
	incidentShape
	ScheduledFor   time.Time `json:"scheduled_for"`
	ScheduledUntil time.Time `json:"scheduled_until"`
}

type statusAnswer struct {
	Page   pageShape   `json:"page"`
	Status statusShape `json:"status"`
}

type componentsAnswer struct {
	Page       pageShape        `json:"page"`
	Components []componentShape `json:"components"`
}

type incidentsAnswer struct {
	Page      pageShape       `json:"page"`
	Incidents []incidentShape `json:"incidents"`
}

type maintenancesAnswer struct {
	Page         pageShape          `json:"page"`
	Maintenances []maintenanceShape `json:"scheduled_maintenances"`
}

type summaryAnswer struct {
	Page         pageShape          `json:"page"`
	Components   []componentShape   `json:"components"`
	Incidents    []incidentShape    `json:"incidents"`
	Maintenances []maintenanceShape `json:"scheduled_maintenances"`
	Status       statusShape        `json:"status"`
}

// read decodes an answer as strictly as the strictest client.
func read[T any](t testing.TB, mux http.Handler, path string) T {
	t.Helper()
	raw := ask(t, mux, "GET", "/api/v2/"+path).Body.Bytes()
	var v T
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%s: %v in %s", path, err, raw)
	}
	if _, err := d.Token(); err != io.EOF {
		t.Fatalf("%s has more than one value", path)
	}
	return v
}

// again reads an answer strictly and reports whether the same bytes come out
// when it is written again: then no field is missing, none is in another
// place, and null and [] are where they belong.
func again[T any](t *testing.T, mux http.Handler, path string) {
	t.Helper()
	v := read[T](t, mux, path)
	want, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	got := ask(t, mux, "GET", "/api/v2/"+path).Body.String()
	if keys(t, []byte(got)) != keys(t, want) {
		t.Errorf("%s has the fields\n%s\nwant\n%s", path, keys(t, []byte(got)), keys(t, want))
	}
	if !reflect.DeepEqual(v, read[T](t, mux, path)) {
		t.Errorf("%s is another one the second time", path)
	}
}

// keys is raw without its texts and numbers: what is left are the fields, in
// their order, brackets, nulls and booleans.
func keys(t *testing.T, raw []byte) string {
	t.Helper()
	var b strings.Builder
	d := json.NewDecoder(bytes.NewReader(raw))
	for {
		token, err := d.Token()
		if err == io.EOF {
			return b.String()
		}
		if err != nil {
			t.Fatal(err)
		}
		switch v := token.(type) {
		case json.Delim:
			b.WriteString(v.String())
		case string:
			if _, err := time.Parse(time.RFC3339, v); err == nil {
				v = "moment"
			}
			b.WriteString(v + " ")
		case nil:
			b.WriteString("null ")
		case bool:
			b.WriteString("bool ")
		default:
			b.WriteString("number ")
		}
	}
}

func TestStrictClientsReadEveryAnswer(t *testing.T) {
	for name, all := range boards {
		t.Run(name, func(t *testing.T) {
			mux := newMux(&board{seq: 1, all: all})
			again[statusAnswer](t, mux, "status.json")
			again[summaryAnswer](t, mux, "summary.json")
			again[componentsAnswer](t, mux, "components.json")
			again[incidentsAnswer](t, mux, "incidents.json")
			again[incidentsAnswer](t, mux, "incidents/unresolved.json")
			again[maintenancesAnswer](t, mux, "scheduled-maintenances.json")
			again[maintenancesAnswer](t, mux, "scheduled-maintenances/upcoming.json")
			again[maintenancesAnswer](t, mux, "scheduled-maintenances/active.json")
		})
	}
}
