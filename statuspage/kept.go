package statuspage

import (
	"context"
	"fmt"
	"time"

	"upgradehub/events/forecast"
)

// keptView is what was said before, against what came.
type keptView struct {
	Promises string
	Foretold line
	Scores   []string
}

func (s *scribe) keptOf(ctx context.Context, in Insight) (keptView, error) {
	v := keptView{Promises: s.promises(in.Upgrade)}
	if f := in.Foretold; f != nil {
		id := "foretold.missed"
		if f.Score.Coverage == 1 {
			id = "foretold.held"
		}
		v.Foretold = s.line(id, "low", s.moment(f.Low, "full"), "high", s.moment(f.High, "full"), "end", s.moment(f.Actual, "full"))
		v.Scores = append(v.Scores, s.Say("foretold.loss", "loss", s.loss(f.Score)))
	}
	if s.cfg.Forecasts == nil {
		return v, nil
	}
	upgrades, phases, err := s.cfg.Forecasts(ctx)
	if err != nil {
		return v, fmt.Errorf("score forecasts: %w", err)
	}
	if upgrades.Runs > 0 {
		v.Scores = append(v.Scores, s.scoreWords(upgrades), s.Say("foretold.loss_all", "loss", s.loss(upgrades)))
	}
	if phases.Runs > 0 {
		v.Scores = append(v.Scores, s.Say("foretold.phases", "of", phases.Runs, "share", whole(phases.Coverage), "loss", s.loss(phases)))
	}
	return v, nil
}

// loss is the mean pinball loss of the three quantiles.
func (s *scribe) loss(score forecast.Score) string {
	var sum time.Duration
	for _, loss := range score.Pinball {
		sum += loss
	}
	return s.length(sum / time.Duration(len(score.Pinball)))
}
