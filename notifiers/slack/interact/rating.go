package interact

import (
	"context"
	"fmt"
	"strconv"

	slackapi "github.com/slack-go/slack"

	"upgradehub/events/plan"
	"upgradehub/events/survey"
	"upgradehub/events/upgrade"
	"upgradehub/notifiers"
	"upgradehub/notifiers/slack"
)

// rate asks for what a rating leaves open. The rating itself is recorded at
// once, because a click is as good as a signature; not so where the survey is
// named, which the modal says first. The modal comes first: its trigger does
// not wait.
func (h *Handler) rate(ctx context.Context, c click) reply {
	stars, role, ok := notifiers.ReadRating(c.Object)
	if !ok {
		return reply{}
	}
	u, answer, r := h.surveyed(ctx, c.Upgrade, c.user)
	if u == nil {
		return r
	}
	answer.Stars, answer.Role = stars, role
	asked := h.open(ctx, c, h.ratingView(u, c, answer))
	if u.Plan != nil && u.Plan.Survey.How() == plan.Named {
		return asked
	}
	r = h.recorded(ctx, h.cfg.Desk.Rate(ctx, c.Upgrade, c.user, answer), h.words.say("rated", about{"Stars": stars}))
	if !asked.undone && !r.undone {
		return reply{} // the modal says it all
	}
	return r
}

// surveyed is the upgrade and what the user answered about it so far, if they
// may answer here; else the upgrade is nil and the reply says why.
func (h *Handler) surveyed(ctx context.Context, id, user string) (*upgrade.Upgrade, Rating, reply) {
	u, err := h.cfg.Board.Upgrade(ctx, id)
	if err != nil {
		return nil, Rating{}, h.unknown(ctx, id, err)
	}
	if u.Plan != nil && u.Plan.Survey.How() == plan.Anonymous {
		form := h.cfg.Page + "upgrades/" + id + "/feedback"
		return nil, Rating{}, reply{say: h.words.say("survey-anonymous", about{"Form": form}), undone: true}
	}
	answer, open, err := h.cfg.Desk.Rating(ctx, id, user)
	switch {
	case err != nil:
		return nil, Rating{}, h.unknown(ctx, id, err)
	case !open:
		return nil, Rating{}, reply{say: h.words.say("survey-closed", about{"Title": titleOf(u)})}
	case answer == nil:
		answer = &Rating{}
	}
	return u, *answer, reply{}
}

// unhappy ends the names of words after an end that was not meant.
func unhappy(s upgrade.State) string {
	if s.Ended() && s != upgrade.Completed {
		return "-unhappy"
	}
	return ""
}

// questions are those of the plan, beside rating and comment.
func questions(u *upgrade.Upgrade, role string) []string {
	if u.Plan == nil {
		return nil
	}
	return u.Plan.Survey.Asked(role, 0)
}

// ratingView asks for what a rating leaves open, beginning with what was said.
func (h *Handler) ratingView(u *upgrade.Upgrade, c click, r Rating) *slackapi.ModalViewRequest {
	end := unhappy(u.State)
	blocks := []slackapi.Block{
		h.input(inputStars, h.words.say("rate-stars"+end, about{"Title": titleOf(u)}), "", h.choice("stars", fmt.Sprint(r.Stars), "5", "4", "3", "2", "1"), false),
	}
	for _, q := range questions(u, r.Role) {
		blocks = append(blocks, h.questionBlocks(q, r)...)
	}
	blocks = append(blocks,
		h.input(inputComment, h.words.say("comment", nil), "comment-hint", writing(inputComment, r.Text, maxComment), true),
		slack.Paragraph(h.words.say("mode-"+string(mode(u)), nil)))
	return h.modal(c, h.words.say("rate-title"+end, nil), blocks...)
}

func mode(u *upgrade.Upgrade) plan.Mode {
	if u.Plan == nil {
		return plan.Confidential
	}
	return u.Plan.Survey.How()
}

// questionBlocks ask one question of the plan.
func (h *Handler) questionBlocks(name string, r Rating) []slackapi.Block {
	switch name {
	case plan.AskDisruption:
		return []slackapi.Block{
			h.input(inputDisruption, h.words.say("disruption", nil), "", h.choice("disruption", r.Disruption, "none", "little", "lot", "blocked"), true),
			h.input(inputMinutes, h.words.say("minutes", nil), "", minutes(r.Minutes), true),
		}
	case plan.AskCommunication:
		return []slackapi.Block{
			h.input(inputHeard, h.words.say("communication", nil), "", h.choice("communication", r.Communication, "right", "late", "little", "much"), true),
		}
	case plan.AskEffort:
		return []slackapi.Block{
			h.input(inputEffort, h.words.say("effort", nil), "", h.choice("effort", fmt.Sprint(r.Effort), "1", "2", "3", "4", "5", "6", "7"), true),
		}
	}
	return nil
}

// minutes is an input of a number, empty for none.
func minutes(lost int) slackapi.BlockElement {
	element := slackapi.NewNumberInputBlockElement(nil, inputMinutes, false).WithMinValue("0").WithMaxValue(strconv.Itoa(survey.MostMinutes))
	if lost > 0 {
		element.InitialValue = strconv.Itoa(lost)
	}
	return element
}

func (h *Handler) submitRating(ctx context.Context, f form) reply {
	_, role, _ := notifiers.ReadRating(f.Object)
	r := Rating{Disruption: f.text[inputDisruption], Communication: f.text[inputHeard], Text: f.text[inputComment], Role: role}
	var lost, effort bool
	r.Stars, _ = survey.Number(f.text[inputStars], survey.MostStars)
	r.Minutes, lost = survey.Number(f.text[inputMinutes], survey.MostMinutes)
	r.Effort, effort = survey.Number(f.text[inputEffort], survey.MostEase)
	if r.Stars == 0 || !lost || !effort {
		return reply{undone: true, say: h.words.say("later", nil)} // Slack lets nobody enter that
	}
	if r.Disruption == "none" {
		r.Minutes = 0
	}
	u, _, refused := h.surveyed(ctx, f.Upgrade, f.user)
	if u == nil {
		return refused
	}
	return h.recorded(ctx, h.cfg.Desk.Rate(ctx, f.Upgrade, f.user, r), h.words.say("rated-fully", nil))
}
