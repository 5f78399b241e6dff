package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
	"upgradehub/events/usage"
	"upgradehub/hub/store"
	"upgradehub/hub/windows"
)

// subject is what windows are looked for.
type subject struct {
	system, zone string
	upgrade      *upgrade.Upgrade // nil without one
	total        time.Duration
	need         *windows.NeedOf
}

func (a *API) subject(ctx context.Context, ask wanted) (subject, error) {
	if ask.Upgrade == "" {
		return subject{system: ask.System, zone: ask.Zone}, nil
	}
	u, _, err := a.store.Full(ctx, ask.Upgrade)
	if err != nil {
		return subject{}, err
	}
	if u == nil || u.Plan == nil {
		return subject{}, refuse(http.StatusNotFound, "nothing is known under this name")
	}
	past, err := a.store.History(ctx, store.PastUpgrades)
	if err != nil {
		return subject{}, err
	}
	rollbacks, err := a.store.History(ctx, store.PastRollbacks)
	if err != nil {
		return subject{}, err
	}
	n, waits := u.Need(past, rollbacks, a.cfg.Clock.Now())
	if !waits {
		return subject{}, refuse(http.StatusConflict, "the upgrade has begun or ended: it needs no window")
	}
	return subject{
		system: u.Plan.System, zone: u.Plan.Zone, upgrade: u, total: n.Total(),
		need: &windows.NeedOf{
			Upgrade: u.ID, Work: int64(n.Work.Seconds()), WorkRuns: n.WorkRuns,
			Rollback: int64(n.Rollback.Seconds()), RollbackRuns: n.RollbackRuns, Buffer: int64(n.Buffer.Seconds()),
		},
	}, nil
}

// query reads what a question says, with every fault.
func (s *subject) query(ask wanted, now time.Time) (usage.Query, *time.Location, error) {
	var faults []string
	fault := func(bad bool, words string) {
		if bad {
			faults = append(faults, words)
		}
	}
	name := ask.Zone
	if name == "" {
		name = s.zone
	}
	zone, err := time.LoadLocation(name)
	fault(name == "" || name == "Local" || err != nil, "zone: is required, an IANA zone such as Europe/Berlin")
	q := usage.Query{Need: s.total, From: now, Weeks: ask.Weeks}
	if ask.Need != "" {
		need, err := plan.ParseDuration(ask.Need)
		fault(err != nil, "need: is no duration such as 3h")
		q.Need, s.need = need.Std(), nil
	}
	q.Need = q.Need.Round(time.Minute)
	fault(q.Need < time.Minute || q.Need > 7*24*time.Hour, "need: must be from 1m to 7d, or name an upgrade")
	fault(ask.Weeks < 0 || ask.Weeks > 8, "weeks: must be from 1 to 8")
	fault(s.system == "" && !ask.brings(), "system: is required, or upgrade, or usage")
	fault(len(ask.Usage) > 0 && len(ask.UsageFiles) > 0, "usage: give usage or usage_files, not both")
	fault(!ask.Values.Known(), "values: must be counts or levels")
	if ask.From != "" && zone != nil {
		q.From, err = usage.ParseTime(ask.From, zone)
		fault(err != nil, "from: is no date or time")
	}
	if len(faults) > 0 {
		return q, zone, refuse(http.StatusBadRequest, "the question has faults", faults...)
	}
	return q, zone, nil
}

// brings reports whether the question comes with its own usage.
func (ask wanted) brings() bool { return len(ask.Usage)+len(ask.UsageFiles) > 0 }

// series is the usage of a system, as the finder reads any file, and what of it
// is of no use.
func (a *API) series(ctx context.Context, ask wanted, system string, zone *time.Location) (usage.Series, []string, error) {
	if !ask.brings() {
		var err error
		if ask.Usage, err = a.store.Usage(ctx, system); err != nil {
			return usage.Series{}, nil, err
		}
		if len(ask.Usage) == 0 {
			return usage.Series{}, nil, refuse(http.StatusConflict, "no usage of "+strconv.Quote(system)+" is known: publish usage.sampled, or send usage")
		}
	}
	reader := usage.NewReader(usage.Config{Zone: zone, Values: ask.Values, Distinct: ask.Distinct})
	var err error
	for i, text := range ask.texts() {
		err = errors.Join(err, reader.Add(strconv.Itoa(i+1), strings.NewReader(text)))
	}
	var series usage.Series
	if err == nil {
		series, err = reader.Series()
	}
	if err != nil {
		return series, nil, refuse(http.StatusConflict, err.Error())
	}
	var skipped []string
	for _, s := range reader.Skipped() {
		skipped = append(skipped, s.String())
	}
	return series, skipped, nil
}

// texts are the usage as files; samples are a table.
func (ask wanted) texts() []string {
	if len(ask.UsageFiles) > 0 {
		return ask.UsageFiles
	}
	var table strings.Builder
	table.WriteString("time,value\n")
	for _, s := range ask.Usage {
		fmt.Fprintf(&table, "%s,%s\n", s.Time.UTC().Format(time.RFC3339), strconv.FormatFloat(s.Value, 'f', -1, 64))
	}
	return []string{table.String()}
}

// blackouts are those of the question, and the times of other upgrades, in a
// stretch of time.
func (a *API) blackouts(ctx context.Context, ask wanted, s subject, zone *time.Location, from, until time.Time) ([]usage.Blackout, error) {
	list := ask.Blackouts
	for _, b := range list {
		if !b.End.After(b.Start) {
			return nil, refuse(http.StatusBadRequest, "blackouts: "+strconv.Quote(b.Name)+" does not end after its start")
		}
	}
	if ask.ICS != "" {
		read, err := usage.ReadBlackouts(strings.NewReader(ask.ICS), zone)
		var found []usage.Blackout
		if err == nil {
			found, err = read.Between(from, until)
		}
		if err != nil {
			return nil, refuse(http.StatusBadRequest, "blackout_ics: "+err.Error())
		}
		list = append(list, found...)
	}
	work, err := a.work(ctx, s)
	return append(list, work...), err
}

// work are the times of other upgrades that cannot be used.
func (a *API) work(ctx context.Context, s subject) (list []usage.Blackout, err error) {
	all, err := a.store.All(ctx)
	for _, other := range all {
		if why := taken(other, s); why != "" {
			start, end := occupied(other)
			list = append(list, usage.Blackout{Start: start, End: end, Name: why, Busy: true})
		}
	}
	return list, err
}

// occupied is the time of an upgrade: its window, or when it was under way if
// that is over. Nobody could use the system as usual then, so that time is
// not learnt from either.
func occupied(u *upgrade.Upgrade) (start, end time.Time) {
	if u.State.Ended() && u.Started != nil && u.Finished.At.After(u.Started.At) {
		return u.Started.At, u.Finished.At
	}
	return u.Plan.Window.Start, u.Plan.Window.End
}

// taken says why the time of another upgrade cannot be used: it works on the
// same system, or the same people work on it.
func taken(other *upgrade.Upgrade, s subject) string {
	if other.Plan == nil || other.State.Ended() && other.Started == nil || s.upgrade != nil && other.ID == s.upgrade.ID {
		return ""
	}
	if other.Plan.System == s.system {
		return "upgrade " + other.ID + " of the same system"
	}
	if s.upgrade == nil || other.State.Ended() {
		return ""
	}
	if shared := s.upgrade.Plan.SharedPeople(other.Plan); len(shared) > 0 {
		return shared[0].Person + " works on upgrade " + other.ID
	}
	return ""
}
