package api

import (
	"context"
	"net/http"

	"upgradehub/events/plan"
	"upgradehub/hub/insights"
	"upgradehub/hub/store"
)

// Feedback is the answers to one survey.
type Feedback struct {
	Upgrade string    `json:"upgrade"`
	Mode    plan.Mode `json:"mode"`
	insights.Insights
	// Waiting is how many anonymous answers are not published yet.
	Waiting int `json:"waiting,omitempty"`
	// Reports is how many said that something was broken while work was under
	// way, and Items what of all this somebody is to look at.
	Reports int              `json:"reports"`
	Items   store.ItemCounts `json:"items"`
	Answers []FeedbackAnswer `json:"answers"`
}

// FeedbackAnswer is one answer with its text, for operators.
type FeedbackAnswer struct {
	store.AnswerRow
	Text string `json:"text,omitempty"`
	// Who gave it, if the survey was named.
	Who string `json:"who,omitempty"`
}

func (a *API) feedback(w http.ResponseWriter, r *http.Request) error {
	ctx, id := r.Context(), r.PathValue("id")
	p, err := a.store.Upgrade(ctx, id)
	if err != nil {
		return err
	}
	said, err := a.insights.Of(ctx, id)
	if err != nil {
		return err
	}
	pending, _, err := a.people.Pending(ctx)
	if err != nil {
		return err
	}
	rows, err := a.store.Answers(ctx, id)
	if err != nil {
		return err
	}
	f := Feedback{Upgrade: id, Mode: p.Survey.How(), Insights: said, Waiting: len(pending[id]), Answers: []FeedbackAnswer{}}
	if f.Reports, f.Items, err = a.counted(ctx, id); err != nil {
		return err
	}
	for _, row := range store.Shown(rows) {
		answer, err := a.answer(ctx, row)
		if err != nil {
			return err
		}
		f.Answers = append(f.Answers, answer)
	}
	return reply(w, http.StatusOK, f)
}

// counted are the reports about an upgrade and its items.
func (a *API) counted(ctx context.Context, id string) (reports int, items store.ItemCounts, err error) {
	u, _, err := a.store.Full(ctx, id)
	if err != nil {
		return 0, items, err
	}
	items, err = a.store.ItemCounts(ctx, id)
	return u.Reports.Count, items, err
}

// answer adds what only PEOPLE knows.
func (a *API) answer(ctx context.Context, row store.AnswerRow) (f FeedbackAnswer, err error) {
	if f.Text, err = a.people.Words(ctx, row.Answer); err != nil {
		return f, err
	}
	f.Who, err = a.people.Who(ctx, row)
	f.AnswerRow = row
	return f, err
}
