package statuspage

import (
	"math"
	"strconv"

	"upgradehub/events/survey"
)

// figure is a table that is drawn, too: each row has its number in words and
// as a bar, or a share with its interval as a dot on a line.
type figure struct {
	Caption string
	Rows    []figureRow
}

// figureRow is one row. Width is that of its bar; At is the place of the dot
// and Low and High the ends of its line; all in per cent, and empty if there is
// nothing to draw.
type figureRow struct {
	Name, Path           string
	When                 piece
	Width, Low, At, High string
	Words, Note          string
}

// of draws and says a share; nothing of nobody.
func (r figureRow) of(s *scribe, share survey.Share) figureRow {
	if share.Of > 0 {
		r.Low, r.At, r.High = percent(100*share.Low), percent(100*share.Share), percent(100*share.High)
		r.Words = s.share(share)
	}
	return r
}

// one is a share that stands alone.
func (s *scribe) one(name string, share survey.Share) *figureRow {
	row := figureRow{Name: s.Say(name)}.of(s, share)
	return &row
}

// counts is a figure of how often each answer was given, in the order of the
// answers; named is the message that says what an answer is.
func (s *scribe) counts(caption string, counts map[string]int, named func(string) string, answers ...string) *figure {
	f, all := &figure{Caption: caption}, 0
	for _, answer := range answers {
		all += counts[answer]
	}
	for _, answer := range answers {
		n := counts[answer]
		f.Rows = append(f.Rows, figureRow{
			Name: s.Say(named(answer)), Width: percent(100 * float64(n) / float64(max(all, 1))),
			Words: s.Say("insights.part", "count", strconv.Itoa(n), "share", whole(float64(n)/float64(max(all, 1)))),
		})
	}
	return f
}

// share is a share in words, with its interval.
func (s *scribe) share(of survey.Share) string {
	return of.In(s.Code)
}

// whole is a share in whole per cent.
func whole(share float64) string { return strconv.Itoa(int(math.Round(100 * share))) }
