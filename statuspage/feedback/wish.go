package feedback

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"upgradehub/events/upgrade"
)

// wishView is the part of a form in which people choose what they are told.
type wishView struct {
	Abouts []group
	Kinds  []choice
	Langs  []choice
	Zone   string
	Zones  []string
}

// group is choices under one heading.
type group struct {
	Label   string
	Choices []choice
}

// all are the choices of every group.
func (v wishView) all() []choice {
	var all []choice
	for _, g := range v.Abouts {
		all = append(all, g.Choices...)
	}
	return all
}

func chosen(list []choice) string {
	for _, c := range list {
		if c.Chosen {
			return c.Label
		}
	}
	return ""
}

var kinds = []choice{
	{Value: "", Label: "Everything", Hint: "about three mails an upgrade"},
	{Value: "changes", Label: "Changes of the end", Hint: "when it moves, or is called off"},
	{Value: "ends", Label: "Start and end", Hint: "when it begins and when it is over"},
}

// langs are the languages of messages, each in its own words.
var langs = []choice{
	{Value: "en", Label: "English"},
	{Value: "de", Label: "Deutsch"},
	{Value: "fr", Label: "Français"},
	{Value: "es", Label: "Español"},
	{Value: "ar", Label: "العربية"},
}

// zones are proposals; every zone that there is may be typed.
var zones = []string{
	"UTC", "Africa/Cairo", "Africa/Johannesburg", "Africa/Lagos", "America/Chicago", "America/Denver", "America/Los_Angeles",
	"America/Mexico_City", "America/New_York", "America/Sao_Paulo", "America/Toronto", "Asia/Dubai", "Asia/Hong_Kong",
	"Asia/Kolkata", "Asia/Riyadh", "Asia/Seoul", "Asia/Shanghai", "Asia/Singapore", "Asia/Tokyo", "Australia/Sydney",
	"Europe/Athens", "Europe/Berlin", "Europe/Istanbul", "Europe/London", "Europe/Madrid", "Europe/Paris", "Europe/Rome",
	"Europe/Warsaw", "Europe/Zurich", "Pacific/Auckland",
}

// The values of what a wish is about begin with what they name.
const (
	oneUpgrade   = "upgrade:"
	oneSystem    = "system:"
	oneComponent = "component:"
)

func (w Wish) about() string {
	switch {
	case w.Upgrade != "":
		return oneUpgrade + w.Upgrade
	case w.System != "":
		return oneSystem + w.System
	case w.Component != "":
		return oneComponent + w.Component
	}
	return ""
}

// setAbout reads what about wrote.
func (w *Wish) setAbout(value string) {
	w.Upgrade, w.System, w.Component = "", "", ""
	for prefix, field := range map[string]*string{oneUpgrade: &w.Upgrade, oneSystem: &w.System, oneComponent: &w.Component} {
		if rest, ok := strings.CutPrefix(value, prefix); ok {
			*field = rest
		}
	}
}

// choices is what there is to choose, with a wish chosen.
func (f *Forms) choices(r *http.Request, w Wish) (wishView, error) {
	upgrades, err := f.cfg.Board.Upgrades(r.Context())
	if err != nil {
		return wishView{}, err
	}
	v := wishView{
		Abouts: abouts(upgrades, w.about()), Kinds: choose(kinds, w.Kind), Langs: choose(langs, cmp.Or(w.Lang, "en")),
		Zone: w.Zone, Zones: zones,
	}
	return v, nil
}

// abouts are everything, each upgrade to come, each system and each of its
// components. What was chosen is a choice even if it is over by now.
func abouts(upgrades []upgrade.Public, value string) []group {
	ones, systems, components := group{Label: "One upgrade"}, group{Label: "One system"}, group{Label: "One component"}
	for _, u := range upgrades {
		if one := oneUpgrade + u.ID; !u.State.Ended() || one == value {
			ones.add(one, u.Title)
		}
		systems.add(oneSystem+u.System, u.System)
		for _, c := range u.Components {
			components.add(oneComponent+u.System+"/"+c.ID, c.Name+" ("+u.System+")")
		}
	}
	groups := []group{{Label: "Everything", Choices: []choice{{Label: "Every upgrade"}}}}
	for _, g := range []group{ones, systems, components} {
		if len(g.Choices) > 0 {
			groups = append(groups, g)
		}
	}
	if value != "" && !slices.ContainsFunc(groups, func(g group) bool { return g.has(value) }) {
		_, name, _ := strings.Cut(value, ":")
		groups = append(groups, group{Label: "As before", Choices: []choice{{Value: value, Label: name}}})
	}
	for i := range groups {
		groups[i].Choices = choose(groups[i].Choices, value)
	}
	return groups
}

// add adds a choice that is not there yet.
func (g *group) add(value, label string) {
	if !g.has(value) {
		g.Choices = append(g.Choices, choice{Value: value, Label: label})
	}
}

func (g group) has(value string) bool {
	return slices.ContainsFunc(g.Choices, func(c choice) bool { return c.Value == value })
}

// wish reads what was chosen; before is what stood, which may stay although
// it is no choice any more. fault says what is wrong.
func (f *Forms) wish(r *http.Request, before Wish) (w Wish, fault string, err error) {
	w = Wish{Kind: r.PostFormValue("kind"), Lang: r.PostFormValue("lang"), Zone: strings.TrimSpace(r.PostFormValue("zone"))}
	about := r.PostFormValue("about")
	w.setAbout(about)
	v, err := f.choices(r, before)
	if err != nil {
		return w, "", err
	}
	switch {
	case !known(v.all(), about) && about != before.about():
		fault = "Please choose what you want to be told of."
		w.setAbout("")
	case !known(kinds, w.Kind):
		fault, w.Kind = "Please choose which messages you want.", ""
	case !known(langs, w.Lang):
		fault, w.Lang = "Please choose a language.", ""
	case !validZone(w.Zone):
		fault = "Please choose a time zone such as Europe/Berlin, or leave it empty."
	}
	return w, fault, nil
}

func validZone(name string) bool {
	if name == "" {
		return true
	}
	_, err := time.LoadLocation(name)
	return err == nil && name != "Local" && len(name) < 64
}
