package statuspage

import (
	"context"
	"time"

	"upgradehub/events/forecast"
	"upgradehub/events/survey"
	"upgradehub/events/upgrade"
)

// Insights says what people answered after upgrades.
type Insights interface {
	// Insight is what visitors may know of the answers after one upgrade;
	// [ErrNotFound] if there is none.
	Insight(ctx context.Context, id string) (Insight, error)
}

// Insight is what visitors may know of what people answered after an upgrade,
// and of what came. It holds no number of so few answers that somebody could
// be recognised, no text, and before the end nothing but the upgrade.
type Insight struct {
	Upgrade upgrade.Public
	Survey  survey.Insight // as [survey.Insight.Public] leaves it
	Felt    upgrade.Felt
	// Notices are the answers to upgrades of the system by how early they were
	// announced, Trend those upgrades, oldest first.
	Notices []survey.Group
	Trend   []survey.Point
	// Foretold is the forecast that was shown when it began; nil if there was
	// none, or it was not completed.
	Foretold *Foretold
}

// Foretold is a forecast of an end, and the end.
type Foretold struct {
	Low, High, Actual time.Time
	Score             forecast.Score // of this one alone
}
