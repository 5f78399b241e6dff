package ingest

import (
	"upgradehub/events"
	"upgradehub/events/bus"
	"upgradehub/events/upgrade"
	"upgradehub/hub/store"
)

// itemDays is within how many working days somebody is to look at an item.
const itemDays = 2

// raise makes an item of a low answer or a report. Who leads the upgrade by its
// plan answers for it.
func (b *batch) raise(kind, id, upgradeID string, f bus.Fact) error {
	u, err := b.known(upgradeID)
	if err != nil {
		return err
	}
	item := store.ItemRow{
		ID: id, Upgrade: upgradeID, Kind: kind, Raised: f.Event.Recorded, Due: upgrade.WorkingDaysAfter(f.Event.Recorded, itemDays),
	}
	if u != nil && u.Plan != nil {
		if chain := u.Plan.Chain("lead"); len(chain) > 0 {
			item.Owner = chain[0]
		}
	}
	return b.tx.RaiseItem(item)
}

// look raises an item for a low answer, and closes the one of an answer that is
// low no more, unless somebody has looked at it.
func (b *batch) look(f bus.Fact, a store.AnswerRow) error {
	if !a.Low() {
		return b.tx.CloseItem(a.Answer)
	}
	return b.raise(store.ItemAnswer, a.Answer, a.Upgrade, f)
}

// reported keeps a report, which somebody is to look at in any case.
func (b *batch) reported(f bus.Fact, d *events.FeedbackReported) error {
	err := b.tx.PutReport(store.ReportRow{
		ID: d.Report, Upgrade: f.Event.Upgrade, Component: d.Component, Channel: d.Channel, HasText: d.HasText,
		Recorded: f.Event.Recorded,
	})
	if err != nil {
		return err
	}
	return b.raise(store.ItemReport, d.Report, f.Event.Upgrade, f)
}

// lapsed marks what nobody has looked at in time.
func (b *batch) lapsed(f bus.Fact, d *events.FeedbackOverdue) error {
	for _, id := range d.Items {
		if err := b.tx.LapseItem(id, f.Event.Recorded); err != nil {
			return err
		}
	}
	return nil
}
