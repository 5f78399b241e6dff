package ingest

import (
	"upgradehub/events"
	"upgradehub/events/bus"
	"upgradehub/hub/store"
	"upgradehub/notifiers"
)

// owed makes a delivery of every notice for everybody it concerns, or for the
// first page of them.
func (b *batch) owed(f bus.Fact, d *events.NoticeOwed) error {
	b.meta.Planned = max(b.meta.Planned, d.Cause)
	var fresh []events.Notice
	for _, n := range notifiers.InOrder(d.Notices) {
		added, err := b.tx.PutNotice(n, d.Cause, f.Event.Upgrade, d.Epoch)
		if err != nil {
			return err
		}
		if !added {
			continue
		}
		if err := b.overtake(f, d.Cause, n); err != nil {
			return err
		}
		fresh = append(fresh, n)
	}
	page := store.Page{Cause: d.Cause, Upgrade: f.Event.Upgrade, Seq: f.Seq, OwedAt: f.Event.Recorded}
	if err := b.expand(page, d.Upto, fresh); err != nil || d.Upto == "" {
		return err
	}
	page.After = d.Upto
	return b.tx.PutPage(page)
}

// turn makes the deliveries of the next page of a cause. A page that was made
// already is another's.
func (b *batch) turn(d *events.NoticePage) error {
	page, ok, err := b.tx.Page(d.Cause)
	if err != nil || !ok || page.After != d.After {
		return err
	}
	notices, err := b.tx.Notices(d.Cause)
	if err != nil {
		return err
	}
	if err := b.expand(page, d.Upto, notices); err != nil {
		return err
	}
	return b.tx.TurnPage(d.Cause, d.Upto)
}

func (b *batch) overtake(f bus.Fact, cause uint64, n events.Notice) error {
	if n.Moment == events.MomentDigest {
		return b.tx.SupersedeDigests(f.Event.Upgrade, n, cause, "a newer state", f.Seq)
	}
	moments := notifiers.Overtakes(n.Moment)
	if len(moments) == 0 {
		return nil
	}
	return b.tx.SupersedeMoments(f.Event.Upgrade, moments, cause, "overtaken: "+string(n.Moment), f.Seq)
}

// expand owes the notices of a cause to the people of a page.
func (b *batch) expand(page store.Page, upto string, notices []events.Notice) error {
	if err := b.deliverNamed(page, notices); err != nil {
		return err
	}
	audiences := notifiers.Addressed(notices)
	if len(audiences) == 0 {
		return nil
	}
	about, err := b.about(page.Upgrade)
	if err != nil {
		return err
	}
	rows, err := b.tx.Members(audiences, page.After, upto)
	if err != nil {
		return err
	}
	for len(rows) > 0 {
		same := samePerson(rows)
		if err := b.deliverPerson(page, rows[:same], notices, about); err != nil {
			return err
		}
		rows = rows[same:]
	}
	return nil
}

// deliverNamed delivers what is for one recipient and no audience. Their
// state does not matter: what they are asked is whether to become one.
func (b *batch) deliverNamed(page store.Page, notices []events.Notice) error {
	if page.After != "" {
		return nil // they were in the first page
	}
	for _, n := range notices {
		if n.Subscriber == "" {
			continue
		}
		to, known, err := b.tx.Subscriber(n.Subscriber)
		if err != nil {
			return err
		}
		if !known || to.Gone() || to.Channel != n.Channel {
			continue
		}
		if err := b.deliver(page, n, to.ID); err != nil {
			return err
		}
	}
	return nil
}

// about is what of an upgrade decides who is told.
func (b *batch) about(id string) (notifiers.About, error) {
	u, err := b.known(id)
	if err != nil || u == nil || u.Plan == nil {
		return notifiers.About{Upgrade: id}, err
	}
	return notifiers.AboutPlan(u.Plan), nil
}

// samePerson is how many rows at the head are one person's.
func samePerson(rows []store.SubscriberRow) int {
	n := 1
	for n < len(rows) && rows[n].Person == rows[0].Person {
		n++
	}
	return n
}

// deliverPerson owes one person what reaches them best. Who came after it was
// decided is told from the next cause on.
func (b *batch) deliverPerson(page store.Page, rows []store.SubscriberRow, notices []events.Notice, about notifiers.About) error {
	readers := make([]notifiers.Reader, 0, len(rows))
	for _, s := range rows {
		if s.Since <= page.Seq {
			readers = append(readers, s.Reader())
		}
	}
	for _, c := range notifiers.Choose(readers, notices, about) {
		needless, err := b.needless(page, c.Notice, c.Subscriber)
		if err != nil {
			return err
		}
		if needless {
			continue
		}
		if err := b.deliver(page, c.Notice, c.Subscriber); err != nil {
			return err
		}
	}
	return nil
}

// needless reports whether a subscriber knows nothing of what a notice takes
// back, hears all of it from an announcement that is still to be sent, or has
// been asked already. That announcement waits like the notice: the support desk
// hears of each window before users do.
func (b *batch) needless(page store.Page, n events.Notice, subscriber string) (bool, error) {
	upgrade := page.Upgrade
	switch {
	case n.Recalls:
		told, err := b.tx.WasTold(upgrade, subscriber, n.Facts["update"], n.Facts["source"])
		return !told, err
	case n.Unanswered:
		asked, used, err := b.tx.Asked(subscriber, upgrade)
		return !asked || used, err
	case n.Unasked:
		asked, _, err := b.tx.Asked(subscriber, upgrade)
		if err != nil || asked {
			return asked, err
		}
		return b.tx.AskedElse(subscriber, upgrade, page.OwedAt.Add(-events.AskEvery))
	}
	if n.Form == events.FormRoot || !notifiers.Contains(events.MomentAnnounced, n.Moment) {
		return false, nil
	}
	return b.tx.TakeOver(upgrade, subscriber, events.MomentAnnounced, n)
}

func (b *batch) deliver(page store.Page, n events.Notice, subscriber string) error {
	d := store.Owed{
		ID: events.DeliveryID(n.ID, subscriber), Upgrade: page.Upgrade, Cause: page.Cause, Subscriber: subscriber, Notice: n,
		OwedAt: page.OwedAt,
	}
	added, err := b.tx.PutDelivery(d)
	switch {
	case err != nil || !added:
		return err
	case n.Form == events.FormRoot:
		return b.tx.SupersedeRoots(d, "a newer state", b.meta.Seq)
	case n.Form == events.FormCard:
		return b.tx.SupersedeCards(d, "a newer state", b.meta.Seq)
	}
	return nil
}
