// Package email carries messages as mail, one mail to one recipient.
//
// The mail of a delivery is the same every time it is made, byte for byte, and
// has the same Message-ID: a receiver can tell a repeat from a second mail.
// All mails about one upgrade refer to one root that was never sent, so that
// readers show them as a thread.
//
// Mail goes out by SMTP over a few connections that are kept while there is
// something to send, and over more while some hang; a domain for which the
// server hangs is tried seldom. Without a server it is written to a directory,
// one .eml file per delivery, and a repeat replaces its own file. Nothing is
// retried in here, except that a kept connection the server has ended meanwhile
// is dialled again, which is before it can have taken anything.
//
// On request mails are signed, domains get no more than they take, and each
// mail has a return address of its own, by which [Bounces] tell which delivery
// came back.
package email

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net/mail"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"upgradehub/notifiers"
)

// Config says how mail goes out. From must be given, and URL or OutboxDir.
type Config struct {
	// URL is smtp://user:password@host:587?tls=mandatory, where tls is
	// mandatory (the default), opportunistic or none, or smtps://host:465. A
	// password is never sent over a connection without TLS.
	URL string
	// From is the sender, an address with or without a name.
	From string
	// ReplyTo is where answers go; empty leaves them to From.
	ReplyTo string
	// OutboxDir is where mails are written when there is no URL.
	OutboxDir string
	// HELO is how the hub calls itself to the server; default the host name.
	HELO string
	// Timeout is how long the server may take for one mail or for one greeting;
	// default 30 s. The context ends it earlier.
	Timeout time.Duration
	// Idle is how long an unused connection is kept; default 30 s.
	Idle time.Duration
	// Connections is how many mails are sent at once; default 4. Of those that
	// take longer than half a second, 12 more may be under way.
	Connections int
	// TLS is the base of the TLS settings; default those of the system.
	TLS *tls.Config
	// Clock dates mails that carry no date of their own; default time.Now.
	Clock func() time.Time
	// DKIM signs every mail; nil leaves it to the server mail is handed to.
	DKIM *DKIM
	// PerDomain is how many mails a minute one domain gets; 0 is no limit.
	PerDomain int
	// Bounces make the return address; the zero value leaves it to From.
	Bounces Bounces
}

// Email carries mail. It is safe for concurrent use.
type Email struct {
	from    *mail.Address
	replyTo *mail.Address // nil: to from
	host    string        // of From: the right side of every id we make
	dir     string        // of the outbox, used without a pool
	pool    *pool
	dkim    *gomail.DKIMSigner // nil without signatures
	pace    *pace
	mutes   *mutes
	bounces Bounces
	forms   forms
	clock   func() time.Time
	log     *slog.Logger
}

// New returns an Email, or every fault of cfg. It does not talk to the server
// before the first message, and makes OutboxDir if that is what is used. Nobody
// else may write there: what is half written is removed.
func New(cfg Config, log *slog.Logger) (*Email, error) {
	e := &Email{dir: cfg.OutboxDir, clock: cfg.Clock, bounces: cfg.Bounces, pace: newPace(cfg.PerDomain), mutes: newMutes(), log: log}
	if e.clock == nil {
		e.clock = time.Now
	}
	var errs []error
	from, err := sender(cfg.From)
	if err != nil {
		errs = append(errs, fmt.Errorf("sender %q: %w", cfg.From, err))
	} else {
		e.from, e.host = from, strings.ToLower(from.Address[strings.LastIndex(from.Address, "@")+1:])
	}
	if cfg.ReplyTo != "" {
		if e.replyTo, err = sender(cfg.ReplyTo); err != nil {
			errs = append(errs, fmt.Errorf("reply to %q: %w", cfg.ReplyTo, err))
		}
	}
	if e.dkim, err = cfg.DKIM.signer(e.host); err != nil {
		errs = append(errs, err)
	}
	errs = append(errs, cfg.Bounces.fault())
	if cfg.OutboxDir != "" {
		errs = append(errs, sweep(cfg.OutboxDir))
	}
	switch {
	case cfg.URL != "":
		if e.pool, err = newPool(cfg); err != nil {
			errs = append(errs, err)
		}
	case cfg.OutboxDir == "":
		errs = append(errs, errors.New("mail: neither a server nor an outbox is given"))
	default:
		errs = append(errs, os.MkdirAll(cfg.OutboxDir, 0o700))
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return e, nil
}

// Close ends the connections. A mail under way is finished first by its sender.
func (e *Email) Close() error {
	if e.pool != nil {
		e.pool.close()
	}
	return nil
}

// Notify sends m, or writes it to the outbox. The receipt's Provider is the
// Message-ID with its brackets.
func (e *Email) Notify(ctx context.Context, m notifiers.Message) (notifiers.Receipt, error) {
	if e.pool == nil {
		return e.keep(m.Whole())
	}
	l, err := e.seal(m)
	if err != nil {
		return notifiers.Receipt{}, unmade(err)
	}
	if err := e.pace.wait(ctx, m.To.Address); err != nil {
		return notifiers.Receipt{}, err
	}
	if err := e.mutes.wait(ctx, m.To.Address); err != nil {
		return notifiers.Receipt{}, err
	}
	heard := e.mutes.watch(m.To.Address)
	answer, err := e.pool.send(ctx, l)
	heard(err)
	if err != nil {
		e.pace.heed(m.To.Address, err)
		return notifiers.Receipt{}, err
	}
	e.log.DebugContext(ctx, "mail accepted", "delivery", m.Delivery.ID, "answer", answer)
	return notifiers.Receipt{Provider: l.id}, nil
}

// keep writes m to the outbox.
func (e *Email) keep(m notifiers.Message) (notifiers.Receipt, error) {
	msg, err := e.render(m)
	if err != nil {
		return notifiers.Receipt{}, unmade(err)
	}
	if err := e.file(m, msg); err != nil {
		return notifiers.Receipt{}, &notifiers.SendError{Code: "outbox", Err: err}
	}
	return notifiers.Receipt{Provider: msg.GetMessageID()}, nil
}

// unmade says why no mail could be made of a message.
func unmade(err error) error {
	return &notifiers.SendError{Code: codeOf(err), Permanent: true, Err: err}
}

// server is what the URL says.
type server struct {
	host       string
	port       int
	implicit   bool // TLS from the first byte
	policy     gomail.TLSPolicy
	user, pass string
}

var policies = map[string]gomail.TLSPolicy{
	"": gomail.TLSMandatory, "mandatory": gomail.TLSMandatory,
	"opportunistic": gomail.TLSOpportunistic, "none": gomail.NoTLS,
}

// parseURL never repeats the URL in an error: it holds the password.
func parseURL(raw string) (server, error) {
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" || u.Scheme != "smtp" && u.Scheme != "smtps" {
		return server{}, errors.New("mail server: want smtp://user:password@host:587 or smtps://host:465")
	}
	s := server{host: u.Hostname(), implicit: u.Scheme == "smtps", user: u.User.Username()}
	s.pass, _ = u.User.Password()
	var errs []error
	port := cmp.Or(u.Port(), map[bool]string{false: "587", true: "465"}[s.implicit])
	if s.port, err = strconv.Atoi(port); err != nil || s.port < 1 || s.port > 65535 {
		errs = append(errs, fmt.Errorf("mail server: port %q", port))
	}
	var known bool
	if s.policy, known = policies[u.Query().Get("tls")]; !known {
		errs = append(errs, fmt.Errorf("mail server: tls=%q, want mandatory, opportunistic or none", u.Query().Get("tls")))
	}
	for key := range u.Query() {
		if key != "tls" || s.implicit {
			errs = append(errs, fmt.Errorf("mail server: unknown key %q", key))
		}
	}
	if u.Path != "" && u.Path != "/" {
		errs = append(errs, fmt.Errorf("mail server: path %q", u.Path))
	}
	return s, errors.Join(errs...)
}
