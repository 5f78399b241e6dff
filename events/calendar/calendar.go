// Package calendar writes the announced window of an upgrade as an iCalendar
// object (RFC 5545), so that people's calendars move by themselves.
//
// An entry keeps its UID for ever and its SEQUENCE only rises as the plan is
// revised or the upgrade is canceled. It is information, not an invitation:
// METHOD is PUBLISH, nobody is asked to reply and nobody's time is blocked.
// Entries are made from [upgrade.Public] and so hold nothing internal. What
// they say around the plan's own words is said in the reader's language.
package calendar

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"upgradehub/events/plan"
	"upgradehub/events/theme"
	"upgradehub/events/upgrade"
)

// The methods of an entry that is sent by itself.
const (
	Publish = "PUBLISH"
	Cancel  = "CANCEL"
)

// Method is the METHOD of the entry of p: what the mail's Content-Type must
// repeat.
func Method(p upgrade.Public) string {
	if p.State == upgrade.Canceled {
		return Cancel
	}
	return Publish
}

// Event is a calendar object with the one entry of p, by whoever has the
// theme. The url is the upgrade's page; its host is part of the UID, so it
// must not change while people keep the entry.
func (w Words) Event(p upgrade.Public, url string, by theme.Theme, now time.Time) []byte {
	c := content{words: w}
	c.open(Method(p))
	c.event(p, url, by, now)
	c.line("END", "VCALENDAR")
	return []byte(c.String())
}

// Feed is a calendar to subscribe to, with an entry for each of the upgrades
// in their order. The base is the public URL of the hub.
func (w Words) Feed(upgrades []upgrade.Public, base string, by theme.Theme, now time.Time) []byte {
	c := content{words: w}
	c.open(Publish)
	c.text("NAME", by.Title())
	c.text("X-WR-CALNAME", by.Title()) // what Google and Apple read
	if words := strings.TrimSpace(by.Words()); words != "" {
		c.text("DESCRIPTION", words)
		c.text("X-WR-CALDESC", words)
	}
	c.line("REFRESH-INTERVAL;VALUE=DURATION", "PT1H")
	c.line("X-PUBLISHED-TTL", "PT1H")
	for _, p := range upgrades {
		c.event(p, strings.TrimRight(base, "/")+"/upgrades/"+p.ID, by, now)
	}
	c.line("END", "VCALENDAR")
	return []byte(c.String())
}

// Sequence counts the changes of the entry that matter to a calendar. An end
// that is taken back counts twice, so that it rises above a cancellation.
func Sequence(p upgrade.Public) int {
	n := max(p.Revision-1, 0) + 2*p.Reopened
	if p.State == upgrade.Canceled {
		n++
	}
	return n
}

func (c *content) open(method string) {
	c.line("BEGIN", "VCALENDAR")
	c.line("VERSION", "2.0")
	c.line("PRODID", "-//Upgrade Hub//Upgrade Hub//EN")
	c.line("CALSCALE", "GREGORIAN")
	c.line("METHOD", method)
}

func (c *content) event(p upgrade.Public, page string, by theme.Theme, now time.Time) {
	host := hostOf(page)
	c.line("BEGIN", "VEVENT")
	c.line("UID", p.ID+"@"+host)
	c.line("SEQUENCE", strconv.Itoa(Sequence(p)))
	c.line("DTSTAMP", stamp(now))
	c.line("LAST-MODIFIED", stamp(modified(p)))
	c.line("DTSTART", stamp(p.Window.Start))
	c.line("DTEND", stamp(p.Window.End))
	c.line("STATUS", status(p.State))
	c.line("TRANSP", "TRANSPARENT")
	c.text("SUMMARY", c.words.summary(p))
	c.text("DESCRIPTION", c.words.description(p, page))
	c.line("URL", page)
	c.organizer(page, by)
	c.maintenance(p, host)
	c.line("END", "VEVENT")
}

// organizer is who announces it, which RFC 5546 wants of everything that is
// published, and whom to ask.
func (c *content) organizer(page string, by theme.Theme) {
	address := page
	for _, contact := range by.Support {
		c.text("CONTACT", contact.Line())
		if contact.Email != "" && address == page {
			address = "mailto:" + contact.Email
		}
	}
	c.line(`ORGANIZER;CN="`+strings.ReplaceAll(clean(by.Title()), `"`, "'")+`"`, address)
}

// account is whom a notice is for, which the draft wants to be told: nobody in
// particular.
const account = "public"

// maintenance writes the properties of draft-gunter-calext-maintenance-notifications.
func (c *content) maintenance(p upgrade.Public, host string) {
	c.line("X-MAINTNOTE-PROVIDER", host)
	c.line("X-MAINTNOTE-ACCOUNT", account)
	c.line("X-MAINTNOTE-MAINTENANCE-ID", p.ID)
	c.text("X-MAINTNOTE-OBJECT-ID", p.System)
	c.line("X-MAINTNOTE-IMPACT", strings.ToUpper(strings.ReplaceAll(string(expected(p)), "_", "-")))
	c.line("X-MAINTNOTE-STATUS", maintenanceStatus(p.State))
}

func stamp(t time.Time) string { return t.UTC().Format("20060102T150405Z") }

// modified is the newest change the entry itself shows.
func modified(p upgrade.Public) time.Time {
	last := p.Announced
	for _, m := range p.Moves {
		last = later(last, &m.At)
	}
	return later(later(last, p.Started), p.Finished)
}

func later(a time.Time, b *time.Time) time.Time {
	if b != nil && b.After(a) {
		return *b
	}
	return a
}

func status(s upgrade.State) string {
	switch s {
	case upgrade.Canceled:
		return "CANCELLED"
	case upgrade.Planned:
		return "TENTATIVE"
	}
	return "CONFIRMED"
}

func maintenanceStatus(s upgrade.State) string {
	switch {
	case s == upgrade.Canceled || s == upgrade.Planned:
		return status(s)
	case s.Live():
		return "IN-PROCESS"
	case s.Ended():
		return "COMPLETED"
	}
	return "CONFIRMED"
}

// expected is the impact the plan announces; a plan that does not say is read
// as degraded, which promises people neither too much nor too little.
func expected(p upgrade.Public) plan.Impact {
	switch p.ImpactWords.Default {
	case plan.NoImpact, plan.ReducedRedundancy, plan.Outage:
		return p.ImpactWords.Default
	}
	return plan.Degraded
}

func hostOf(page string) string {
	if u, err := url.Parse(page); err == nil && u.Hostname() != "" {
		return u.Hostname()
	}
	return "upgradehub"
}
