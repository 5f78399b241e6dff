package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"upgradehub/events"
	"upgradehub/events/bus"
	"upgradehub/events/upgrade"
	"upgradehub/hub/store"
	"upgradehub/notifiers/slack/interact"
	"upgradehub/statuspage"
	"upgradehub/statuspage/feedback"
)

// Running is the upgrade that reports are about.
func (d *desk) Running(ctx context.Context, upgradeID string) (upgrade.Public, error) {
	p, err := d.store.Upgrade(ctx, upgradeID)
	if errors.Is(err, statuspage.ErrNotFound) {
		err = fmt.Errorf("upgrade %q: %w", upgradeID, feedback.ErrNotFound)
	}
	return p, err
}

// Report records what is broken for somebody, once: who they are and the words in
// PEOPLE, and that somebody said so as a fact.
func (d *desk) Report(ctx context.Context, r feedback.Report) error {
	if r.Browser != "" {
		if err := d.people.BindReport(ctx, r.Upgrade, r.ID, r.Browser); err != nil {
			return fmt.Errorf("report %s: %w", r.ID, err)
		}
	}
	if r.Text != "" {
		if err := d.people.KeepReport(ctx, r.ID, r.Text); err != nil {
			return fmt.Errorf("report %s: keep its text: %w", r.ID, err)
		}
	}
	return d.once(ctx, d.event(r.ID, events.TypeFeedbackReported, r.Upgrade, &events.FeedbackReported{
		Report: r.ID, Component: r.Component, HasText: r.Text != "", Channel: d.source,
	}))
}

// once appends a fact that may stand already, and waits until this node shows
// it.
func (d *desk) once(ctx context.Context, e events.Event) error {
	seq, err := d.bus.Append(ctx, e)
	if err != nil && !errors.Is(err, bus.ErrExists) {
		return err
	}
	return d.store.Wait(ctx, seq)
}

// Receipt is what became of a report.
func (d *desk) Receipt(ctx context.Context, upgradeID, report string) (feedback.Receipt, error) {
	row, known, err := d.store.Report(ctx, report)
	if err != nil {
		return feedback.Receipt{}, err
	}
	if !known || row.Upgrade != upgradeID {
		return feedback.Receipt{}, fmt.Errorf("report %q: %w", report, feedback.ErrNotFound)
	}
	return d.receipt(ctx, row)
}

// Reported lists what a browser has reported about an upgrade.
func (d *desk) Reported(ctx context.Context, upgradeID, browser string) ([]feedback.Receipt, error) {
	rows, err := d.store.ReportsOf(ctx, browser)
	if err != nil {
		return nil, err
	}
	var all []feedback.Receipt
	for _, row := range rows {
		if row.Upgrade != upgradeID {
			continue
		}
		one, err := d.receipt(ctx, row)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

func (d *desk) receipt(ctx context.Context, row store.ReportRow) (feedback.Receipt, error) {
	receipt := feedback.Receipt{ID: row.ID, Received: row.Recorded, Status: events.ItemNew}
	reply, status, err := d.reply(ctx, row.ID)
	if err == nil && status != "" {
		receipt.Status, receipt.Reply = status, reply
	}
	return receipt, err
}

// reply is what was said to whoever gave an answer or made a report, and what
// became of it; both are empty if it is no item.
func (d *desk) reply(ctx context.Context, id string) (text string, status events.ItemStatus, err error) {
	item, _, err := d.store.Item(ctx, id)
	if err != nil || !item.Replied {
		return "", item.Status, err
	}
	text, err = d.people.Reply(ctx, id)
	return text, item.Status, err
}

// ReportTrouble records what is broken for somebody in Slack.
func (s *slackDesk) ReportTrouble(ctx context.Context, t interact.Trouble) (interact.Receipt, error) {
	person, err := s.introduce(ctx, t.User)
	if err != nil {
		return interact.Receipt{}, fmt.Errorf("report of %s: %w", t.Upgrade, err)
	}
	id := s.mac("slack-report", t.Key)[:22] // as long as the ids of other reports
	receipt := interact.Receipt{
		Number: events.ReportNumber(id), Page: strings.TrimSuffix(s.page, "/") + feedback.ReceiptPath(t.Upgrade, id),
	}
	return receipt, s.Report(ctx, feedback.Report{ID: id, Upgrade: t.Upgrade, Component: t.Component, Text: t.Text, Browser: person})
}

// SeeItems records that somebody has looked at the overdue items of an upgrade.
func (s *slackDesk) SeeItems(ctx context.Context, key, upgradeID, by string) (int, error) {
	rows, err := s.store.Items(ctx, store.ItemFilter{Upgrade: upgradeID, Overdue: true})
	if err != nil {
		return 0, err
	}
	for _, row := range rows {
		err := s.fact(ctx, key+" "+row.ID, events.Event{
			Source: "slack", Type: events.TypeFeedbackAcknowledged, Upgrade: upgradeID,
			Data: &events.FeedbackAcknowledged{Answer: row.ID, By: by, Status: events.ItemSeen},
		})
		if err != nil {
			return 0, fmt.Errorf("item %s: %w", row.ID, err)
		}
	}
	return len(rows), nil
}
