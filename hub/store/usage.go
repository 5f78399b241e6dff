package store

import (
	"context"

	"upgradehub/events"
)

const (
	upsertUsage  = `INSERT OR REPLACE INTO usage (system, at, value) VALUES (?, ?, ?)`
	selectUsage  = `SELECT at, value FROM usage WHERE system = ? ORDER BY at`
	selectSystem = `SELECT DISTINCT system FROM usage ORDER BY system`
)

// PutUsage keeps how many people a system had; what was said of the same
// moment before is replaced.
func (tx *Tx) PutUsage(u *events.Usage) error {
	for _, s := range u.Samples {
		if err := tx.exec(upsertUsage, u.System, micros(s.Time), s.Value); err != nil {
			return err
		}
	}
	return nil
}

// Usage lists how many people a system had, oldest first.
func (s *Store) Usage(ctx context.Context, system string) ([]events.Sample, error) {
	return list(ctx, s, selectUsage, []any{system}, func(row scanner) (events.Sample, error) {
		var sample events.Sample
		var at int64
		err := row.Scan(&at, &sample.Value)
		sample.Time = moment(at)
		return sample, err
	})
}

// UsageSystems lists the systems of which usage is known.
func (s *Store) UsageSystems(ctx context.Context) ([]string, error) {
	return list(ctx, s, selectSystem, nil, func(row scanner) (name string, err error) {
		err = row.Scan(&name)
		return name, err
	})
}
