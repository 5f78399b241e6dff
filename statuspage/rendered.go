package statuspage

import (
	"html/template"
	"sync"

	"upgradehub/events/markdown"
)

// keptTexts bounds the memory of rendered texts; all are forgotten at once
// when there are more, which happens once in thousands of updates.
const keptTexts = 4096

// texts remembers rendered updates: every event renders the page anew, and an
// upgrade's updates hardly ever change.
type texts struct {
	mu   sync.Mutex
	kept map[string]template.HTML
}

// html is the safe HTML of a Markdown text.
func (t *texts) html(src string) template.HTML {
	t.mu.Lock()
	defer t.mu.Unlock()
	if html, known := t.kept[src]; known {
		return html
	}
	if t.kept == nil || len(t.kept) >= keptTexts {
		t.kept = map[string]template.HTML{}
	}
	html := markdown.HTML(src)
	t.kept[src] = html
	return html
}
