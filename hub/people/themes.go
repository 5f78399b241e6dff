package people

import (
	"context"
	"fmt"

	"upgradehub/events/topic"
	"upgradehub/hub/store"
)

// Themes are what the low ones of some answers speak of, see package topic. Of
// answers that may not be shown, nothing is read; who was erased counts no more.
func (p *People) Themes(ctx context.Context, answers []store.AnswerRow) ([]topic.Theme, error) {
	var texts []string
	for _, a := range store.Shown(answers) {
		if !a.Low() || !a.HasText {
			continue
		}
		text, err := p.Words(ctx, a.Answer)
		if err != nil {
			return nil, fmt.Errorf("themes: %w", err)
		}
		texts = append(texts, text)
	}
	return topic.Themes(texts), nil
}
