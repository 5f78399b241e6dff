package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/spf13/cobra"

	"upgradehub/statuspage/snapshot"
)

func (p *program) exportCommand() *cobra.Command {
	return withClient(&cobra.Command{
		Use:   "export DIR",
		Short: "Write the public pages as files for any web server",
		Long: `Export asks a running hub for its public pages and writes them, with the
answers of the Statuspage API, to a directory that any web server can show
while the hub is down. A hub with --snapshot-dir does the same by itself after
each change. It needs no token: it sees what visitors see.`,
		Example: "  hub export /srv/status\n  hub export --http https://status.example.org ./status",
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := p.client(cmd)
			if err != nil {
				return err
			}
			files, err := export(cmd.Context(), c, args[0])
			if err != nil {
				return err
			}
			if wantsJSON(cmd) {
				return printJSON(p.stdout, map[string]any{"dir": args[0], "files": files})
			}
			_, err = fmt.Fprintf(p.stdout, "%d files written to %s\n", files, args[0])
			return err
		},
	})
}

// export writes the pages of a hub to a directory, once.
func export(ctx context.Context, c *client, dir string) (files int, err error) {
	s, err := snapshot.New(snapshot.Config{Source: visitor{c}, Dir: dir})
	if err != nil {
		return 0, err
	}
	files, err = s.Write(ctx)
	return files, errors.Join(err, s.Close())
}

// visitor asks a hub over HTTP for what everybody may see: without the token.
type visitor struct{ *client }

// Get is the body at a path.
func (v visitor) Get(ctx context.Context, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, v.base+path, http.NoBody)
	if err != nil {
		return nil, err
	}
	resp, err := v.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("no hub answers: %w", err)
	}
	defer resp.Body.Close()
	// One byte more than is taken, to tell what is too long.
	raw, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	switch {
	case err != nil:
		return nil, fmt.Errorf("GET %s: %w", path, err)
	case resp.StatusCode != http.StatusOK:
		return nil, fmt.Errorf("GET %s: %s", path, resp.Status)
	case len(raw) > maxAnswer:
		return nil, fmt.Errorf("GET %s: the answer is longer than %d bytes", path, maxAnswer)
	}
	return raw, nil
}
