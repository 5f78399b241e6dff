package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"upgradehub/events"
	"upgradehub/events/forecast"
)

// The sorts of past work.
const (
	PastUpgrades  = "upgrade"
	PastRollbacks = "rollback"
)

// The origins of past work.
const (
	FromLog    = "log"
	FromImport = "import"
)

// PastRow is one piece of past work.
type PastRow struct {
	Sort   string `json:"sort"`   // PastUpgrades or PastRollbacks
	Origin string `json:"origin"` // FromLog or FromImport
	events.PastRun
}

// newestPast is how many past runs count: what is older than a thousand
// upgrades says little of the next, and costs as much.
const newestPast = 1000

const pastColumns = `sort, origin, id, start, known, system, title, planned, actual, phases, seq`

const selectHistory = `SELECT ` + pastColumns + ` FROM history WHERE sort = ? ORDER BY known DESC, id, start, origin LIMIT ?`

// Past lists past work of a sort, the newest thousand, newest first.
func (s *Store) Past(ctx context.Context, sort string) ([]PastRow, error) {
	return list(ctx, s, selectHistory, []any{sort, newestPast}, scanPast)
}

func scanPast(row scanner) (PastRow, error) {
	var p PastRow
	var start, known int64
	var phases string
	var seq uint64
	if err := row.Scan(&p.Sort, &p.Origin, &p.ID, &start, &known, &p.System, &p.Title, &p.Planned, &p.Actual, &phases, &seq); err != nil {
		return p, err
	}
	p.Start, p.Known = moment(start), moment(known)
	if err := json.Unmarshal([]byte(phases), &p.Phases); err != nil {
		return p, fmt.Errorf("past %s %q: %w", p.Sort, p.ID, err)
	}
	return p, nil
}

const selectImported = `SELECT ` + pastColumns + ` FROM history WHERE sort = 'upgrade' AND origin = 'import' AND id = ? AND start = ?`

// Imported is a run that was imported, by its id and start; false if there is
// none.
func (s *Store) Imported(ctx context.Context, id string, start time.Time) (PastRow, bool, error) {
	p, err := scanPast(s.read.QueryRowContext(ctx, selectImported, id, micros(start)))
	ok, err := found(err)
	return p, ok, err
}

// History is what past work of a sort teaches.
func (s *Store) History(ctx context.Context, sort string) (*forecast.History, error) {
	rows, err := s.Past(ctx, sort)
	if err != nil {
		return nil, err
	}
	runs := make([]forecast.Run, len(rows))
	for i, r := range rows {
		runs[i] = r.run()
	}
	return forecast.New(runs), nil
}

func (r PastRow) run() forecast.Run {
	run := forecast.Run{
		ID: r.ID, System: r.System, Title: r.Title, Start: r.Start, Known: r.Known,
		Planned: seconds(r.Planned), Actual: seconds(r.Actual),
	}
	for _, p := range r.Phases {
		run.Phases = append(run.Phases, forecast.Phase{Kind: p.Kind, Planned: seconds(p.Planned), Actual: seconds(p.Actual)})
	}
	return run
}

func seconds(n int64) time.Duration { return time.Duration(n) * time.Second }

const selectPastSeq = `SELECT coalesce(max(seq), 0) FROM history`

// PastSeq is the newest fact that added to the history.
func (s *Store) PastSeq(ctx context.Context) (seq uint64, err error) {
	_, err = s.row(ctx, selectPastSeq, nil, &seq)
	return seq, err
}

const (
	upsertPast = `INSERT OR REPLACE INTO history (` + pastColumns + `) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`
	deletePast = `DELETE FROM history WHERE sort IN ('upgrade', 'rollback') AND origin = 'log' AND id = ?`
)

// PutPast keeps a piece of past work in the place of the same one.
func (tx *Tx) PutPast(p PastRow, seq uint64) error {
	phases, err := json.Marshal(p.Phases) // null for none
	if err != nil {
		return err
	}
	return tx.exec(upsertPast, p.Sort, p.Origin, p.ID, micros(p.Start), micros(p.Known), p.System, p.Title, p.Planned, p.Actual, string(phases), seq)
}

// DropPast forgets what an upgrade of this log taught: it goes on.
func (tx *Tx) DropPast(upgrade string) error { return tx.exec(deletePast, upgrade) }
