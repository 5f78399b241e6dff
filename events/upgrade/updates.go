package upgrade

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"

	"upgradehub/events"
)

func (u *Upgrade) updatePosted(e events.Event, d *events.Update) Effect {
	for _, old := range u.Updates {
		if old.Event == e.ID && old.Source == e.Source {
			return done(false)
		}
	}
	up := Update{
		Stamp: stampOf(e), ID: e.ID, Event: e.ID, Source: e.Source,
		Text: d.Text, Public: e.TextVisible(), Audiences: slices.Clone(d.Audiences),
		NextUpdateBy: d.NextUpdateBy.UTC(), Final: d.Final,
	}
	if d.NextUpdateBy.IsZero() {
		up.NextUpdateBy = d.NextUpdateBy
	}
	if up.Public && up.promises(u.State) && !up.datesNext() {
		up.PromisedBy = up.Recorded.Add(u.Cadence())
	}
	u.post(up)
	if up.Public {
		u.Promise.word(up, u.State, u.Cadence())
	}
	return done(true)
}

// post puts an update in its place among the others.
func (u *Upgrade) post(up Update) {
	u.Updates = append(u.Updates, up)
	u.nameUpdates(up.Event)
	slices.SortFunc(u.Updates, func(a, b Update) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Event, b.Event), cmp.Compare(a.Source, b.Source))
	})
}

// nameUpdates gives every update of that event id its own: the source that
// sorts first keeps the event's. Which of them arrived first does not count,
// so that every order of arrival ends in the same names.
func (u *Upgrade) nameUpdates(event string) {
	first := -1
	for i, up := range u.Updates {
		if up.Event == event && (first < 0 || up.Source < u.Updates[first].Source) {
			first = i
		}
	}
	for i := range u.Updates {
		up := &u.Updates[i]
		switch {
		case up.Event != event:
		case i == first:
			up.ID = event
		default:
			sum := sha256.Sum256([]byte(up.Source + "\x00" + event))
			up.ID = hex.EncodeToString(sum[:8])
		}
	}
}

// findUpdate is the place of the update that of means to this source: its
// own of that id, else anyone's; the newest of its own for an empty of. -1
// if there is none.
func (u *Upgrade) findUpdate(source, of string) int {
	for i, v := range slices.Backward(u.Updates) {
		if up := v; up.Source == source && (of == "" || up.Event == of) {
			return i
		}
	}
	if of == "" {
		return -1
	}
	return slices.IndexFunc(u.Updates, func(up Update) bool { return up.ID == of })
}

func (u *Upgrade) update(e events.Event, of string) (*Update, Effect) {
	i := u.findUpdate(e.Source, of)
	switch {
	case i < 0 && of == "":
		return nil, refuse("%s: source %q has posted no update yet", e.Type, e.Source)
	case i < 0:
		return nil, refuse("%s: there is no update %q: \"of\" is the id of the event that posted it", e.Type, of)
	case u.Updates[i].Source == e.Source && e.Time.Before(u.Updates[i].At):
		return nil, refuse("%s: older than what is known of update %q", e.Type, u.Updates[i].ID)
	}
	return &u.Updates[i], Effect{}
}

// updateCorrected replaces what is said of an update and keeps the earlier
// text. It stays internal unless the correction itself says public: fixing a
// typo publishes nothing.
func (u *Upgrade) updateCorrected(e events.Event, d *events.Update) Effect {
	up, bad := u.update(e, d.Of)
	switch {
	case up == nil:
		return bad
	case up.Retracted:
		return refuse("%s: update %q is retracted: publish update.posted instead", e.Type, up.ID)
	}
	was := *up
	changed := up.correct(e, d)
	if changed && up.Public {
		u.Promise.reword(was, *up, u.State, u.Cadence())
	}
	return done(changed)
}

func (up *Update) correct(e events.Event, d *events.Update) (changed bool) {
	if d.Text != "" && d.Text != up.Text {
		up.Edits = append(up.Edits, Edit{Stamp: stampOf(e), Text: up.Text, Public: up.Public})
		up.Text, changed = d.Text, true
	}
	if e.Visibility != "" {
		put(&changed, &up.Public, e.TextVisible())
	}
	if len(d.Audiences) > 0 && !slices.Equal(d.Audiences, up.Audiences) {
		up.Audiences, changed = slices.Clone(d.Audiences), true
	}
	if !d.NextUpdateBy.IsZero() && !d.NextUpdateBy.Equal(up.NextUpdateBy) {
		up.NextUpdateBy, changed = d.NextUpdateBy.UTC(), true
	}
	if d.Final {
		put(&changed, &up.Final, true)
	}
	return changed
}

func (u *Upgrade) updateRetracted(e events.Event, d *events.Update) Effect {
	up, bad := u.update(e, d.Of)
	if up == nil {
		return bad
	}
	var changed bool
	put(&changed, &up.Retracted, true)
	return done(changed)
}
