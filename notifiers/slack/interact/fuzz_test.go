package interact

import (
	"testing"

	slackapi "github.com/slack-go/slack"

	"upgradehub/events/lang"
)

// FuzzInteraction reads whatever a signed request may hold. It must neither
// panic nor take what names nobody.
func FuzzInteraction(f *testing.F) {
	f.Add([]byte(`{"type":"block_actions","user":{"id":"U1"},"actions":[{"action_id":"rate:1","value":"de:pg16/4","type":"button"}]}`))
	f.Add([]byte(`{"type":"view_submission","user":{"id":"U1"},"view":{"id":"V1","private_metadata":"{\"action\":\"update\",\"lang\":\"xx\"}",` +
		`"state":{"values":{"text":{"text":{"type":"plain_text_input","value":"x"}},"next":{"next":{"selected_date_time":1}}}}}}`))
	f.Add([]byte(`{}`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		cb, err := readInteraction(payload)
		if err != nil {
			return
		}
		if cb.User.ID == "" {
			t.Fatal("an interaction of nobody")
		}
		if cb.Type == slackapi.InteractionTypeViewSubmission {
			if form, err := readForm(cb); err == nil && (form.user != cb.User.ID || form.press().Lang != "" && !lang.Known(form.press().Lang)) {
				t.Fatalf("a form of %q in %q, sent by %q", form.user, form.press().Lang, cb.User.ID)
			}
		}
	})
}
