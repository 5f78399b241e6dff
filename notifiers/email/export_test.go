package email

// Forms counts the forms that mails were made from.
func (e *Email) Forms() (n int) {
	e.forms.mu.Lock()
	defer e.forms.mu.Unlock()
	for _, f := range e.forms.made {
		if f != nil {
			n++
		}
	}
	return n
}
