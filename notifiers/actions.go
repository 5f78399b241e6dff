package notifiers

import (
	"slices"
	"strings"

	"upgradehub/events/lang"
	"upgradehub/events/plan"
	"upgradehub/events/survey"
)

// Action names what a button of a message does. The words are the button's;
// the name is what comes back when somebody presses it.
type Action string

// The actions. A channel that cannot carry them leaves their buttons out.
const (
	// ActionRate records the rating that is its object, see [RatingObject].
	ActionRate Action = "rate"
	// ActionAcknowledge says that somebody has read the delivery that is its
	// object.
	ActionAcknowledge Action = "acknowledge"
	// ActionGo and ActionNoGo decide the gate that is their object.
	ActionGo   Action = "gate-go"
	ActionNoGo Action = "gate-no-go"
	// ActionSignOff signs off for the gate that is its object.
	ActionSignOff Action = "gate-sign-off"
	// ActionUpdate asks for the next update, beginning with the draft.
	ActionUpdate Action = "update"
	// ActionPost posts the draft as the next update, as it is; its object is
	// when the promise falls due that it keeps, in RFC 3339.
	ActionPost Action = "update-post"
	// ActionAccept and ActionReject decide the lesson that is their object.
	ActionAccept Action = "lesson-accept"
	ActionReject Action = "lesson-reject"
	// ActionAssign asks who sees to the lesson that is its object.
	ActionAssign Action = "lesson-assign"
	// ActionTrouble asks what is broken for whoever presses it.
	ActionTrouble Action = "trouble"
	// ActionSeen says that somebody has looked at what was overdue.
	ActionSeen Action = "items-seen"
	// ActionExtend asks for a later time of the next update.
	ActionExtend Action = "update-extend"
)

// Press is what a button stands for: an action on an object of an upgrade.
type Press struct {
	Action  Action `json:",omitempty"`
	Upgrade string `json:",omitempty"`
	// Object is a gate, a lesson, a delivery, a rating or a time; empty where the
	// action is on the upgrade itself.
	Object string `json:",omitempty"`
	// Draft is the text that an update begins with.
	Draft string `json:",omitempty"`
	// Lang is the language of the message, in which whoever presses is asked
	// and answered. English goes without saying: it is empty.
	Lang string `json:",omitempty"`
}

// In is p on a message in a language of [lang.Supported].
func (p Press) In(language string) Press {
	p.Lang = ""
	if foreign(language) {
		p.Lang = language
	}
	return p
}

func foreign(language string) bool { return language != lang.English && lang.Known(language) }

// RatingObject is a rating, 1 to 5, and the role of the audience it is asked
// of: "4/users".
func RatingObject(stars, role string) string { return strings.TrimSuffix(stars+"/"+role, "/") }

// ReadRating reads a RatingObject; false if it is none. The role is empty if it
// is none that can be asked.
func ReadRating(object string) (stars int, role string, ok bool) {
	first, rest, _ := strings.Cut(object, "/")
	role, _, _ = strings.Cut(rest, "/")
	stars, ok = survey.Number(first, survey.MostStars)
	if role != RoleCrew && !slices.Contains(plan.Roles, role) {
		role = ""
	}
	return stars, role, ok && stars > 0
}

// Value is what the button carries, so that its press can be read again by
// [ReadPress]: "de:pg16/g1", and a draft below it. No upgrade has a colon in
// its id.
func (p Press) Value() string {
	value := p.Upgrade
	if p.Lang != "" {
		value = p.Lang + ":" + value
	}
	if p.Object != "" {
		value += "/" + p.Object
	}
	if p.Draft != "" {
		value += "\n" + p.Draft
	}
	return value
}

// ReadPress reads the value of a button. It judges nothing but the language:
// what it names may not exist.
func ReadPress(a Action, value string) Press {
	target, draft, _ := strings.Cut(value, "\n")
	language, rest, found := strings.Cut(target, ":")
	if !found || !foreign(language) {
		language, rest = "", target
	}
	upgrade, object, _ := strings.Cut(rest, "/")
	return Press{Action: a, Upgrade: upgrade, Object: object, Draft: draft, Lang: language}
}
