package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"upgradehub/events"
	"upgradehub/events/jargon"
	"upgradehub/notifiers"
)

func (p *program) publishCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "publish UPGRADE TYPE [key=value …]",
		Short: "Publish one event",
		Long: `Publish sends one event and says what became of it: applied, a duplicate of an
earlier one, or an anomaly, which is kept and changes nothing.

Values become what their key is in the vocabulary: a number, true or false, a
list (comma-separated or JSON), else a text. Of keys outside the vocabulary,
numbers, true, false and JSON objects and lists are read as such. plan=@FILE
and junit=@FILE read a file.

The exit code is 0 when the event is applied or was before, 1 when it has
faults or is an anomaly.`,
		Example: `  hub publish pg16 phase.started phase=switchover
  hub publish pg16 update.posted text='Half of the nodes are done.' next_update_by=2030-03-03T03:00:00Z
  hub publish pg16 gate.evidence gate=g1 kind=junit name=smoke junit=@smoke.xml`,
		Args: cobra.MinimumNArgs(2),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) != 1 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			var types []string
			for _, t := range events.Types() {
				types = append(types, string(t))
			}
			return types, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: p.publish,
	}
	cmd.Flags().String("id", "", "the event's `id`: the same id again is the same event (default: a new one)")
	cmd.Flags().String("source", "", "`name` of the tool that speaks")
	cmd.Flags().String("time", "", "when it happened, `RFC 3339` (default: now)")
	return withClient(cmd)
}

func (p *program) publish(cmd *cobra.Command, args []string) error {
	upgrade, t := args[0], events.Type(args[1])
	data, err := parsePairs(t, args[2:])
	if err != nil {
		return &usageError{err}
	}
	for _, name := range []string{"source", "time"} {
		if v, _ := cmd.Flags().GetString(name); v != "" {
			data[name] = v
		}
	}
	body, err := json.Marshal(data)
	if err != nil {
		return err
	}
	id, _ := cmd.Flags().GetString("id")
	if id == "" {
		id = newEventID()
	}
	if err := p.checkLocally(cmd, upgrade, t, id, body); err != nil {
		return err
	}
	c, err := p.client(cmd)
	if err != nil {
		return err
	}
	return p.sendEvent(cmd, c, upgrade, t, id, body)
}

// checkLocally names every fault that needs no hub to be found.
func (p *program) checkLocally(cmd *cobra.Command, upgrade string, t events.Type, id string, body []byte) error {
	e, err := events.Decode(events.Message{
		Upgrade: upgrade, Type: t, Header: map[string][]string{"Nats-Msg-Id": {id}}, Body: body, Received: time.Now(),
	})
	if bad, ok := errors.AsType[*events.FaultsError](err); ok {
		return p.refuse(cmd, verdict{Result: "rejected", Faults: bad.Faults})
	}
	if err == nil && !t.Known() {
		fmt.Fprintf(p.stderr, "hub: %q is not in the vocabulary: it will be kept and changes nothing\n", t)
	}
	if advice := plainWords(e); err == nil && advice != "" {
		fmt.Fprintf(p.stderr, "hub: advice: %s\n", printable(advice))
	}
	return err
}

// plainWords advises on an update whose first paragraph names, to those who
// only use the system, what they cannot know; empty if it does not.
func plainWords(e events.Event) string {
	update, ok := e.Data.(*events.Update)
	if !ok || !e.TextVisible() {
		return ""
	}
	outside := slices.DeleteFunc(slices.Clone(update.Audiences), notifiers.Insider)
	if len(outside) == 0 && len(update.Audiences) > 0 {
		return ""
	}
	first, _, _ := strings.Cut(strings.TrimSpace(update.Text), "\n\n")
	found, ok := jargon.In(first)
	if !ok {
		return ""
	}
	return fmt.Sprintf("the first paragraph names %q, a %s: say first what it means for those who read it", found.Text, found.Kind)
}

// sendEvent publishes and reports what became of it.
func (p *program) sendEvent(cmd *cobra.Command, c *client, upgrade string, t events.Type, id string, body []byte) error {
	a, err := publishJudged(cmd.Context(), c, upgrade, t, id, body)
	if err != nil {
		return err
	}
	if a.refused() {
		return p.refuse(cmd, a)
	}
	if wantsJSON(cmd) {
		return printJSON(p.stdout, a)
	}
	fmt.Fprintln(p.stdout, a.sentence())
	return nil
}

// publishJudged publishes an event; a refusal that names faults is an answer
// like any other.
func publishJudged(ctx context.Context, c *client, upgrade string, t events.Type, id string, body []byte) (verdict, error) {
	a, err := c.publish(ctx, upgrade, string(t), id, body)
	if bad, ok := errors.AsType[*problemError](err); ok && len(bad.Faults) > 0 {
		return verdict{Result: "rejected", Faults: bad.Faults}, nil
	}
	return a, err
}

// refuse prints why an event was not applied.
func (p *program) refuse(cmd *cobra.Command, a verdict) error {
	if wantsJSON(cmd) {
		if err := printJSON(p.stdout, a); err != nil {
			return err
		}
		return errRefused
	}
	for _, line := range a.reasons() {
		fmt.Fprintf(p.stderr, "hub: %s\n", printable(line))
	}
	return errRefused
}

// refused reports whether the event did not do what its sender wished, or
// nobody knows whether it did.
func (a verdict) refused() bool { return a.Result != "applied" && a.Result != "duplicate" }

// sentence says what became of an event that was not refused.
func (a verdict) sentence() string {
	if a.Result == "duplicate" {
		return fmt.Sprintf("was published before: fact %d", a.Seq)
	}
	return fmt.Sprintf("applied as fact %d", a.Seq)
}

// reasons says why an event was refused, a line each.
func (a verdict) reasons() []string {
	switch a.Result {
	case "anomaly":
		return []string{"not applied: " + a.Anomaly}
	case "rejected":
		return a.Faults
	}
	return []string{fmt.Sprintf("stored as message %d, and not judged yet: is a node on duty? It will be judged once, so do not send it under another id", a.Sequence)}
}

// parsePairs makes the data of an event from key=value arguments.
func parsePairs(t events.Type, pairs []string) (map[string]any, error) {
	kinds := fieldKinds(events.New(t))
	data := map[string]any{}
	for _, pair := range pairs {
		key, text, ok := strings.Cut(pair, "=")
		if !ok || key == "" {
			return nil, fmt.Errorf("%q is not key=value", pair)
		}
		if _, twice := data[key]; twice {
			return nil, fmt.Errorf("%s is given twice", key)
		}
		if path, isFile := strings.CutPrefix(text, "@"); isFile && (key == "plan" || key == "junit") {
			content, err := os.ReadFile(path)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", key, err)
			}
			data[key] = string(content)
			continue
		}
		kind, known := kinds[key]
		data[key] = parseValue(text, kind, known)
	}
	return data, nil
}

// fieldKinds maps the keys of a payload to the kind of their values; texts of
// any type (times too) are strings.
func fieldKinds(d events.Data) map[string]reflect.Kind {
	kinds := map[string]reflect.Kind{"time": reflect.String, "source": reflect.String, "visibility": reflect.String}
	number, timestamp := reflect.TypeFor[json.Number](), reflect.TypeFor[time.Time]()
	for f := range reflect.TypeOf(d).Elem().Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		typ := f.Type
		if typ.Kind() == reflect.Pointer {
			typ = typ.Elem()
		}
		switch typ {
		case number:
			kinds[name] = reflect.Float64
		case timestamp:
			kinds[name] = reflect.String
		default:
			kinds[name] = typ.Kind()
		}
	}
	return kinds
}

// parseValue reads a value as what its key holds. What does not fit stays a
// text, so that the fault is named by the rule of the vocabulary.
func parseValue(text string, kind reflect.Kind, known bool) any {
	if known && kind == reflect.String {
		return text
	}
	if v, err := strconv.ParseBool(text); err == nil && (text == "true" || text == "false") {
		return v
	}
	var parsed any
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.UseNumber() // a float would round large numbers
	if err := d.Decode(&parsed); err == nil && !d.More() && parsed != nil {
		if _, quoted := parsed.(string); !quoted {
			return parsed
		}
	}
	if known && kind == reflect.Slice {
		return strings.Split(text, ",")
	}
	return text
}

// newEventID is an id nobody else has.
func newEventID() string { return strings.ToLower(rand.Text()) }
