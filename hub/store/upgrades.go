package store

import (
	"context"
	"encoding/json"
	"fmt"

	"upgradehub/events/upgrade"
	"upgradehub/statuspage"
)

const selectUpgrade = `SELECT id, state, seq FROM upgrades WHERE id = ?`

// LoadUpgrade is an upgrade and the seq of the newest fact that changed it;
// nil and 0 if nothing is known of it.
func (tx *Tx) LoadUpgrade(id string) (*upgrade.Upgrade, uint64, error) {
	st, err := tx.w.stmt(tx.ctx, selectUpgrade)
	if err != nil {
		return nil, 0, err
	}
	row, err := scanUpgrade(st.QueryRowContext(tx.ctx, id))
	if ok, err := found(err); !ok {
		return nil, 0, err
	}
	return row.u, row.seq, nil
}

const upsertUpgrade = `INSERT INTO upgrades (id, state, seq, planned, drill, window_start) VALUES (?, ?, ?, ?, ?, ?)
	ON CONFLICT (id) DO UPDATE SET state = excluded.state, seq = excluded.seq, planned = excluded.planned,
		drill = excluded.drill, window_start = excluded.window_start`

// PutUpgrade writes an upgrade; seq is that of the newest fact that changed it.
func (tx *Tx) PutUpgrade(u *upgrade.Upgrade, seq uint64) error {
	b, err := json.Marshal(u)
	if err != nil {
		return fmt.Errorf("upgrade %q: %w", u.ID, err)
	}
	var drill bool
	var start int64
	if u.Plan != nil {
		drill, start = u.Plan.Drill, micros(u.Plan.Window.Start)
	}
	return tx.exec(upsertUpgrade, u.ID, string(b), seq, u.Plan != nil, drill, start)
}

func scanUpgrade(row scanner) (state, error) {
	var id, text string
	st := state{u: new(upgrade.Upgrade)}
	if err := row.Scan(&id, &text, &st.seq); err != nil {
		return state{}, err
	}
	if err := json.Unmarshal([]byte(text), st.u); err != nil {
		return state{}, fmt.Errorf("upgrade %q: %w", id, err)
	}
	return st, nil
}

const selectBoard = `SELECT id, state, seq FROM upgrades WHERE planned = 1 AND drill = 0 ORDER BY window_start DESC, id`

// Upgrades lists every planned upgrade that is not a drill, newest window
// first.
func (s *Store) Upgrades(ctx context.Context) ([]upgrade.Public, error) {
	return list(ctx, s, selectBoard, nil, func(row scanner) (upgrade.Public, error) {
		st, err := scanUpgrade(row)
		if err != nil {
			return upgrade.Public{}, err
		}
		return st.u.Public(st.seq), nil
	})
}

// Upgrade is one planned upgrade, drills included;
// [statuspage.ErrNotFound] if there is none.
func (s *Store) Upgrade(ctx context.Context, id string) (upgrade.Public, error) {
	u, seq, err := s.Full(ctx, id)
	if err != nil {
		return upgrade.Public{}, err
	}
	if u == nil || u.Plan == nil {
		return upgrade.Public{}, fmt.Errorf("upgrade %q: %w", id, statuspage.ErrNotFound)
	}
	return u.Public(seq), nil
}

// Full is one upgrade with all that is internal, planned or not, and the seq
// of the newest fact that changed it; nil if nothing is known of it.
func (s *Store) Full(ctx context.Context, id string) (*upgrade.Upgrade, uint64, error) {
	st, err := scanUpgrade(s.one(ctx, selectUpgrade, id))
	if ok, err := found(err); !ok {
		return nil, 0, err
	}
	return st.u, st.seq, nil
}

const selectAll = `SELECT id, state, seq FROM upgrades ORDER BY id`

// All lists every upgrade with all that is internal, planned or not, by id.
func (s *Store) All(ctx context.Context) ([]*upgrade.Upgrade, error) {
	return list(ctx, s, selectAll, nil, func(row scanner) (*upgrade.Upgrade, error) {
		st, err := scanUpgrade(row)
		return st.u, err
	})
}
