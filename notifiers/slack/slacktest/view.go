package slacktest

import (
	_ "embed" // the page and its style
	"encoding/json"
	"html"
	"html/template"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"
)

var (
	//go:embed view.html
	viewSource string
	//go:embed view.css
	viewStyle []byte

	viewPage = template.Must(template.New("view").Parse(viewSource))
)

// viewChannel is what view.html shows.
type viewChannel struct {
	Name     string
	Messages []viewMessage
	// Private are the ephemeral messages, newest last.
	Private []viewMessage
}

type viewMessage struct {
	TS        string
	Blocks    []viewBlock
	Plain     []span
	Edited    bool
	Broadcast bool
	Replies   []viewMessage
}

type viewBlock struct {
	Type    string
	Spans   []span
	Buttons []viewButton
	// Label and Value are those of an input.
	Label, Value string
}

type viewButton struct{ Text, URL, Style string }

// span is a piece of mrkdwn: text, a link, or a mention, which an escaped
// message never has.
type span struct {
	Text, URL     string
	Bold, Mention bool
}

func serveStyle(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	_, _ = w.Write(viewStyle) // the client is gone
}

func (s *Server) serveView(w http.ResponseWriter, r *http.Request) {
	id := r.FormValue("channel")
	s.mu.Lock()
	c := s.channel(id)
	name := id
	if c != nil && c.Name != "" {
		name = "#" + c.Name
	}
	s.mu.Unlock()
	if c == nil {
		http.NotFound(w, r)
		return
	}
	var b strings.Builder
	page := viewChannel{Name: name, Messages: viewMessages(s.Messages(id)), Private: s.private(c.ID)}
	if err := viewPage.Execute(&b, page); err != nil {
		http.Error(w, "render channel", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(b.String())) // the client is gone
}

// viewMessages puts replies under their root, and broadcasts in the channel too.
func viewMessages(messages []Message) []viewMessage {
	var list []viewMessage
	for _, m := range messages {
		v := viewOf(m)
		root := slices.IndexFunc(list, func(r viewMessage) bool { return r.TS == m.ThreadTS })
		if m.ThreadTS != "" && root >= 0 {
			list[root].Replies = append(list[root].Replies, v)
		}
		if m.ThreadTS == "" || m.Broadcast {
			list = append(list, v)
		}
	}
	return list
}

func viewOf(m Message) viewMessage {
	v := viewMessage{TS: m.TS, Edited: m.Edited, Broadcast: m.Broadcast}
	var blocks []block
	if json.Unmarshal(m.Blocks, &blocks) != nil || len(blocks) == 0 {
		v.Plain = spans(m.Text)
		return v
	}
	for _, b := range blocks {
		v.Blocks = append(v.Blocks, viewBlockOf(b))
	}
	return v
}

func viewBlockOf(b block) viewBlock {
	v := viewBlock{Type: b.Type}
	switch {
	case b.Text != nil && b.Text.Type == "plain_text":
		v.Spans = []span{{Text: html.UnescapeString(b.Text.Text)}}
	case b.Text != nil:
		v.Spans = spans(b.Text.Text)
	}
	for _, e := range b.Elements {
		var plain string
		var label text
		if json.Unmarshal(e.Text, &plain) == nil {
			v.Spans = append(v.Spans, spans(plain)...)
		} else if json.Unmarshal(e.Text, &label) == nil {
			v.Buttons = append(v.Buttons, viewButton{html.UnescapeString(label.Text), e.URL, e.Style})
		}
	}
	return v
}

// private are the ephemeral messages of a channel, for whomever they were.
func (s *Server) private(channel string) []viewMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []viewMessage
	for _, e := range s.ephemerals {
		if e.Channel == channel {
			list = append(list, viewOf(Message{Text: e.Text, Blocks: e.Blocks}))
		}
	}
	return list
}

// viewModal is what the modal template shows.
type viewModal struct {
	Title  string
	Blocks []viewBlock
}

// serveModal shows a view by its id.
func (s *Server) serveModal(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	v := s.view(r.FormValue("id"))
	s.mu.Unlock()
	if v == nil {
		http.NotFound(w, r)
		return
	}
	page := viewModal{Title: v.Title}
	var plain []block
	var inputs []input
	if json.Unmarshal(v.Blocks, &plain) != nil || json.Unmarshal(v.Blocks, &inputs) != nil {
		http.Error(w, "read view", http.StatusInternalServerError)
		return
	}
	for i, b := range plain {
		shown := viewBlockOf(b)
		if b.Type == "input" {
			shown = viewInput(inputs[i])
		}
		page.Blocks = append(page.Blocks, shown)
	}
	var b strings.Builder
	if err := viewPage.ExecuteTemplate(&b, "modal", page); err != nil {
		http.Error(w, "render view", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(b.String())) // the client is gone
}

// viewInput shows an input with its first value.
func viewInput(in input) viewBlock {
	v := viewBlock{Type: "input", Label: html.UnescapeString(in.Label.Text), Value: in.Element.InitialValue}
	if in.Optional {
		v.Label += " (optional)"
	}
	for _, o := range in.Element.Options {
		mark := "◯ "
		if first := in.Element.InitialOption; first != nil && first.Value == o.Value {
			mark = "◉ "
		}
		v.Buttons = append(v.Buttons, viewButton{Text: mark + html.UnescapeString(o.Text.Text)})
	}
	if at := in.Element.InitialDateTime; at != 0 {
		v.Value = time.Unix(at, 0).UTC().Format("2006-01-02 15:04 MST")
	}
	return v
}

// mark finds <…> and *…*, the marks of mrkdwn the hub uses.
var mark = regexp.MustCompile(`<([^<>|]+)(?:\|([^<>]*))?>|\*([^*\n]+)\*`)

func spans(s string) []span {
	var list []span
	at := 0
	for _, m := range mark.FindAllStringSubmatchIndex(s, -1) {
		list = append(list, plainSpan(s[at:m[0]]), markSpan(s, m))
		at = m[1]
	}
	return append(list, plainSpan(s[at:]))
}

func plainSpan(s string) span { return span{Text: html.UnescapeString(s)} }

func markSpan(s string, m []int) span {
	if m[6] >= 0 {
		return span{Text: html.UnescapeString(s[m[6]:m[7]]), Bold: true}
	}
	target := html.UnescapeString(s[m[2]:m[3]])
	if strings.ContainsAny(target[:1], "@!#") {
		return span{Text: target, Mention: true}
	}
	label := target
	if m[4] >= 0 {
		label = html.UnescapeString(s[m[4]:m[5]])
	}
	return span{Text: label, URL: target}
}
