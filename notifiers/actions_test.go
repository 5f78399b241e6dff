package notifiers_test

import (
	"testing"

	"upgradehub/events/lang"
	"upgradehub/notifiers"
)

func TestReadRating(t *testing.T) {
	for object, want := range map[string]struct {
		stars int
		role  string
		ok    bool
	}{
		"4": {4, "", true}, "1/users": {1, "users", true}, "5/admins": {5, "", true}, "3/crew": {3, "crew", true},
		"2/users/de": {2, "users", true}, "2//ar": {2, "", true}, "1/users/de/x": {1, "users", true},
		"": {}, "0": {}, "6/users": {0, "users", false}, "four": {}, "-1": {},
	} {
		stars, role, ok := notifiers.ReadRating(object)
		if stars != want.stars || role != want.role || ok != want.ok {
			t.Errorf("ReadRating(%q) = %d, %q, %v, want %+v", object, stars, role, ok, want)
		}
	}
}

// TestPressCarriesLanguage: every button brings back the language of its
// message, and one of an older message is English.
func TestPressCarriesLanguage(t *testing.T) {
	for _, tt := range []struct {
		press notifiers.Press
		lang  string
		value string
	}{
		{notifiers.Press{Action: notifiers.ActionGo, Upgrade: "pg16", Object: "g1"}, "de", "de:pg16/g1"},
		{notifiers.Press{Action: notifiers.ActionGo, Upgrade: "pg16", Object: "g1"}, "en", "pg16/g1"},
		{notifiers.Press{Action: notifiers.ActionGo, Upgrade: "pg16", Object: "g1"}, "", "pg16/g1"},
		{notifiers.Press{Action: notifiers.ActionGo, Upgrade: "pg16", Object: "g1"}, "xx", "pg16/g1"},
		{notifiers.Press{Action: notifiers.ActionTrouble, Upgrade: "fr"}, "ar", "ar:fr"},
		{notifiers.Press{Action: notifiers.ActionTrouble, Upgrade: "de"}, "en", "de"},
		{notifiers.Press{Action: notifiers.ActionPost, Upgrade: "pg16", Object: "2030-03-03T12:00:00Z", Draft: "es: a/b\nc"}, "fr", "fr:pg16/2030-03-03T12:00:00Z\nes: a/b\nc"},
		{notifiers.Press{Action: notifiers.ActionPost, Upgrade: "pg16", Draft: "es: a/b"}, "en", "pg16\nes: a/b"},
		{notifiers.Press{Action: notifiers.ActionRate, Upgrade: "pg16", Object: notifiers.RatingObject("4", "users")}, "es", "es:pg16/4/users"},
		{notifiers.Press{Action: notifiers.ActionRate, Upgrade: "pg16", Object: notifiers.RatingObject("4", "")}, "en", "pg16/4"},
	} {
		p := tt.press.In(tt.lang)
		if got := p.Value(); got != tt.value {
			t.Errorf("%+v has the value %q, want %q", p, got, tt.value)
		}
		if got := notifiers.ReadPress(p.Action, tt.value); got != p {
			t.Errorf("ReadPress(%q) = %+v, want %+v", tt.value, got, p)
		}
	}
}

// FuzzReadPress: whatever a button brings, the language is one that is spoken
// and does not go without saying, and the press reads back as it was.
func FuzzReadPress(f *testing.F) {
	for _, value := range []string{"pg16", "de:pg16/g1", "en:pg16", "de:ar:pg16", "pg16/4/users/de", "ar:pg16/2030-03-03T12:00:00Z\nfr:draft", ":", "\n", "xx:y"} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		p := notifiers.ReadPress(notifiers.ActionPost, value)
		if p.Lang != "" && (!lang.Known(p.Lang) || p.Lang == lang.English) {
			t.Errorf("ReadPress(%q) speaks %q", value, p.Lang)
		}
		if again := notifiers.ReadPress(p.Action, p.Value()); again != p {
			t.Errorf("ReadPress(%q) = %+v, and read again %+v", value, p, again)
		}
	})
}
