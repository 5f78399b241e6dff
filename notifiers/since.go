package notifiers

// since says in one sentence what is otherwise since last time: the weightiest
// of it, before the work begins.
func (s *sheet) since(v View) string {
	if len(v.Learnt) == 0 || s.Live || s.Ended {
		return ""
	}
	return s.Say("since", "change", line(v.Learnt[0].In(s.Code)))
}
