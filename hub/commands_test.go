package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/spf13/cobra"

	"upgradehub/events"
	"upgradehub/events/clock"
)

// request is what a command sent.
type request struct {
	line, token, id, prefer, body string
}

// fakeHub answers by "METHOD path?query" and keeps what it was asked. A reply
// that begins with a status code has it; all others are 200.
type fakeHub struct {
	*httptest.Server
	mu      sync.Mutex
	asked   []request
	replies map[string]string
}

func newFakeHub(t testing.TB, replies map[string]string) *fakeHub {
	f := &fakeHub{replies: replies}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

func (f *fakeHub) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	line := r.Method + " " + r.URL.RequestURI()
	f.mu.Lock()
	f.asked = append(f.asked, request{line, r.Header.Get("Authorization"), r.Header.Get("Idempotency-Key"), r.Header.Get("Prefer"), string(body)})
	reply, known := f.replies[line]
	f.mu.Unlock()
	status, text := 200, reply
	if !known {
		status, text = 404, `{"title":"Not Found","status":404}`
	} else if n, err := fmt.Sscanf(reply, "%d", &status); n == 1 && err == nil {
		text = reply[3:]
	}
	w.WriteHeader(status)
	_, _ = io.WriteString(w, text)
}

// hub runs one command line against f and returns what it did.
func (f *fakeHub) hub(t testing.TB, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	return hub(t, map[string]string{"HUB_HTTP": f.URL, "HUB_TOKEN": "secret-token"}, args...)
}

func hub(t testing.TB, environment map[string]string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), args, env(environment), strings.NewReader(""), &out, &errs)
	return code, out.String(), errs.String()
}

func TestEveryCommandHasHelp(t *testing.T) {
	p := &program{getenv: env(nil), stdout: io.Discard, stderr: io.Discard}
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		if cmd.Example == "" || cmd.Short == "" || cmd.Long == "" {
			t.Errorf("%s: Short %t, Long %t, Example %t; every command has all three",
				cmd.CommandPath(), cmd.Short != "", cmd.Long != "", cmd.Example != "")
		}
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	walk(p.rootCommand())
}

func TestCommandsAreThere(t *testing.T) {
	for _, words := range []string{
		"serve", "publish", "plan lint", "plan patch", "plan diff", "plan apply", "plan rehearse", "replay", "demo", "upgrades", "ready", "deliveries", "retry",
		"rejected", "hold", "release", "feedback", "person export", "person erase", "person erase-words", "version", "window find", "window backtest", "window for", "window publish", "report", "lessons", "lessons propose", "lessons accept", "lessons reject", "lessons assign", "history import", "history list", "history backtest", "completion bash",
	} {
		code, stdout, stderr := hub(t, nil, append(strings.Fields(words), "--help")...)
		if code != exitDone || !strings.Contains(stdout, "Examples:") || stderr != "" {
			t.Errorf("hub %s --help: exit %d, help %q, stderr %q", words, code, stdout, stderr)
		}
	}
}

func TestUsageErrors(t *testing.T) {
	tests := []struct {
		line, want string
	}{
		{"nonsense", `unknown command "nonsense"`},
		{"publish pg16", "Usage: hub publish UPGRADE TYPE [key=value …]"},
		{"deliveries --state lost", `--state "lost": is none of pending, accepted, superseded, dead, untold`},
		{"deliveries --proof", "are of one upgrade"},
		{"publish pg16 phase.started phase", `"phase" is not key=value`},
		{"publish pg16 phase.started phase=a phase=b", "phase is given twice"},
		{"upgrades --nonsense", "unknown flag: --nonsense"},
		{"upgrades --http nowhere", `--http "nowhere" is not host:port`},
		{"plan", "hub plan needs a command"},
		{"replay a.jsonl --speed -1", "--speed -1: is negative"},
		{"serve --role boss", `--role "boss": is none of all, view`},
		{"plan rehearse demo/plans/fedora-dc-move-2025.yaml --story sad", `--story "sad" is none of happy, overrun, rollback, all`},
		{"plan rehearse a.yaml --json --html", "--json and --html exclude each other"},
		{"plan rehearse a.yaml --story happy --events b.jsonl", "--story and --events exclude each other"},
		{"feedback pg16 --csv --json", "--csv and --json exclude each other"},
	}
	for _, tt := range tests {
		t.Run(tt.line, func(t *testing.T) {
			code, _, stderr := hub(t, nil, strings.Fields(tt.line)...)
			if code != exitUsage || !strings.Contains(stderr, tt.want) || !strings.Contains(stderr, "--help'") {
				t.Errorf("hub %s: exit %d, stderr %q, want exit 2 with %q", tt.line, code, stderr, tt.want)
			}
		})
	}
}

func TestServeGetsItsConfig(t *testing.T) {
	var got Config
	var out bytes.Buffer
	p := &program{getenv: env(map[string]string{"HUB_DATA": t.TempDir()}), stdout: &out, stderr: &out}
	p.serve = func(_ context.Context, cfg Config, _ io.Writer, clk clock.Clock) error {
		got = cfg
		if clk.Played() {
			t.Errorf("hub serves with clock %+v, want the machine's own", clk)
		}
		return nil
	}
	for _, args := range [][]string{{"--ops", "127.0.0.1:9"}, {"serve", "--ops", "127.0.0.1:9"}} {
		got = Config{}
		if code := p.run(t.Context(), args); code != exitDone || got.Ops != "127.0.0.1:9" || got.Token == "" || got.LinkSecret == "" {
			t.Errorf("hub %v: exit %d, config %+v\n%s", args, code, got, out.String())
		}
	}
}

func TestPublish(t *testing.T) {
	const path = "POST /api/v1/upgrades/pg16/phase.started"
	tests := []struct {
		name, reply            string
		wantCode               int
		wantStdout, wantStderr string
	}{
		{"applied", `{"result":"applied","seq":7,"sequence":3}`, 0, "applied as fact 7\n", ""},
		{"duplicate", `{"result":"duplicate","seq":7}`, 0, "was published before: fact 7\n", ""},
		{"not judged in time", `202{"sequence":3}`, 1, "", "hub: stored as message 3, and not judged yet: is a node on duty? It will be judged once, so do not send it under another id\n"},
		{"anomaly", `{"result":"anomaly","seq":7,"anomaly":"the upgrade has ended"}`, 1, "", "hub: not applied: the upgrade has ended\n"},
		{"rejected", `{"result":"rejected","faults":["time: is ahead"]}`, 1, "", "hub: time: is ahead\n"},
		{"faults", `400{"title":"Bad Request","status":400,"faults":["a: is b","c: is d"]}`, 1, "", "hub: a: is b\nhub: c: is d\n"},
		{"forbidden", `403{"title":"Forbidden","status":403,"detail":"not yours"}`, 1, "", "hub: Forbidden: not yours\n"},
		{"control characters", `{"result":"anomaly","anomaly":"a\u001b[2Jb"}`, 1, "", "hub: not applied: a\\x1b[2Jb\n"},
		{"no hub", `nonsense`, 1, "", "does not answer as a hub\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := newFakeHub(t, map[string]string{path: tt.reply})
			code, stdout, stderr := f.hub(t, "publish", "pg16", "phase.started", "phase=2024", "--id", "e1", "--source", "ci")
			if code != tt.wantCode || stdout != tt.wantStdout || !strings.HasSuffix(stderr, tt.wantStderr) {
				t.Errorf("exit %d, stdout %q, stderr %q; want %d, %q, %q", code, stdout, stderr, tt.wantCode, tt.wantStdout, tt.wantStderr)
			}
			want := []request{{path, "Bearer secret-token", "e1", "wait=5", `{"phase":"2024","source":"ci"}`}}
			if !slices.Equal(f.asked, want) {
				t.Errorf("sent %+v, want %+v", f.asked, want)
			}
		})
	}
}

func TestPublishJSON(t *testing.T) {
	f := newFakeHub(t, map[string]string{"POST /api/v1/upgrades/pg16/upgrade.started": `{"result":"anomaly","seq":7,"anomaly":"why"}`})
	code, stdout, _ := f.hub(t, "publish", "pg16", "upgrade.started", "--json")
	var v verdict
	if err := json.Unmarshal([]byte(stdout), &v); err != nil || code != exitFailed || v.Anomaly != "why" {
		t.Errorf("exit %d, %q, %v; want exit 1 and the anomaly as JSON", code, stdout, err)
	}
}

func TestPublishFindsFaultsItself(t *testing.T) {
	f := newFakeHub(t, nil)
	code, _, stderr := f.hub(t, "publish", "pg16", "component.changed", "impact=bad")
	if code != exitFailed || !strings.Contains(stderr, "component") || !strings.Contains(stderr, "impact") || len(f.asked) > 0 {
		t.Errorf("exit %d, stderr %q, sent %v; want exit 1, both faults, nothing sent", code, stderr, f.asked)
	}
}

func TestPublishValues(t *testing.T) {
	file := writeFile(t, "smoke.xml", "<testsuite/>")
	tests := []struct{ eventType, pair, want string }{
		{"phase.started", "phase=2024", `"2024"`},
		{"phase.started", "phase=true", `"true"`},
		{"phase.progressed", "done=12", `12`},
		{"phase.progressed", "percent=12.5", `12.5`},
		{"phase.progressed", "done=many", `"many"`},
		{"objective.measured", "value=9007199254740993", `9007199254740993`},
		{"rollback.started", "data_safe=true", `true`},
		{"update.posted", "audiences=users,teams", `["users","teams"]`},
		{"update.posted", `audiences=["users"]`, `["users"]`},
		{"update.posted", "text={}", `"{}"`},
		{"update.posted", "text=@all hands", `"@all hands"`},
		{"update.posted", "next_update_by=2026-03-01T03:00:00Z", `"2026-03-01T03:00:00Z"`},
		{"gate.evidence", "junit=@" + file, `"\u003ctestsuite/\u003e"`},
		{"vendor.thing", "n=12", `12`},
		{"vendor.thing", `o={"a":[1]}`, `{"a":[1]}`},
		{"vendor.thing", `s="quoted"`, `"\"quoted\""`},
		{"vendor.thing", "s=null", `"null"`},
		{"vendor.thing", "s=12 nodes", `"12 nodes"`},
		{"vendor.thing", "s=", `""`},
	}
	for _, tt := range tests {
		t.Run(tt.eventType+" "+tt.pair, func(t *testing.T) {
			data, err := parsePairs(events.Type(tt.eventType), []string{tt.pair})
			if err != nil {
				t.Fatal(err)
			}
			key, _, _ := strings.Cut(tt.pair, "=")
			if got, err := json.Marshal(data[key]); err != nil || string(got) != tt.want {
				t.Errorf("parsePairs(%q) = %s, %v, want %s", tt.pair, got, err, tt.want)
			}
		})
	}
}

func TestPublishTriesAgain(t *testing.T) {
	var ids []string
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ids = append(ids, r.Header.Get("Idempotency-Key"))
		if len(ids) == 1 {
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, `{"result":"applied","seq":1}`)
	}))
	defer srv.Close()
	code, _, stderr := hub(t, map[string]string{"HUB_HTTP": srv.URL}, "publish", "pg16", "upgrade.started")
	if code != exitDone || len(ids) != 2 || ids[0] == "" || ids[0] != ids[1] {
		t.Errorf("exit %d, ids %q, stderr %q; want two tries with one id", code, ids, stderr)
	}
}

func TestClientFindsItsHub(t *testing.T) {
	f := newFakeHub(t, map[string]string{"GET /api/v1/upgrades": "[]"})
	data := t.TempDir()
	if err := os.WriteFile(filepath.Join(data, "token"), []byte("kept\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	hostPort := strings.TrimPrefix(f.URL, "http://")
	config := writeFile(t, "hub.yaml", "http: "+hostPort+"\ndata: "+data+"\n")
	tests := []struct {
		name string
		env  map[string]string
		args []string
		want string
	}{
		{"token in the data directory", map[string]string{"HUB_HTTP": hostPort, "HUB_DATA": data}, nil, "Bearer kept"},
		{"flags over environment", map[string]string{"HUB_HTTP": "127.0.0.1:1"}, []string{"--http", f.URL + "/", "--data", data}, "Bearer kept"},
		{"token of the environment", map[string]string{"HUB_HTTP": hostPort, "HUB_DATA": data, "HUB_TOKEN": "given"}, nil, "Bearer given"},
		{"token file", map[string]string{"HUB_HTTP": hostPort}, []string{"--token-file", filepath.Join(data, "token")}, "Bearer kept"},
		{"file", nil, []string{"--config", config}, "Bearer kept"},
		{"no token", map[string]string{"HUB_HTTP": hostPort, "HUB_DATA": "nowhere"}, nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f.asked = nil
			code, _, stderr := hub(t, tt.env, append([]string{"upgrades"}, tt.args...)...)
			if code != exitDone || len(f.asked) != 1 || f.asked[0].token != tt.want {
				t.Errorf("exit %d, sent %+v, stderr %q, want token %q", code, f.asked, stderr, tt.want)
			}
		})
	}
}

func TestNoHub(t *testing.T) {
	code, _, stderr := hub(t, map[string]string{"HUB_HTTP": "127.0.0.1:1", "HUB_DATA": "nowhere"}, "upgrades")
	if code != exitFailed || !strings.Contains(stderr, "hub: no hub answers: ") {
		t.Errorf("exit %d, stderr %q, want exit 1 and why", code, stderr)
	}
}

func TestOperatorCommands(t *testing.T) {
	f := newFakeHub(t, map[string]string{
		"GET /api/v1/upgrades":                           `[{"id":"pg16","title":"Postgres 16","state":"planned","window":{"start":"2026-03-01T01:00:00+01:00","end":"2026-03-01T04:00:00Z"}}]`,
		"GET /api/v1/deliveries?state=dead&upgrade=pg16": `{"deliveries":[{"id":"d1","upgrade":"pg16","moment":"started","audience":"users","channel":"email","state":"failed","attempts":8,"code":"550","why":"no such user","owed_at":"2026-03-01T01:00:00Z"},{"id":"d2","upgrade":"pg16","moment":"overdue","audience":"teams","channel":"slack","state":"failed","attempts":2,"ambiguous":true,"acknowledged":1}]}`,
		"GET /api/v1/deliveries?upgrade=pg16":            `{"deliveries":[],"proof":{"told":[{"moment":"started","audience":"users","channel":"email","state":"accepted","count":2,"first":"2026-03-01T01:00:01Z","last":"2026-03-01T01:00:02Z"}],"speed":[{"channel":"email","count":2,"p50_ms":1000,"p95_ms":2100,"max_ms":2100}],"ambiguous":3}}`,
		"POST /api/v1/deliveries/d1/retry":               `{"state":"pending"}`,
		"GET /api/v1/rejected":                           `{"rejected":[{"seq":4,"subject":"upgrades.pg16.phase.started","reasons":["phase: is required","x"],"payload":"e30=","recorded":"2026-03-01T01:00:00Z"}]}`,
		"POST /api/v1/hold":                              `{"held":true}`,
		"POST /api/v1/release":                           `{"held":false}`,
		"GET /api/v1/upgrades/pg16/feedback":             `{"upgrade":"pg16","count":2,"invited":4,"average":3.5,"responded":{"count":1,"of":4,"share":0.25,"low":0.0456,"high":0.6994},"satisfied":{"count":1,"of":2,"share":0.5,"low":0.0945,"high":0.9055},"low":1,"answers":[{"answer":"a1","rating":5,"disruption":"none","communication":"late","text":"=1+1","recorded":"2026-03-01T01:00:00Z","revisions":1},{"answer":"a2","rating":2,"recorded":"2026-03-01T02:00:00Z","revisions":2}]}`,
		"GET /api/v1/upgrades/named/feedback":            `{"upgrade":"named","mode":"named","count":1,"invited":1,"average":2,"low":1,"answers":[{"answer":"a1","rating":2,"disruption":"lot","minutes":90,"effort":7,"role":"users","channel":"email","mode":"named","who":"@lead","text":"late","recorded":"2026-03-01T01:00:00Z"}]}`,
		"GET /api/v1/upgrades/fewer/feedback":            `{"upgrade":"fewer","mode":"anonymous","count":0,"not_shown":3,"invited":9,"answers":[]}`,
		"GET /api/v1/upgrades/few/feedback":              `{"upgrade":"few","mode":"anonymous","count":0,"not_shown":3,"waiting":2,"invited":9,"answers":[]}`,
		"GET /api/v1/upgrades/none/feedback":             `{"upgrade":"none","count":0,"invited":4,"answers":[]}`,
	})
	tests := []struct{ line, want, wantBody string }{
		{"upgrades", "ID    STATE    WINDOW                                    TITLE\npg16  planned  2026-03-01 00:00 to 2026-03-01 04:00 UTC  Postgres 16\n", ""},
		{"deliveries pg16 --proof", "MOMENT   AUDIENCE  CHANNEL  STATE               COUNT  FIRST                 LAST                  FROM EVENT TO ACCEPTANCE\nstarted  users     email    accepted            2      2026-03-01T01:00:01Z  2026-03-01T01:00:02Z  -\nall      all       email    accepted            2                                                  half within 1s, 95 of 100 within 2.1s, all within 2.1s\nall      all       all      an answer was lost  3                                                  -\n", ""},
		{"deliveries pg16 --state dead", "ID  UPGRADE  MOMENT   AUDIENCE  CHANNEL  STATE   TRIES  WHY\nd1  pg16     started  users     email    failed  8      550 no such user\nd2  pg16     overdue  teams     slack    failed  2      an answer was lost; acknowledged by 1\n", ""},
		{"retry d1", "d1 is owed again\n", "{}"},
		{"rejected", "SEQ  RECORDED              SUBJECT                      FAULTS\n4    2026-03-01T01:00:00Z  upgrades.pg16.phase.started  phase: is required; x\n", ""},
		{"hold --by lead --reason why", "nothing is sent until hub release\n", `{"by":"lead","reason":"why"}`},
		{"release", "sending goes on\n", `{"by":"","reason":""}`},
		{"feedback pg16", "pg16: 2 answers, 4 invited, 3.5 of 5\nanswered by invitation: 25 % (95 % interval 5 to 70 %); gave 4 or 5: 50 % (95 % interval 9 to 91 %); gave 1 or 2 or could not work: 1\nRECORDED              RATING  DISRUPTION  LOST  TOLD  EFFORT  TEXT\n2026-03-01T01:00:00Z  5       none              late          =1+1\n2026-03-01T02:00:00Z  2\n", ""},
		{"feedback none", "none: 0 answers, 4 invited\n", ""},
		{"feedback named", "named: 1 answer, 1 invited, 2.0 of 5\nanswered by invitation: –; gave 4 or 5: –; gave 1 or 2 or could not work: 1\nRECORDED              RATING  DISRUPTION  LOST  TOLD  EFFORT  WHO    TEXT\n2026-03-01T01:00:00Z  2       lot         90          7       @lead  late\n", ""},
		{"feedback named --csv", "upgrade,answer,recorded,mode,who,role,channel,rating,disruption,minutes_lost,communication,effort,revisions,text\n\"named\",\"a1\",2026-03-01T01:00:00Z,\"named\",\"'@lead\",\"users\",\"email\",2,\"lot\",90,,7,0,\"late\"\n", ""},
		{"feedback few", "few: 0 answers, 9 invited\nanonymous answers that wait to be shown among others: 2\n", ""},
		{"feedback fewer", "fewer: 0 answers, 9 invited\nanonymous answers, too few to be shown: 3\n", ""},
		{"feedback pg16 --csv", "upgrade,answer,recorded,mode,who,role,channel,rating,disruption,minutes_lost,communication,effort,revisions,text\n\"pg16\",\"a1\",2026-03-01T01:00:00Z,,,,,5,\"none\",,\"late\",,1,\"'=1+1\"\n\"pg16\",\"a2\",2026-03-01T02:00:00Z,,,,,2,,,,,2,\n", ""},
	}
	for _, tt := range tests {
		t.Run(tt.line, func(t *testing.T) {
			f.asked = nil
			code, stdout, stderr := f.hub(t, strings.Fields(tt.line)...)
			if code != exitDone || stdout != tt.want || stderr != "" {
				t.Errorf("hub %s: exit %d, stderr %q, printed\n%s\nwant\n%s", tt.line, code, stderr, stdout, tt.want)
			}
			if len(f.asked) != 1 || f.asked[0].body != tt.wantBody || f.asked[0].token != "Bearer secret-token" {
				t.Errorf("hub %s sent %+v, want body %q", tt.line, f.asked, tt.wantBody)
			}
			asJSON := append(strings.Fields(strings.TrimSuffix(tt.line, "--csv")), "--json")
			if code, stdout, _ := f.hub(t, asJSON...); code != exitDone || !json.Valid([]byte(stdout)) {
				t.Errorf("hub %s: exit %d, printed %q", asJSON, code, stdout)
			}
		})
	}
}

func TestRefusalsOfTheHub(t *testing.T) {
	f := newFakeHub(t, map[string]string{
		"GET /api/v1/upgrades":             "401" + `{"title":"Unauthorized","detail":"send a token"}`,
		"POST /api/v1/deliveries/d1/retry": "409" + `{"title":"Conflict","detail":"the delivery is accepted"}`,
		"GET /api/v1/rejected":             "302" + `<html>`,
	})
	tests := []struct{ line, want string }{
		{"upgrades", "hub: Unauthorized: send a token (set HUB_TOKEN"},
		{"retry d1", "hub: Conflict: the delivery is accepted\n"},
		{"retry d2", "hub: Not Found\n"},
		{"rejected", "hub: Found\n"},
	}
	for _, tt := range tests {
		if code, _, stderr := f.hub(t, strings.Fields(tt.line)...); code != exitFailed || !strings.HasPrefix(stderr, tt.want) {
			t.Errorf("hub %s: exit %d, stderr %q, want exit 1 and %q", tt.line, code, stderr, tt.want)
		}
	}
}

func TestVersion(t *testing.T) {
	if code, stdout, _ := hub(t, nil, "version"); code != exitDone || !strings.HasPrefix(stdout, "hub dev") {
		t.Errorf("hub version: exit %d, printed %q", code, stdout)
	}
	code, stdout, _ := hub(t, nil, "version", "--json")
	var got struct{ Version, Go string }
	if err := json.Unmarshal([]byte(stdout), &got); err != nil || code != exitDone || got.Version == "" || got.Go == "" {
		t.Errorf("hub version --json: exit %d, printed %q, %v", code, stdout, err)
	}
}
