package main

import (
	"encoding/json"
	"net/url"

	"github.com/spf13/cobra"
)

func (p *program) personCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:     "person",
		Short:   "Say what is known of a person, or forget them",
		Long:    "Person answers what people may ask of those who keep their address: what is known of them, to be forgotten, and that words of theirs are.",
		Example: "  hub person export reader@example.org\n  hub person erase reader@example.org\n  hub person erase-words 4f1c0e",
	}
	cmd.AddCommand(p.personExportCommand(), p.personEraseCommand(), p.personEraseWordsCommand())
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

func (p *program) personEraseWordsCommand() *cobra.Command {
	return withClient(&cobra.Command{
		Use:   "erase-words ID",
		Short: "Erase what somebody wrote in an answer or a report",
		Long: "Erase-words deletes on every node what was written in one answer or report, what was noted about it and what was said to it. " +
			"The numbers stay. It is for words that nobody knows any more whose they are, as of the open form or 180 days after an upgrade, and for words that name others. " +
			"Hub items and hub feedback --json show the ids.",
		Example: "  hub person erase-words 4f1c0e",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.command(cmd, "/api/v1/words/"+url.PathEscape(args[0])+"/erase", nil, "erased")
		},
	})
}
