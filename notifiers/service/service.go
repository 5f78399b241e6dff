// Package service carries messages to whatever a shoutrrr URL names:
// Microsoft Teams, ntfy, Mattermost, Matrix, Telegram, Pushover, PagerDuty,
// and, by its generic service, any SMS gateway with an HTTP API.
//
// The library is github.com/nicholas-fedor/shoutrrr: it is kept, one URL is
// all the configuration a service needs, and it brings no provider's SDK with
// it, as nikoksr/notify does; containrrr/shoutrrr, which it continues, has had
// no release since 2023.
//
// A service URL is a secret. The target of a message is the name of a service
// and never its URL, and nothing the library says is passed on: its errors
// repeat URLs and tokens. What is left of an error is a code.
package service

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/nicholas-fedor/shoutrrr/pkg/router"
	"github.com/nicholas-fedor/shoutrrr/pkg/types"

	"upgradehub/notifiers"
)

// Target is one service.
type Target struct {
	// URL is the service URL.
	URL string
	// Short services get the headline and the address of the page: for SMS
	// and for what is read on a watch.
	Short bool
}

// atOnce is how many sends to one service may be under way. A send cannot be
// ended from outside, and some of the library's services wait for ever, so this
// is also how many can hang; those to other services go on.
const atOnce = 4

// Services carry messages. They are safe for concurrent use.
type Services struct {
	targets map[string]Target
	slots   map[string]chan struct{} // by name
	log     *slog.Logger
}

// New makes Services of checked targets, by name.
func New(targets map[string]Target, log *slog.Logger) *Services {
	s := &Services{targets: maps.Clone(targets), slots: map[string]chan struct{}{}, log: log}
	for name := range targets {
		s.slots[name] = make(chan struct{}, atOnce)
	}
	return s
}

// own are the services that the hub has better ones of, and one that sends
// nothing.
var own = map[string]string{"slack": "use the channel slack", "smtp": "use the channel email", "logger": "nobody is told by a log"}

// Check says what is wrong with a service URL, without repeating it. It
// reaches nobody.
func Check(raw string) error {
	u, err := url.Parse(raw)
	if err != nil || u.Scheme == "" {
		return errors.New("is not a service URL such as ntfy://ntfy.sh/topic")
	}
	scheme, _, _ := strings.Cut(strings.ToLower(u.Scheme), "+")
	known := (&router.ServiceRouter{}).ListServices()
	switch {
	case !slices.Contains(known, scheme):
		return fmt.Errorf("names no known service, which are %s", strings.Join(offered(known), ", "))
	case own[scheme] != "":
		return errors.New(own[scheme])
	case scheme == "matrix": // logs in when it is set up
		return nil
	}
	if _, err := (&router.ServiceRouter{}).Locate(raw); err != nil {
		return fmt.Errorf("is not how a URL of %s looks", scheme)
	}
	if t := templateOf(raw); t != "" && !strings.EqualFold(t, "json") && !bodies[t] {
		return errors.New("asks for a template that is neither json nor teams")
	}
	return nil
}

func offered(known []string) []string {
	return slices.Sorted(slices.Values(slices.DeleteFunc(known, func(s string) bool { return own[s] != "" })))
}

// Notify sends m to the service its target names.
func (s *Services) Notify(ctx context.Context, m notifiers.Message) (notifiers.Receipt, error) {
	target, known := s.targets[m.To.Address]
	if !known {
		return notifiers.Receipt{}, &notifiers.SendError{Code: "unknown", Permanent: true, TargetBroken: true, Err: errors.New("no service of that name is configured")}
	}
	slots := s.slots[m.To.Address]
	select {
	case slots <- struct{}{}:
	case <-ctx.Done():
		return notifiers.Receipt{}, &notifiers.SendError{Code: "busy", Err: errors.New("too many sends are under way")}
	}
	done := make(chan error, 1)
	go func() { // ends with the library's own timeout; until then it keeps its slot
		defer func() { <-slots }()
		done <- send(target.URL, m, target.Short)
	}()
	select {
	case err := <-done:
		if err != nil {
			return notifiers.Receipt{}, judge(err)
		}
		s.log.DebugContext(ctx, "service accepted", "delivery", m.Delivery.ID)
		return notifiers.Receipt{}, nil
	case <-ctx.Done():
		return notifiers.Receipt{}, &notifiers.SendError{Code: "timeout", Ambiguous: true, Err: errors.New("no answer in time")}
	}
}

// send sets the service up anew each time: some keep headers of the message
// before, and none says that it may be used twice at once.
func send(raw string, m notifiers.Message, short bool) (err error) {
	defer func() {
		if recover() != nil { // what it says may hold the URL
			err = errPanic
		}
	}()
	one, err := (&router.ServiceRouter{}).Locate(raw)
	if err != nil {
		return errors.Join(errSetup, err)
	}
	text := words(m, short)
	if t := templateOf(raw); bodies[t] {
		if text, err = card(m, short); err == nil {
			err = useBody(one, t)
		}
		if err != nil {
			return errors.Join(errSetup, err)
		}
	}
	return one.Send(text, &types.Params{})
}

// useBody gives a service a template of ours.
func useBody(one types.Service, name string) error {
	templater, ok := one.(interface{ SetTemplateString(id, body string) error })
	if !ok {
		return errSetup
	}
	return templater.SetTemplateString(name, bodyAsItIs)
}

var (
	errSetup = errors.New("the service was not set up")
	errPanic = errors.New("the service broke off")
)

// longest is the most characters that chat services take.
const longest = 3500

// words are the text of a message without the foot, which is for mails, or
// the least that is of use.
func words(m notifiers.Message, short bool) string {
	text, _, _ := strings.Cut(m.Text, "\n-- \n")
	if short || utf8.RuneCountInString(text) > longest {
		return m.Headline + "\n" + m.Links.Page
	}
	return strings.TrimSpace(text)
}
