package email

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Maildir is where returned mail arrives.
type Maildir struct {
	Dir      string
	Interval time.Duration // how often to look
	// Take deals with one mail; one whose Take failed comes again.
	Take func(ctx context.Context, mail *os.File) error
	// Tell is told once of each mail that could not be opened or marked.
	Tell func(error)

	told map[string]bool // by name
	done map[string]bool // dealt with, but not marked
}

// Watch hands every mail that arrives to Take, and marks it as seen when Take
// has dealt with it. It looks until ctx ends, and returns only what makes
// looking again useless: that the directory is none.
func (m Maildir) Watch(ctx context.Context) error {
	if err := isMaildir(m.Dir); err != nil {
		return err
	}
	m.told, m.done = map[string]bool{}, map[string]bool{}
	ticker := time.NewTicker(m.Interval)
	defer ticker.Stop()
	for {
		if err := m.takeNew(ctx); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
		}
	}
}

func isMaildir(dir string) error {
	for _, sub := range []string{"new", "cur"} {
		info, err := os.Stat(filepath.Join(dir, sub))
		if err == nil && !info.IsDir() {
			err = errors.New("not a directory")
		}
		if err != nil {
			return fmt.Errorf("maildir %s: want the directories new and cur in it: %w", dir, err)
		}
	}
	return nil
}

func (m Maildir) takeNew(ctx context.Context) error {
	entries, err := os.ReadDir(filepath.Join(m.Dir, "new"))
	if err != nil {
		return fmt.Errorf("maildir %s: %w", m.Dir, err)
	}
	for _, e := range entries {
		if ctx.Err() != nil {
			return nil //nolint:nilerr // what is left comes again
		}
		if !e.Type().IsRegular() {
			continue
		}
		if !m.takeOne(ctx, e.Name()) {
			return nil // Take has told why; the mail stays new and comes again
		}
	}
	return nil
}

// takeOne moves the mail to cur with the flag S, as a reader does who has seen
// it (https://cr.yp.to/proto/maildir.html). It is false if Take failed, which
// it will for the next one as well.
func (m Maildir) takeOne(ctx context.Context, name string) bool {
	path := filepath.Join(m.Dir, "new", name)
	if !m.done[name] {
		f, err := os.Open(path) //nolint:gosec // the operator's own directory
		if err != nil {
			m.trouble(name, err)
			return true
		}
		err = m.Take(ctx, f)
		_ = f.Close() // it was only read
		if err != nil {
			return false
		}
	}
	err := os.Rename(path, filepath.Join(m.Dir, "cur", name+":2,S"))
	m.done[name] = err != nil
	m.trouble(name, err)
	return true
}

// trouble tells of what the operator must mend, once for each mail. Another
// reader may have been first: then there is none.
func (m Maildir) trouble(name string, err error) {
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		delete(m.told, name)
		delete(m.done, name)
		return
	}
	if !m.told[name] {
		m.told[name] = true
		m.Tell(fmt.Errorf("maildir %s: %w", m.Dir, err))
	}
}
