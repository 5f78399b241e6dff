package interact

import (
	"context"
	"fmt"
	"strconv"

	slackapi "github.com/slack-go/slack"

	"upgradehub/events/lang"
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
	u, answer, r := h.surveyed(ctx, c.said, c.Upgrade, c.user)
	if u == nil {
		return r
	}
	answer.Stars, answer.Role = stars, role
	asked := h.open(ctx, c, ratingView(u, c, answer))
	if named(u) {
		return asked
	}
	r = h.recorded(ctx, c.said, h.cfg.Desk.Rate(ctx, c.Upgrade, c.user, answer), c.said.Say("rated", "stars", stars))
	if !asked.undone && !r.undone {
		return reply{} // the modal says it all
	}
	return r
}

// surveyed is the upgrade and what the user answered about it so far, if they
// may answer here; else the upgrade is nil and the reply says why.
func (h *Handler) surveyed(ctx context.Context, said tongue, id, user string) (*upgrade.Upgrade, Rating, reply) {
	u, err := h.cfg.Board.Upgrade(ctx, id)
	if err != nil {
		return nil, Rating{}, h.unknown(ctx, said, id, err)
	}
	if u.Plan != nil && u.Plan.Survey.How() == plan.Anonymous {
		form := h.cfg.Page + "upgrades/" + id + "/feedback"
		return nil, Rating{}, reply{say: said.Say("anonymous", "form", form), undone: true}
	}
	answer, open, err := h.cfg.Desk.Rating(ctx, id, user)
	switch {
	case err != nil:
		return nil, Rating{}, h.unknown(ctx, said, id, err)
	case !open:
		return nil, Rating{}, reply{say: said.Say("closed", "title", titleOf(u))}
	case answer == nil:
		answer = &Rating{}
	}
	return u, *answer, reply{}
}

// unhappy ends the names of words after an end that was not meant.
func unhappy(s upgrade.State) string {
	if s.Ended() && s != upgrade.Completed {
		return ".unhappy"
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
func ratingView(u *upgrade.Upgrade, c click, r Rating) *slackapi.ModalViewRequest {
	ask, end := c.said.survey, unhappy(u.State)
	stars := func(n string) string { return graded(ask, n, ask.Say("rating."+n)) }
	blocks := []slackapi.Block{
		slack.Paragraph(titleOf(u)),
		input(inputStars, ask.Say("rating"+end), "", choice(inputStars, fmt.Sprint(r.Stars), stars, "5", "4", "3", "2", "1"), false),
	}
	for _, q := range questions(u, r.Role) {
		blocks = append(blocks, questionBlocks(ask, q, r)...)
	}
	blocks = append(blocks,
		input(inputComment, ask.Say("text"), c.said.Say("text.hint"), writing(inputComment, r.Text, maxComment), true),
		slack.Paragraph(known(c.said, u)))
	return modal(c, ask.Say("title"+end), blocks...)
}

// known says what is known of who answers, and what comes of a name.
func known(said tongue, u *upgrade.Upgrade) string {
	if named(u) {
		return survey.Known(said.survey, string(plan.Named)) + " " + said.Say("named.wait")
	}
	return survey.Known(said.survey, string(plan.Confidential))
}

func named(u *upgrade.Upgrade) bool { return u.Plan != nil && u.Plan.Survey.How() == plan.Named }

// questionBlocks ask one question of the plan.
func questionBlocks(words lang.Words, name string, r Rating) []slackapi.Block {
	label := func(option string) string { return words.Say(name + "." + option) }
	ask := func(element slackapi.BlockElement) slackapi.Block {
		return input(name, words.Say(name), "", element, true)
	}
	switch name {
	case plan.AskDisruption:
		return []slackapi.Block{
			ask(choice(name, r.Disruption, label, "none", "little", "lot", "blocked")),
			input(inputMinutes, words.Say("minutes"), "", minutes(r.Minutes), true),
		}
	case plan.AskCommunication:
		return []slackapi.Block{ask(choice(name, r.Communication, label, "right", "late", "little", "much"))}
	case plan.AskEffort:
		return []slackapi.Block{ask(choice(name, fmt.Sprint(r.Effort), ease(words, label), "1", "2", "3", "4", "5", "6", "7"))}
	}
	return nil
}

// ease labels a scale of which the ends alone have names.
func ease(words lang.Words, label func(string) string) func(string) string {
	return func(n string) string {
		if n == "1" || n == strconv.Itoa(survey.MostEase) {
			return graded(words, n, label(n))
		}
		return n
	}
}

// graded is a number and what it means.
func graded(words lang.Words, n, meaning string) string {
	return notifiers.InDirection(words.Code, n+" – "+meaning)
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
	r := Rating{Disruption: f.text[plan.AskDisruption], Communication: f.text[plan.AskCommunication], Text: f.text[inputComment], Role: role}
	var lost, effort bool
	r.Stars, _ = survey.Number(f.text[inputStars], survey.MostStars)
	r.Minutes, lost = survey.Number(f.text[inputMinutes], survey.MostMinutes)
	r.Effort, effort = survey.Number(f.text[plan.AskEffort], survey.MostEase)
	if r.Stars == 0 || !lost || !effort {
		return reply{undone: true, say: f.said.Say("later")} // Slack lets nobody enter that
	}
	if r.Disruption == "none" {
		r.Minutes = 0
	}
	u, _, refused := h.surveyed(ctx, f.said, f.Upgrade, f.user)
	if u == nil {
		return refused
	}
	return h.recorded(ctx, f.said, h.cfg.Desk.Rate(ctx, f.Upgrade, f.user, r), f.said.Say("rated.fully"))
}
