package main

import (
	"encoding/json"
	"errors"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"upgradehub/events"
	"upgradehub/hub/api"
)

func (p *program) itemsCommand() *cobra.Command {
	cmd := withClient(&cobra.Command{
		Use:   "items",
		Short: "Show the answers and reports that somebody is to look at",
		Long: `Items lists what people said who were badly served: ratings of 1 or 2, that they
could not work, and every report that something was broken while work was under
way. Each has an owner, the lead of the upgrade at first, and is to be looked at
within two working days (Monday to Friday, UTC). NUMBER is what the receipt of a
report is called. What people wrote is shown, and no names.`,
		Example: "  hub items --status new\n  hub items --upgrade pg16 --overdue --json",
		Args:    cobra.NoArgs,
		RunE:    p.items,
	})
	cmd.Flags().String("upgrade", "", "of this `upgrade`")
	cmd.Flags().String("status", "", "`new`, seen, answered or action")
	cmd.Flags().Bool("overdue", false, "those that nobody has looked at in time")
	for _, status := range []events.ItemStatus{events.ItemSeen, events.ItemAnswered, events.ItemAction} {
		cmd.AddCommand(p.itemCommand(status))
	}
	return cmd
}

func (p *program) items(cmd *cobra.Command, _ []string) error {
	asked := url.Values{}
	for _, name := range []string{"upgrade", "status"} {
		if v, _ := cmd.Flags().GetString(name); v != "" {
			asked.Set(name, v)
		}
	}
	if overdue, _ := cmd.Flags().GetBool("overdue"); overdue {
		asked.Set("overdue", "true")
	}
	path := "/api/v1/items"
	if len(asked) > 0 {
		path += "?" + asked.Encode()
	}
	return p.list(cmd, path, itemRows)
}

func itemRows(raw json.RawMessage) ([]string, [][]string, error) {
	found, err := decode[api.Items](raw)
	var rows [][]string
	for _, i := range found.Items {
		due := i.Due.UTC().Format(time.RFC3339)
		if i.Overdue {
			due += " overdue"
		}
		rows = append(rows, []string{i.ID, i.Number, i.Upgrade, string(i.Status), due, i.Owner, i.Said()})
	}
	return []string{"ID", "NUMBER", "UPGRADE", "STATUS", "DUE", "OWNER", "SAID"}, rows, err
}

// itemWords are what the help says of each status.
var itemWords = map[events.ItemStatus]struct{ short, long, example string }{
	events.ItemSeen: {
		"Say that somebody has looked at an item", "Seen ends the clock of an item. It takes nothing back that was done about it.",
		"  hub items seen 4rk2v --by @lead",
	},
	events.ItemAnswered: {
		"Say that an item is answered, and what to the person",
		`Answered notes that whoever said it was answered. --reply is shown to them: on the
receipt of a report, and behind the form of an answer while the survey is open; who
answered by the link of a mail gets it by mail, and their address is not shown. It
can be erased with the person. --note is for those who run upgrades. It is erased
with the person, too, and 180 days after the end of the upgrade, as is the reply.`,
		"  hub items answered 4rk2v --by @lead --reply 'The export works again. Thank you for telling us.'",
	},
	events.ItemAction: {
		"Say that something is being done about an item", "Action notes that something is being done, by --owner if it is not the one before.",
		"  hub items action 4rk2v --by @lead --owner @dba --note 'index is rebuilt tonight'",
	},
}

func (p *program) itemCommand(status events.ItemStatus) *cobra.Command {
	words := itemWords[status]
	cmd := withClient(&cobra.Command{
		Use: string(status) + " ID", Short: words.short, Long: words.long, Example: words.example, Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return p.changeItem(cmd, status, args[0]) },
	})
	flags := cmd.Flags()
	flags.String("by", "", "`who` did it, a role name such as @lead; required")
	flags.String("owner", "", "`who` answers for it from now on, a role name")
	flags.String("note", "", "`text` for those who run upgrades")
	if status == events.ItemAnswered {
		flags.String("reply", "", "`text` for the person who said it")
	}
	return cmd
}

func (p *program) changeItem(cmd *cobra.Command, status events.ItemStatus, id string) error {
	d := api.ItemDeed{Status: status}
	for name, to := range map[string]*string{"by": &d.By, "owner": &d.Owner, "note": &d.Note, "reply": &d.Reply} {
		*to, _ = cmd.Flags().GetString(name)
	}
	if d.By == "" {
		return &usageError{errors.New("--by is required: a role name such as @lead")}
	}
	return p.handle(cmd, "/api/v1/items/"+url.PathEscape(id), d)
}
