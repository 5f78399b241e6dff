package people_test

import (
	"fmt"
	"testing"

	"upgradehub/hub/people"
	"upgradehub/hub/store"
)

// TestThemes: the words of low answers count, as long as nobody erased them.
func TestThemes(t *testing.T) {
	r := newRig(t)
	var answers []store.AnswerRow
	add := func(n, rating int, disruption, text string) {
		for range n {
			id := people.NewID()
			if err := r.KeepWords(t.Context(), id, text); err != nil {
				t.Fatal(err)
			}
			answers = append(answers, store.AnswerRow{Answer: id, Rating: rating, Disruption: disruption, HasText: true})
		}
	}
	add(4, 1, "", "Zu lange, und dann Fehler")
	add(1, 5, "blocked", "it took too long")
	add(6, 4, "little", "some errors, but fine")
	answers = append(answers, store.AnswerRow{Answer: "erased", Rating: 1, HasText: true})
	got, err := r.Themes(t.Context(), answers)
	if want := "[{duration 5}]"; err != nil || fmt.Sprint(got) != want {
		t.Errorf("Themes() = %v, %v, want %s", got, err, want)
	}
}
