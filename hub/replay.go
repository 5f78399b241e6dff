package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"upgradehub/events"
	"upgradehub/events/plan"
)

func (p *program) replayCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "replay FILE.jsonl",
		Short: "Publish recorded events",
		Long: `Replay publishes the events of a file, one JSON object a line, in their order and
with the time they had. The first goes out at once; the gaps between them are
kept, divided by --speed, and there are none with --speed 0. The same file
again publishes the same events, which changes nothing.

A line is {"subject", "time", "id", "data", "plan_file", "patch"}: plan_file is
relative to the file, patch (RFC 7396) is applied to the plan, and the result
becomes data.plan.`,
		Example: "  hub replay fedora-dc-move-2025.jsonl --speed 600",
		Args:    cobra.ExactArgs(1),
		RunE:    p.replay,
	}
	cmd.Flags().Float64("speed", 600, "`times` faster than it was")
	return withClient(cmd)
}

// recorded is one line of a replay, ready to be published.
type recorded struct {
	line    int
	upgrade string
	t       events.Type
	id      string
	at      time.Time
	data    []byte
}

// recordedLine is a line as it stands in the file.
type recordedLine struct {
	Subject  string                     `json:"subject"`
	Time     time.Time                  `json:"time"`
	ID       string                     `json:"id"`
	Data     map[string]json.RawMessage `json:"data"`
	PlanFile string                     `json:"plan_file"`
	Patch    json.RawMessage            `json:"patch"`
}

func (p *program) replay(cmd *cobra.Command, args []string) error {
	speed, _ := cmd.Flags().GetFloat64("speed")
	if speed < 0 {
		return &usageError{fmt.Errorf("--speed %v: is negative", speed)}
	}
	lines, err := openReplay(args[0])
	if err != nil {
		return fmt.Errorf("replay %s: %w", args[0], err)
	}
	c, err := p.client(cmd)
	if err != nil {
		return err
	}
	return p.play(cmd.Context(), c, lines, wantsJSON(cmd), gaps(lines, speed))
}

// gaps waits before each line as long as its gap to the line before, divided
// by speed.
func gaps(lines []recorded, speed float64) func(context.Context, int) error {
	return func(ctx context.Context, i int) error {
		if i == 0 || speed == 0 {
			return ctx.Err()
		}
		gap := max(lines[i].at.Sub(lines[i-1].at), 0)
		return pause(ctx, time.Duration(float64(gap)/speed))
	}
}

// played is what replay prints of a line as JSON.
type played struct {
	Line    int         `json:"line"`
	Upgrade string      `json:"upgrade"`
	Type    events.Type `json:"type"`
	Time    time.Time   `json:"time"`
	verdict
}

// play publishes the lines, each after its wait. It goes on after a line that
// is refused, as the tool that was recorded did.
func (p *program) play(ctx context.Context, c *client, lines []recorded, asJSON bool, wait func(context.Context, int) error) error {
	refused := 0
	for i, line := range lines {
		if err := wait(ctx, i); err != nil {
			return err
		}
		v, err := publishJudged(ctx, c, line.upgrade, line.t, line.id, line.data)
		if err != nil {
			return fmt.Errorf("line %d: %w", line.line, err)
		}
		if v.refused() {
			refused++
		}
		if err := p.printPlayed(line, v, asJSON); err != nil {
			return err
		}
	}
	if refused > 0 {
		fmt.Fprintf(p.stderr, "hub: %d of %d events were not applied\n", refused, len(lines))
		return errRefused
	}
	return nil
}

func (p *program) printPlayed(line recorded, v verdict, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(p.stdout).Encode(played{line.line, line.upgrade, line.t, line.at, v})
	}
	what := v.sentence()
	if v.refused() {
		what = strings.Join(v.reasons(), "; ")
	}
	_, err := fmt.Fprintf(p.stdout, "%s  %s %s: %s\n", line.at.Format(time.RFC3339), line.upgrade, line.t, printable(what))
	return err
}

// openReplay reads a replay file, and what lies beside it.
func openReplay(file string) ([]recorded, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	return readReplay(text, func(name string) ([]byte, error) {
		return os.ReadFile(filepath.Join(filepath.Dir(file), filepath.FromSlash(name)))
	})
}

// readReplay reads a whole replay before anything is published, and names
// every line that cannot be. beside reads a file next to it.
func readReplay(text []byte, beside func(string) ([]byte, error)) ([]recorded, error) {
	var lines []recorded
	var errs []error
	scan := bufio.NewScanner(bytes.NewReader(text))
	scan.Buffer(nil, 2<<20) // a line may hold a whole plan
	for n := 1; scan.Scan(); n++ {
		raw := bytes.TrimSpace(scan.Bytes())
		if len(raw) == 0 {
			continue
		}
		line, err := readRecorded(raw, beside)
		if err != nil {
			errs = append(errs, fmt.Errorf("line %d: %w", n, err))
			continue
		}
		line.line = n
		lines = append(lines, line)
	}
	return lines, errors.Join(append(errs, scan.Err())...)
}

func readRecorded(raw []byte, beside func(string) ([]byte, error)) (recorded, error) {
	var in recordedLine
	strict := json.NewDecoder(bytes.NewReader(raw))
	strict.DisallowUnknownFields()
	if err := strict.Decode(&in); err != nil {
		return recorded{}, err
	}
	upgrade, t, err := splitSubject(in.Subject)
	if err != nil {
		return recorded{}, err
	}
	if in.Time.IsZero() {
		return recorded{}, errors.New("has no time")
	}
	if in.ID == "" {
		sum := sha256.Sum256(raw)
		in.ID = hex.EncodeToString(sum[:16])
	}
	data, err := in.payload(beside)
	if err != nil {
		return recorded{}, err
	}
	return recorded{upgrade: upgrade, t: t, id: in.ID, at: in.Time, data: data}, nil
}

// splitSubject reads upgrades.<upgrade>.<type>; a type has a dot in it.
func splitSubject(subject string) (string, events.Type, error) {
	parts := strings.SplitN(subject, ".", 3)
	if len(parts) != 3 || parts[0] != "upgrades" || !idForm.MatchString(parts[1]) || parts[2] == "" {
		return "", "", fmt.Errorf("subject %q is not upgrades.<upgrade>.<type>", subject)
	}
	return parts[1], events.Type(parts[2]), nil
}

// payload is the data of the bare form: what the line says, with its time and
// the plan it points to.
func (in recordedLine) payload(beside func(string) ([]byte, error)) ([]byte, error) {
	data := map[string]any{}
	for key, v := range in.Data {
		data[key] = v
	}
	data["time"] = in.Time
	if in.PlanFile == "" {
		if in.Patch != nil {
			return nil, errors.New("patch without plan_file")
		}
		return json.Marshal(data)
	}
	text, err := beside(in.PlanFile)
	if err != nil {
		return nil, fmt.Errorf("plan_file: %w", err)
	}
	data["plan"] = string(text)
	if in.Patch != nil {
		merged, err := plan.Merge(text, in.Patch)
		if err != nil {
			return nil, fmt.Errorf("plan_file %s: patch: %w", in.PlanFile, err)
		}
		data["plan"] = json.RawMessage(merged)
	}
	return json.Marshal(data)
}
