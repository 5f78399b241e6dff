package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"upgradehub/events/lang"
)

// clientSettings are the flags with which a client command finds its hub.
var clientSettings = []string{"http", "data", "token"}

// withClient gives cmd the flags of a client, and those of more settings.
func withClient(cmd *cobra.Command, more ...string) *cobra.Command {
	addSettings(cmd, func(s setting) bool { return slices.Contains(clientSettings, s.name) || slices.Contains(more, s.name) })
	cmd.Flags().Lookup("http").Usage = "the hub, `host:port or URL`"
	cmd.Flags().Lookup("data").Usage = "the hub's data `directory`, where its token is found"
	cmd.Flags().Bool("json", false, "print JSON")
	return cmd
}

// addSettings adds the flags of the chosen settings, and --config.
func addSettings(cmd *cobra.Command, choose func(setting) bool) {
	flags := cmd.Flags()
	flags.String("config", "", "`file` with further configuration, hub.yaml [HUB_CONFIG]")
	for _, s := range settings {
		if !choose(s) {
			continue
		}
		usage := s.usage
		if s.secret {
			usage += "; `@file` reads it from a file"
		}
		flags.String(s.name, s.def, usage+" ["+s.env()+"]")
		if s.holdsSecret() {
			flags.String(s.name+"-file", "", "`file` that holds --"+s.name+" ["+s.env()+"_FILE]")
		}
	}
}

// givenFlags are the flags of the command line, without the defaults.
func givenFlags(cmd *cobra.Command) map[string]string {
	given := map[string]string{}
	for _, s := range settings {
		for _, name := range []string{s.name, s.name + "-file"} {
			if f := cmd.Flags().Lookup(name); f != nil && f.Changed {
				given[name] = f.Value.String()
			}
		}
	}
	if f := cmd.Flags().Lookup("config"); f != nil && f.Changed {
		given["config"] = f.Value.String()
	}
	return given
}

// client finds the hub a command speaks to: by flags, environment and file,
// as a hub that serves finds its own settings.
func (p *program) client(cmd *cobra.Command) (*client, error) {
	src, faults := readSources(givenFlags(cmd), p.getenv)
	found := map[string]value{}
	for _, s := range settings {
		if !slices.Contains(clientSettings, s.name) {
			continue
		}
		v := src.lookup(s)
		if v.err != nil {
			faults.add(v.fault(s))
		}
		found[s.name] = v
	}
	if err := faults.err(); err != nil {
		return nil, err
	}
	token := Secret(found["token"].text)
	if token == "" {
		kept, err := readSecret(filepath.Join(found["data"].text, "token"))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("operator token: %w", err)
		}
		token = kept
	}
	c, err := newClient(found["http"].text, token)
	if err != nil {
		return nil, &usageError{fmt.Errorf("--http %q %w", found["http"].text, err)}
	}
	return c, nil
}

// wantsJSON reports whether the command was asked for JSON.
func wantsJSON(cmd *cobra.Command) bool {
	asked, err := cmd.Flags().GetBool("json")
	return err == nil && asked
}

// printJSON writes v, indented.
func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// table writes rows in columns under their heads. What came from outside is
// quoted where a terminal would obey it.
func table(w io.Writer, heads []string, rows [][]string) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range append([][]string{heads}, rows...) {
		cells := make([]string, len(row))
		for i, cell := range row {
			cells[i] = printable(cell)
		}
		fmt.Fprintln(t, strings.TrimRight(strings.Join(cells, "\t"), "\t"))
	}
	return t.Flush()
}

// printable makes foreign text safe for a terminal: control characters are
// shown and not obeyed. The spaces of every language stay as they are: French
// has one before a colon that no line breaks at. The marks that set a text apart
// in Arabic are for readers of mail and pages.
func printable(s string) string {
	s = lang.Bare(s)
	if !strings.ContainsFunc(s, func(r rune) bool { return !strconv.IsGraphic(r) }) {
		return s
	}
	quoted := strconv.QuoteToGraphic(s)
	return quoted[1 : len(quoted)-1]
}

// handle posts what somebody did about an item or a lesson, and says how it
// stands.
func (p *program) handle(cmd *cobra.Command, path string, deed any) error {
	c, err := p.client(cmd)
	if err != nil {
		return err
	}
	raw, err := c.post(cmd.Context(), path, deed)
	if err != nil {
		return err
	}
	if wantsJSON(cmd) {
		return printJSON(p.stdout, raw)
	}
	stands, err := decode[struct{ ID, Status, Owner string }](raw)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "%s: %s", stands.ID, stands.Status)
	if stands.Owner != "" {
		fmt.Fprintf(p.stdout, ", %s sees to it", printable(stands.Owner))
	}
	fmt.Fprintln(p.stdout)
	return nil
}

// decode reads an answer of the hub.
func decode[T any](raw json.RawMessage) (T, error) {
	var v T
	if err := json.Unmarshal(raw, &v); err != nil {
		return v, fmt.Errorf("answer of the hub: %w", err)
	}
	return v, nil
}
