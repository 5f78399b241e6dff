package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"
)

// writer is the one connection that writes, with its statements prepared.
//
// It begins and ends transactions itself: statements prepared on a pool would
// be prepared again in every transaction, which costs more than a small
// transaction does.
type writer struct {
	mu    sync.Mutex
	conn  *sql.Conn
	stmts map[string]*sql.Stmt
}

func newWriter(ctx context.Context, pool *sql.DB) (*writer, error) {
	conn, err := pool.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &writer{conn: conn, stmts: make(map[string]*sql.Stmt)}, nil
}

func (w *writer) close() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	var errs []error
	for _, st := range w.stmts {
		errs = append(errs, st.Close())
	}
	return errors.Join(append(errs, w.conn.Close())...)
}

func (w *writer) stmt(ctx context.Context, query string) (*sql.Stmt, error) {
	if st := w.stmts[query]; st != nil {
		return st, nil
	}
	st, err := w.conn.PrepareContext(ctx, query)
	if err == nil {
		w.stmts[query] = st
	}
	return st, err
}

// Tx is a transaction under way. It ends with the function it was given to.
type Tx struct {
	ctx  context.Context // in a field, because a Tx lives no longer than one call of Update
	w    *writer
	meta *Meta // as last read or written
}

// Update runs f in one transaction and commits what it did, or nothing at all
// if it fails. Updates take turns. A transaction under way is finished even
// when ctx ends.
func (s *Store) Update(ctx context.Context, f func(*Tx) error) error {
	s.write.mu.Lock()
	defer s.write.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	tx := &Tx{ctx: context.WithoutCancel(ctx), w: s.write}
	if err := tx.run(f); err != nil {
		return err
	}
	if tx.meta != nil {
		s.now.move(tx.meta.Log, tx.meta.Seq)
	}
	return nil
}

func (tx *Tx) run(f func(*Tx) error) (err error) {
	if err := tx.exec("BEGIN IMMEDIATE"); err != nil {
		return err
	}
	// A panic must not leave the transaction open for the next one.
	done := false
	defer func() {
		if !done {
			err = errors.Join(err, tx.exec("ROLLBACK"))
		}
	}()
	if err := f(tx); err != nil {
		return err
	}
	if err := tx.exec("COMMIT"); err != nil {
		return err
	}
	done = true
	return nil
}

func (tx *Tx) exec(query string, args ...any) error {
	_, err := tx.count(query, args...)
	return err
}

// count executes the query and says how many rows it changed.
func (tx *Tx) count(query string, args ...any) (int64, error) {
	st, err := tx.w.stmt(tx.ctx, query)
	if err != nil {
		return 0, fmt.Errorf("prepare %q: %w", query, err)
	}
	res, err := st.ExecContext(tx.ctx, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// row scans the first row of the query; ok is false if there is none.
func (tx *Tx) row(query string, args []any, dest ...any) (ok bool, err error) {
	st, err := tx.w.stmt(tx.ctx, query)
	if err != nil {
		return false, fmt.Errorf("prepare %q: %w", query, err)
	}
	return found(st.QueryRowContext(tx.ctx, args...).Scan(dest...))
}

// each calls scan for every row of the query.
func (tx *Tx) each(query string, args []any, scan func(*sql.Rows) error) error {
	st, err := tx.w.stmt(tx.ctx, query)
	if err != nil {
		return fmt.Errorf("prepare %q: %w", query, err)
	}
	rows, err := st.QueryContext(tx.ctx, args...)
	return drain(rows, err, scan)
}

// each calls scan for every row of the query.
func (s *Store) each(ctx context.Context, query string, args []any, scan func(*sql.Rows) error) error {
	st, err := s.prepared(ctx, query)
	if err != nil {
		return err
	}
	rows, err := st.QueryContext(ctx, args...)
	return drain(rows, err, scan)
}

// prepared is a query of readers, prepared once: doing it anew costs more than
// most queries do.
func (s *Store) prepared(ctx context.Context, query string) (*sql.Stmt, error) {
	if st, ok := s.stmts.Load(query); ok {
		return st.(*sql.Stmt), nil
	}
	st, err := s.read.PrepareContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("prepare %q: %w", query, err)
	}
	kept, twice := s.stmts.LoadOrStore(query, st)
	if twice {
		_ = st.Close() // another reader was faster
	}
	return kept.(*sql.Stmt), nil
}

// one is the first row of a query.
func (s *Store) one(ctx context.Context, query string, args ...any) *sql.Row {
	st, err := s.prepared(ctx, query)
	if err != nil {
		return s.read.QueryRowContext(ctx, query, args...) // which says so
	}
	return st.QueryRowContext(ctx, args...)
}

// row scans the first row of the query; ok is false if there is none.
func (s *Store) row(ctx context.Context, query string, args []any, dest ...any) (ok bool, err error) {
	return found(s.one(ctx, query, args...).Scan(dest...))
}

func drain(rows *sql.Rows, err error, scan func(*sql.Rows) error) error {
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := scan(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// list collects what one scans from every row of the query.
func list[T any](ctx context.Context, s *Store, query string, args []any, one func(scanner) (T, error)) ([]T, error) {
	var all []T
	err := s.each(ctx, query, args, func(rows *sql.Rows) error {
		t, err := one(rows)
		all = append(all, t)
		return err
	})
	return all, err
}

// scanner is a [sql.Row] or [sql.Rows].
type scanner interface{ Scan(dest ...any) error }

func found(err error) (bool, error) {
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// micros is how the tables keep a time.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// forever is the last moment of what is useful without end.
const forever = math.MaxInt64

func until(t time.Time) int64 {
	if t.IsZero() {
		return forever
	}
	return t.UnixMicro()
}

func moment(us int64) time.Time {
	if us == 0 || us == forever {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}
