package interact

import (
	"context"
	"maps"
	"slices"

	slackapi "github.com/slack-go/slack"

	"upgradehub/events"
	"upgradehub/events/upgrade"
	"upgradehub/notifiers"
	"upgradehub/notifiers/slack"
)

// isLesson: lessons are decided when the upgrade has ended.
func isLesson(a notifiers.Action) bool {
	return a == notifiers.ActionAccept || a == notifiers.ActionReject || a == notifiers.ActionAssign
}

// learners are those who decide what is learnt: whoever leads, and the backup.
func learners(u *upgrade.Upgrade) []string {
	if u.Plan == nil {
		return nil
	}
	return u.Plan.Chain("lead")
}

// askLesson asks whoever leads for the reason.
func (h *Handler) askLesson(ctx context.Context, u *upgrade.Upgrade, c click) reply {
	if r := h.only(c.said, "lesson.only", learners(u), c.user); r.say != "" {
		return r
	}
	if c.Action == notifiers.ActionAssign {
		return h.open(ctx, c, assignView(u, c))
	}
	return h.open(ctx, c, lessonView(u, c))
}

// assignView offers the people of the roster.
func assignView(u *upgrade.Upgrade, c click) *slackapi.ModalViewRequest {
	var options []*slackapi.OptionBlockObject
	for _, name := range crew(u) {
		options = append(options, slackapi.NewOptionBlockObject(name, slack.Plain(name, slack.MaxOption), nil))
	}
	choose := slackapi.NewOptionsSelectBlockElement(slackapi.OptTypeStatic, nil, inputOwner, options[:min(len(options), mostCrew)]...)
	return modal(c, c.said.Say("lesson.assign"),
		slack.Paragraph(c.said.Say("lesson.assign.lead", "title", titleOf(u), "lesson", c.Object)),
		input(inputOwner, c.said.Say("lesson.owner"), "", choose, false))
}

// mostCrew is how many options Slack takes.
const mostCrew = 100

// crew are the people whom the plan names, each once.
func crew(u *upgrade.Upgrade) []string {
	names := map[string]bool{}
	for _, d := range u.Plan.Roster {
		names[d.Person], names[d.Backup] = true, true
	}
	delete(names, "")
	return slices.Sorted(maps.Keys(names))
}

func lessonView(u *upgrade.Upgrade, c click) *slackapi.ModalViewRequest {
	accepts := c.Action == notifiers.ActionAccept
	title, lead := "lesson.reject", "lesson.reject.lead"
	if accepts {
		title, lead = "lesson.accept", "lesson.accept.lead"
	}
	return modal(c, c.said.Say(title), slack.Paragraph(c.said.Say(lead, "title", titleOf(u), "lesson", c.Object)), reason(c, accepts))
}

// decideLesson records what whoever leads has decided.
func (h *Handler) decideLesson(ctx context.Context, u *upgrade.Upgrade, f form) reply {
	if r := h.only(f.said, "lesson.only", learners(u), f.user); r.say != "" {
		return r
	}
	by := upgrade.AnyOf(h.cfg.Desk.Names(f.user), learners(u))
	if f.Action == notifiers.ActionAssign {
		return h.record(ctx, f, events.LessonAssigned, &events.Lesson{Lesson: f.Object, By: by, Owner: f.text[inputOwner]})
	}
	t := events.LessonAccepted
	if f.Action == notifiers.ActionReject {
		t = events.LessonRejected
		if f.text[inputReason] == "" {
			return reply{errors: map[string]string{inputReason: f.said.Say("reason.needed")}}
		}
	}
	return h.record(ctx, f, t, &events.Lesson{Lesson: f.Object, By: by, Reason: f.text[inputReason]})
}
