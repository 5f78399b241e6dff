package main

import (
	"net/mail"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/goccy/go-yaml/ast"

	"upgradehub/events/lang"
	"upgradehub/events/plan"
	"upgradehub/notifiers"
	"upgradehub/notifiers/webhook"
)

var (
	idForm        = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,62}$`)
	slackForm     = regexp.MustCompile(`^[CDGUW][A-Z0-9]{2,20}$`)
	tokenHashForm = regexp.MustCompile(`^[0-9a-f]{64}$`)
	personForm    = regexp.MustCompile(`^@[a-z0-9][a-z0-9-]{0,62}$`)
)

// lists reads what only the file can say. People come first: audiences name them.
func (f *configFile) lists(c *Config, faults *faultList) {
	f.faults, f.wording, f.templates = faults, c.Wording, c.Templates
	for _, e := range f.entries("people") {
		c.People = append(c.People, f.person(e))
	}
	names := map[string]ast.Node{}
	for _, e := range f.entries("audiences") {
		names[e.key] = e.at
		c.Audiences = append(c.Audiences, f.audience(e, c.People))
	}
	f.reachable(c.Audiences, names)
	for _, e := range f.entries("publishers") {
		if c.Publishers == nil {
			c.Publishers = map[string][]string{}
		}
		c.Publishers[e.key] = f.publisher(e)
	}
	for _, e := range f.entries("theme") {
		f.theme(e, &c.Theme)
	}
}

func (f *configFile) entries(list string) []entry {
	n, ok := f.nodes[list]
	if !ok {
		return nil
	}
	return f.mapping(n)
}

func (f *configFile) person(e entry) Person {
	if !personForm.MatchString(e.key) {
		f.fault(e.at, "%q is not a role name such as @lead", e.key)
	}
	p := Person{Name: e.key}
	fields := map[string]*string{"email": &p.Email, "slack": &p.Slack, "zone": &p.Zone, "lang": &p.Lang}
	for _, attr := range f.mapping(e.value) {
		field, known := fields[attr.key]
		if !known {
			f.fault(attr.at, "%s: unknown key %q", e.key, attr.key)
			continue
		}
		*field = f.text(attr)
		if fault := personFault(attr.key, *field); fault != "" {
			f.fault(attr.value, "%s: %s %q %s", e.key, attr.key, *field, fault)
		}
	}
	return p
}

func personFault(key, text string) string {
	switch key {
	case "zone":
		if _, err := time.LoadLocation(text); err != nil || text == "" || text == "Local" {
			return "is not a time zone such as Europe/Berlin"
		}
		return ""
	case "lang":
		if !lang.Known(text) {
			return "is none of " + strings.Join(lang.Supported, ", ")
		}
		return ""
	}
	return targetFault(key, text)
}

// targetFault says what is wrong with an address of a channel.
func targetFault(channel, address string) string {
	switch channel {
	case "email":
		if a, err := mail.ParseAddress(address); err != nil || a.Address != address {
			return "is not a mail address"
		}
	case "slack":
		if !slackForm.MatchString(address) {
			return "is not the id of a Slack channel or user such as C0123ABC"
		}
	case "webhook":
		if err := webhook.Check(address); err != nil {
			return err.Error()
		}
	}
	return ""
}

func (f *configFile) audience(e entry, people []Person) Audience {
	if !idForm.MatchString(e.key) {
		f.fault(e.at, "audience %q is not an id: a-z, 0-9 and -", e.key)
	}
	if e.key == notifiers.SubscribersID {
		f.fault(e.at, "audience %q is the hub's own: those who subscribe on the page", e.key)
	}
	a := Audience{ID: e.key}
	for _, attr := range f.mapping(e.value) {
		switch attr.key {
		case "role":
			a.Role = f.text(attr)
			if !slices.Contains(plan.Roles, a.Role) {
				f.fault(attr.value, "audience %s: role %q is none of %s", e.key, a.Role, strings.Join(plan.Roles, ", "))
			}
		case "channels":
			a.Channels = f.channels(e.key, attr.value, people)
		default:
			if !f.routing(&a, attr) {
				f.fault(attr.at, "audience %s: unknown key %q", e.key, attr.key)
			}
		}
	}
	if a.Role == "" {
		a.Role = defaultRole(a)
	}
	return a
}

// defaultRole is the role of an audience that states none: the rule of plan
// files.
func defaultRole(a Audience) string {
	names := make([]string, len(a.Channels))
	for i, c := range a.Channels {
		names[i] = c.Name
	}
	return plan.Audience{ID: a.ID, Channels: names}.RoleOf()
}

func (f *configFile) channels(audience string, n ast.Node, people []Person) []Channel {
	var all []Channel
	for _, e := range f.mapping(n) {
		if !slices.Contains(plan.Channels, e.key) {
			f.fault(e.at, "audience %s: channel %q is none of %s", audience, e.key, strings.Join(plan.Channels, ", "))
			continue
		}
		channel := Channel{Name: e.key, Targets: f.texts(e.value)}
		for _, target := range channel.Targets {
			fault := memberFault(e.key, target, people)
			if e.key == "service" {
				fault = f.serviceFault(target)
			}
			if fault != "" {
				f.fault(e.value, "audience %s: %s %q %s", audience, e.key, target, fault)
			}
		}
		all = append(all, channel)
	}
	return all
}

// memberFault says what is wrong with a target of an audience: an address,
// or the name of a person who has one on this channel.
func memberFault(channel, target string, people []Person) string {
	if !strings.HasPrefix(target, "@") {
		return targetFault(channel, target)
	}
	i := slices.IndexFunc(people, func(p Person) bool { return p.Name == target })
	if i < 0 {
		return "is nobody of people"
	}
	if people[i].Address(channel) == "" {
		return "has no such address in people"
	}
	return ""
}

// Address is where the channel reaches the person; empty if it does not.
func (p Person) Address(channel string) string {
	switch channel {
	case "email":
		return p.Email
	case "slack":
		return p.Slack
	}
	return ""
}

func (f *configFile) publisher(e entry) []string {
	if !tokenHashForm.MatchString(e.key) {
		f.fault(e.at, "publisher %q is not the SHA-256 of a token in lower-case hex", e.key)
	}
	upgrades := f.texts(e.value)
	for _, id := range upgrades {
		if id != "*" && !idForm.MatchString(id) {
			f.fault(e.value, "publisher: upgrade %q is neither an id (a-z, 0-9, -) nor *", id)
		}
	}
	return upgrades
}
