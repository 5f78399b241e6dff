package statusapi

import (
	"reflect"
	"slices"
	"time"

	"upgradehub/events/upgrade"
)

// snapshot is everything the answers are made from.
type snapshot struct {
	page         page
	status       status
	components   []component
	maintenances []maintenance // newest window first
}

// The statuses of a maintenance.
const (
	scheduled  = "scheduled"
	inProgress = "in_progress"
	verifying  = "verifying"
	completed  = "completed"
)

// most is how many a list of any state has.
const most = 50

// answers are the answers by their path below the root. The order of the
// fields is that of Statuspage.
var answers = map[string]func(snapshot) any{
	"status.json": func(s snapshot) any {
		return struct {
			Page   page   `json:"page"`
			Status status `json:"status"`
		}{s.page, s.status}
	},
	"components.json": func(s snapshot) any {
		return struct {
			Page       page        `json:"page"`
			Components []component `json:"components"`
		}{s.page, s.components}
	},
	"summary.json": func(s snapshot) any {
		return struct {
			Page         page          `json:"page"`
			Components   []component   `json:"components"`
			Incidents    []incident    `json:"incidents"`
			Maintenances []maintenance `json:"scheduled_maintenances"`
			Status       status        `json:"status"`
		}{s.page, s.components, []incident{}, s.in(scheduled, inProgress, verifying), s.status}
	},
	"incidents.json":            incidents,
	"incidents/unresolved.json": incidents,
	"scheduled-maintenances.json": func(s snapshot) any {
		return s.list(s.maintenances[:min(most, len(s.maintenances))])
	},
	"scheduled-maintenances/upcoming.json": func(s snapshot) any { return s.list(s.in(scheduled)) },
	"scheduled-maintenances/active.json":   func(s snapshot) any { return s.list(s.in(inProgress, verifying)) },
}

func incidents(s snapshot) any {
	return struct {
		Page      page       `json:"page"`
		Incidents []incident `json:"incidents"`
	}{s.page, []incident{}}
}

func (s snapshot) list(of []maintenance) any {
	return struct {
		Page         page          `json:"page"`
		Maintenances []maintenance `json:"scheduled_maintenances"`
	}{s.page, of}
}

// in are the maintenances with one of those statuses.
func (s snapshot) in(statuses ...string) []maintenance {
	list := []maintenance{}
	for _, m := range s.maintenances {
		if slices.Contains(statuses, m.Status) {
			list = append(list, m)
		}
	}
	return list
}

// look makes the snapshot of those upgrades.
func (a *API) look(all []upgrade.Public) snapshot {
	pageID := idOf("page", a.cfg.PublicURL)
	c := gather(all, pageID)
	s := snapshot{components: c.list(), maintenances: []maintenance{}, status: c.rollup(all)}
	changed := a.since
	for i, u := range all {
		m := a.maintenance(u, pageID)
		m.Components = c.of(u)
		s.maintenances = append(s.maintenances, m)
		if at := time.Time(m.UpdatedAt); i == 0 || at.After(changed) {
			changed = at
		}
	}
	for _, one := range s.components {
		if at := time.Time(one.UpdatedAt); at.After(changed) {
			changed = at
		}
	}
	s.page = page{ID: pageID, Name: a.cfg.Name, URL: a.cfg.PublicURL, TimeZone: "Etc/UTC", UpdatedAt: stamp(changed)}
	return s
}

// maintenance is an upgrade, but for its components. It has been known since
// its announcement, so that is when it was created and, as Statuspage has
// it, started.
func (a *API) maintenance(u upgrade.Public, pageID string) maintenance {
	m := maintenance{
		ID: idOf("upgrade", u.ID), Name: u.Title, Status: statusOf(u.State), Impact: "maintenance",
		CreatedAt: stamp(u.Announced), StartedAt: stamp(u.Announced), UpdatedAt: stamp(u.Announced),
		Shortlink: a.cfg.PublicURL + "/upgrades/" + u.ID, PageID: pageID,
		ScheduledFor: stamp(u.Window.Start), ScheduledUntil: stamp(u.Window.End),
	}
	if u.State.Ended() {
		m.ResolvedAt = maybe(u.Finished)
	}
	m.Updates = updatesOf(u, m.ID)
	for _, w := range m.Updates {
		if time.Time(w.UpdatedAt).After(time.Time(m.UpdatedAt)) {
			m.UpdatedAt = w.UpdatedAt
		}
	}
	return m
}

// statusOf is the state in Statuspage's terms. Every end is completed there:
// the body of the last update says which it was.
func statusOf(s upgrade.State) string {
	switch {
	case s.Ended():
		return completed
	case s == upgrade.Verifying:
		return verifying
	case s.Live():
		return inProgress
	}
	return scheduled
}

// Shapes are the types of the answers, by their path below /api/v2/.
func Shapes() map[string]reflect.Type {
	shapes := map[string]reflect.Type{}
	for path, answer := range answers {
		shapes[path] = reflect.TypeOf(answer(snapshot{}))
	}
	return shapes
}
