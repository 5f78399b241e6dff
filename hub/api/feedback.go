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
	Waiting int              `json:"waiting,omitempty"`
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
	pending, err := a.people.Pending(ctx)
	if err != nil {
		return err
	}
	rows, err := a.store.Answers(ctx, id)
	if err != nil {
		return err
	}
	f := Feedback{Upgrade: id, Mode: p.Survey.How(), Insights: said, Waiting: len(pending[id]), Answers: []FeedbackAnswer{}}
	for _, row := range store.Shown(rows) {
		answer, err := a.answer(ctx, row)
		if err != nil {
			return err
		}
		f.Answers = append(f.Answers, answer)
	}
	return reply(w, http.StatusOK, f)
}

// answer adds what only PEOPLE knows. The random id of whoever gave it is left
// out: other lists tell whose it is.
func (a *API) answer(ctx context.Context, row store.AnswerRow) (f FeedbackAnswer, err error) {
	if f.Text, err = a.people.Words(ctx, row.Answer); err != nil {
		return f, err
	}
	f.Who, err = a.people.Who(ctx, row)
	row.Subscriber = ""
	f.AnswerRow = row
	return f, err
}
