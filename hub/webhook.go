package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"upgradehub/notifiers"
	"upgradehub/notifiers/webhook"
)

// Webhook is how programs are told.
type Webhook struct {
	// Secret is what the keys of targets are made of: one secret or, while
	// they change, the new one and the old one. With an embedded server it
	// may be empty until [Config.createSecrets] has filled it.
	Secret Secret
	// Allow are networks that may be reached although they are not public, by
	// the targets of hub.yaml; AllowSubscribers are those for the targets that
	// visitors subscribe with.
	Allow, AllowSubscribers []netip.Prefix
}

// keys of the configured secret, which [setWebhookSecret] has checked.
func (w Webhook) keys() (webhook.Keys, error) { return webhook.ReadKeys(w.Secret.Reveal()) }

func setWebhookSecret(c *Config, s string) error {
	c.Webhook.Secret = Secret(s)
	_, err := webhook.ReadKeys(s)
	return err
}

func setWebhookAllow(c *Config, s string) (err error) {
	c.Webhook.Allow, err = networks(s)
	return err
}

func setWebhookAllowSubscribers(c *Config, s string) (err error) {
	c.Webhook.AllowSubscribers, err = networks(s)
	return err
}

// networks reads a list of them, with commas between.
func networks(s string) ([]netip.Prefix, error) {
	var list []netip.Prefix
	var errs []error
	for one := range strings.SplitSeq(s, ",") {
		p, err := netip.ParsePrefix(strings.TrimSpace(one))
		if err != nil {
			errs = append(errs, fmt.Errorf("%q is not a network such as 10.0.0.0/8", one))
		}
		list = append(list, p.Masked())
	}
	return list, errors.Join(errs...)
}

// checkWebhooks: nodes of one cluster must sign with the same keys.
func (c *Config) checkWebhooks(faults *faultList) {
	if c.Embedded() || c.Webhook.Secret != "" {
		return
	}
	for _, a := range c.Audiences {
		for _, ch := range a.Channels {
			if ch.Name == "webhook" {
				faults.addf("audience %s: webhooks with --nats need HUB_WEBHOOK_SECRET or --webhook-secret-file: nodes must sign with the same key", a.ID)
			}
		}
	}
}

// programs are told by webhook if there is a key to sign with, which there is
// unless nodes share the log and were given none.
func (n *node) programs(channels map[string]notifiers.Notifier) error {
	if n.cfg.Webhook.Secret == "" {
		return nil
	}
	keys, err := n.cfg.Webhook.keys()
	if err != nil {
		return fmt.Errorf("webhook secret: %w", err)
	}
	hooks := webhook.New(webhook.Config{
		Keys: keys, Allow: n.cfg.Webhook.Allow, AllowStrangers: n.cfg.Webhook.AllowSubscribers, Version: programVersion(),
	}, n.log.With("part", "webhook"))
	n.closers = append(n.closers, func() error { hooks.Close(); return nil })
	channels["webhook"] = hooks
	return nil
}

func (p *program) webhookCommand() *cobra.Command {
	return group(&cobra.Command{
		Use: "webhook", Short: "What targets of webhooks need",
		Long:    "Webhook has what the targets of webhooks need to know.",
		Example: "  hub webhook secret https://hooks.example.org/upgrades",
	}, p.webhookSecretCommand())
}

func (p *program) webhookSecretCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "secret URL",
		Short: "Print the signing secret of a webhook target",
		Long: `Secret prints what the target of a webhook verifies its messages with, in the
form of Standard Webhooks: whsec_ and base64. It is made of the hub's webhook
secret and of the URL, to the letter as it stands in hub.yaml, so that no target
can sign what another one believes. It needs no hub.`,
		Example: "  hub webhook secret https://hooks.example.org/upgrades",
		Args:    cobra.ExactArgs(1),
		RunE:    p.webhookSecret,
	}
	addSettings(cmd, func(s setting) bool { return s.name == "webhook-secret" || s.name == "data" })
	cmd.Flags().Lookup("data").Usage = "the hub's data `directory`, where the secret is found"
	return cmd
}

func (p *program) webhookSecret(cmd *cobra.Command, args []string) error {
	if err := webhook.Check(args[0]); err != nil {
		return &usageError{fmt.Errorf("%q %w", args[0], err)}
	}
	cfg, err := loadConfig(givenFlags(cmd), p.getenv)
	if err != nil {
		return err
	}
	if cfg.Webhook.Secret == "" {
		cfg.Webhook.Secret, err = readSecret(filepath.Join(cfg.Data, webhookSecretFile))
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("webhook secret: none in %s, where no hub has run: name it by --data or HUB_WEBHOOK_SECRET_FILE", cfg.Data)
		}
		if err != nil {
			return fmt.Errorf("webhook secret: %w", err)
		}
	}
	keys, err := cfg.Webhook.keys()
	if err != nil {
		return fmt.Errorf("webhook secret: %w", err)
	}
	_, err = fmt.Fprintln(p.stdout, keys.Secret(args[0]))
	return err
}
