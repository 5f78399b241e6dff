package bus

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// intakeInbox keeps what the hub receives in the publishers' account out of
// their sight: they may subscribe to every ordinary inbox.
const intakeInbox = "_HUB"

// attemptWait bounds one request to NATS, retryWait is between two.
const (
	attemptWait = 2 * time.Second
	retryWait   = 250 * time.Millisecond
)

// connect opens one connection for each account.
func (b *Bus) connect(ctx context.Context) (err error) {
	if b.hub, err = b.dial(ctx, hubAccount, b.hubOptions()); err != nil {
		return err
	}
	if b.publishers, err = b.dial(ctx, publishersAccount, b.publishersOptions()); err != nil {
		return err
	}
	if b.js, err = jetstream.New(b.hub); err != nil {
		return err
	}
	b.intakeJS, err = jetstream.New(b.publishers)
	return err
}

func (b *Bus) hubOptions() []nats.Option {
	if b.server != nil {
		return []nats.Option{nats.InProcessServer(b.server), nats.UserInfo(b.hubLogin.user, b.hubLogin.password)}
	}
	return credentials(b.cfg.Creds)
}

func (b *Bus) publishersOptions() []nats.Option {
	if b.server != nil {
		return []nats.Option{
			nats.InProcessServer(b.server),
			nats.UserInfo(b.publishersLogin.user, b.publishersLogin.password),
			nats.CustomInboxPrefix(intakeInbox),
		}
	}
	if b.cfg.IntakeCreds == "" {
		return credentials(b.cfg.Creds)
	}
	return credentials(b.cfg.IntakeCreds)
}

func credentials(file string) []nats.Option {
	if file == "" {
		return nil
	}
	return []nats.Option{nats.UserCredentials(file)}
}

// dial connects, and waits for a server that is not there yet.
func (b *Bus) dial(ctx context.Context, account string, opts []nats.Option) (*nats.Conn, error) {
	opts = append(opts, b.connectionOptions(b.log.With("account", account))...)
	var nc *nats.Conn
	told := false
	err := retry(ctx, func(context.Context) (err error) {
		if nc, err = nats.Connect(b.cfg.URL, opts...); err != nil && !told {
			told = true
			b.log.WarnContext(ctx, "nats does not answer, trying again", "url", b.cfg.URL, "account", account, "err", err)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("connect account %s: %w", account, err)
	}
	return nc, nil
}

func (b *Bus) connectionOptions(log *slog.Logger) []nats.Option {
	return []nats.Option{
		nats.Name("upgrade-hub " + b.cfg.node()),
		nats.MaxReconnects(-1),
		// Credentials that are refused today are good again when whoever
		// changed them is done; a connection that gave up never comes back.
		nats.IgnoreAuthErrorAbort(),
		nats.ReconnectWait(2 * retryWait),
		// A peer that vanished without a word is noticed in half a minute.
		nats.PingInterval(10 * time.Second),
		nats.MaxPingsOutstanding(3),
		nats.DisconnectErrHandler(func(nc *nats.Conn, err error) {
			if !nc.IsClosed() && err != nil {
				log.Warn("nats disconnected", "err", err)
			}
		}),
		nats.ReconnectHandler(func(*nats.Conn) { log.Info("nats connected again") }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { log.Warn("nats refused", "err", err) }),
	}
}

// retry repeats f while NATS does not answer, until ctx ends. Each attempt
// has a deadline of its own. It returns the last error of f.
func retry(ctx context.Context, f func(context.Context) error) error {
	for {
		err := attempt(ctx, f)
		if err == nil || !transient(err) {
			return err
		}
		if ctx.Err() != nil {
			return fmt.Errorf("%w: %w", context.Cause(ctx), err)
		}
		if wait(ctx, retryWait) != nil {
			return fmt.Errorf("%w: %w", context.Cause(ctx), err)
		}
	}
}

func attempt(ctx context.Context, f func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, attemptWait)
	defer cancel()
	return f(ctx)
}

// wait returns after d, or with the error of ctx when that ends first.
func wait(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// transient reports whether another attempt may succeed: NATS did not
// answer, or said that it cannot now.
func transient(err error) bool {
	for _, passing := range []error{
		context.DeadlineExceeded, nats.ErrTimeout, nats.ErrNoResponders, nats.ErrNoServers,
		nats.ErrDisconnected, nats.ErrReconnectBufExceeded, jetstream.ErrNoStreamResponse, errUnderWay,
	} {
		if errors.Is(err, passing) {
			return true
		}
	}
	apiErr, ok := errors.AsType[*jetstream.APIError](err)
	if !ok {
		return false
	}
	switch apiErr.ErrorCode {
	case jetstream.JSErrCodeJetStreamNotEnabled, jetstream.JSErrCodeJetStreamNotEnabledForAccount:
		return false
	case codeNoPeers:
		return true
	}
	return apiErr.Code == 503
}

// Error codes of the server that have no name in the client.
const (
	codeNoPeers     = 10005 // not enough servers in the cluster yet
	codeNoResources = 10023 // the disk is full, or was
	codeTooLarge    = 10054 // larger than the stream takes
)

// tooLarge reports whether a message is larger than NATS takes.
func tooLarge(err error) bool {
	apiErr, ok := errors.AsType[*jetstream.APIError](err)
	return errors.Is(err, nats.ErrMaxPayload) || ok && apiErr.ErrorCode == codeTooLarge
}

// wrongSequence reports whether the server refused a write because it did
// not find the expected sequence. Replicated streams have a code of their own.
func wrongSequence(err error) bool {
	apiErr, ok := errors.AsType[*jetstream.APIError](err)
	return ok && (apiErr.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence ||
		apiErr.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant)
}
