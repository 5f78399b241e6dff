package store

import (
	"context"
	"time"

	"upgradehub/events/bus"
)

const metaColumns = `log, seq, link, fold_version, epoch, duty_node, admitted, last_recorded, planned, held`

const selectMeta = `SELECT ` + metaColumns + ` FROM meta`

// Meta is what the node knows of the log as a whole.
func (s *Store) Meta(ctx context.Context) (Meta, error) {
	return scanMeta(s.one(ctx, selectMeta))
}

// Meta is the Meta as this transaction sees it.
func (tx *Tx) Meta() (Meta, error) {
	if tx.meta != nil {
		return *tx.meta, nil
	}
	st, err := tx.w.stmt(tx.ctx, selectMeta)
	if err != nil {
		return Meta{}, err
	}
	m, err := scanMeta(st.QueryRowContext(tx.ctx))
	if err == nil {
		tx.meta = &m
	}
	return m, err
}

func scanMeta(row scanner) (Meta, error) {
	var m Meta
	var recorded int64
	err := row.Scan(&m.Log, &m.Seq, &m.Link, &m.FoldVersion, &m.Epoch, &m.DutyNode, &m.Admitted, &recorded, &m.Planned, &m.Held)
	m.LastRecorded = moment(recorded)
	return m, err
}

const updateMeta = `UPDATE meta SET log = ?, seq = ?, link = ?, fold_version = ?, epoch = ?, duty_node = ?,
	admitted = ?, last_recorded = ?, planned = ?, held = ?`

// PutMeta writes the Meta.
func (tx *Tx) PutMeta(m Meta) error {
	if m.Link == nil {
		m.Link = []byte{}
	}
	// Rounded up, so that whatever is recorded next is not earlier.
	recorded := micros(m.LastRecorded.Add(time.Microsecond - 1))
	err := tx.exec(updateMeta, m.Log, m.Seq, m.Link, m.FoldVersion, m.Epoch, m.DutyNode, m.Admitted, recorded, m.Planned, m.Held)
	if err == nil {
		tx.meta = &m
	}
	return err
}

const selectLast = `SELECT meta.log, meta.seq, coalesce(log.raw, x'') FROM meta LEFT JOIN log ON log.seq = meta.seq`

// Resume is where following the log goes on.
func (s *Store) Resume(ctx context.Context) (bus.Position, error) {
	var p bus.Position
	err := s.one(ctx, selectLast).Scan(&p.Log, &p.Seq, &p.Raw)
	return p, err
}
