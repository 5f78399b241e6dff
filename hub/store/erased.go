package store

import "context"

const selectErasedMail = `SELECT d.id FROM subscribers s JOIN deliveries d ON d.subscriber = s.id
	WHERE s.state = 'erased' AND d.channel = 'email'`

// ErasedMail lists the deliveries by mail to recipients who were erased since.
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
