package slacktest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/gorilla/websocket"

	"upgradehub/notifiers/slack/slacktest"
)

// app hears what people do, and answers as it is told.
type app struct {
	*httptest.Server
	mu      sync.Mutex
	heard   []string // bodies
	answers []string
}

func startApp(t *testing.T, answers ...string) *app {
	t.Helper()
	a := &app{answers: answers}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		raw, err := io.ReadAll(r.Body)
		if err != nil || r.Header.Get("X-Slack-Signature") != slacktest.Sign(slacktest.SigningSecret, r.Header.Get("X-Slack-Request-Timestamp"), string(raw)) {
			http.Error(w, "unsigned", http.StatusUnauthorized)
			return
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		a.heard = append(a.heard, string(raw))
		if n := len(a.heard); n <= len(a.answers) {
			_, _ = io.WriteString(w, a.answers[n-1]) // the fake is gone
		}
	}))
	t.Cleanup(a.Close)
	return a
}

// payload is what the app heard last.
func (a *app) payload(t *testing.T) map[string]any {
	t.Helper()
	a.mu.Lock()
	defer a.mu.Unlock()
	form, err := url.ParseQuery(a.heard[len(a.heard)-1])
	if err != nil {
		t.Fatal(err)
	}
	var p map[string]any
	if err := json.Unmarshal([]byte(form.Get("payload")), &p); err != nil {
		t.Fatal(err)
	}
	return p
}

const pressable = `[{"type":"actions","elements":[{"type":"button","action_id":"go:1","value":"v","text":{"type":"plain_text","text":"Go"}}]}]`

// pressed posts a message with a button, presses it, and returns the trigger.
func pressed(t *testing.T, s *slacktest.Server, a *app) string {
	t.Helper()
	posted, _ := call(t, s, "chat.postMessage", url.Values{"channel": {ops}, "text": {"x"}, "blocks": {pressable}})
	if ack, err := s.Click("U0LEAD001", ops, fmt.Sprint(posted["ts"]), "go"); err != nil || ack.Status != http.StatusOK {
		t.Fatalf("click = %+v, %v", ack, err)
	}
	return fmt.Sprint(a.payload(t)["trigger_id"])
}

func view(blocks string) string {
	return `{"type":"modal","callback_id":"c","title":{"type":"plain_text","text":"Title"},"submit":{"type":"plain_text","text":"Send"},"blocks":[` + blocks + `]}`
}

const textInput = `{"type":"input","block_id":"reason","label":{"type":"plain_text","text":"Reason"},"element":{"type":"plain_text_input","action_id":"reason","max_length":5}}`

// openView calls views.open as slack-go does, with JSON.
func openView(t *testing.T, s *slacktest.Server, trigger, source string) (string, string) {
	t.Helper()
	body := fmt.Sprintf(`{"trigger_id":%q,"view":%s}`, trigger, source)
	req, err := http.NewRequest(http.MethodPost, s.APIURL()+"views.open", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+slacktest.Token)
	resp, err := noReuse.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct {
		Error string
		View  struct{ ID string }
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		t.Fatal(err)
	}
	return answer.View.ID, answer.Error
}

func TestTriggers(t *testing.T) {
	s, a := start(t, slacktest.Config{}), startApp(t)
	s.Callbacks(a.URL)
	trigger := pressed(t, s, a)
	if _, code := openView(t, s, "trigger999", view(textInput)); code != "invalid_trigger_id" {
		t.Errorf("unknown trigger: %q", code)
	}
	if _, code := openView(t, s, trigger, view(textInput)); code != "" {
		t.Errorf("first use: %q", code)
	}
	if _, code := openView(t, s, trigger, view(textInput)); code != "exchanged_trigger_id" {
		t.Errorf("second use: %q", code)
	}
}

func TestViewLimits(t *testing.T) {
	option := func(n int) string {
		return fmt.Sprintf(`{"text":{"type":"plain_text","text":"o"},"value":"v%d"}`, n)
	}
	radio := func(n int) string {
		var list []string
		for i := range n {
			list = append(list, option(i))
		}
		return `{"type":"input","label":{"type":"plain_text","text":"L"},"element":{"type":"radio_buttons","action_id":"a","options":[` + strings.Join(list, ",") + `]}}`
	}
	for _, tt := range []struct {
		name, source string
		ok           bool
	}{
		{"an input", view(textInput), true},
		{"10 options", view(radio(10)), true},
		{"11 options", view(radio(11)), false},
		{"no blocks", view(""), false},
		{"the same block twice", view(textInput + "," + textInput), false},
		{"an input without submit", strings.Replace(view(textInput), `"submit":{"type":"plain_text","text":"Send"},`, "", 1), false},
		{"25 characters of title", strings.Replace(view(textInput), `"Title"`, `"`+strings.Repeat("x", 25)+`"`, 1), false},
		{"3001 characters of metadata", strings.Replace(view(textInput), `"type":"modal"`, `"type":"modal","private_metadata":"`+strings.Repeat("x", 3001)+`"`, 1), false},
		{"text longer than its limit", view(strings.Replace(textInput, `"max_length":5`, `"max_length":5,"initial_value":"123456"`, 1)), false},
		{"no modal", strings.Replace(view(textInput), `"modal"`, `"home"`, 1), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, a := start(t, slacktest.Config{}), startApp(t)
			s.Callbacks(a.URL)
			if _, code := openView(t, s, pressed(t, s, a), tt.source); (code == "") != tt.ok {
				t.Errorf("views.open: %q, want it taken: %t", code, tt.ok)
			}
		})
	}
}

// TestSubmit: what is entered reaches the app, its complaints are shown at the
// inputs, and Slack refuses complaints at anything else.
func TestSubmit(t *testing.T) {
	s := start(t, slacktest.Config{})
	a := startApp(t, "", `{"response_action":"errors","errors":{"reason":"no"}}`, `{"response_action":"errors","errors":{"header":"no"}}`, "")
	s.Callbacks(a.URL)
	id, _ := openView(t, s, pressed(t, s, a), view(textInput))
	if _, err := s.Submit("U0LEAD001", id, map[string]string{"reason": "123456"}); err == nil {
		t.Error("more was entered than the input takes")
	}
	if _, err := s.Submit("U0LEAD001", id, nil); err == nil {
		t.Error("nothing was entered where something must be")
	}
	if _, err := s.Submit("U0LEAD001", id, map[string]string{"reason": "lag"}); err != nil {
		t.Fatal(err)
	}
	if v := s.Views("U0LEAD001")[0]; v.Errors["reason"] != "no" || !v.Open {
		t.Errorf("view = %+v, want it open with a complaint", v)
	}
	if !strings.Contains(fmt.Sprint(a.payload(t)["view"]), "value:lag") {
		t.Errorf("app heard %v", a.payload(t))
	}
	if _, err := s.Submit("U0LEAD001", id, map[string]string{"reason": "lag"}); err == nil {
		t.Error("a complaint at no input was taken")
	}
	if _, err := s.Submit("U0LEAD001", id, map[string]string{"reason": "lag"}); err != nil || s.Views("U0LEAD001")[0].Open {
		t.Errorf("an empty answer: %v, want the view closed", err)
	}
	if _, err := s.Submit("U0LEAD001", id, nil); err == nil {
		t.Error("a closed view was submitted")
	}
}

// TestResponseAddress takes five answers, for the person alone.
func TestResponseAddress(t *testing.T) {
	s, a := start(t, slacktest.Config{}), startApp(t)
	s.Callbacks(a.URL)
	pressed(t, s, a)
	address := fmt.Sprint(a.payload(t)["response_url"])
	for i := range 6 {
		resp, err := noReuse.Post(address, "application/json", strings.NewReader(`{"response_type":"ephemeral","text":"hello"}`))
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if want := i < 5; (resp.StatusCode == http.StatusOK) != want {
			t.Errorf("answer %d = %d", i+1, resp.StatusCode)
		}
	}
	if got := s.Ephemerals("U0LEAD001"); len(got) != 5 || got[0].Text != "hello" || got[0].Channel != ops {
		t.Errorf("ephemerals = %+v", got)
	}
}

// TestSocketTicket: a socket opens once, with the app's token alone.
func TestSocketTicket(t *testing.T) {
	s := start(t, slacktest.Config{})
	if _, code := call(t, s, "apps.connections.open", url.Values{}); code != "not_allowed_token_type" {
		t.Errorf("with the bot token: %q", code)
	}
	opened, code := call(t, s, "apps.connections.open", url.Values{"token": {slacktest.AppToken}})
	if code != "" {
		t.Fatal(code)
	}
	address := fmt.Sprint(opened["url"])
	conn, _, err := websocket.DefaultDialer.Dial(address, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var hello struct{ Type string }
	if err := conn.ReadJSON(&hello); err != nil || hello.Type != "hello" || !s.Connected() {
		t.Errorf("greeting = %+v, %v", hello, err)
	}
	if _, _, err := websocket.DefaultDialer.Dial(address, nil); err == nil {
		t.Error("the same address opened a second socket")
	}
	if ack, err := s.Command("U0LEAD001", ops, "/upgrade", "x"); err == nil {
		t.Errorf("a command nobody acknowledged = %+v, want an error after 3 s", ack)
	}
}
