package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"upgradehub/hub/api"
	"upgradehub/hub/lessons"
)

func (p *program) lessonsCommand() *cobra.Command {
	cmd := withClient(&cobra.Command{
		Use:   "lessons",
		Short: "Show what upgrades taught, and decide what to do of it",
		Long: `Lessons lists what upgrades taught, with the numbers behind it. The hub proposes
lessons when the survey of an upgrade has closed, 7 days after its end unless its
plan says otherwise. An accepted lesson binds the next plan of the system: hub plan
lint and apply refuse a plan that does not do as it asks, unless the plan waives it
by name; hub plan patch writes it into a plan.`,
		Example: "  hub lessons --system orders\n  hub lessons --status accepted --json > lessons.json",
		Args:    cobra.NoArgs,
		RunE:    p.lessons,
	})
	cmd.Flags().String("system", "", "of this `system`")
	cmd.Flags().String("upgrade", "", "that this `upgrade` taught")
	cmd.Flags().String("status", "", "`proposed`, accepted or rejected")
	cmd.AddCommand(p.lessonsProposeCommand())
	for _, decision := range []string{lessons.Accept, lessons.Reject, lessons.Assign} {
		cmd.AddCommand(p.lessonsDecideCommand(decision))
	}
	return cmd
}

func (p *program) lessons(cmd *cobra.Command, _ []string) error {
	asked := url.Values{}
	for _, name := range []string{"system", "upgrade", "status"} {
		if v, _ := cmd.Flags().GetString(name); v != "" {
			asked.Set(name, v)
		}
	}
	path := "/api/v1/lessons"
	if len(asked) > 0 {
		path += "?" + asked.Encode()
	}
	return p.list(cmd, path, lessonRows)
}

func lessonRows(raw json.RawMessage) ([]string, [][]string, error) {
	found, err := decode[api.Lessons](raw)
	var rows [][]string
	for _, l := range found.Lessons {
		rows = append(rows, []string{l.ID, l.Upgrade, l.Status, l.Owner, l.Text, l.Evidence})
	}
	return []string{"ID", "UPGRADE", "STATUS", "OWNER", "LESSON", "EVIDENCE"}, rows, err
}

func (p *program) lessonsProposeCommand() *cobra.Command {
	return withClient(&cobra.Command{
		Use:   "propose UPGRADE",
		Short: "Propose now what an upgrade taught",
		Long: `Propose does not wait until the survey of an upgrade has closed. It can be
called again: what was proposed is not proposed twice, and what is not decided yet
gets the newest numbers. It prints all lessons of the upgrade.`,
		Example: "  hub lessons propose pg16",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := p.client(cmd)
			if err != nil {
				return err
			}
			raw, err := c.post(cmd.Context(), "/api/v1/upgrades/"+url.PathEscape(args[0])+"/lessons", struct{}{})
			if err != nil {
				return err
			}
			if wantsJSON(cmd) {
				return printJSON(p.stdout, raw)
			}
			heads, rows, err := lessonRows(raw)
			if err != nil {
				return err
			}
			return table(p.stdout, heads, rows)
		},
	})
}

// decisionWords are what the help says of each decision.
var decisionWords = map[string]struct{ short, long, example string }{
	lessons.Accept: {
		"Accept a lesson: the next plan has to do as it asks",
		"Accept makes the next plan of the system do as the lesson asks. --public says in other\nwords what outsiders are told was changed.",
		"  hub lessons accept 1faf74d047e7 --by @lead",
	},
	lessons.Reject: {
		"Reject a lesson, with the reason",
		"Reject says why nothing is to be changed. The lesson is kept and not proposed again.",
		"  hub lessons reject 1faf74d047e7 --by @lead --reason 'the disk was broken'",
	},
	lessons.Assign: {
		"Say who sees to a lesson",
		"Assign gives a lesson to somebody, by role name, and decides nothing else.",
		"  hub lessons assign 1faf74d047e7 --by @lead --owner @dba --due 2026-12-01",
	},
}

func (p *program) lessonsDecideCommand(decision string) *cobra.Command {
	words := decisionWords[decision]
	cmd := withClient(&cobra.Command{
		Use: decision + " ID", Short: words.short, Long: words.long, Example: words.example,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return p.decideLesson(cmd, decision, args[0]) },
	})
	flags := cmd.Flags()
	flags.String("by", "", "`who` decides, a role name such as @lead; required")
	flags.String("reason", "", "`why`")
	flags.String("owner", "", "`who` sees to it, a role name")
	flags.String("due", "", "until `when`, such as 2026-12-01")
	flags.String("text", "", "what to do, in other `words`")
	flags.String("public", "", "what outsiders are told, in other `words`")
	return cmd
}

func (p *program) decideLesson(cmd *cobra.Command, decision, id string) error {
	d := lessons.Decision{Decision: decision}
	flags := cmd.Flags()
	for name, to := range map[string]*string{"by": &d.By, "reason": &d.Reason, "owner": &d.Owner, "text": &d.Text, "public": &d.Public} {
		*to, _ = flags.GetString(name)
	}
	if d.By == "" {
		return &usageError{errors.New("--by is required: a role name such as @lead")}
	}
	if due, _ := flags.GetString("due"); due != "" {
		at, err := time.Parse(time.DateOnly, due)
		if err != nil {
			return &usageError{fmt.Errorf("--due %q is no date such as 2026-12-01", due)}
		}
		d.Due = at
	}
	return p.handle(cmd, "/api/v1/lessons/"+url.PathEscape(id), d)
}
