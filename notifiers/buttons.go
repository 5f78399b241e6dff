package notifiers

import (
	"fmt"

	"upgradehub/events"
)

// buttons are what a Slack message offers: the page always, and what its
// readers can do about it.
func buttons(d Delivery, s *sheet) []Button {
	n := d.Notice
	news := n.Form == events.FormBroadcast || n.Form == events.FormMessage
	on := func(a Action, object string) Press {
		return Press{Action: a, Upgrade: d.Upgrade, Object: object}.In(s.Code)
	}
	var list []Button
	switch {
	case n.Moment == events.MomentLesson:
		list = lessonButtons(n.Facts, on, s)
	case n.Form == events.FormCard && s.Inside != nil && !s.Ended:
		list = cardButtons(s.Inside.Card, n.Facts["gate"], on, s)
	case n.Form == events.FormRoot && s.Live:
		list = liveButtons(n.Role, on, s)
	case n.Moment == events.MomentItems:
		list = []Button{{Text: s.Say("button.seen"), Press: on(ActionSeen, "")}}
	case n.Moment == events.MomentNudge:
		list = wordButtons(n.Facts["due"], on, s)
	case news && AsksFeedback(n.Moment):
		list = ratingButtons(n.Role, on, s)
	case news && (n.Required && Insider(n.Role) || n.Role == RoleCrew):
		list = []Button{{Text: s.Say("button.read"), Press: on(ActionAcknowledge, d.ID)}}
	}
	list = append(list, Button{Text: s.Say("button.page"), URL: s.Page})
	if s.Ended && n.Form == events.FormRoot {
		list = append(list, Button{Text: s.Say("button.feedback"), URL: s.Form})
	}
	return list
}

// liveButtons are those of the root message while work is under way.
func liveButtons(role string, on func(Action, string) Press, s *sheet) []Button {
	broken := Button{Text: s.Say("button.trouble"), Press: on(ActionTrouble, "")}
	if !Insider(role) {
		return []Button{broken}
	}
	return []Button{{Text: s.Say("button.update"), Press: on(ActionUpdate, "")}, broken}
}

// wordButtons offer the draft of a promised word as it is, to be changed, and
// another time for it. The draft is of use as it is while the promise stands
// that falls due then.
func wordButtons(due string, on func(Action, string) Press, s *sheet) []Button {
	post, edit := on(ActionPost, due), on(ActionUpdate, "")
	post.Draft, edit.Draft = s.Draft, s.Draft
	return []Button{
		{Text: s.Say("button.post"), Press: post, Style: Primary},
		{Text: s.Say("button.edit"), Press: edit},
		{Text: s.Say("button.extend"), Press: on(ActionExtend, "")},
	}
}

func cardButtons(c *card, gate string, on func(Action, string) Press, s *sheet) []Button {
	if !c.open() {
		return nil
	}
	list := []Button{
		{Text: s.Say("button.go"), Press: on(ActionGo, gate), Style: Primary},
		{Text: s.Say("button.no_go"), Press: on(ActionNoGo, gate), Style: Danger},
	}
	if c.SignOffs {
		list = append(list, Button{Text: s.Say("button.sign_off"), Press: on(ActionSignOff, gate)})
	}
	return list
}

// ratingButtons are the five ratings; none stands out. Of an anonymous survey
// there are none: who presses a button is known.
func ratingButtons(role string, on func(Action, string) Press, s *sheet) []Button {
	if s.Anonymous {
		return []Button{{Text: s.Say("button.anonymous"), URL: s.Form}}
	}
	var list []Button
	for i := 1; i <= ratingsAsked; i++ {
		stars := fmt.Sprint(i)
		list = append(list, Button{Text: stars + " " + ratingWord(i, s.Words), Press: on(ActionRate, RatingObject(stars, role))})
	}
	return list
}
