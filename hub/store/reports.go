package store

import (
	"context"
	"time"
)

// ReportRow is something that was broken for somebody; their words, and who they
// are, stand in PEOPLE.
type ReportRow struct {
	ID        string    `json:"id"`
	Upgrade   string    `json:"upgrade"`
	Component string    `json:"component,omitempty"`
	Channel   string    `json:"channel,omitempty"`
	HasText   bool      `json:"has_text,omitempty"`
	Recorded  time.Time `json:"recorded"`
}

const (
	reportColumns   = `id, upgrade, component, channel, has_text, recorded`
	insertReport    = `INSERT INTO reports (` + reportColumns + `) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`
	selectReport    = `SELECT ` + reportColumns + ` FROM reports WHERE id = ?`
	selectReportsOf = `SELECT ` + reportColumns + ` FROM reports WHERE id IN ` + bondedTo + ` ORDER BY recorded, id`
)

// PutReport adds a report; one that is there stays as it is.
func (tx *Tx) PutReport(r ReportRow) error {
	return tx.exec(insertReport, r.ID, r.Upgrade, r.Component, r.Channel, r.HasText, micros(r.Recorded))
}

func scanReport(row scanner) (ReportRow, error) {
	var r ReportRow
	err := row.Scan(&r.ID, &r.Upgrade, &r.Component, &r.Channel, &r.HasText, when{&r.Recorded})
	return r, err
}

// Report is one report; false if there is none.
func (s *Store) Report(ctx context.Context, id string) (ReportRow, bool, error) {
	r, err := scanReport(s.one(ctx, selectReport, id))
	ok, err := found(err)
	return r, ok, err
}

// ReportsOf lists what this node's mirror of PEOPLE says an owner has reported,
// oldest first, see [Bond].
func (s *Store) ReportsOf(ctx context.Context, owner string) ([]ReportRow, error) {
	return list(ctx, s, selectReportsOf, []any{owner}, scanReport)
}

const countReports = `SELECT r.upgrade, count(*) FROM reports r JOIN upgrades u ON u.id = r.upgrade
	WHERE json_extract(u.state, '$.state') IN ('in_progress', 'paused', 'verifying', 'rolling_back') GROUP BY r.upgrade ORDER BY r.upgrade`

func (s *Store) reportCounts(ctx context.Context) ([]ReportCount, error) {
	return list(ctx, s, countReports, nil, func(row scanner) (ReportCount, error) {
		var c ReportCount
		err := row.Scan(&c.Upgrade, &c.Count)
		return c, err
	})
}
