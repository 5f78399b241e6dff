package slack_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"upgradehub/events"
	"upgradehub/notifiers"
	"upgradehub/notifiers/slack"
	"upgradehub/notifiers/slack/slacktest"
)

// hostile is what a tool may send that wants to mention everybody.
const hostile = "<!channel> <@U1> <https://evil|x> &lt;!here&gt; & *bold*"

func golden(headline, context string, sections []notifiers.Section, buttons ...notifiers.Button) notifiers.Message {
	m := message("golden", events.FormRoot, notifiers.Receipt{})
	m.Headline, m.Context, m.Sections, m.Buttons = headline, context, sections, buttons
	m.Text = headline
	return m
}

func TestGolden(t *testing.T) {
	page := notifiers.Button{Text: "Status page", URL: "https://hub.example.org/upgrades/pg16?a=1&b=2"}
	tests := []struct {
		name string
		m    notifiers.Message
	}{
		{"announced", golden("PostgreSQL 16 → 17 on 12 May", "Times are in Europe/Berlin", []notifiers.Section{
			{Label: "Window", Text: "Sat 12 May 22:00 to Sun 13 May 02:00 CEST"},
			{Label: "What you cannot do", Text: "Write orders for about 15 minutes"},
			{Text: "Reading works all the time."},
			{Label: "Empty"},
			{},
		}, page, notifiers.Button{Text: "Calendar", URL: "https://hub.example.org/upgrades/pg16.ics"})},
		{"hostile", golden(hostile, hostile, []notifiers.Section{{Label: hostile, Text: hostile}},
			notifiers.Button{Text: hostile, URL: "https://hub.example.org/?q=<!channel>|x&y"},
			notifiers.Button{Text: "script", URL: "javascript:alert(1)"}, page)},
		{"cut", golden(strings.Repeat("&", 200), "", []notifiers.Section{{Label: strings.Repeat("<", 90), Text: strings.Repeat("é&", 2000)}},
			notifiers.Button{Text: strings.Repeat(">", 30), URL: page.URL})},
		{"links", golden("Lessons", "", []notifiers.Section{
			{Label: "Next", Text: strings.Repeat("&", 800), Links: []notifiers.Link{
				{URL: page.URL, Words: "What was answered"}, {URL: "https://evil.example.org/|<!channel>", Words: "no"}, {URL: page.URL, Words: hostile},
			}},
			{Links: []notifiers.Link{{URL: page.URL, Words: "alone"}}},
		})},
		{"bare", golden("Done", "", nil)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			srv, s := setup(t, slacktest.Config{})
			r := send(t, s, tt.m)
			if r.Warning != "" {
				t.Errorf("warning = %q, want the blocks accepted", r.Warning)
			}
			m := the(t, srv, ops, r.Provider)
			compare(t, tt.name+".json", []byte(indent(t, m.Blocks)+m.Text+"\n"))
		})
	}
}

func indent(t *testing.T, raw []byte) string {
	t.Helper()
	var b bytes.Buffer
	if err := json.Indent(&b, raw, "", "  "); err != nil {
		t.Fatalf("blocks %q: %v", raw, err)
	}
	return b.String() + "\n"
}

func compare(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; run 'go test ./notifiers/slack -update' if that is meant\n got:\n%s\nwant:\n%s", path, got, want)
	}
}

// TestLimits sends what is too much in every respect to a Slack that refuses it.
func TestLimits(t *testing.T) {
	long := strings.Repeat("<&>é\"\n", 2000)
	many := func(n int, text string) []notifiers.Section {
		var list []notifiers.Section
		for range n {
			list = append(list, notifiers.Section{Label: text, Text: text})
		}
		return list
	}
	var buttons []notifiers.Button
	for range 40 {
		buttons = append(buttons, notifiers.Button{Text: long, URL: "https://hub.example.org/" + strings.Repeat("x", 900)})
	}
	tests := []struct {
		name string
		m    notifiers.Message
	}{
		{"everything long", golden(long, long, many(30, long), buttons...)},
		{"many short sections", golden("x", "x", many(200, "x"))},
		{"long sections", golden("x", "x", many(10, strings.Repeat("word ", 900)))},
		{"one long section", golden("x", "x", many(1, long))},
		{"many buttons", golden("x", "x", nil, buttons...)},
		{"address too long", golden("x", "x", nil, notifiers.Button{Text: "x", URL: "https://hub.example.org/" + strings.Repeat("x", 3000)})},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			srv, s := setup(t, slacktest.Config{})
			tt.m.Text = long
			root := send(t, s, tt.m)
			tt.m.Delivery.Place, tt.m.Delivery.Root = root.Place, root.Provider
			edited := send(t, s, tt.m)
			if root.Warning != "" || edited.Warning != "" || edited.Provider != root.Provider {
				t.Errorf("receipts = %+v, %+v; want blocks accepted and edited", root, edited)
			}
			if m := the(t, srv, ops, root.Provider); len([]rune(string(m.Blocks))) > 12_000 || len([]rune(m.Text)) > 4000 {
				t.Errorf("%d runes of blocks, %d of text; want at most 12000 and 4000", len([]rune(string(m.Blocks))), len([]rune(m.Text)))
			}
		})
	}
}

// TestValueFits: a button keeps a draft of Slack's 2,000 characters, its
// language and upgrade included; one with more is left out, and no other.
func TestValueFits(t *testing.T) {
	for length, want := range map[int]int{1992: 2, 1993: 1} {
		srv := slacktest.New(slacktest.Config{})
		t.Cleanup(srv.Close)
		s := client(t, slack.Config{Token: slacktest.Token, APIURL: srv.APIURL(), Presses: true})
		press := notifiers.Press{Action: notifiers.ActionUpdate, Upgrade: "pg16", Draft: strings.Repeat("é", length)}.In("de")
		r := send(t, s, golden("x", "x", nil, notifiers.Button{Text: "draft", Press: press}, notifiers.Button{Text: "page", URL: "https://hub.example.org/"}))
		if got := strings.Count(string(the(t, srv, ops, r.Provider).Blocks), `"type":"button"`); got != want {
			t.Errorf("a draft of %d characters: %d buttons, want %d", length, got, want)
		}
	}
}

func TestCutSectionsSaySo(t *testing.T) {
	sections := []notifiers.Section{}
	for range 10 {
		sections = append(sections, notifiers.Section{Label: "L", Text: strings.Repeat("word ", 500)})
	}
	for code, want := range map[string]string{"": "Shortened.", "de": "Gekürzt."} {
		srv, s := setup(t, slacktest.Config{})
		long := golden("x", "context", sections)
		long.Lang = code
		r := send(t, s, long)
		if m := the(t, srv, ops, r.Provider); !bytes.Contains(m.Blocks, []byte(want)) {
			t.Errorf("blocks = %s, want %s of what is missing", m.Blocks, want)
		}
		if lost := slack.Check(long); !slices.Equal(lost, []string{"the sections are cut"}) {
			t.Errorf("Check() in %q = %q", code, lost)
		}
	}
}
