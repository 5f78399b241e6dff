package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"upgradehub/notifiers/email"
)

// bounces are read by their return address.
func (c Config) bounces() email.Bounces {
	return email.Bounces{Address: c.Mail.BounceAddress, Key: c.LinkKey()}
}

// dkim is how mails are signed; nil if the mail server does it.
func (c Config) dkim() (*email.DKIM, error) {
	if c.Mail.DKIMKey == "" {
		return nil, nil //nolint:nilnil // no signature is what was asked for
	}
	key, err := os.ReadFile(c.Mail.DKIMKey)
	if err != nil {
		return nil, fmt.Errorf("--dkim-key: %w", err)
	}
	return &email.DKIM{Domain: c.Mail.DKIMDomain, Selector: c.Mail.DKIMSelector, Key: string(key)}, nil
}

// bounceInterval is how often the maildir is looked into: returned mail took
// minutes already.
const bounceInterval = 5 * time.Second

// watchBounces takes the mails that come back, if they arrive in a maildir.
func (n *node) watchBounces(ctx context.Context) error {
	if n.cfg.Mail.BounceDir == "" {
		return nil
	}
	log := n.log.With("part", "bounces")
	take := func(ctx context.Context, mail *os.File) error {
		err := n.api.TakeBounce(ctx, mail)
		if errors.Is(err, email.ErrNoBounce) {
			log.DebugContext(ctx, "mail is no bounce", "err", err)
			return nil // it is seen, and nothing follows from it
		}
		if err != nil {
			log.WarnContext(ctx, "returned mail not recorded, trying again", "err", err)
		}
		return err
	}
	err := email.Maildir{
		Dir: n.cfg.Mail.BounceDir, Interval: bounceInterval, Take: take,
		Tell: func(err error) {
			log.ErrorContext(ctx, "returned mail not read: the hub needs to read new and to write new and cur", "err", err)
		},
	}.Watch(ctx)
	if err != nil {
		return fmt.Errorf("--bounce-dir: %w", err)
	}
	return nil
}
