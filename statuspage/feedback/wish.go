package feedback

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"upgradehub/events/lang"
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

// kinds are which messages somebody wants.
func kinds(words scribe) []choice {
	all := []choice{{Value: ""}, {Value: "changes"}, {Value: "ends"}}
	for i, c := range all {
		id := "kind." + cmp.Or(c.Value, "all")
		all[i].Label, all[i].Hint = words.Say(id), words.Say(id+".hint")
	}
	return all
}

// langs are the languages of messages, each in its own words.
func langs() []choice {
	var all []choice
	for _, code := range lang.Supported {
		all = append(all, choice{Value: code, Label: lang.Name(code)})
	}
	return all
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
	words := f.in(r)
	return wishView{
		Abouts: abouts(words, upgrades, w.about()), Kinds: choose(kinds(words), w.Kind),
		Langs: choose(langs(), cmp.Or(w.Lang, words.Code)), Zone: w.Zone, Zones: zones,
	}, nil
}

// abouts are everything, each upgrade to come, each system and each of its
// components. What was chosen is a choice even if it is over by now.
func abouts(words scribe, upgrades []upgrade.Public, value string) []group {
	ones, systems := group{Label: words.Say("wish.upgrade")}, group{Label: words.Say("wish.system")}
	components := group{Label: words.Say("wish.component")}
	for _, u := range upgrades {
		if one := oneUpgrade + u.ID; !u.State.Ended() || one == value {
			ones.add(one, u.Title)
		}
		systems.add(oneSystem+u.System, u.System)
		for _, c := range u.Components {
			components.add(oneComponent+u.System+"/"+c.ID, c.Name+" ("+u.System+")")
		}
	}
	groups := []group{{Label: words.Say("wish.everything"), Choices: []choice{{Label: words.Say("wish.every")}}}}
	for _, g := range []group{ones, systems, components} {
		if len(g.Choices) > 0 {
			groups = append(groups, g)
		}
	}
	if value != "" && !slices.ContainsFunc(groups, func(g group) bool { return g.has(value) }) {
		_, name, _ := strings.Cut(value, ":")
		groups = append(groups, group{Label: words.Say("wish.before"), Choices: []choice{{Value: value, Label: name}}})
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
	say := f.in(r).Say
	switch {
	case !known(v.all(), about) && about != before.about():
		fault = say("fault.about")
		w.setAbout("")
	case !known(v.Kinds, w.Kind):
		fault, w.Kind = say("fault.kind"), ""
	case !known(v.Langs, w.Lang):
		fault, w.Lang = say("fault.lang"), ""
	case !validZone(w.Zone):
		fault = say("fault.zone")
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
