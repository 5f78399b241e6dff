// Package interact takes what people do in Slack: buttons, modals and the
// slash command.
//
// It hears of them over HTTP, where every request must be signed and none is
// taken twice, or over a socket of its own (Socket Mode); both end in one
// place. Slack wants to be answered within three seconds, so whatever takes
// longer goes on afterwards, by few hands and for a bounded time, and its end
// is told in the modal or to the person alone.
//
// Who pressed a button is the Slack user id and nothing else. What somebody
// may decide stands in the plan, by the names of the configuration; who may
// not is told who may. What was done goes to the [Desk], and the texts of
// answers go nowhere else.
//
// People are asked and answered in the language of the message whose button
// they press: it travels in the button and in the modal.
package interact

import (
	"context"
	"errors"
	"log/slog"
	"time"

	slackapi "github.com/slack-go/slack"
	"golang.org/x/sync/errgroup"

	"upgradehub/events"
	"upgradehub/events/lang"
	"upgradehub/events/survey"
	"upgradehub/events/upgrade"
	"upgradehub/notifiers"
	"upgradehub/notifiers/slack"
)

// ErrNotFound is what a [Board] wraps for an upgrade nobody knows.
var ErrNotFound = errors.New("no such upgrade")

// Deed is what a person did to an upgrade, by a Slack user id.
type Deed struct {
	// Key is the same for a repeat of the same deed.
	Key        string
	User       string
	Upgrade    string
	Type       events.Type
	Visibility events.Visibility
	Data       events.Data
}

// Rating is what a person answered after the end.
type Rating struct {
	Stars         int    // 1 to 5
	Disruption    string // none, little, lot, blocked, or empty
	Minutes       int    // of work lost, 0 if not said
	Communication string // late, little, right, much, or empty
	Effort        int    // 1 (hard) to 7, 0 if not said
	Text          string
	Role          string // of the audience asked, empty if not known
}

// Desk records what people do.
type Desk interface {
	// Names are the role names of the configuration a user has ("@lead").
	Names(user string) []string
	// Lang is the language of a user who says something in a channel, one of
	// [lang.Supported].
	Lang(user, channel string) string
	// Record makes a fact of a deed and returns when this node shows it.
	Record(ctx context.Context, d Deed) error
	// Acknowledge records that a user has read a delivery.
	Acknowledge(ctx context.Context, key, upgrade, delivery, user string) error
	// Rating is what the user answered so far, nil if nothing; open is false
	// while no answers are taken. It wraps [ErrNotFound].
	Rating(ctx context.Context, upgrade, user string) (r *Rating, open bool, err error)
	// Rate records an answer, or changes the one there is.
	Rate(ctx context.Context, upgrade, user string, r Rating) error
}

// Board knows how upgrades stand.
type Board interface {
	// Upgrade is the newest state of an upgrade; it wraps [ErrNotFound].
	Upgrade(ctx context.Context, id string) (*upgrade.Upgrade, error)
	// Upgrades lists what visitors may know, newest window first.
	Upgrades(ctx context.Context) ([]upgrade.Public, error)
	// Status says in a language what visitors may know of an upgrade; it wraps
	// [ErrNotFound].
	Status(ctx context.Context, id, language string) (notifiers.Message, error)
}

// Config tunes a Handler.
type Config struct {
	Desk    Desk
	Board   Board
	Reports Reports
	// SigningSecrets prove that a request is Slack's, each of them by itself;
	// without one no request over HTTP is.
	SigningSecrets []string
	// AppToken opens a socket; empty for none.
	AppToken string
	// APIURL is the base of Slack's methods for the socket; default Slack's own.
	APIURL string
	// Page is the base of the addresses of upgrades.
	Page string
	// Now is the hub's time; default the machine's.
	Now func() time.Time
	// Words are what people are asked and told; default the package's own.
	Words *lang.Catalog
	// Questions are the words of what is asked after an upgrade; default
	// [survey.Questions].
	Questions *lang.Catalog
	// AckWithin is how long Slack is kept waiting for an answer; default 2 s.
	AckWithin time.Duration
	// WorkFor bounds what goes on after that; default 20 s.
	WorkFor time.Duration
}

// The bounds of what is under way at once: so many hands, and so many who
// wait for one. Beyond that Slack shows the person that it was not taken.
const (
	hands = 8
	queue = 64
)

// errBusy is why a deed was not taken.
var errBusy = errors.New("too much is under way")

// Handler takes what people do. Its methods are safe for concurrent use.
type Handler struct {
	cfg  Config
	chat *slack.Slack
	seen *memory
	jobs chan *job
	log  *slog.Logger
}

// New makes a Handler that answers through chat. Nothing is worked on before
// [Handler.Run].
func New(chat *slack.Slack, cfg Config, log *slog.Logger) *Handler {
	if cfg.Now == nil {
		cfg.Now = func() time.Time { return time.Now().UTC() }
	}
	if cfg.AckWithin <= 0 {
		cfg.AckWithin = 2 * time.Second
	}
	if cfg.WorkFor <= 0 {
		cfg.WorkFor = 20 * time.Second
	}
	if cfg.Words == nil {
		cfg.Words = catalog
	}
	if cfg.Questions == nil {
		cfg.Questions = survey.Questions()
	}
	return &Handler{cfg: cfg, chat: chat, seen: newMemory(), jobs: make(chan *job, queue), log: log}
}

// Run works on what was taken, and keeps the socket open if there is one,
// until ctx ends. What is under way then is finished.
func (h *Handler) Run(ctx context.Context) error {
	work, ctx := errgroup.WithContext(ctx) // every goroutine ends with ctx
	for range hands {
		work.Go(func() error { h.work(ctx); return nil })
	}
	if h.cfg.AppToken != "" {
		work.Go(func() error { return h.listen(ctx) })
	}
	return work.Wait()
}

func (h *Handler) work(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case j := <-h.jobs:
			j.do(ctx, h.cfg.WorkFor)
		}
	}
}

// Interaction takes a click or the submission of a modal. The answer is what
// Slack is to be acknowledged with, nil for nothing.
func (h *Handler) Interaction(ctx context.Context, cb *slackapi.InteractionCallback) (any, error) {
	switch cb.Type {
	case slackapi.InteractionTypeBlockActions:
		return nil, h.clicked(cb)
	case slackapi.InteractionTypeViewSubmission:
		return h.submitted(ctx, cb)
	}
	return nil, nil //nolint:nilnil // other kinds, such as a closed view, are acknowledged
}

// clicked puts the work of a click into the queue; a link has none.
func (h *Handler) clicked(cb *slackapi.InteractionCallback) error {
	for _, a := range cb.ActionCallback.BlockActions {
		press := notifiers.ReadPress(slack.ActionOf(a.ActionID), a.Value)
		key := join("click", cb.User.ID, cb.Container.MessageTs, a.ActionTs, a.ActionID)
		if press.Action == "" || !h.seen.first(key, time.Now()) {
			continue
		}
		c := click{Press: press, key: key, user: cb.User.ID, trigger: cb.TriggerID, channel: cb.Container.ChannelID, said: h.in(press.Lang)}
		j := newJob(func(ctx context.Context) reply { return h.press(ctx, c) }, func(ctx context.Context, r reply) {
			h.whisper(ctx, cb.ResponseURL, r)
		})
		j.abandon() // its answer never goes with the acknowledgement
		if err := h.enqueue(j); err != nil {
			h.seen.forget(key)
			return err
		}
	}
	return nil
}

// submitted works on a modal. Its end closes the modal, or says in it what is
// wrong; if that takes too long the modal says that it is being recorded, and
// later what became of it.
func (h *Handler) submitted(ctx context.Context, cb *slackapi.InteractionCallback) (any, error) {
	f, err := readForm(cb)
	if err != nil || !h.seen.first(f.key, time.Now()) {
		return nil, err
	}
	f.said = h.in(f.Lang)
	j := newJob(func(ctx context.Context) reply {
		r := h.submit(ctx, f)
		if r.failed() {
			h.seen.forget(f.key) // the same may be sent again
		}
		return r
	}, func(ctx context.Context, r reply) { h.showLate(ctx, f, r) })
	if err := h.enqueue(j); err != nil {
		h.seen.forget(f.key)
		return nil, err
	}
	r, ok := j.wait(ctx, h.cfg.AckWithin)
	switch {
	case !ok:
		return slackapi.NewUpdateViewSubmissionResponse(notice(f.said, f.said.Say("recording"), "")), nil
	case r.errors != nil:
		return slackapi.NewErrorsViewSubmissionResponse(r.errors), nil
	case r.say != "":
		return slackapi.NewUpdateViewSubmissionResponse(notice(f.said, r.say, r.page)), nil
	}
	return nil, nil //nolint:nilnil // an empty acknowledgement closes the modal
}

// Command takes a slash command. The answer is shown to the person alone; if
// it takes too long it comes later.
func (h *Handler) Command(ctx context.Context, c slackapi.SlashCommand) (any, error) {
	j := newJob(func(ctx context.Context) reply {
		return h.command(ctx, h.in(h.cfg.Desk.Lang(c.UserID, c.ChannelID)), c.Text)
	}, func(ctx context.Context, r reply) {
		h.whisper(ctx, c.ResponseURL, r)
	})
	if err := h.enqueue(j); err != nil {
		return nil, err
	}
	r, ok := j.wait(ctx, h.cfg.AckWithin)
	if !ok {
		return nil, nil //nolint:nilnil // the answer follows at the response address
	}
	return r.private(), nil
}

func (h *Handler) enqueue(j *job) error {
	select {
	case h.jobs <- j:
		return nil
	default:
		return errBusy
	}
}

// whisper tells the person alone what became of what they did.
func (h *Handler) whisper(ctx context.Context, address string, r reply) {
	if r.say == "" && r.message == nil || address == "" {
		return
	}
	if err := h.chat.Respond(ctx, address, r.private()); err != nil {
		h.log.WarnContext(ctx, "answer not shown", "err", err)
	}
}

// showLate says in the modal what became of what it asked for.
func (h *Handler) showLate(ctx context.Context, f form, r reply) {
	words := r.say
	for _, complaint := range r.errors {
		words = complaint
	}
	if words == "" {
		words = f.said.Say("recorded")
	}
	if err := h.chat.UpdateView(ctx, f.view, *notice(f.said, words, r.page)); err != nil {
		h.log.WarnContext(ctx, "answer not shown", "err", err)
	}
}
