package store

import "context"

// A reply is addressed to an answer, and is of whoever that is of.
const selectErasedMail = `SELECT d.id FROM subscribers s JOIN deliveries d ON d.subscriber = s.id
	WHERE s.state = 'erased' AND d.channel = 'email'
	UNION ALL SELECT d.id FROM deliveries d WHERE d.moment = 'reply' AND d.channel = 'email'
		AND NOT EXISTS (SELECT 1 FROM people WHERE bond_of = d.subscriber)`

// ErasedMail lists the deliveries by mail to recipients who were erased since, or
// of whom it is forgotten who they are. This node's mirror of PEOPLE must be whole.
func (s *Store) ErasedMail(ctx context.Context) ([]string, error) {
	return list(ctx, s, selectErasedMail, nil, func(row scanner) (id string, err error) {
		err = row.Scan(&id)
		return id, err
	})
}

// Settle empties the write-ahead log, in which erased contents stand until they
// are written over. [Store.PutPeople] does it when it erases; a reader may have
// held that up.
func (s *Store) Settle(ctx context.Context) error { return s.truncate(ctx) }
