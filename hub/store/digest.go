package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"
	"hash"
	"slices"
)

// derived are the tables that follow from the facts, in the order of the
// digest; those that refer to others stand behind them.
var derived = []struct{ table, columns, order string }{
	{"upgrades", "id, state, seq, planned, drill, window_start", "id"},
	{"timeline", timelineColumns, "seq"},
	{"rejected", "seq, intake, subject, upgrade, reasons, payload, recorded", "seq"},
	{"duties", "epoch, node, seq", "epoch"},
	{"subscribers", subscriberColumns, "id"},
	{"members", "audience, person, subscriber", "audience, person, subscriber"},
	{"notices", "id, cause, upgrade, json, epoch, superseded", "id"},
	{"pages", "cause, upgrade, after, seq, owed_at", "cause"},
	{"deliveries", deliveryColumns, "id"},
	{"roots", "upgrade, subscriber, place, ts", "upgrade, subscriber"},
	{"cards", "upgrade, subscriber, card, place, ts", "upgrade, subscriber, card"},
	{"acknowledgements", "delivery, person, recorded", "delivery, person"},
	{"links", "hash, " + linkColumns, "hash"},
	{"answers", answerColumns + ", shown", "id"},
	{"anonymous_answers", anonymousColumns + ", shown", "id"},
	{"shown_answers", shownColumns, "id"},
	{"late_answers", "upgrade, n", "upgrade"},
	{"reports", reportColumns, "id"},
	{"items", itemColumns, "id"},
	{"past_invitations", "upgrade, n, used, forgotten", "upgrade"},
	{"history", pastColumns, "sort, origin, id, start"},
	{"forecasts", forecastColumns, "seq, phase"},
	{"usage", "system, at, value", "system, at"},
	{"lessons", lessonColumns, "id"},
}

// Digest is the hex SHA-256 over everything that follows from the facts, and
// the end of their hash chain. Nodes of one fold version at one position have
// the same.
func (s *Store) Digest(ctx context.Context) (string, error) {
	tx, err := s.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return "", fmt.Errorf("digest: %w", err)
	}
	defer tx.Rollback() // nothing was written
	h := sha256.New()
	if err := hashTable(ctx, tx, h, selectMeta); err != nil {
		return "", fmt.Errorf("digest meta: %w", err)
	}
	for _, t := range derived {
		fmt.Fprintf(h, "table %s\n", t.table)
		if err := hashTable(ctx, tx, h, "SELECT "+t.columns+" FROM "+t.table+" ORDER BY "+t.order); err != nil {
			return "", fmt.Errorf("digest %s: %w", t.table, err)
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func hashTable(ctx context.Context, tx *sql.Tx, h hash.Hash, query string) error {
	rows, err := tx.QueryContext(ctx, query)
	if err != nil {
		return err
	}
	defer rows.Close() // also when its columns cannot be named
	names, err := rows.Columns()
	if err != nil {
		return err
	}
	values, dest := make([]any, len(names)), make([]any, len(names))
	for i := range values {
		dest[i] = &values[i]
	}
	return drain(rows, nil, func(rows *sql.Rows) error {
		if err := rows.Scan(dest...); err != nil {
			return err
		}
		for _, v := range values {
			hashValue(h, v)
		}
		return nil
	})
}

// hashValue writes the length before what may contain anything, so that no
// two rows read the same.
func hashValue(h hash.Hash, v any) {
	switch v := v.(type) {
	case string:
		fmt.Fprintf(h, "s%d:%s", len(v), v)
	case []byte:
		fmt.Fprintf(h, "b%d:%s", len(v), v)
	default:
		fmt.Fprintf(h, "%T %v;", v, v)
	}
}

// Clear empties every table that follows from the facts, and keeps of the
// Meta what the raw facts do not say anew: the end of their chain. Folding
// them again is up to the caller.
func (tx *Tx) Clear() error {
	for _, d := range slices.Backward(derived) {
		if err := tx.exec("DELETE FROM " + d.table); err != nil {
			return fmt.Errorf("clear %s: %w", d.table, err)
		}
	}
	m, err := tx.Meta()
	if err != nil {
		return err
	}
	return tx.PutMeta(Meta{Log: m.Log, Seq: m.Seq, Link: m.Link, FoldVersion: m.FoldVersion})
}
