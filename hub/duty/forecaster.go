package duty

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"upgradehub/events"
	"upgradehub/events/bus"
	"upgradehub/events/forecast"
	"upgradehub/events/upgrade"
	"upgradehub/hub/store"
)

// forecaster makes a forecast of every upgrade whose state, history or time
// has moved on.
type forecaster struct {
	*Duty
	past, rollbacks *forecast.History
	seq             uint64               // of the history
	renew           map[string]time.Time // by upgrade
}

// foresee forecasts until ctx ends. What is under way is forecast anew when it
// has outlasted what was expected, and what has not begun when there is more
// history.
func (d *Duty) foresee(ctx context.Context) error {
	f := &forecaster{Duty: d, renew: map[string]time.Time{}}
	if err := f.everything(ctx); err != nil {
		return err
	}
	for {
		if err := f.sleep(ctx); err != nil {
			return nil //nolint:nilerr // ending is how forecasting ends
		}
		if err := f.once(ctx); err != nil {
			return err
		}
	}
}

// sleep waits until there is news, or until time has made a forecast untrue.
func (f *forecaster) sleep(ctx context.Context) error {
	for {
		timer := time.NewTimer(f.wait())
		select {
		case <-ctx.Done():
			timer.Stop()
			return ctx.Err()
		case <-f.wakeForecast:
			timer.Stop()
			return nil
		case <-timer.C:
			if f.pending() {
				return nil
			}
		}
	}
}

// soon is how long what could not be done yet waits for another try.
const soon = 10 * time.Millisecond

func (f *forecaster) wait() time.Duration {
	wait := lookAgain
	for _, at := range f.renew {
		wait = min(wait, max(f.cfg.Clock.Wait(at), soon))
	}
	return wait
}

// pending reports whether there is something to do without any news.
func (f *forecaster) pending() bool {
	now := f.cfg.Clock.Now()
	for _, at := range f.renew {
		if !at.After(now) {
			return true
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.unforeseen) > 0
}

// once forecasts what changed, if all that was published is folded: a forecast
// of a state that is past would be dropped.
func (f *forecaster) once(ctx context.Context) error {
	if ready, err := f.caughtUp(ctx, &mark{}); err != nil || !ready {
		return err
	}
	if more, err := f.learn(ctx); err != nil {
		return err
	} else if more {
		return f.everything(ctx)
	}
	for id := range f.due() {
		u, _, err := f.store.Full(ctx, id)
		if err != nil {
			return err
		}
		if err := f.look(ctx, u, false); err != nil {
			return err
		}
	}
	return nil
}

// due are the upgrades that were touched, or whose forecast time made untrue.
func (f *forecaster) due() map[string]bool {
	f.mu.Lock()
	list := f.unforeseen
	f.unforeseen = map[string]bool{}
	f.mu.Unlock()
	for id, at := range f.renew {
		if !at.After(f.cfg.Clock.Now()) {
			list[id] = true
		}
	}
	return list
}

// learn reads the history if there is more of it.
func (f *forecaster) learn(ctx context.Context) (more bool, err error) {
	seq, err := f.store.PastSeq(ctx)
	if err != nil || f.past != nil && seq == f.seq {
		return false, err
	}
	if f.past, err = f.store.History(ctx, store.PastUpgrades); err != nil {
		return false, err
	}
	f.rollbacks, err = f.store.History(ctx, store.PastRollbacks)
	f.seq = seq
	return true, err
}

func (f *forecaster) everything(ctx context.Context) error {
	if _, err := f.learn(ctx); err != nil {
		return err
	}
	all, err := f.store.All(ctx)
	if err != nil {
		return err
	}
	for _, u := range all {
		if err := f.look(ctx, u, true); err != nil {
			return err
		}
	}
	return nil
}

// look forecasts an upgrade if its forecast is of another state, is over, or
// was made of less history before it began.
func (f *forecaster) look(ctx context.Context, u *upgrade.Upgrade, more bool) error {
	if u == nil {
		return nil
	}
	delete(f.renew, u.ID)
	now := f.cfg.Clock.Now()
	if u.Forecast != nil && u.Forecast.For == u.ForecastFor() {
		over := !u.Forecast.Renew.IsZero() && !u.Forecast.Renew.After(now)
		if !over && (u.State.Live() || !more) {
			f.renewed(u.ID, u.Forecast.Renew)
			return nil
		}
	}
	made := u.Outlook(f.past, f.rollbacks, now)
	if made == nil || u.Forecast != nil && same(u.Forecast.ForecastMade, *made) {
		return nil
	}
	return f.make(ctx, u.ID, made)
}

func (f *forecaster) renewed(id string, at time.Time) {
	if !at.IsZero() {
		f.renew[id] = at
	}
}

// same reports whether two forecasts of one state say the same.
func same(a, b events.ForecastMade) bool {
	a.Try = b.Try
	return reflect.DeepEqual(a, b)
}

// make appends a forecast and waits until it is folded. A fact under its id
// may have come too late to count; if the state asks for it still, it is told
// again under an id made of that one.
func (f *forecaster) make(ctx context.Context, id string, made *events.ForecastMade) error {
	key := events.ForecastID(id, made.For, made.Try)
	for range tellings {
		seq, err := f.append(ctx, f.own(events.TypeForecastMade, id, key, made))
		if err != nil && !errors.Is(err, bus.ErrExists) {
			return fmt.Errorf("forecast %s: %w", id, err)
		}
		if err := f.store.Wait(ctx, seq); err != nil {
			return err
		}
		u, _, err := f.store.Full(ctx, id)
		if err != nil || u == nil || !u.Awaits(made) {
			f.renewed(id, made.Renew)
			return err
		}
		key = events.RetoldID(key, seq)
	}
	return nil
}
