package interact_test

import (
	"encoding/json"
	"fmt"
	"html"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"upgradehub/events/lang"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
	"upgradehub/notifiers/slack/interact"
	"upgradehub/notifiers/slack/slacktest"
)

// TestDialogs holds in every language what people are asked and told, from a
// button to the end of its modal. Nothing of it is longer than Slack shows.
func TestDialogs(t *testing.T) {
	for _, code := range lang.Supported {
		t.Run(code, func(t *testing.T) {
			said := strings.Join([]string{askedIn(t, code), toldIn(t, code), correctedIn(t, code), lateIn(t, code), commandedIn(t, code)}, "\n")
			if strings.Contains(said, "…") {
				t.Error("something is cut; look for … in the golden file")
			}
			golden(t, "dialogs."+code+".txt", said)
		})
	}
}

// pressed is what follows when somebody presses a button of a message in a
// language.
func pressed(t *testing.T, code, user, action string, o *office, tune func(*interact.Config)) *stage {
	t.Helper()
	s := start(t, o, tune)
	s.lang = code
	s.click(t, user, s.buttons(t), action)
	return s
}

func askedIn(t *testing.T, code string) string {
	var b strings.Builder
	for _, m := range modals {
		v := pressed(t, code, m.user, m.action, &office{}, nil).opened(t, m.user, 1)
		fmt.Fprintf(&b, "# %s\n%s\n", m.action, dialog(t, v))
	}
	o := rated(t, upgrade.RolledBack, plan.Survey{Mode: plan.Named, Questions: []string{"effort"}})
	fmt.Fprintf(&b, "# rate, after a rollback\n%s", dialog(t, pressed(t, code, other, "rate", o, nil).opened(t, other, 1)))
	return b.String()
}

func toldIn(t *testing.T, code string) string {
	var b strings.Builder
	b.WriteString("# answers\n")
	for _, a := range answers {
		o := &office{u: gated(t)}
		if a.spoil != nil {
			a.spoil(o)
		}
		fmt.Fprintf(&b, "%s: %s\n", a.name, html.UnescapeString(pressed(t, code, a.user, a.action, o, nil).whispered(t, a.user, 1)))
	}
	return b.String()
}

// correctedIn is what a modal complains of.
func correctedIn(t *testing.T, code string) string {
	var b strings.Builder
	b.WriteString("# complaints\n")
	for _, action := range []string{"gate-no-go", "update:"} {
		s := pressed(t, code, lead, action, &office{}, nil)
		wrong := map[string]map[string]string{"gate-no-go": {"reason": " "}, "update:": {"next": "1000000000", "text": " "}}[action]
		if _, err := s.srv.Submit(lead, s.opened(t, lead, 1).ID, wrong); err != nil {
			t.Fatal(err)
		}
		complaints := s.srv.Views(lead)[0].Errors
		for _, input := range slices.Sorted(maps.Keys(complaints)) {
			fmt.Fprintf(&b, "%s: %s\n", input, complaints[input])
		}
	}
	return b.String()
}

// lateIn is what a modal says while its end is not known, and then.
func lateIn(t *testing.T, code string) string {
	o := &office{slow: make(chan struct{})}
	s := pressed(t, code, lead, "gate-go", o, func(c *interact.Config) { c.AckWithin = 50 * time.Millisecond })
	if _, err := s.srv.Submit(lead, s.opened(t, lead, 1).ID, nil); err != nil {
		t.Fatal(err)
	}
	first := dialog(t, s.srv.Views(lead)[0])
	close(o.slow)
	eventually(t, "the end in the modal", func() bool { return dialog(t, s.srv.Views(lead)[0]) != first })
	taken := pressed(t, code, other, "trouble", &office{}, nil)
	if _, err := taken.srv.Submit(other, taken.opened(t, other, 1).ID, nil); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("# later\n%s\n%s\n%s", first, dialog(t, s.srv.Views(lead)[0]), dialog(t, taken.srv.Views(other)[0]))
}

// commandedIn is what the slash command answers.
func commandedIn(t *testing.T, code string) string {
	langs := map[string]string{other: code}
	o, none := &office{langs: langs}, &office{langs: langs, u: gated(t)}
	ended(none)
	for _, state := range []upgrade.State{upgrade.Planned, upgrade.Scheduled, upgrade.Paused, upgrade.Verifying, upgrade.RollingBack} {
		o.announced = append(o.announced, upgrade.Public{
			ID: strings.ReplaceAll(string(state), "_", "-"), Title: "Another", State: state, Zone: "UTC", Window: plan.Window{Start: noon, End: noon.Add(time.Hour)},
		})
	}
	return strings.Join([]string{
		"# commands", commanded(t, o, "status"), commanded(t, none, "status"), commanded(t, none, "status none"), commanded(t, none, "help"),
	}, "\n") + "\n"
}

func commanded(t *testing.T, o *office, text string) string {
	t.Helper()
	s := start(t, o, nil)
	if _, err := s.srv.Command(other, ops, "/upgrade", text); err != nil {
		t.Fatal(err)
	}
	return html.UnescapeString(s.whispered(t, other, 1))
}

// dialog is what a modal says, in its order.
func dialog(t *testing.T, v slacktest.View) string {
	t.Helper()
	type words struct{ Text string }
	var blocks []struct {
		Text, Label, Hint words
		Element           struct {
			Options []struct{ Text words }
			Begin   string `json:"initial_value"`
		}
	}
	if err := json.Unmarshal(v.Blocks, &blocks); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "[%s] [%s] [%s]\n", v.Title, v.Submit, v.Close)
	say := func(mark, text string) {
		if text != "" {
			fmt.Fprintf(&b, "%s%s\n", mark, html.UnescapeString(text))
		}
	}
	for _, block := range blocks {
		say("", block.Text.Text)
		say("", block.Label.Text)
		say("  > ", block.Element.Begin)
		for _, o := range block.Element.Options {
			say("  ( ) ", o.Text.Text)
		}
		say("  ", block.Hint.Text)
	}
	return b.String()
}
