package interact

import (
	"context"

	slackapi "github.com/slack-go/slack"

	"upgradehub/events"
	"upgradehub/events/upgrade"
	"upgradehub/notifiers"
	"upgradehub/notifiers/slack"
)

// isLesson: lessons are decided when the upgrade has ended.
func isLesson(a notifiers.Action) bool {
	return a == notifiers.ActionAccept || a == notifiers.ActionReject
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
	return h.open(ctx, c, h.lessonView(u, c))
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
	t := events.LessonAccepted
	if f.Action == notifiers.ActionReject {
		t = events.LessonRejected
		if f.text[inputReason] == "" {
			return reply{errors: map[string]string{inputReason: h.words.say("reason-needed", nil)}}
		}
	}
	by := upgrade.AnyOf(h.cfg.Desk.Names(f.user), learners(u))
	return h.record(ctx, f, t, &events.Lesson{Lesson: f.Object, By: by, Reason: f.text[inputReason]})
}
