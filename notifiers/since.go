package notifiers

import "upgradehub/events/lesson"

// since says in one sentence what is otherwise since last time: the weightiest
// of it, before the work begins.
func (s *sheet) since(v View) string {
	if len(v.Learnt) == 0 || s.Live || s.Ended {
		return ""
	}
	return s.Say("since", "change", line(v.Learnt[0].In(s.Code)))
}

// changes are the sentences of what is changed because of what people said.
func (s *sheet) changes(v View) []string {
	var list []string
	for _, c := range v.Learnt {
		list = append(list, line(c.In(s.Code)))
	}
	return list
}

// lessonLines name the owners.
func (s *sheet) lessonLines(lessons []Accepted) []string {
	var list []string
	for _, l := range lessons {
		words := line(l.Lesson.TextIn(s.Code))
		if l.Owner != "" {
			words = s.named(words, line(l.Owner))
		}
		list = append(list, words)
	}
	return list
}

// sayLesson puts a card into the reader's language. Its facts have it in
// English.
func (s *sheet) sayLesson(c *lessonCard, p *lesson.Proposal) {
	if c != nil && p != nil {
		c.Text, c.Evidence = line(p.TextIn(s.Code)), line(p.EvidenceIn(s.Code))
	}
}
