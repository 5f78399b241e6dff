package slacktest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"upgradehub/notifiers/slack/slacktest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const ops = "C0OPS0001"

// start is a Slack with channels of every kind.
func start(t *testing.T, cfg slacktest.Config) *slacktest.Server {
	t.Helper()
	cfg.Channels = []slacktest.Channel{
		{ID: ops, Name: "ops"},
		{ID: "C0OLD0001", Name: "old", Archived: true},
		{ID: "C0PRIV001", Name: "private", Absent: true},
	}
	s := slacktest.New(cfg)
	t.Cleanup(s.Close)
	return s
}

// call posts a form as slack-go does and returns the answer and the error code.
func call(t *testing.T, s *slacktest.Server, method string, form url.Values) (map[string]any, string) {
	t.Helper()
	if !form.Has("token") {
		form.Set("token", slacktest.Token)
	}
	resp, err := noReuse.PostForm(s.APIURL()+method, form)
	if err != nil {
		t.Fatalf("POST %s: %v", method, err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("read answer: %v", err)
	}
	var answer map[string]any
	if err := json.Unmarshal(raw, &answer); err != nil {
		t.Fatalf("answer %q: %v", raw, err)
	}
	code, _ := answer["error"].(string)
	if ok := answer["ok"] == true; ok == (code != "") {
		t.Fatalf("answer %s: ok = %v with error %q", raw, ok, code)
	}
	return answer, code
}

var noReuse = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

func post(t *testing.T, s *slacktest.Server, form url.Values) string {
	t.Helper()
	form.Set("channel", ops)
	answer, code := call(t, s, "chat.postMessage", form)
	if code != "" {
		t.Fatalf("chat.postMessage: %s", code)
	}
	return answer["ts"].(string)
}

func section(text string) string {
	return fmt.Sprintf(`{"type":"section","text":{"type":"mrkdwn","text":%q}}`, text)
}

func button(label, address string) string {
	return fmt.Sprintf(`{"type":"actions","elements":[{"type":"button","text":{"type":"plain_text","text":%q},"url":%q}]}`, label, address)
}

func times(n int, s string) string { return strings.TrimSuffix(strings.Repeat(s+",", n), ",") }

func TestRefusesWhatSlackRefuses(t *testing.T) {
	s := start(t, slacktest.Config{})
	x := func(n int) string { return strings.Repeat("x", n) }
	tests := []struct {
		name   string
		key    string
		value  string
		want   string
		others url.Values
	}{
		{name: "plain", key: "text", value: "hello"},
		{name: "no text", key: "text", value: "", want: "no_text"},
		{name: "empty blocks", key: "blocks", value: "[]", want: "no_text"},
		{name: "no JSON", key: "blocks", value: "[{", want: "invalid_blocks_format"},
		{name: "unknown block", key: "blocks", value: `[{"type":"banner"}]`, want: "invalid_blocks"},
		{name: "50 blocks", key: "blocks", value: "[" + times(50, section("x")) + "]"},
		{name: "51 blocks", key: "blocks", value: "[" + times(51, section("x")) + "]", want: "invalid_blocks"},
		{name: "section 3000", key: "blocks", value: "[" + section(x(3000)) + "]"},
		{name: "section 3000 of two bytes", key: "blocks", value: "[" + section(strings.Repeat("é", 3000)) + "]"},
		{name: "section 3001", key: "blocks", value: "[" + section(x(3001)) + "]", want: "invalid_blocks"},
		{name: "empty section", key: "blocks", value: "[" + section("") + "]", want: "invalid_blocks"},
		{name: "section without text", key: "blocks", value: `[{"type":"section"}]`, want: "invalid_blocks"},
		{name: "too long", key: "blocks", value: "[" + times(5, section(x(2900))) + "]", want: "msg_blocks_too_long"},
		{name: "header 150", key: "blocks", value: `[{"type":"header","text":{"type":"plain_text","text":"` + x(150) + `"}}]`},
		{name: "header 151", key: "blocks", value: `[{"type":"header","text":{"type":"plain_text","text":"` + x(151) + `"}}]`, want: "invalid_blocks"},
		{name: "header mrkdwn", key: "blocks", value: `[{"type":"header","text":{"type":"mrkdwn","text":"x"}}]`, want: "invalid_blocks"},
		{name: "emoji on mrkdwn", key: "blocks", value: `[{"type":"section","text":{"type":"mrkdwn","text":"x","emoji":true}}]`, want: "invalid_blocks"},
		{name: "field 2001", key: "blocks", value: `[{"type":"section","fields":[{"type":"mrkdwn","text":"` + x(2001) + `"}]}]`, want: "invalid_blocks"},
		{name: "11 fields", key: "blocks", value: `[{"type":"section","fields":[` + times(11, `{"type":"mrkdwn","text":"x"}`) + `]}]`, want: "invalid_blocks"},
		{name: "11 in context", key: "blocks", value: `[{"type":"context","elements":[` + times(11, `{"type":"mrkdwn","text":"x"}`) + `]}]`, want: "invalid_blocks"},
		{name: "button", key: "blocks", value: "[" + button("Open", "https://hub.example.org/?a=1&b=2") + "]"},
		{name: "button 76", key: "blocks", value: "[" + button(x(76), "https://hub.example.org") + "]", want: "invalid_blocks"},
		{name: "button url 3001", key: "blocks", value: "[" + button("Open", "https://hub.example.org/"+x(2977)) + "]", want: "invalid_blocks"},
		{name: "button url relative", key: "blocks", value: "[" + button("Open", "/upgrades/a") + "]", want: "invalid_blocks"},
		{name: "26 buttons", key: "blocks", value: `[{"type":"actions","elements":[` + times(26, `{"type":"button","text":{"type":"plain_text","text":"x"}}`) + `]}]`, want: "invalid_blocks"},
		{name: "metadata", key: "metadata", value: `{"event_type":"a","event_payload":{"id":"1"}}`, others: url.Values{"text": {"x"}}},
		{name: "metadata no JSON", key: "metadata", value: `x`, want: "invalid_metadata_format", others: url.Values{"text": {"x"}}},
		{name: "metadata nested", key: "metadata", value: `{"event_type":"a","event_payload":{"id":{"a":1}}}`, want: "invalid_metadata_schema", others: url.Values{"text": {"x"}}},
		{name: "metadata large", key: "metadata", value: `{"event_type":"` + x(9000) + `"}`, want: "metadata_too_large", others: url.Values{"text": {"x"}}},
		{name: "text twice", key: "text", value: "a", want: "invalid_arguments", others: url.Values{"text": {"b"}}},
		{name: "unknown channel", key: "channel", value: "C0NONE001", want: "channel_not_found", others: url.Values{"text": {"x"}}},
		{name: "archived", key: "channel", value: "C0OLD0001", want: "is_archived", others: url.Values{"text": {"x"}}},
		{name: "not a member", key: "channel", value: "C0PRIV001", want: "not_in_channel", others: url.Values{"text": {"x"}}},
		{name: "by name", key: "channel", value: "#ops", others: url.Values{"text": {"x"}}},
		{name: "unknown thread", key: "thread_ts", value: "1.000001", want: "thread_not_found", others: url.Values{"text": {"x"}}},
		{name: "no token", key: "token", value: "", want: "not_authed", others: url.Values{"text": {"x"}}},
		{name: "wrong token", key: "token", value: "xoxb-other", want: "invalid_auth", others: url.Values{"text": {"x"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			form := url.Values{}
			for k, v := range tt.others {
				form[k] = append([]string{}, v...)
			}
			form.Add(tt.key, tt.value)
			if !form.Has("channel") {
				form.Set("channel", ops)
			}
			if _, got := call(t, s, "chat.postMessage", form); got != tt.want {
				t.Errorf("chat.postMessage = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestUpdateRefusals(t *testing.T) {
	s := start(t, slacktest.Config{})
	mine := post(t, s, url.Values{"text": {"mine"}})
	gone := post(t, s, url.Values{"text": {"gone"}})
	old := post(t, s, url.Values{"text": {"old"}})
	other := post(t, s, url.Values{"text": {"other"}})
	s.Delete(ops, gone)
	s.CloseEditWindow(ops, old)
	s.Disown(ops, other)
	tests := []struct {
		name              string
		channel, ts, text string
		want              string
	}{
		{"mine", ops, mine, "new", ""},
		{"4000", ops, mine, strings.Repeat("x", 4000), ""},
		{"4001", ops, mine, strings.Repeat("x", 4001), "msg_too_long"},
		{"nothing", ops, mine, "", "no_text"},
		{"deleted", ops, gone, "new", "message_not_found"},
		{"never was", ops, "1.000001", "new", "message_not_found"},
		{"window closed", ops, old, "new", "edit_window_closed"},
		{"not mine", ops, other, "new", "cant_update_message"},
		{"by name", "#ops", mine, "new", "channel_not_found"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, got := call(t, s, "chat.update", url.Values{"channel": {tt.channel}, "ts": {tt.ts}, "text": {tt.text}})
			if got != tt.want {
				t.Errorf("chat.update = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestUpdateKeepsMetadataAndDropsBlocks(t *testing.T) {
	s := start(t, slacktest.Config{})
	ts := post(t, s, url.Values{"text": {"a"}, "blocks": {"[" + section("a") + "]"}, "metadata": {`{"event_type":"e","event_payload":{}}`}})
	call(t, s, "chat.update", url.Values{"channel": {ops}, "ts": {ts}, "text": {"b"}})
	m := s.Messages(ops)[0]
	if m.Text != "b" || m.Blocks != nil || m.Metadata.EventType != "e" || !m.Edited {
		t.Errorf("message after chat.update = %+v, want text b, no blocks, metadata kept", m)
	}
}

func TestThreads(t *testing.T) {
	s := start(t, slacktest.Config{})
	root := post(t, s, url.Values{"text": {"root"}})
	quiet := post(t, s, url.Values{"text": {"quiet"}, "thread_ts": {root}})
	loud := post(t, s, url.Values{"text": {"loud"}, "thread_ts": {root}, "reply_broadcast": {"true"}})
	if _, code := call(t, s, "chat.postMessage", url.Values{"channel": {ops}, "text": {"x"}, "thread_ts": {quiet}}); code != "cannot_reply_to_message" {
		t.Errorf("reply to a reply = %q, want cannot_reply_to_message", code)
	}
	if got := timestamps(t, s, "conversations.history", url.Values{"channel": {ops}}); got != loud+" "+root {
		t.Errorf("history = %s, want the broadcast and the root", got)
	}
	if got := timestamps(t, s, "conversations.replies", url.Values{"channel": {ops}, "ts": {root}}); got != root+" "+quiet+" "+loud {
		t.Errorf("replies = %s, want root and both replies", got)
	}
	call(t, s, "chat.delete", url.Values{"channel": {ops}, "ts": {root}})
	late := post(t, s, url.Values{"text": {"late"}, "thread_ts": {root}})
	for _, m := range s.Messages(ops) {
		if m.TS == late && m.ThreadTS != "" {
			t.Errorf("reply to a deleted root stands in thread %s, want outside", m.ThreadTS)
		}
	}
}

func timestamps(t *testing.T, s *slacktest.Server, method string, form url.Values) string {
	t.Helper()
	answer, code := call(t, s, method, form)
	if code != "" {
		t.Fatalf("%s: %s", method, code)
	}
	var list []string
	for _, m := range answer["messages"].([]any) {
		list = append(list, m.(map[string]any)["ts"].(string))
	}
	return strings.Join(list, " ")
}

func TestTimestampsAreUnique(t *testing.T) {
	s := start(t, slacktest.Config{})
	seen := map[string]bool{}
	for range 20 {
		ts := post(t, s, url.Values{"text": {"x"}})
		if seen[ts] || len(ts) != len("1700000000.000001") {
			t.Fatalf("ts %q, want a new one with six digits behind the point", ts)
		}
		seen[ts] = true
	}
}

func TestLimit(t *testing.T) {
	s := start(t, slacktest.Config{Limit: true})
	post(t, s, url.Values{"text": {"first"}})
	if _, code := call(t, s, "chat.postMessage", url.Values{"channel": {ops}, "text": {"second"}}); code != "ratelimited" {
		t.Errorf("second message within a second = %q, want ratelimited", code)
	}
	if n := len(s.Messages(ops)); n != 1 {
		t.Errorf("%d messages, want 1", n)
	}
}

func TestScopes(t *testing.T) {
	s := start(t, slacktest.Config{Scopes: []string{"chat:write"}})
	answer, code := call(t, s, "conversations.history", url.Values{"channel": {ops}})
	if code != "missing_scope" || answer["needed"] != "channels:history" || answer["provided"] != "chat:write" {
		t.Errorf("history = %v, want missing_scope with needed and provided", answer)
	}
}

func TestMethods(t *testing.T) {
	s := start(t, slacktest.Config{})
	ts := post(t, s, url.Values{"text": {"x"}})
	tests := []struct {
		method string
		form   url.Values
		want   string
	}{
		{"auth.test", url.Values{}, ""},
		{"chat.getPermalink", url.Values{"channel": {ops}, "message_ts": {ts}}, ""},
		{"chat.getPermalink", url.Values{"channel": {ops}, "message_ts": {"1.1"}}, "message_not_found"},
		{"chat.delete", url.Values{"channel": {ops}, "ts": {"1.1"}}, "message_not_found"},
		{"conversations.info", url.Values{"channel": {ops}}, ""},
		{"conversations.info", url.Values{"channel": {"C0"}}, "channel_not_found"},
		{"conversations.open", url.Values{"users": {"U0LEAD001"}}, ""},
		{"conversations.open", url.Values{"users": {"U0NOBODY1"}}, "user_not_found"},
		{"conversations.history", url.Values{"channel": {"#ops"}}, "channel_not_found"},
		{"conversations.replies", url.Values{"channel": {ops}, "ts": {"1.1"}}, "thread_not_found"},
		{"rtm.start", url.Values{}, "unknown_method"},
	}
	for _, tt := range tests {
		if _, got := call(t, s, tt.method, tt.form); got != tt.want {
			t.Errorf("%s(%v) = %q, want %q", tt.method, tt.form, got, tt.want)
		}
		if s.Calls(tt.method) == 0 {
			t.Errorf("Calls(%s) = 0 after a call", tt.method)
		}
	}
}

func TestView(t *testing.T) {
	s := start(t, slacktest.Config{})
	ts := post(t, s, url.Values{"text": {"plain"}, "blocks": {"[" + section("*Plan*\n&lt;b&gt; <!channel> <https://hub.example.org|page>") + "," + button("A &amp; B", "https://hub.example.org") + "]"}})
	post(t, s, url.Values{"text": {"*bold* reply"}, "thread_ts": {ts}})
	got := get(t, s.URL()+"/view?channel="+ops)
	for _, want := range []string{"<strong>Plan</strong>", "&lt;b&gt;", "<mark>!channel</mark>", `<a href="https://hub.example.org">page</a>`, "A &amp; B", "<strong>bold</strong> reply", "1 reply", "#ops"} {
		if !strings.Contains(got, want) {
			t.Errorf("view lacks %q:\n%s", want, got)
		}
	}
	for _, bad := range []string{"<b>", "style=", "<script"} {
		if strings.Contains(got, bad) {
			t.Errorf("view contains %q:\n%s", bad, got)
		}
	}
	if css := get(t, s.URL()+"/view.css"); !strings.Contains(css, "prefers-color-scheme") {
		t.Errorf("view.css = %q, want a style for dark screens", css)
	}
}

func get(t *testing.T, address string) string {
	t.Helper()
	resp, err := noReuse.Get(address)
	if err != nil {
		t.Fatalf("GET: %v", err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("GET %s = %d, %v", address, resp.StatusCode, err)
	}
	return string(raw)
}

func TestFaults(t *testing.T) {
	s := start(t, slacktest.Config{})
	s.Script("chat.postMessage", slacktest.AcceptReset(), slacktest.Reset(), slacktest.Status(500),
		slacktest.RateLimited(7), slacktest.RateLimitedUntil(""), slacktest.Pass())
	form := url.Values{"token": {slacktest.Token}, "channel": {ops}, "text": {"x"}}
	want := []struct {
		status   int // 0: the connection broke
		after    string
		messages int
	}{{0, "", 1}, {0, "", 1}, {500, "", 1}, {429, "7", 1}, {429, "", 1}, {200, "", 2}}
	for i, w := range want {
		status, after := 0, ""
		if resp, err := noReuse.PostForm(s.APIURL()+"chat.postMessage", form); err == nil {
			status, after = resp.StatusCode, resp.Header.Get("Retry-After")
			resp.Body.Close()
		}
		if n := len(s.Messages(ops)); status != w.status || after != w.after || n != w.messages {
			t.Errorf("call %d = status %d, Retry-After %q, %d messages; want %+v", i, status, after, n, w)
		}
	}
	if got := s.Calls("chat.postMessage"); got != len(want) {
		t.Errorf("Calls = %d, want %d", got, len(want))
	}
}
