package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"upgradehub/events/clock"
)

// serveCommand is the hub itself, under either of its names.
func (p *program) serveCommand(name string) *cobra.Command {
	cmd := &cobra.Command{
		Use:   name,
		Short: "Serve: take events in, show them, tell people",
		Long: `Serve takes events in over NATS and HTTP, keeps them, shows them on live pages
and sends what is owed. Without any configuration it listens on this machine
alone, embeds its NATS server, and writes mails to <data>/outbox.

Every flag is also an environment variable (--mail-from is HUB_MAIL_FROM) and a
key of the file given by --config (mail_from). Flags win over the environment,
the environment wins over the file. Secrets are best kept in the environment or
in a file of their own (--token-file): everyone on the machine can read the
command line, and hub.yaml refuses them.`,
		Example: `  hub
  hub --http 0.0.0.0:8080 --public-url https://status.example.org --config hub.yaml
  HUB_SMTP='smtp://user:pass@mail.example.org:587?tls=mandatory' hub --mail-from hub@example.org`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := loadConfig(givenFlags(cmd), p.getenv)
			if err != nil {
				return err
			}
			if cfg.Embedded() {
				if err := cfg.createSecrets(); err != nil {
					return err
				}
			}
			return stopped(cmd.Context(), p.serve(cmd.Context(), cfg, p.stdout, clock.Clock{}))
		},
	}
	addSettings(cmd, func(setting) bool { return true })
	return cmd
}

// stopped is nil for a hub that ended because it was asked to.
func stopped(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

// newLogger logs text to a terminal, and JSON to whatever reads otherwise.
func newLogger(w io.Writer, level slog.Level) *slog.Logger {
	options := &slog.HandlerOptions{Level: level}
	if terminal(w) {
		return slog.New(slog.NewTextHandler(w, options))
	}
	return slog.New(slog.NewJSONHandler(w, options))
}

func terminal(w io.Writer) bool {
	file, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
