package slacktest

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"
)

// Message is what stands in a channel.
type Message struct {
	TS   string `json:"ts"`
	Text string `json:"text"`
	// Blocks as they were sent, nil without.
	Blocks json.RawMessage `json:"blocks,omitempty"`
	// ThreadTS is the ts of the root a reply belongs to.
	ThreadTS  string   `json:"thread_ts,omitempty"`
	Broadcast bool     `json:"-"`
	Edited    bool     `json:"-"`
	Metadata  Metadata `json:"metadata,omitzero"`
	// Unfurl says that Slack may fetch the links of the message.
	Unfurl bool `json:"-"`
	// Foreign messages are of another author and cannot be edited.
	Foreign bool `json:"-"`

	closed  bool // the edit window
	deleted bool
}

// Metadata is what an app attaches to a message.
type Metadata struct {
	EventType    string         `json:"event_type"`
	EventPayload map[string]any `json:"event_payload"`
}

type channel struct {
	Channel
	messages []*Message
	posted   time.Time // the last message, for the limit
}

func (c *channel) find(ts string) *Message {
	i := slices.IndexFunc(c.messages, func(m *Message) bool { return m.TS == ts })
	if i < 0 {
		return nil
	}
	return c.messages[i]
}

// Messages lists what stands in a channel, given by id or name, oldest first,
// replies included.
func (s *Server) Messages(id string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	var list []Message
	if c := s.channel(id); c != nil {
		for _, m := range c.messages {
			if !m.deleted {
				list = append(list, *m)
			}
		}
	}
	return list
}

// Delete removes a message as a person may. Replies to it stay.
func (s *Server) Delete(id, ts string) { s.change(id, ts, func(m *Message) { m.deleted = true }) }

// CloseEditWindow makes a message one that can no longer be edited.
func (s *Server) CloseEditWindow(id, ts string) {
	s.change(id, ts, func(m *Message) { m.closed = true })
}

// Disown makes a message one of another author.
func (s *Server) Disown(id, ts string) { s.change(id, ts, func(m *Message) { m.Foreign = true }) }

func (s *Server) change(id, ts string, f func(*Message)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if c := s.channel(id); c != nil {
		if m := c.find(ts); m != nil {
			f(m)
		}
	}
}

// channel finds by id, by name, or by "#name".
func (s *Server) channel(ref string) *channel {
	if c := s.channels[ref]; c != nil {
		return c
	}
	for _, c := range s.channels {
		if c.Name != "" && (ref == c.Name || ref == "#"+c.Name) {
			return c
		}
	}
	return nil
}

// writable is the channel a message may go to.
func (s *Server) writable(ref string) (*channel, *refusal) {
	if slices.Contains(s.cfg.Users, ref) {
		return s.direct(ref), nil
	}
	c := s.channel(ref)
	switch {
	case c == nil:
		return nil, refuse("channel_not_found")
	case c.Archived:
		return nil, refuse("is_archived")
	case c.Absent:
		return nil, refuse("not_in_channel")
	}
	return c, nil
}

// direct is the direct message channel with a user.
func (s *Server) direct(user string) *channel {
	id := "D" + user[1:]
	if s.channels[id] == nil {
		s.channels[id] = &channel{Channel: Channel{ID: id}}
	}
	return s.channels[id]
}

// nextTS never repeats, unlike one made of the time alone.
func (s *Server) nextTS() string {
	s.lastTS++
	return fmt.Sprintf("%d.%06d", s.cfg.Clock().Unix(), s.lastTS)
}

const (
	maxText      = 40_000 // longer text is cut
	maxUpdate    = 4000
	gap          = 900 * time.Millisecond // a little less than the second, for jitter on the way
	historyLimit = 100
)

func (s *Server) postMessage(form url.Values) (answer, *refusal) {
	c, no := s.writable(form.Get("channel"))
	if no != nil {
		return nil, no
	}
	m, no := read(form)
	if no != nil {
		return nil, no
	}
	if s.cfg.Limit && time.Since(c.posted) < gap {
		return nil, refuse("ratelimited")
	}
	if no := thread(c, &m, form); no != nil {
		return nil, no
	}
	c.posted = time.Now()
	m.TS = s.nextTS()
	c.messages = append(c.messages, &m)
	return answer{"channel": c.ID, "ts": m.TS, "message": m}, nil
}

// read takes a message out of a form and judges it.
func read(form url.Values) (Message, *refusal) {
	if len(form["text"]) > 1 {
		return Message{}, refuse("invalid_arguments", "[ERROR] text given twice")
	}
	m := Message{Text: form.Get("text"), Unfurl: form.Get("unfurl_links") != "false" || form.Get("unfurl_media") != "false"}
	if raw := form.Get("blocks"); raw != "" {
		if no := checkBlocks(raw); no != nil {
			return m, no
		}
		if raw != "[]" {
			m.Blocks = json.RawMessage(raw)
		}
	}
	if m.Text == "" && m.Blocks == nil {
		return m, refuse("no_text")
	}
	if runes := []rune(m.Text); len(runes) > maxText {
		m.Text = string(runes[:maxText])
	}
	return m, readMetadata(&m, form.Get("metadata"))
}

func readMetadata(m *Message, raw string) *refusal {
	if raw == "" {
		return nil
	}
	if len(raw) > 8<<10 {
		return refuse("metadata_too_large")
	}
	if err := json.Unmarshal([]byte(raw), &m.Metadata); err != nil || m.Metadata.EventType == "" {
		return refuse("invalid_metadata_format")
	}
	for _, v := range m.Metadata.EventPayload {
		switch v.(type) {
		case map[string]any, []any:
			return refuse("invalid_metadata_schema")
		}
	}
	return nil
}

// thread puts a reply into its thread. If the root was deleted, Slack posts the
// reply outside.
func thread(c *channel, m *Message, form url.Values) *refusal {
	ts := form.Get("thread_ts")
	if ts == "" {
		return nil
	}
	root := c.find(ts)
	switch {
	case root == nil:
		return refuse("thread_not_found")
	case root.ThreadTS != "":
		return refuse("cannot_reply_to_message")
	case root.deleted:
		return nil
	}
	m.ThreadTS, m.Broadcast = ts, form.Get("reply_broadcast") == "true"
	return nil
}

// own finds a message of ours by channel id; names are not taken here.
func (s *Server) own(form url.Values) (*channel, *Message, *refusal) {
	c := s.channels[form.Get("channel")]
	switch {
	case c == nil:
		return nil, nil, refuse("channel_not_found")
	case c.Archived:
		return nil, nil, refuse("is_archived")
	}
	m := c.find(form.Get("ts"))
	switch {
	case m == nil, m.deleted:
		return nil, nil, refuse("message_not_found")
	}
	return c, m, nil
}

func (s *Server) update(form url.Values) (answer, *refusal) {
	c, old, no := s.own(form)
	switch {
	case no != nil:
		return nil, no
	case old.Foreign:
		return nil, refuse("cant_update_message")
	case old.closed:
		return nil, refuse("edit_window_closed")
	case utf8.RuneCountInString(form.Get("text")) > maxUpdate:
		return nil, refuse("msg_too_long")
	case form.Get("reply_broadcast") == "true" && (form.Has("text") || form.Has("blocks")):
		return nil, refuse("no_dual_broadcast_content_update")
	}
	m, no := read(form)
	if no != nil {
		return nil, no
	}
	old.Text, old.Blocks, old.Edited = m.Text, m.Blocks, true
	if form.Has("metadata") {
		old.Metadata = m.Metadata
	}
	return answer{"channel": c.ID, "ts": old.TS, "text": old.Text, "message": *old}, nil
}

func (s *Server) remove(form url.Values) (answer, *refusal) {
	c, m, no := s.own(form)
	switch {
	case no != nil:
		return nil, no
	case m.Foreign:
		return nil, refuse("cant_delete_message")
	}
	m.deleted = true
	return answer{"channel": c.ID, "ts": m.TS}, nil
}

func (s *Server) permalink(form url.Values) (answer, *refusal) {
	c := s.channels[form.Get("channel")]
	if c == nil {
		return nil, refuse("channel_not_found")
	}
	m := c.find(form.Get("message_ts"))
	if m == nil || m.deleted {
		return nil, refuse("message_not_found")
	}
	link := s.http.URL + "/view?channel=" + c.ID + "#" + m.TS
	return answer{"channel": c.ID, "permalink": link}, nil
}

func (s *Server) open(form url.Values) (answer, *refusal) {
	user := form.Get("users")
	if !slices.Contains(s.cfg.Users, user) {
		return nil, refuse("user_not_found")
	}
	return answer{"channel": answer{"id": s.direct(user).ID, "is_im": true, "user": user}}, nil
}

func (s *Server) info(form url.Values) (answer, *refusal) {
	c := s.channels[form.Get("channel")]
	if c == nil {
		return nil, refuse("channel_not_found")
	}
	return answer{"channel": answer{
		"id": c.ID, "name": c.Name, "is_archived": c.Archived, "is_member": !c.Absent,
	}}, nil
}

func (s *Server) authTest(url.Values) (answer, *refusal) {
	return answer{"url": s.http.URL + "/", "team": "slacktest", "user": "hub", "team_id": "T0TEST001", "user_id": "U0HUB0001", "bot_id": "B0HUB0001"}, nil
}

// history lists newest first; replies stand in it only when they were broadcast.
func (s *Server) history(form url.Values) (answer, *refusal) {
	list, no := s.list(form, func(m *Message) bool { return m.ThreadTS == "" || m.Broadcast })
	slices.Reverse(list)
	return page(list, form), no
}

// replies lists a root and its thread, oldest first.
func (s *Server) replies(form url.Values) (answer, *refusal) {
	ts := form.Get("ts")
	if c := s.channels[form.Get("channel")]; c != nil && c.find(ts) == nil {
		return nil, refuse("thread_not_found")
	}
	list, no := s.list(form, func(m *Message) bool { return m.TS == ts || m.ThreadTS == ts })
	return page(list, form), no
}

func (s *Server) list(form url.Values, want func(*Message) bool) ([]Message, *refusal) {
	c := s.channels[form.Get("channel")]
	if c == nil {
		return nil, refuse("channel_not_found")
	}
	if c.Absent {
		return nil, refuse("not_in_channel")
	}
	list := []Message{}
	for _, m := range c.messages {
		if m.deleted || !want(m) || m.TS < form.Get("oldest") {
			continue
		}
		seen := *m
		if form.Get("include_all_metadata") != "1" {
			seen.Metadata = Metadata{}
		}
		list = append(list, seen)
	}
	return list, nil
}

func page(list []Message, form url.Values) answer {
	limit, err := strconv.Atoi(form.Get("limit"))
	if err != nil || limit < 1 {
		limit = historyLimit
	}
	return answer{"messages": list[:min(limit, len(list))], "has_more": len(list) > limit}
}
