// Package slack carries messages to Slack channels and people.
//
// An upgrade has one root message per target, which is edited in place, and a
// thread beneath it. Where the root is stands in the delivery
// (Delivery.Place and Delivery.Root), never in here: a restart or another node
// goes on in the same thread. Only the receipt of an [events.FormRoot] delivery
// names a root. A thread reply, a broadcast or a card that came before any root
// is posted as a message of its own, and its receipt must not become the root.
// A card is shown in the channel as a broadcast is, and edited in place.
//
// Every text from outside is escaped, so that nobody is mentioned and no link
// is disguised by what a tool or a person wrote. Slack's limits are kept before
// Slack is asked. Nothing is retried in here, with one exception: a message
// whose blocks Slack refuses is sent once more as plain text.
//
// Slack has no idempotency key. After an answer that was lost, a repeat looks
// for its own delivery id in the channel's history, if the token may read it,
// and adopts what it finds instead of posting again.
package slack

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	slackapi "github.com/slack-go/slack"

	"upgradehub/events"
	"upgradehub/notifiers"
)

// Config tunes a Slack. Only Token must be given.
type Config struct {
	// Token is the bot token, "xoxb-…".
	Token string
	// APIURL is the base of Slack's methods; default Slack's own. A missing
	// slash at its end is added.
	APIURL string
	// HTTPClient carries the calls; one without a Timeout gets 10 s.
	HTTPClient *http.Client
	// PostEvery is the least time between two posts to one channel; default
	// 1 s, which is what Slack allows. Negative means no limit.
	PostEvery time.Duration
	// CallsPerMinute bounds each of the other methods, such as chat.update;
	// default 50, Slack's tier 3. Negative means no limit.
	CallsPerMinute int
	// Presses says that somebody hears of it when a button is pressed; without
	// it, messages have links alone.
	Presses bool
}

// Slack carries messages with one bot token. It is safe for concurrent use.
type Slack struct {
	api    *slackapi.Client
	client *http.Client
	log    *slog.Logger
	gates  *gates
	hears  bool
	// places remembers the conversation behind a user id or a channel name.
	places sync.Map
}

// New returns a Slack that calls the API with the token of cfg. It does not
// talk to Slack before the first message.
func New(cfg Config, log *slog.Logger) *Slack {
	client := httpClient(cfg.HTTPClient)
	base := strings.TrimRight(cmp.Or(cfg.APIURL, slackapi.APIURL), "/") + "/"
	return &Slack{
		// The library's own retry stays off: it posts again after a reset,
		// which Slack may have taken for a second message.
		api:    slackapi.New(cfg.Token, slackapi.OptionAPIURL(base), slackapi.OptionHTTPClient(client)),
		client: client,
		log:    log,
		gates:  newGates(cfg.PostEvery, cfg.CallsPerMinute),
		hears:  cfg.Presses,
	}
}

// Close ends the connections that are idle.
func (s *Slack) Close() { s.client.CloseIdleConnections() }

// httpClient copies c, so that its owner's settings stay as they are.
func httpClient(c *http.Client) *http.Client {
	own := http.Client{}
	if c != nil {
		own = *c
	} else if t, ok := http.DefaultTransport.(*http.Transport); ok {
		own.Transport = t.Clone()
	}
	own.Timeout = cmp.Or(own.Timeout, 10*time.Second)
	// A redirect would carry the token to another host.
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &own
}

// Notify posts m, or edits the root message in place.
//
// The receipt carries the ts of what was posted or edited and the id of its
// channel. Its Warning is "root_replaced" when the root could no longer be
// edited and a new one was posted; "root_deleted" when a reply came out beside
// the thread, because the root is gone; or Slack's code for refused blocks
// when the message was accepted as plain text only.
func (s *Slack) Notify(ctx context.Context, m notifiers.Message) (notifiers.Receipt, error) {
	d := m.Delivery
	if !s.hears {
		m.Buttons = slices.DeleteFunc(slices.Clone(m.Buttons), func(b notifiers.Button) bool { return b.Press.Action != "" })
	}
	switch form := d.Notice.Form; {
	case d.Root != "" && form == events.FormRoot:
		return s.edit(ctx, m)
	case d.Card != "" && form == events.FormCard:
		return s.edit(ctx, m)
	case d.Root != "" && (form == events.FormThread || form == events.FormBroadcast || form == events.FormCard):
		return s.reply(ctx, m)
	default:
		return s.postNew(ctx, m, "")
	}
}

var (
	personID  = regexp.MustCompile(`^[UW][A-Z0-9]{5,}$`)
	channelID = regexp.MustCompile(`^[CGD][A-Z0-9]{5,}$`)
)

// conversation returns what to post to for an address: a person's direct
// message channel, a channel id, or a channel name, which Slack looks up.
func (s *Slack) conversation(ctx context.Context, address string) (string, error) {
	if id, ok := s.places.Load(address); ok {
		return id.(string), nil
	}
	if !personID.MatchString(address) {
		return address, nil
	}
	if err := s.gates.method("conversations.open").pass(ctx); err != nil {
		return "", err
	}
	params := slackapi.OpenConversationParameters{Users: []string{address}, ReturnIM: true}
	channel, _, _, err := s.api.OpenConversationContext(ctx, &params)
	switch {
	case code(err) == "missing_scope":
		// Without im:write a direct message can still be posted to the user id.
		return address, nil
	case err != nil:
		return "", failed("conversations.open", err, false)
	case channel == nil || channel.ID == "":
		return "", failed("conversations.open", errEmptyAnswer, false)
	}
	s.places.Store(address, channel.ID)
	return channel.ID, nil
}
