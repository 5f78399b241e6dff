package main

import (
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

// TestService tells a service by its URL, which stands nowhere but in its own
// file: not in what the hub prints, and not in the log of facts.
func TestService(t *testing.T) {
	const secret = "CANARYSECRET"
	told := make(chan string, 8)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, _ := io.ReadAll(r.Body)
		if r.URL.Path == "/gone" {
			w.WriteHeader(http.StatusGone)
			return
		}
		told <- string(raw)
		_, _ = io.WriteString(w, "{}")
	}))
	defer srv.Close()
	file := func(topic string) string {
		return writeFile(t, topic, "ntfy://u:"+secret+"@"+srv.Listener.Addr().String()+"/"+topic+"?scheme=http\n")
	}
	w := startWorldWith(t, startMailbox(t), `
services:
  on-call: {url_file: `+file("topic")+`, short: true}
  old: {url_file: `+file("gone")+`}
audiences:
  tools: {role: users, channels: {service: [on-call, old]}}
`)
	plan := planNow("pg17")
	delete(plan, "audiences") // all of hub.yaml take part
	w.applied(t, "pg17", "upgrade.planned", map[string]any{"plan": plan})
	w.settled(t)
	if len(told) != 1 {
		t.Fatalf("told %d times, want once", len(told))
	}
	if got := <-told; !strings.Contains(got, "Database 16 to 17\n"+w.page+"/upgrades/pg17") {
		t.Errorf("told %q", got)
	}
	facts := strings.Join(strings1(t, w.db(t), `SELECT CAST(raw AS TEXT) FROM log`), "\n")
	if strings.Contains(w.errs.String(), secret) || strings.Contains(facts, secret) {
		t.Error("the URL of a service is told")
	}
}

func TestConfigServices(t *testing.T) {
	file := writeFile(t, "hub.yaml", `services:
  Teams: {url: teams://CANARY}
  a: {short: maybe, colour: red}
  b: {url_file: /nowhere}
  c: {}
audiences:
  users: {channels: {service: [a, d]}}
`)
	got := faultsOf(t, map[string]string{"config": file}, map[string]string{"HUB_SERVICE_A": "fax://CANARY"})
	got[5] = strings.SplitAfter(got[5], "known service")[0] // and not the list
	want := []string{
		`hub.yaml:7:31 audience users: service "d" is none of services`,
		`hub.yaml:2:3 service "Teams" is not an id: a-z, 0-9 and -`,
		`hub.yaml:2:11 service Teams: a secret does not belong in this file: use url_file or HUB_SERVICE_TEAMS`,
		`hub.yaml:3:14 service a: short is neither true nor false`,
		`hub.yaml:3:21 service a: unknown key "colour"`,
		`hub.yaml:3:3 service a: its URL names no known service`,
		`hub.yaml:4:3 service b: url_file: open /nowhere: no such file or directory`,
		`hub.yaml:5:3 service c: has no URL: use url_file or HUB_SERVICE_C`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("faults:\n got %s\nwant %s", strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}

	file = writeFile(t, "hub.yaml", "services:\n  on-call: {}\naudiences:\n  users: {channels: {service: [on-call]}}\n")
	c, err := loadConfig(map[string]string{"config": file}, env(map[string]string{"HUB_SERVICE_ON_CALL": "ntfy://ntfy.sh/topic"}))
	if err != nil || c.Services["on-call"].URL.Reveal() != "ntfy://ntfy.sh/topic" {
		t.Errorf("services = %v, %v", c.Services, err)
	}
}
