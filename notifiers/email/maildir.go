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

// WatchMaildir hands every mail that arrives in a maildir to take, and marks
// it as seen when take has dealt with it: a mail whose take failed comes again.
// It looks every interval until ctx ends, and returns only what makes looking
// again useless: that the directory is none.
func WatchMaildir(ctx context.Context, dir string, interval time.Duration, take func(ctx context.Context, mail *os.File) error) error {
	if err := isMaildir(dir); err != nil {
		return err
	}
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		if err := takeNew(ctx, dir, take); err != nil {
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

func takeNew(ctx context.Context, dir string, take func(context.Context, *os.File) error) error {
	entries, err := os.ReadDir(filepath.Join(dir, "new"))
	if err != nil {
		return fmt.Errorf("maildir %s: %w", dir, err)
	}
	for _, e := range entries {
		if ctx.Err() != nil {
			return nil //nolint:nilerr // what is left comes again
		}
		if !e.Type().IsRegular() {
			continue
		}
		if err := takeOne(ctx, dir, e.Name(), take); err != nil {
			return nil //nolint:nilerr // take has told why; the mail stays new and comes again
		}
	}
	return nil
}

// takeOne moves the mail to cur with the flag S, as a reader does who has seen
// it (https://cr.yp.to/proto/maildir.html).
func takeOne(ctx context.Context, dir, name string, take func(context.Context, *os.File) error) error {
	path := filepath.Join(dir, "new", name)
	f, err := os.Open(path) //nolint:gosec // the operator's own directory
	if errors.Is(err, fs.ErrNotExist) {
		return nil // another reader was first
	}
	if err != nil {
		return err
	}
	err = take(ctx, f)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return os.Rename(path, filepath.Join(dir, "cur", name+":2,S"))
}
