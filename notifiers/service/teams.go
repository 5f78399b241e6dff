package service

import (
	"encoding/json"
	"net/url"
	"strings"

	"upgradehub/notifiers"
)

// A workflow of Microsoft Teams ("Send webhook alerts to a channel") reads an
// Adaptive Card and nothing else, which the library has no service for:
// teams:// is for the webhooks of connectors, which Microsoft has ended. So its
// generic service posts the card, for a URL with template=teams.
const teams = "teams"

// bodies are the templates of the generic service beside its own: ours get the
// whole body as the message.
var bodies = map[string]bool{teams: true}

// bodyAsItIs is the template of all of them.
const bodyAsItIs = `{{range .}}{{.}}{{end}}`

// templateOf is the template that a URL of the generic service asks for.
func templateOf(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	if scheme, _, _ := strings.Cut(strings.ToLower(u.Scheme), "+"); scheme != "generic" {
		return ""
	}
	return u.Query().Get("template")
}

// card is the body for a workflow of Teams.
func card(m notifiers.Message, short bool) (string, error) {
	body := []any{run(m.Headline, "Bolder", true)}
	if text := words(m, short); !short {
		_, rest, _ := strings.Cut(text, "\n")
		for paragraph := range strings.SplitSeq(strings.TrimSpace(rest), "\n\n") {
			for i, line := range strings.Split(paragraph, "\n") {
				body = append(body, run(line, "Default", i == 0))
			}
		}
	}
	content := map[string]any{
		"$schema": "http://adaptivecards.io/schemas/adaptive-card.json", "type": "AdaptiveCard", "version": "1.4",
		"body":    body,
		"actions": []any{map[string]any{"type": "Action.OpenUrl", "title": notifiers.Words(m.Lang).Say("button.page"), "url": m.Links.Page}},
	}
	raw, err := json.Marshal(map[string]any{
		"type":        "message",
		"attachments": []any{map[string]any{"contentType": "application/vnd.microsoft.card.adaptive", "content": content}},
	})
	return string(raw), err
}

// run is one line. A TextBlock would read Markdown in what tools and people
// wrote; the runs of a RichTextBlock are plain.
func run(text, weight string, begins bool) any {
	spacing := map[bool]string{true: "Medium", false: "None"}[begins]
	return map[string]any{
		"type": "RichTextBlock", "spacing": spacing,
		"inlines": []any{map[string]any{"type": "TextRun", "text": text, "weight": weight}},
	}
}
