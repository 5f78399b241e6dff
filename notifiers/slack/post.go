package slack

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	slackapi "github.com/slack-go/slack"

	"upgradehub/events"
	"upgradehub/notifiers"
)

// eventType marks our messages in their metadata. The whole workspace can read
// metadata: it holds the delivery id and nothing else.
const (
	eventType   = "upgradehub_delivery"
	deliveryKey = "delivery_id"
)

// letter is a message ready to be posted.
type letter struct {
	channel string
	text    string
	blocks  []slackapi.Block
	// thread is the root's ts, empty for a message of its own.
	thread    string
	broadcast bool
	delivery  notifiers.Delivery
	// since is the earliest time at which a first try can have been posted.
	since time.Time
}

// postNew posts m as a message of its own, under an escaped note if one is given.
func (s *Slack) postNew(ctx context.Context, m notifiers.Message, note string) (notifiers.Receipt, error) {
	channel, err := s.conversation(ctx, m.To.Address)
	if err != nil {
		return notifiers.Receipt{}, err
	}
	l := newLetter(m, note)
	l.channel = channel
	r, err := s.post(ctx, l)
	switch {
	case err == nil:
		s.places.Store(m.To.Address, r.Place)
	case code(err) == "channel_not_found":
		// A channel made anew under its name has another id.
		s.places.Delete(m.To.Address)
	}
	return r, err
}

func newLetter(m notifiers.Message, note string) letter {
	return letter{text: textOf(m, note), blocks: blocksOf(m, note), delivery: m.Delivery, since: m.Date}
}

// reply posts m into the thread of the root.
func (s *Slack) reply(ctx context.Context, m notifiers.Message) (notifiers.Receipt, error) {
	l := newLetter(m, "")
	l.channel, l.thread = m.Delivery.Place, m.Delivery.Root
	n := m.Delivery.Notice
	l.broadcast = n.Form == events.FormBroadcast || n.Form == events.FormCard && !n.Quiet
	r, err := s.post(ctx, l)
	if code(err) == "thread_not_found" {
		l.thread, l.broadcast = "", false
		r, err = s.post(ctx, l)
		r.Warning = "root_deleted"
	}
	return r, err
}

// edit brings the root or a card up to date, or posts a new one when Slack no
// longer lets it be edited.
func (s *Slack) edit(ctx context.Context, m notifiers.Message) (notifiers.Receipt, error) {
	r, err := s.update(ctx, m)
	if !uneditable[code(err)] {
		return r, err
	}
	s.log.InfoContext(ctx, "message replaced", "delivery", m.Delivery.ID, "upgrade", m.Delivery.Upgrade, "err", err)
	if m.Delivery.Card != "" && m.Delivery.Root != "" {
		return s.reply(ctx, m)
	}
	note := notifiers.Words(m.Lang).Say("slack.replaced") + " " + link(m.Links.Page)
	if r, err = s.postNew(ctx, m, note); err == nil && r.Warning == "" {
		r.Warning = "root_replaced"
	}
	return r, err
}

// update leaves the metadata out, which keeps those of the first post.
func (s *Slack) update(ctx context.Context, m notifiers.Message) (notifiers.Receipt, error) {
	text, blocks := textOf(m, ""), blocksOf(m, "")
	r, err := s.updateOnce(ctx, m.Delivery, text, blocks)
	if !contentFault(err) {
		return r, err
	}
	s.log.WarnContext(ctx, "blocks refused, editing plain text", "delivery", m.Delivery.ID, "err", err)
	refused := code(err)
	// An edit without blocks removes those that were there.
	if r, err = s.updateOnce(ctx, m.Delivery, text, nil); err == nil {
		r.Warning = refused
	}
	return r, err
}

func (s *Slack) updateOnce(ctx context.Context, d notifiers.Delivery, text string, blocks []slackapi.Block) (notifiers.Receipt, error) {
	gate := s.gates.method("chat.update")
	if err := gate.pass(ctx); err != nil {
		return notifiers.Receipt{}, err
	}
	channel, ts, _, err := s.api.UpdateMessageContext(ctx, d.Place, cmp.Or(d.Card, d.Root), options(text, blocks)...)
	if err == nil && ts == "" {
		err = errEmptyAnswer
	}
	if err != nil {
		// An edit can be repeated without harm, so none is ambiguous.
		return notifiers.Receipt{}, gate.shut(failed("chat.update", err, false))
	}
	return notifiers.Receipt{Provider: ts, Place: channel}, nil
}

// post posts l, unless an earlier try of the same delivery did.
func (s *Slack) post(ctx context.Context, l letter) (notifiers.Receipt, error) {
	absent := false
	if l.delivery.Attempts > 0 {
		r, looked, err := s.find(ctx, l)
		if err != nil || r.Provider != "" {
			return r, err
		}
		absent = looked
	}
	r, err := s.postOnce(ctx, l)
	if f, ok := errors.AsType[*notifiers.SendError](err); ok {
		f.EarlierLost = absent
	}
	if !contentFault(err) {
		return r, err
	}
	s.log.WarnContext(ctx, "blocks refused, posting plain text", "delivery", l.delivery.ID, "err", err)
	refused := code(err)
	l.blocks = nil
	if r, err = s.postOnce(ctx, l); err == nil {
		r.Warning = refused
	}
	return r, err
}

func (s *Slack) postOnce(ctx context.Context, l letter) (notifiers.Receipt, error) {
	own := s.gates.channel(l.channel)
	for _, g := range []*gate{own, s.gates.workspace} {
		if err := g.pass(ctx); err != nil {
			return notifiers.Receipt{}, err
		}
	}
	ctx, wire := watch(ctx)
	channel, ts, posted, err := s.api.PostMessageWithResponseContext(ctx, l.channel, l.options()...)
	if err == nil && ts == "" {
		err = errEmptyAnswer
	}
	if err != nil {
		refused := failed("chat.postMessage", err, wire.Load())
		if refused.Code == workspaceOver {
			return notifiers.Receipt{}, s.gates.workspace.shut(refused)
		}
		return notifiers.Receipt{}, own.shut(refused)
	}
	s.gates.known(l.channel, channel)
	r := notifiers.Receipt{Provider: ts, Place: channel}
	if l.thread != "" && posted.ThreadTimestamp == "" {
		r.Warning = "root_deleted"
	}
	return r, nil
}

// options of every message: link_names and parse stay unset, so that names in
// the text stay names.
func options(text string, blocks []slackapi.Block) []slackapi.MsgOption {
	o := []slackapi.MsgOption{
		slackapi.MsgOptionText(text, false), // it is escaped already
		slackapi.MsgOptionDisableLinkUnfurl(),
		slackapi.MsgOptionDisableMediaUnfurl(),
	}
	if len(blocks) > 0 {
		o = append(o, slackapi.MsgOptionBlocks(blocks...))
	}
	return o
}

func (l letter) options() []slackapi.MsgOption {
	o := append(options(l.text, l.blocks), slackapi.MsgOptionMetadata(slackapi.SlackMetadata{
		EventType:    eventType,
		EventPayload: map[string]any{deliveryKey: l.delivery.ID},
	}))
	if l.thread != "" {
		o = append(o, slackapi.MsgOptionTS(l.thread))
	}
	if l.broadcast {
		o = append(o, slackapi.MsgOptionBroadcast())
	}
	return o
}

// clockSkew is by how much Slack's clock may be behind ours.
const clockSkew = 10 * time.Minute

// find looks for what an earlier try may have posted. It is a best effort: a
// token without the scope, or a channel known by name only, finds nothing. A
// limit or a failing network is an error, because a post would fail as well.
// Looked says that the history was read.
func (s *Slack) find(ctx context.Context, l letter) (found notifiers.Receipt, looked bool, err error) {
	if !channelID.MatchString(l.channel) {
		return notifiers.Receipt{}, false, nil
	}
	messages, err := s.recent(ctx, l)
	if refused(err) {
		s.log.DebugContext(ctx, "history closed, posting again", "delivery", l.delivery.ID, "err", err)
		return notifiers.Receipt{}, false, nil
	}
	if err != nil {
		return notifiers.Receipt{}, false, err
	}
	for _, m := range messages {
		if m.Metadata.EventType == eventType && m.Metadata.EventPayload[deliveryKey] == l.delivery.ID {
			return notifiers.Receipt{Provider: m.Timestamp, Place: l.channel}, true, nil
		}
	}
	return notifiers.Receipt{}, true, nil
}

// recent lists what was posted since the delivery was owed. History leaves the
// replies out, so a thread is asked for its own.
func (s *Slack) recent(ctx context.Context, l letter) ([]slackapi.Message, error) {
	method := "conversations.history"
	if l.thread != "" {
		method = "conversations.replies"
	}
	gate := s.gates.method(method)
	if err := gate.pass(ctx); err != nil {
		return nil, err
	}
	messages, err := s.list(ctx, l)
	if err != nil {
		return nil, gate.shut(failed(method, err, false))
	}
	return messages, nil
}

const historyLimit = 200

func (s *Slack) list(ctx context.Context, l letter) ([]slackapi.Message, error) {
	oldest := ""
	if !l.since.IsZero() {
		oldest = fmt.Sprintf("%d.000000", l.since.Add(-clockSkew).Unix())
	}
	if l.thread != "" {
		messages, _, _, err := s.api.GetConversationRepliesContext(ctx, &slackapi.GetConversationRepliesParameters{
			ChannelID: l.channel, Timestamp: l.thread, Oldest: oldest, Limit: historyLimit, IncludeAllMetadata: true,
		})
		return messages, err
	}
	answer, err := s.api.GetConversationHistoryContext(ctx, &slackapi.GetConversationHistoryParameters{
		ChannelID: l.channel, Oldest: oldest, Limit: historyLimit, IncludeAllMetadata: true,
	})
	if err != nil {
		return nil, err
	}
	return answer.Messages, nil
}
