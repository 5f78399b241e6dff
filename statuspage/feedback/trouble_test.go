package feedback_test

import (
	"context"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"upgradehub/events"
	"upgradehub/events/upgrade"
	"upgradehub/statuspage/feedback"
)

// seen is the id of a report that the team has answered.
const seen = "ssssssssssssssssssssss"

var running = upgrade.Public{
	ID: "running", Title: "Database <upgrade>", State: upgrade.InProgress, Zone: "Europe/Berlin",
	Components: []upgrade.PublicComponent{{ID: "sign-in", Name: "Sign-in"}, {ID: "search", Name: "Search"}},
}

func (d *desk) Running(_ context.Context, id string) (upgrade.Public, error) {
	switch id {
	case running.ID:
		return running, d.broken
	case done.ID:
		return done, nil
	}
	return upgrade.Public{}, feedback.ErrNotFound
}

func (d *desk) Report(_ context.Context, r feedback.Report) error {
	if !slices.ContainsFunc(d.reports, func(known feedback.Report) bool { return known.ID == r.ID }) {
		d.reports = append(d.reports, r)
	}
	return nil
}

func (d *desk) Receipt(_ context.Context, upgradeID, id string) (feedback.Receipt, error) {
	at := time.Date(2026, 11, 22, 12, 5, 0, 0, time.UTC)
	if id == seen {
		return feedback.Receipt{ID: id, Received: at, Status: events.ItemAnswered, Reply: "Fixed, please try again."}, nil
	}
	for _, r := range d.reports {
		if r.ID == id && r.Upgrade == upgradeID {
			return feedback.Receipt{ID: id, Received: at, Status: events.ItemNew}, nil
		}
	}
	return feedback.Receipt{}, feedback.ErrNotFound
}

func (d *desk) Reported(ctx context.Context, upgradeID, browser string) ([]feedback.Receipt, error) {
	var all []feedback.Receipt
	for _, r := range d.reports {
		if r.Browser == browser && browser != "" {
			one, err := d.Receipt(ctx, upgradeID, r.ID)
			if err != nil {
				return nil, err
			}
			all = append(all, one)
		}
	}
	return all, nil
}

const troubleForm = "/upgrades/running/trouble"

// reportForm: operators write ids in commands.
var reportForm = regexp.MustCompile(`^[0-9a-f]{22}$`)

// fill is a form of the running upgrade that is two seconds old, filled in.
func fill(h http.Handler, c *clock, fields url.Values) url.Values {
	form := url.Values{"at": {stampField.FindStringSubmatch(ask(h, "GET", troubleForm, nil).Body.String())[1]}, "website": {""}}
	c.now = c.now.Add(2 * time.Second)
	maps.Copy(form, fields)
	return form
}

func TestReport(t *testing.T) {
	for _, tt := range []struct {
		name   string
		fields url.Values
		status int
		want   feedback.Report
	}{
		{"whole", url.Values{"component": {"search"}, "text": {" No hits\r\nat all "}}, 303, feedback.Report{Upgrade: "running", Component: "search", Text: "No hits\nat all"}},
		{"nothing filled in", nil, 303, feedback.Report{Upgrade: "running"}},
		{"unknown component", url.Values{"component": {"vault"}}, 422, feedback.Report{}},
		{"too long", url.Values{"text": {strings.Repeat("x", 4001)}}, 422, feedback.Report{}},
		{"far too long", url.Values{"text": {strings.Repeat("x", 70_000)}}, 413, feedback.Report{}},
		{"stamp of the survey's form", url.Values{"at": {"0.x"}}, 422, feedback.Report{}},
		{"robot", url.Values{"website": {"https://spam.example.org"}}, 303, feedback.Report{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			d := &desk{}
			h, c := newForms(t, d)
			w := ask(h, "POST", troubleForm, fill(h, c, tt.fields))
			if w.Code != tt.status {
				t.Fatalf("status = %d, want %d", w.Code, tt.status)
			}
			if tt.status == 422 && (!strings.Contains(w.Body.String(), `role="alert"`) || len(w.Result().Cookies()) > 0) {
				t.Error("the form does not say what is missing, or sets a cookie")
			}
			if tt.want.Upgrade == "" {
				if len(d.reports) > 0 {
					t.Errorf("recorded %v", d.reports)
				}
				return
			}
			if len(d.reports) != 1 || !reportForm.MatchString(d.reports[0].ID) || d.reports[0].Browser == "" {
				t.Fatalf("recorded %v, want one of a browser with an id", d.reports)
			}
			got := d.reports[0]
			tt.want.ID, tt.want.Browser = got.ID, got.Browser
			if got != tt.want {
				t.Errorf("recorded %v, want %v", got, tt.want)
			}
			receipt := ask(h, "GET", w.Header().Get("Location"), nil)
			if body := receipt.Body.String(); receipt.Code != 200 || !strings.Contains(body, events.ReportNumber(got.ID)) || !strings.Contains(body, "2026-11-22 12:05 UTC (13:05 Europe/Berlin)") {
				t.Errorf("GET %s = %d %s, want the number and when it was received", w.Header().Get("Location"), receipt.Code, body)
			}
		})
	}
}

// TestReportSentTwice is one report with one receipt; another text is another.
func TestReportSentTwice(t *testing.T) {
	d := &desk{}
	h, c := newForms(t, d)
	form := fill(h, c, url.Values{"text": {"broken"}})
	first, second := ask(h, "POST", troubleForm, form), ask(h, "POST", troubleForm, form)
	form.Set("text", "still broken")
	third := ask(h, "POST", troubleForm, form)
	if a, b := first.Header().Get("Location"), second.Header().Get("Location"); a != b || third.Header().Get("Location") == a || len(d.reports) != 2 {
		t.Errorf("receipts %s, %s, %s of %d reports; want the first two the same", a, b, third.Header().Get("Location"), len(d.reports))
	}
}

func TestBrowserFindsItsReports(t *testing.T) {
	d := &desk{}
	h, c := newForms(t, d)
	w := ask(h, "POST", troubleForm, fill(h, c, nil))
	cookie := w.Result().Cookies()[0]
	link := regexp.MustCompile(`href="` + regexp.QuoteMeta(w.Header().Get("Location")) + `"`)
	if body := ask(h, "GET", troubleForm, nil, cookie).Body.String(); !link.MatchString(body) {
		t.Errorf("the form of the same browser has no link to its report: %s", body)
	}
	if body := ask(h, "GET", troubleForm, nil).Body.String(); strings.Contains(body, "Your reports") {
		t.Error("another browser is shown reports")
	}
}

func TestReceiptSaysWhatBecameOfIt(t *testing.T) {
	h, _ := newForms(t, &desk{})
	w := ask(h, "GET", troubleForm+"?receipt="+seen, nil)
	body := w.Body.String()
	if !strings.Contains(body, "The team has answered it.") || !strings.Contains(body, "Fixed, please try again.") || w.Header().Get("X-Robots-Tag") != "noindex" {
		t.Errorf("receipt = %v %s, want the answer, and nothing for search engines", w.Header(), body)
	}
	for _, id := range []string{"short", unknown, "%3Cscript%3E"} {
		if w := ask(h, "GET", troubleForm+"?receipt="+id, nil); w.Code != 404 {
			t.Errorf("receipt %s = %d, want 404", id, w.Code)
		}
	}
}

func TestNothingIsReportedWhenNothingRuns(t *testing.T) {
	d := &desk{}
	h, _ := newForms(t, d)
	for _, method := range []string{"GET", "POST"} {
		for path, want := range map[string]string{"/upgrades/pg16/trouble": "Nothing is under way here", "/upgrades/none/trouble": "This link leads nowhere", "/upgrades/NONE/trouble": "This link leads nowhere"} {
			if w := ask(h, method, path, nil); w.Code != 404 || !strings.Contains(w.Body.String(), want) {
				t.Errorf("%s %s = %d, want 404 and %q", method, path, w.Code, want)
			}
		}
	}
	if w := ask(h, "GET", "/upgrades/pg16/trouble?receipt="+seen, nil); w.Code != 200 {
		t.Errorf("receipt after the end = %d, want 200", w.Code)
	}
	if len(d.reports) > 0 {
		t.Errorf("recorded %v", d.reports)
	}
}

func TestReportsAreLimited(t *testing.T) {
	d := &desk{}
	h, c := newForms(t, d)
	form := fill(h, c, nil)
	codes := map[int]int{}
	for i := range 30 {
		form.Set("text", strings.Repeat("x", i))
		codes[ask(h, "POST", troubleForm, form).Code]++
	}
	if len(d.reports) != 10 || codes[http.StatusTooManyRequests] != 20 {
		t.Errorf("%d reports of one address in a moment and %v, want 10", len(d.reports), codes)
	}
}

func FuzzReport(f *testing.F) {
	f.Add("component=search&text=x", "application/x-www-form-urlencoded", seen)
	f.Add("--x\r\n\r\n", "multipart/form-data; boundary=x", "%00")
	f.Fuzz(func(t *testing.T, body, kind, receipt string) {
		d := &desk{}
		h, c := newForms(t, d)
		r := httptest.NewRequest("POST", troubleForm, strings.NewReader(fill(h, c, nil).Encode()+"&"+body))
		r.Header.Set("Content-Type", kind)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if got := ask(h, "GET", troubleForm+"?receipt="+url.QueryEscape(receipt), nil).Code; w.Code >= 500 || got >= 500 {
			t.Errorf("POST %q (%q) = %d, receipt %q = %d", body, kind, w.Code, receipt, got)
		}
		for _, one := range d.reports {
			if len([]rune(one.Text)) > 4000 || !slices.Contains([]string{"", "sign-in", "search"}, one.Component) {
				t.Errorf("POST %q recorded %v", body, one)
			}
		}
	})
}

// TestReplyIsShownBehindTheLink of whoever answered, escaped.
func TestReplyIsShownBehindTheLink(t *testing.T) {
	h, _ := newForms(t, &desk{previous: &feedback.Answer{Rating: 1}, reply: "Fixed <b>now</b>."})
	for _, path := range []string{"/f/" + personal, "/f/" + personal + "?thanks=1"} {
		if body := ask(h, "GET", path, nil).Body.String(); !strings.Contains(body, "Their answer:") || !strings.Contains(body, "Fixed &lt;b&gt;now&lt;/b&gt;.") {
			t.Errorf("GET %s does not show what the team said: %s", path, body)
		}
	}
}
