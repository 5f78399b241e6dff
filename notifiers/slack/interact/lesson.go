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
	if r := h.only("lesson-not-yours", learners(u), c.user, ""); r.say != "" {
		return r
	}
	if c.Action == notifiers.ActionAssign {
		return h.open(ctx, c, h.assignView(u, c))
	}
	return h.open(ctx, c, h.lessonView(u, c))
}

// assignView offers the people of the roster.
func (h *Handler) assignView(u *upgrade.Upgrade, c click) *slackapi.ModalViewRequest {
	var options []*slackapi.OptionBlockObject
	for _, name := range crew(u) {
		options = append(options, slackapi.NewOptionBlockObject(name, slack.Plain(name, slack.MaxOption), nil))
	}
	choose := slackapi.NewOptionsSelectBlockElement(slackapi.OptTypeStatic, nil, inputOwner, options[:min(len(options), mostCrew)]...)
	return h.modal(c, h.words.say("lesson-title-assign", nil),
		slack.Paragraph(h.words.say("lesson-lead-assign", about{"Title": titleOf(u), "Lesson": c.Object})),
		input(inputOwner, h.words.say("owner", nil), "", choose, false))
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

func (h *Handler) lessonView(u *upgrade.Upgrade, c click) *slackapi.ModalViewRequest {
	accepts := c.Action == notifiers.ActionAccept
	title, lead := "lesson-title-reject", "lesson-lead-reject"
	if accepts {
		title, lead = "lesson-title-accept", "lesson-lead-accept"
	}
	return h.modal(c, h.words.say(title, nil),
		slack.Paragraph(h.words.say(lead, about{"Title": titleOf(u), "Lesson": c.Object})),
		input(inputReason, h.words.say("reason", nil), h.words.say("reason-hint", nil), writing(inputReason, "", maxReason), accepts))
}

// decideLesson records what whoever leads has decided.
func (h *Handler) decideLesson(ctx context.Context, u *upgrade.Upgrade, f form) reply {
	if r := h.only("lesson-not-yours", learners(u), f.user, ""); r.say != "" {
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
			return reply{errors: map[string]string{inputReason: h.words.say("reason-needed", nil)}}
		}
	}
	return h.record(ctx, f, t, &events.Lesson{Lesson: f.Object, By: by, Reason: f.text[inputReason]})
}
