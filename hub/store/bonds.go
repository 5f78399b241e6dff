package store

import "context"

// Bond says whose an answer or a report is. It stands in PEOPLE alone, and is
// erased with the person, or once the upgrade is forgotten; what is read here is
// this node's mirror.
type Bond struct {
	Key string // in PEOPLE
	// Of is the id of the answer or report.
	Of string
	// Owner is the id of the subscriber whose personal link it was, of a person
	// in Slack, or of the browser in which an open form was filled in.
	Owner string
}

const (
	bondColumns   = `key, coalesce(bond_of, ''), coalesce(bond_owner, '')`
	selectBond    = `SELECT ` + bondColumns + ` FROM people WHERE bond_of = ?`
	selectBondsOf = `SELECT ` + bondColumns + ` FROM people WHERE bond_owner = ? ORDER BY key`
	// bondedTo are the ids of the answers and reports of an owner: ?1.
	bondedTo = `(SELECT bond_of FROM people WHERE bond_owner = ?1)`
)

func scanBond(row scanner) (b Bond, err error) {
	err = row.Scan(&b.Key, &b.Of, &b.Owner)
	return b, err
}

// Bond is that of an answer or a report; false if nobody is known.
func (s *Store) Bond(ctx context.Context, of string) (Bond, bool, error) {
	b, err := scanBond(s.one(ctx, selectBond, of))
	ok, err := found(err)
	return b, ok, err
}

// BondsOf lists those of an owner, by key.
func (s *Store) BondsOf(ctx context.Context, owner string) ([]Bond, error) {
	return list(ctx, s, selectBondsOf, []any{owner}, scanBond)
}

// By key, which is a keyed hash: the order in which they are erased must not be
// that of the answers.
const selectForgottenBonds = `SELECT ` + bondColumns + ` FROM past_invitations p
	JOIN people ON key >= 'bond.' || p.upgrade || '.' AND key < 'bond.' || p.upgrade || '/'
	WHERE p.forgotten ORDER BY key LIMIT ?`

// ForgottenBonds lists at most limit bonds about upgrades of which it is to be
// forgotten who answered and reported.
func (s *Store) ForgottenBonds(ctx context.Context, limit int) ([]Bond, error) {
	return list(ctx, s, selectForgottenBonds, []any{limit}, scanBond)
}

const selectForgotten = `SELECT i.id FROM items i JOIN past_invitations p ON p.upgrade = i.upgrade AND p.forgotten
	WHERE EXISTS (SELECT 1 FROM people WHERE key IN ('note.' || i.id, 'reply.' || i.id)) ORDER BY i.id LIMIT ?`

// ForgottenItems lists at most limit items about which this node's mirror still
// has what was noted or replied, although it is forgotten whose they are.
func (s *Store) ForgottenItems(ctx context.Context, limit int) ([]string, error) {
	return list(ctx, s, selectForgotten, []any{limit}, func(row scanner) (id string, err error) {
		err = row.Scan(&id)
		return id, err
	})
}
