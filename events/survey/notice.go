package survey

import "time"

// The lengths of notice, from the announcement to the start of the window, by
// the names of their groups.
const (
	NoticeUnderDay = "under_1_day"
	NoticeDays     = "1_to_3_days"
	NoticeWeek     = "3_to_7_days"
	NoticeLonger   = "over_7_days"
)

// notices are the lengths up to which a notice belongs to a group, the longest
// last, which has no end.
var notices = []struct {
	under time.Duration
	name  string
}{{24 * time.Hour, NoticeUnderDay}, {3 * 24 * time.Hour, NoticeDays}, {7 * 24 * time.Hour, NoticeWeek}, {0, NoticeLonger}}

// NoticeOf is the group of a notice. One that came after the start is none and
// belongs to the shortest.
func NoticeOf(notice time.Duration) string {
	for _, n := range notices {
		if notice < n.under {
			return n.name
		}
	}
	return NoticeLonger
}

// Told is what was answered after an upgrade that was announced so long ahead.
type Told struct {
	Notice  time.Duration
	Answers []Answer
}

// ByNotice is what people thought by how early they were told, across
// upgrades, the shortest notice first. Lengths nobody answered after are left
// out.
func ByNotice(told []Told) []Group {
	parts := map[string][]Answer{}
	for _, t := range told {
		name := NoticeOf(t.Notice)
		parts[name] = append(parts[name], t.Answers...)
	}
	groups := []Group{}
	for _, n := range notices {
		if g := group(n.name, parts[n.name]); g.Count > 0 {
			groups = append(groups, g)
		}
	}
	return groups
}

// Public reports whether strangers may see what was answered, each question by
// [Least] at least. Groups of such upgrades are sums of what is shown anyway.
func (t Told) Public() bool {
	i := Look(t.Answers, Invited{})
	return enough(i.Communication) != nil && (len(i.Disruption) == 0 || enough(i.Disruption) != nil)
}
