// Package store remembers: everything a node knows, in one SQLite file.
//
// The file holds the raw facts, with their hash chain, and the tables that
// follow from them. All that changes it goes through [Store.Update], one
// transaction on one connection; readers see the last commit and never wait.
// What is committed survives a power cut.
//
// The store knows how to keep and find things, not what a fact means: that is
// package ingest.
package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

// ErrNewer says that the file was written by a newer hub.
var ErrNewer = errors.New("database is newer than this hub")

//go:embed migrations/*.sql
var migrations embed.FS

// readers is how many connections read at once; more only take turns.
const readers = 8

// Store is an open file. Its methods may be called from any goroutine.
type Store struct {
	log   *slog.Logger
	pool  *sql.DB // writing: holds one connection
	read  *sql.DB
	write *writer
	stmts sync.Map // of reads, prepared, by query
	now   progress
	// mirrored tells of changes to the mirror of PEOPLE.
	mirrored changes
	past     past
}

// Open opens the file, creates it when it is missing and brings its tables
// up to date. A file of a newer hub is refused with [ErrNewer].
func Open(ctx context.Context, path string, log *slog.Logger) (*Store, error) {
	s := &Store{log: log}
	if err := s.open(ctx, path); err != nil {
		return nil, errors.Join(fmt.Errorf("open database %s: %w", path, err), s.Close())
	}
	return s, nil
}

func (s *Store) open(ctx context.Context, path string) error {
	path, err := create(path)
	if err != nil {
		return err
	}
	if s.pool, err = sql.Open("sqlite", writing(path)); err != nil {
		return err
	}
	s.pool.SetMaxOpenConns(1)
	if err := migrate(ctx, s.pool); err != nil {
		return err
	}
	if s.read, err = sql.Open("sqlite", reading(path)); err != nil {
		return err
	}
	s.read.SetMaxOpenConns(readers)
	s.read.SetMaxIdleConns(readers)
	if s.write, err = newWriter(ctx, s.pool); err != nil {
		return err
	}
	return s.begin(ctx)
}

// begin gives a fresh file the present fold version, and remembers where the
// file stands.
func (s *Store) begin(ctx context.Context) error {
	return s.Update(ctx, func(tx *Tx) error {
		m, err := tx.Meta()
		if err != nil || m.Seq > 0 {
			return err
		}
		m.FoldVersion = FoldVersion
		return tx.PutMeta(m)
	})
}

// Close closes the file. Nothing may be called afterwards.
func (s *Store) Close() error {
	var errs []error
	if s.write != nil {
		errs = append(errs, s.write.close())
	}
	s.stmts.Range(func(_, st any) bool {
		errs = append(errs, st.(*sql.Stmt).Close())
		return true
	})
	for _, db := range []*sql.DB{s.read, s.pool} {
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	return errors.Join(errs...)
}

// create makes the file, readable by its owner only: it holds addresses.
// SQLite gives its companion files the same mode.
func create(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", err
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", err
	}
	return path, f.Close()
}

// Pragmas belong in the name: by Exec they reach one connection of a pool.
func writing(path string) string {
	return dsn(path, "_txlock=immediate", "_pragma=busy_timeout(5000)", "_pragma=journal_mode(WAL)",
		"_pragma=synchronous(FULL)", "_pragma=foreign_keys(1)", "_pragma=secure_delete(1)", "_pragma=cache_size(-32768)")
}

func reading(path string) string {
	return dsn(path, "_pragma=busy_timeout(5000)", "_pragma=query_only(1)")
}

func dsn(path string, params ...string) string {
	var name strings.Builder
	name.WriteString("file:" + (&url.URL{Path: path}).EscapedPath())
	for i, p := range params {
		sep := "&"
		if i == 0 {
			sep = "?"
		}
		name.WriteString(sep + p)
	}
	return name.String()
}

func migrate(ctx context.Context, db *sql.DB) error {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, db, dir)
	if err != nil {
		return err
	}
	have, know, err := p.GetVersions(ctx)
	if err != nil {
		return err
	}
	if have > know {
		return fmt.Errorf("%w: it has schema %d and this hub knows %d: run the newer hub, or start with another data directory",
			ErrNewer, have, know)
	}
	_, err = p.Up(ctx)
	return err
}

// progress is the position as the last commit left it, and who waits for it.
type progress struct {
	mu    sync.Mutex
	log   string
	seq   uint64
	moved chan struct{} // closed by the next move; nil while nobody waits
}

func (p *progress) move(log string, seq uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.log, p.seq = log, seq
	if p.moved != nil {
		close(p.moved)
		p.moved = nil
	}
}

func (p *progress) at() (string, uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.log, p.seq
}

// next is nil when seq is reached, else closed by the next move.
func (p *progress) next(seq uint64) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.seq >= seq {
		return nil
	}
	if p.moved == nil {
		p.moved = make(chan struct{})
	}
	return p.moved
}

// Position is the identity of the log and the newest folded sequence.
func (s *Store) Position() (log string, seq uint64) { return s.now.at() }

// Wait returns when everything up to seq is folded and committed.
func (s *Store) Wait(ctx context.Context, seq uint64) error {
	for {
		moved := s.now.next(seq)
		if moved == nil {
			return nil
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return fmt.Errorf("wait for seq %d: %w", seq, context.Cause(ctx))
		}
	}
}
