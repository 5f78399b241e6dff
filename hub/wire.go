package main

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"

	"upgradehub/hub/api"
	"upgradehub/hub/contract"
	"upgradehub/hub/duty"
	"upgradehub/hub/insights"
	"upgradehub/hub/people"
	"upgradehub/notifiers"
	"upgradehub/notifiers/courier"
	"upgradehub/notifiers/email"
	"upgradehub/notifiers/slack"
	"upgradehub/notifiers/slack/interact"
	"upgradehub/notifiers/webhook"
	"upgradehub/statuspage"
	"upgradehub/statuspage/feedback"
	"upgradehub/statuspage/live"
	"upgradehub/statuspage/snapshot"
	"upgradehub/statuspage/statusapi"
)

// wireDuty joins the channels, the audiences and their targets to the duty.
func (n *node) wireDuty() (err error) {
	channels, err := n.channels()
	if err != nil {
		return err
	}
	name, err := nodeName(n.cfg.Data)
	if err != nil {
		return err
	}
	n.duty, err = duty.New(n.bus, n.store, duty.Config{
		Node: name, Version: programVersion(), Clock: n.clock,
		Audiences: n.audiences(channels), Recipients: n.cfg.recipients(), Channels: channels,
		Courier: courier.Config{}, Theme: n.cfg.Theme, Wording: n.cfg.Wording, PublicURL: n.cfg.PublicURL, LinkKey: n.cfg.LinkKey(),
	}, n.log)
	return err
}

// channels are the ways to people that are configured; mail always is.
func (n *node) channels() (map[string]notifiers.Notifier, error) {
	dkim, err := n.cfg.dkim()
	if err != nil {
		return nil, err
	}
	mail, err := email.New(email.Config{
		URL: n.cfg.SMTP.URL().Reveal(), From: n.cfg.MailFrom.String(), ReplyTo: n.cfg.replyTo(),
		OutboxDir: n.cfg.outbox(), Clock: n.clock.Now,
		DKIM: dkim, PerDomain: n.cfg.Mail.PerDomain, Bounces: n.cfg.bounces(),
	}, n.log.With("part", "email"))
	if err != nil {
		return nil, err
	}
	n.closers = append(n.closers, mail.Close)
	channels := map[string]notifiers.Notifier{"email": mail}
	if token := n.cfg.Slack.Token.Reveal(); token != "" {
		chat := slack.New(slack.Config{
			Token: token, APIURL: n.cfg.Slack.APIURL, Presses: n.cfg.Slack.answers(),
		}, n.log.With("part", "slack"))
		n.closers = append(n.closers, func() error { chat.Close(); return nil })
		channels["slack"] = chat
		if err := n.wireSlackDesk(chat); err != nil {
			return nil, err
		}
	}
	n.services(channels)
	return channels, n.programs(channels)
}

// desk takes answers that come from a source.
func (n *node) desk(source string) *desk {
	return &desk{bus: n.bus, store: n.store, people: people.New(n.bus, n.store, n.cfg.LinkKey(), n.clock), clock: n.clock, source: source}
}

// wireSlackDesk joins what people do in Slack to the desk, if Slack can say it.
func (n *node) wireSlackDesk(chat *slack.Slack) error {
	if !n.cfg.Slack.answers() {
		n.log.Warn("messages in Slack have no buttons: neither a signing secret nor an app token is given", "channel", "slack")
		return nil
	}
	render, err := notifiers.NewRenderer(n.cfg.Wording)
	if err != nil {
		return err
	}
	d := &slackDesk{
		desk: n.desk("slack"), render: render, known: n.cfg.People, langs: n.cfg.slackLanguages(),
		key: n.cfg.LinkKey(), page: n.cfg.PublicURL, theme: n.cfg.Theme,
	}
	n.clicks = interact.New(chat, interact.Config{
		Desk: d, Board: d, Reports: d, SigningSecrets: n.cfg.Slack.signingSecrets(), AppToken: n.cfg.Slack.AppToken.Reveal(),
		APIURL: n.cfg.Slack.APIURL, Page: n.cfg.PublicURL + "/", Now: n.clock.Now,
	}, n.log.With("part", "slack"))
	return nil
}

// audiences are the configured ones, without addresses. Nothing is owed on a
// channel that is not set up: it would wait until it is of no use.
func (n *node) audiences(channels map[string]notifiers.Notifier) []notifiers.Audience {
	list := make([]notifiers.Audience, 0, len(n.cfg.Audiences))
	for _, a := range n.cfg.Audiences {
		audience := a.rules()
		for _, ch := range a.Channels {
			if channels[ch.Name] == nil {
				n.log.Warn("channel is not set up: nobody is told there", "channel", ch.Name, "audience", a.ID)
				continue
			}
			audience.Channels = append(audience.Channels, ch.Name)
		}
		list = append(list, audience)
	}
	return append(list, notifiers.Crew(func(channel string) bool { return channels[channel] != nil }))
}

// recipients are the targets of all audiences, and the people whom plans
// name, each address once.
func (c Config) recipients() []duty.Recipient {
	var list []duty.Recipient
	add := func(p notifiers.Person, audience string) {
		i := slices.IndexFunc(list, func(r duty.Recipient) bool { return r.Channel == p.Channel && r.Address == p.Address })
		if i < 0 {
			i = len(list)
			list = append(list, duty.Recipient{Person: p})
		}
		if p.Name != "" {
			list[i].Person = p
		}
		if audience != "" && !slices.Contains(list[i].Audiences, audience) {
			list[i].Audiences = append(list[i].Audiences, audience)
		}
	}
	for _, person := range c.People {
		for _, channel := range []string{"email", "slack"} {
			if p, ok := c.target(person.Name, channel); ok {
				add(p, "")
			}
		}
	}
	for _, a := range c.Audiences {
		for _, ch := range a.Channels {
			for _, t := range ch.Targets {
				if p, ok := c.target(t, ch.Name); ok {
					add(p, a.ID)
				}
			}
		}
	}
	return list
}

// slackLanguages are those in which Slack users and channels are written to, by
// their ids, as far as the configuration says so.
func (c Config) slackLanguages() map[string]string {
	langs := map[string]string{}
	for _, r := range c.recipients() {
		if r.Channel == "slack" && r.Lang != "" {
			langs[r.Address] = r.Lang
		}
	}
	return langs
}

// target is who an address or an "@name" is on a channel.
func (c Config) target(t, channel string) (notifiers.Person, bool) {
	zone, lang := c.manner(t)
	i := slices.IndexFunc(c.People, func(p Person) bool { return p.Name == t })
	if i < 0 {
		return notifiers.Person{Channel: channel, Address: t, Zone: zone, Lang: lang}, true
	}
	p := c.People[i]
	address := map[string]string{"email": p.Email, "slack": p.Slack}[channel]
	return notifiers.Person{
		Channel: channel, Address: address, Name: p.Name, Zone: cmp.Or(p.Zone, zone), Lang: cmp.Or(p.Lang, lang),
	}, address != ""
}

// manner is the zone and the language of the audiences that name a target, each
// of the first that has one: whoever is in several is told by the first.
func (c Config) manner(target string) (zone, lang string) {
	for _, a := range c.Audiences {
		if slices.ContainsFunc(a.Channels, func(ch Channel) bool { return slices.Contains(ch.Targets, target) }) {
			zone, lang = cmp.Or(zone, a.Zone), cmp.Or(lang, a.Lang)
		}
	}
	return zone, lang
}

// wirePages joins pages, forms and API to the public listener, and makes the
// operations listener.
func (n *node) wirePages() error {
	said := insights.New(n.store, people.New(n.bus, n.store, n.cfg.LinkKey(), n.clock), n.clock.Now)
	site, err := statuspage.New(statuspage.Config{
		Board: n.store, Insights: said, Forecasts: n.store.ForecastScores, Learnt: n.store.Learnt, PublicURL: n.cfg.PublicURL, Theme: n.cfg.Theme, Clock: n.clock.Now, Played: n.clock.Played(),
		Live: live.Config{ClientIP: statuspage.ClientIP},
	}, n.log.With("part", "page"))
	if err != nil {
		return err
	}
	var hooks webhook.Keys
	if n.cfg.Webhook.Secret != "" {
		if hooks, err = n.cfg.Webhook.keys(); err != nil {
			return fmt.Errorf("webhook secret: %w", err)
		}
	}
	n.subscriptions = newSubscriptions(people.New(n.bus, n.store, n.cfg.LinkKey(), n.clock), n.store, n.clock, hooks, n.log.With("part", "subscriptions"))
	page := n.desk("page")
	forms, err := feedback.New(feedback.Config{
		Desk: page, Reports: page, SignOffs: page, Subscriptions: n.subscriptions, Board: n.store, Webhooks: hooks != nil, Site: site, Key: n.cfg.LinkKey(), Secure: secure(n.cfg.PublicURL),
		ClientIP: statuspage.ClientIP, Language: statuspage.Language,
	}, n.log.With("part", "feedback"))
	if err != nil {
		return err
	}
	operate := api.New(n.bus, n.store, api.Config{
		Token: n.cfg.Token.Reveal(), Publishers: n.cfg.Publishers, Clock: n.clock, Version: programVersion(),
		LinkKey: n.cfg.LinkKey(), Bounces: n.cfg.bounces(),
	}, n.log.With("part", "api"))
	n.api = operate
	n.live, n.pages = site.Live(), &router{}
	site.Routes(n.pages)
	forms.Routes(n.pages)
	operate.Routes(n.pages)
	if n.clicks != nil {
		n.clicks.Routes(n.pages)
	}
	statusapi.New(statusapi.Config{
		Board: n.store, Name: n.cfg.Theme.Title(), PublicURL: n.cfg.PublicURL, Clock: n.clock.Now, Log: n.log.With("part", "statusapi"),
	}).Routes(n.pages)
	documents, err := contract.New(contract.Config{Name: n.cfg.Theme.Title(), PublicURL: n.cfg.PublicURL, Version: programVersion()})
	if err != nil {
		return err
	}
	documents.Routes(n.pages)
	n.ops = api.NewOps(n.bus, n.store, n.live.Viewers, n.duty.Paused, programVersion())
	return n.wireSnapshot()
}

// wireSnapshot keeps the pages as files too, if there is a place for them.
func (n *node) wireSnapshot() (err error) {
	if n.cfg.SnapshotDir == "" {
		return nil
	}
	n.snapshot, err = snapshot.New(snapshot.Config{
		Source: snapshot.Handler(n.pages), Dir: n.cfg.SnapshotDir, Clock: n.clock.Now, Log: n.log.With("part", "snapshot"),
	})
	if err != nil {
		return fmt.Errorf("--snapshot-dir %s: %w", n.cfg.SnapshotDir, err)
	}
	n.closers = append(n.closers, n.snapshot.Close)
	return nil
}

func secure(publicURL string) bool {
	u, err := url.Parse(publicURL)
	return err == nil && u.Scheme == "https"
}
