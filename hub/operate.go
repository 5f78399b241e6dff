package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"upgradehub/events/upgrade"
	"upgradehub/hub/api"
	"upgradehub/hub/store"
)

func (p *program) upgradesCommand() *cobra.Command {
	return withClient(&cobra.Command{
		Use:     "upgrades",
		Short:   "List the upgrades",
		Long:    "Upgrades lists every planned upgrade with its state and window, as visitors see them.",
		Example: "  hub upgrades\n  hub upgrades --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.list(cmd, "/api/v1/upgrades", func(raw json.RawMessage) ([]string, [][]string, error) {
				all, err := decode[[]upgrade.Public](raw)
				var rows [][]string
				for _, u := range all {
					rows = append(rows, []string{u.ID, string(u.State), span(u.Window.Start, u.Window.End), u.Title})
				}
				return []string{"ID", "STATE", "WINDOW", "TITLE"}, rows, err
			})
		},
	})
}

// list prints what lies at a path: as JSON as it is, else as a table.
func (p *program) list(cmd *cobra.Command, path string, rows func(json.RawMessage) ([]string, [][]string, error)) error {
	c, err := p.client(cmd)
	if err != nil {
		return err
	}
	raw, err := c.get(cmd.Context(), path)
	if err != nil {
		return err
	}
	if wantsJSON(cmd) {
		return printJSON(p.stdout, raw)
	}
	heads, lines, err := rows(raw)
	if err != nil {
		return err
	}
	return table(p.stdout, heads, lines)
}

// delivery is one row of hub deliveries.
type delivery struct {
	ID, Upgrade, Moment, Audience, Channel, State, Code, Why string
	Attempts, Acknowledged                                   int
	Ambiguous                                                bool
	Name, Deferred                                           string
	NotBefore                                                time.Time `json:"not_before"`
}

// deliveryStates are those that --state knows.
var deliveryStates = []string{"pending", "accepted", "superseded", "dead", "untold"}

// why says what stands in the way of a delivery, or stood.
func (d delivery) why(now time.Time) string {
	if d.State == "pending" && d.NotBefore.After(now) {
		return strings.TrimSuffix("waits until "+d.NotBefore.UTC().Format(time.RFC3339)+": "+d.Deferred, ": ")
	}
	words := strings.TrimSpace(d.Code + " " + d.Why)
	if d.Ambiguous {
		words = strings.TrimPrefix(words+"; an answer was lost", "; ")
	}
	if d.Acknowledged > 0 {
		words = strings.TrimPrefix(fmt.Sprintf("%s; acknowledged by %d", words, d.Acknowledged), "; ")
	}
	return words
}

func (p *program) deliveriesCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "deliveries [UPGRADE]",
		Short: "List what was sent, is owed, or could not be sent",
		Long: `Deliveries lists messages: one for each notice and recipient. Addresses are not
shown. Dead ones were refused for good or tried too often; hub retry sends one
of them again. Untold are those of one upgrade that had to arrive and did not.
--proof sums up who was told what of one upgrade, when, and how fast. --broken
lists the targets that refuse everything; what they were owed goes to another
channel of the person or the audience. Mailboxes and webhooks that are gone are
left alone until hub retry gets through to them.`,
		Example: "  hub deliveries --state dead\n  hub deliveries pg16 --state untold\n  hub deliveries pg16 --proof",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if broken, _ := cmd.Flags().GetBool("broken"); broken {
				return p.list(cmd, "/api/v1/broken", brokenRows)
			}
			query := url.Values{}
			if state, _ := cmd.Flags().GetString("state"); slices.Contains(deliveryStates, state) {
				query.Set("state", state)
			} else if state != "" {
				return &usageError{fmt.Errorf("--state %q: is none of %s", state, strings.Join(deliveryStates, ", "))}
			}
			proof, _ := cmd.Flags().GetBool("proof")
			if len(args) > 0 {
				query.Set("upgrade", args[0])
			} else if proof || query.Get("state") == "untold" {
				return &usageError{errors.New("--proof and --state untold are of one upgrade: name it")}
			}
			rows := deliveryRows
			if proof {
				rows = proofRows
			}
			return p.list(cmd, "/api/v1/deliveries?"+query.Encode(), rows)
		},
	}
	cmd.Flags().String("state", "", "only those in this `state`: pending, accepted, superseded, dead or untold")
	cmd.Flags().Bool("broken", false, "list the targets that refuse everything")
	cmd.Flags().Bool("proof", false, "sum up who was told what, when, and how fast")
	return withClient(cmd)
}

func brokenRows(raw json.RawMessage) ([]string, [][]string, error) {
	all, err := decode[struct{ Broken []api.BrokenTarget }](raw)
	var rows [][]string
	for _, t := range all.Broken {
		rows = append(rows, []string{t.Subscriber, t.Channel, strings.TrimSpace(strings.Join(t.Audiences, ", ") + " " + t.Name), t.Code})
	}
	return []string{"ID", "CHANNEL", "AUDIENCE", "WHY"}, rows, err
}

func deliveryRows(raw json.RawMessage) ([]string, [][]string, error) {
	all, err := decode[struct{ Deliveries []delivery }](raw)
	var rows [][]string
	for _, d := range all.Deliveries {
		rows = append(rows, []string{
			d.ID, d.Upgrade, d.Moment, strings.TrimSpace(d.Audience + " " + d.Name), d.Channel, d.State,
			strconv.Itoa(d.Attempts), d.why(time.Now()),
		})
	}
	return []string{"ID", "UPGRADE", "MOMENT", "AUDIENCE", "CHANNEL", "STATE", "TRIES", "WHY"}, rows, err
}

// proofRows is a row for each moment, audience, channel and state, one for the
// speed of each channel, and what came or may have come more than once.
func proofRows(raw json.RawMessage) ([]string, [][]string, error) {
	found, err := decode[struct{ Proof store.Proof }](raw)
	var rows [][]string
	for _, t := range found.Proof.Told {
		rows = append(rows, []string{t.Moment, t.Audience, t.Channel, t.State, strconv.Itoa(t.Count), instant(t.First), instant(t.Last), "-"})
	}
	for _, v := range found.Proof.Speed {
		took := fmt.Sprintf("half within %s, 95 of 100 within %s, all within %s", millis(v.P50), millis(v.P95), millis(v.Max))
		rows = append(rows, []string{"all", "all", v.Channel, store.Accepted, strconv.Itoa(v.Count), "", "", took})
	}
	for _, again := range []struct {
		state string
		count int
	}{{"accepted again", found.Proof.ExtraSends}, {"an answer was lost", found.Proof.Ambiguous}} {
		if again.count > 0 {
			rows = append(rows, []string{"all", "all", "all", again.state, strconv.Itoa(again.count), "", "", "-"})
		}
	}
	return []string{"MOMENT", "AUDIENCE", "CHANNEL", "STATE", "COUNT", "FIRST", "LAST", "FROM EVENT TO ACCEPTANCE"}, rows, err
}

func millis(n int64) time.Duration { return time.Duration(n) * time.Millisecond }

// instant is empty for no time.
func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func (p *program) retryCommand() *cobra.Command {
	return withClient(&cobra.Command{
		Use:     "retry ID",
		Short:   "Send a dead delivery again",
		Long:    "Retry makes a delivery owed again that was given up. hub deliveries --state dead lists them.",
		Example: "  hub retry 4f2c9e1a7b3d5e60",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.command(cmd, "/api/v1/deliveries/"+url.PathEscape(args[0])+"/retry", struct{}{}, args[0]+" is owed again")
		},
	})
}

// command posts to a path and prints the sentence once it is done.
func (p *program) command(cmd *cobra.Command, path string, in any, done string) error {
	c, err := p.client(cmd)
	if err != nil {
		return err
	}
	raw, err := c.post(cmd.Context(), path, in)
	if err != nil {
		return err
	}
	if wantsJSON(cmd) {
		return printJSON(p.stdout, raw)
	}
	fmt.Fprintln(p.stdout, done)
	return nil
}

// rejection is one row of hub rejected.
type rejection struct {
	Seq      uint64
	Subject  string
	Reasons  []string
	Recorded time.Time
}

func (p *program) rejectedCommand() *cobra.Command {
	return withClient(&cobra.Command{
		Use:     "rejected",
		Short:   "List messages that were no events",
		Long:    "Rejected lists what publishers sent and the hub could not read as an event, with every fault. --json shows the first 4 KiB of each message too, in base64.",
		Example: "  hub rejected\n  hub rejected --json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.list(cmd, "/api/v1/rejected", func(raw json.RawMessage) ([]string, [][]string, error) {
				all, err := decode[struct{ Rejected []rejection }](raw)
				var rows [][]string
				for _, r := range all.Rejected {
					rows = append(rows, []string{
						strconv.FormatUint(r.Seq, 10), r.Recorded.UTC().Format(time.RFC3339), r.Subject, strings.Join(r.Reasons, "; "),
					})
				}
				return []string{"SEQ", "RECORDED", "SUBJECT", "FAULTS"}, rows, err
			})
		},
	})
}

func (p *program) holdCommand() *cobra.Command {
	return p.holding(&cobra.Command{
		Use:     "hold",
		Short:   "Stop every message until hub release",
		Long:    "Hold stops every send on every node. Events are taken in and shown as before; what is owed waits.",
		Example: "  hub hold --reason 'wrong audience in the plan'",
	}, "/api/v1/hold", "nothing is sent until hub release")
}

func (p *program) releaseCommand() *cobra.Command {
	return p.holding(&cobra.Command{
		Use:     "release",
		Short:   "Send again after hub hold",
		Long:    "Release ends a hold. What is owed and still useful is sent; what is not is dropped.",
		Example: "  hub release --by lead",
	}, "/api/v1/release", "sending goes on")
}

func (p *program) holding(cmd *cobra.Command, path, done string) *cobra.Command {
	cmd.Args = cobra.NoArgs
	cmd.Flags().String("by", "", "`role` of whoever decides")
	cmd.Flags().String("reason", "", "`why`")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		by, _ := cmd.Flags().GetString("by")
		reason, _ := cmd.Flags().GetString("reason")
		return p.command(cmd, path, map[string]string{"by": by, "reason": reason}, done)
	}
	return withClient(cmd)
}
