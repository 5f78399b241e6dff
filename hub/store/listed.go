package store

import (
	"context"
	"time"
)

// Unlisted is what is new of somebody and stood in no list yet.
type Unlisted struct {
	Owner string
	// Upgrade is that of the first one, which was raised at First.
	Upgrade string
	First   time.Time
	// Last is until when their last list went; zero if they had none.
	Last time.Time
}

// A column that is bare beside min() is of the row with the least.
const selectUnlisted = `SELECT owner, upgrade, min(raised), (SELECT max(listed) FROM items l WHERE l.owner = i.owner)
	FROM items i WHERE status = 'new' AND listed = 0 AND owner <> '' GROUP BY owner ORDER BY owner`

// Unlisted is whose new items stood in no list yet.
func (s *Store) Unlisted(ctx context.Context) ([]Unlisted, error) {
	return list(ctx, s, selectUnlisted, nil, func(row scanner) (Unlisted, error) {
		var u Unlisted
		return u, row.Scan(&u.Owner, &u.Upgrade, when{&u.First}, when{&u.Last})
	})
}

const (
	selectListed = readItems + `WHERE i.status = 'new' AND i.owner = ? AND i.listed = ? ORDER BY i.upgrade, i.raised, i.id LIMIT ?`
	countNew     = `SELECT count(*) FROM items WHERE status = 'new' AND owner = ? AND listed = 0 AND raised <= ?`
	updateListed = `UPDATE items SET listed = ?2 WHERE owner = ?1 AND listed = 0 AND raised <= ?2`
)

// Listed are those of the list of an owner that went until a time which nobody
// has looked at, by upgrade.
func (s *Store) Listed(ctx context.Context, owner string, until time.Time, limit int) ([]ItemRow, error) {
	return list(ctx, s, selectListed, []any{owner, micros(until), limit}, scanItem)
}

// CountUnlisted is how many new items of an owner a list until a time would
// have.
func (s *Store) CountUnlisted(ctx context.Context, owner string, until time.Time) (n int, err error) {
	_, err = s.row(ctx, countNew, []any{owner, micros(until)}, &n)
	return n, err
}

// ListItems notes that the items of an owner stand in the list until a time.
func (tx *Tx) ListItems(owner string, until time.Time) error {
	return tx.exec(updateListed, owner, micros(until))
}
