package ingest

import (
	"errors"

	"upgradehub/events"
	"upgradehub/events/bus"
	"upgradehub/events/upgrade"
	"upgradehub/hub/store"
)

// imported keeps the history that an operator brought. A run that comes again
// replaces what was known of it.
func (b *batch) imported(f bus.Fact, d *events.HistoryImported) error {
	for _, run := range d.Runs {
		if err := b.tx.PutPast(store.PastRow{Sort: store.PastUpgrades, Origin: store.FromImport, PastRun: run}, f.Seq); err != nil {
			return err
		}
	}
	return nil
}

// learn makes history of an upgrade that has ended, and takes it back from one
// that was reopened.
func (b *batch) learn(u *upgrade.Upgrade, seq uint64) error {
	if u.Plan == nil {
		return nil
	}
	if err := errors.Join(b.tx.DropPast(u.ID), b.tx.ReopenForecasts(u.ID)); err != nil {
		return err
	}
	if run, ok := u.Past(); ok {
		return errors.Join(b.settle(u), b.tx.PutPast(store.PastRow{Sort: store.PastUpgrades, Origin: store.FromLog, PastRun: run}, seq))
	}
	if run, ok := u.PastRollback(); ok {
		return b.tx.PutPast(store.PastRow{Sort: store.PastRollbacks, Origin: store.FromLog, PastRun: run}, seq)
	}
	return nil
}

// settle notes when what was forecast of a completed upgrade ended.
func (b *batch) settle(u *upgrade.Upgrade) error {
	err := b.tx.SettleForecasts(u.ID, "", u.Finished.At)
	for _, p := range u.Phases {
		if p.State == upgrade.Finished && p.Outcome == events.Success && err == nil {
			err = b.tx.SettleForecasts(u.ID, p.ID, p.Ended.At)
		}
	}
	return err
}

// foreseen keeps a forecast that is shown from now on, to be scored.
func (b *batch) foreseen(f bus.Fact, u *upgrade.Upgrade, d *events.ForecastMade) error {
	if u.Plan.Drill {
		return nil
	}
	list := d.Phases
	if d.End != nil {
		list = append([]events.Estimate{*d.End}, list...)
	}
	for _, e := range list {
		if e.Beyond {
			continue
		}
		err := b.tx.PutForecast(store.ForecastRow{
			Seq: f.Seq, Upgrade: u.ID, Phase: e.Phase, Made: f.Event.Recorded, Planned: u.PlannedEnd(e.Phase),
			Low: e.Low, Expected: e.Expected, High: e.High,
		})
		if err != nil {
			return err
		}
	}
	return nil
}
