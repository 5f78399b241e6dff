package main

import (
	"encoding/json"

	"github.com/spf13/cobra"
)

func (p *program) personCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "person",
		Short:   "Say what is known of a person, or forget them",
		Long:    "Person answers what people may ask of those who keep their address: what is known of them, and to be forgotten.",
		Example: "  hub person export reader@example.org\n  hub person erase reader@example.org",
	}
	cmd.AddCommand(p.personExportCommand(), p.personEraseCommand())
	return cmd
}

// addressed is what names a person to the hub.
type addressed struct {
	Address string `json:"address"`
}

func (p *program) personExportCommand() *cobra.Command {
	return withClient(&cobra.Command{
		Use:     "export ADDRESS",
		Short:   "Print everything the hub knows of a person",
		Long:    "Export prints as JSON what the hub knows of whoever has a mail address or a Slack id: their subscriptions, every message they were owed, the surveys they were asked to answer, and what they answered and reported, with what was said to them and noted about it. Answers to anonymous surveys cannot be found.",
		Example: "  hub person export reader@example.org > reader.json",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := p.client(cmd)
			if err != nil {
				return err
			}
			var raw json.RawMessage
			if raw, err = c.post(cmd.Context(), "/api/v1/people/export", addressed{args[0]}); err != nil {
				return err
			}
			return printJSON(p.stdout, raw)
		},
	})
}

func (p *program) personEraseCommand() *cobra.Command {
	return withClient(&cobra.Command{
		Use:   "erase ADDRESS",
		Short: "Forget a person",
		Long: "Erase ends every subscription of whoever has a mail address or a Slack id and deletes on every node their addresses, what they wrote, what was said to them and noted about it, and their mails in the outbox. " +
			"The log keeps random ids. Whom hub.yaml names is not written to again, although it still names them.",
		Example: "  hub person erase reader@example.org",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.command(cmd, "/api/v1/people/erase", addressed{args[0]}, "erased")
		},
	})
}
