package topic_test

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"upgradehub/events/lang"
	"upgradehub/events/survey"
	"upgradehub/events/topic"
)

func TestOf(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"", "[]"},
		{"All was fine, thank you!", "[]"},
		{"It took WAY too long.", "[duration]"},
		{"Nobody told us, and I couldn't log in; then error 500.", "[notice broken login]"},
		{"I didn’t know. No updates at all!", "[notice updates]"},
		{"terrorised", "[]"}, // a word within a word is none
		{"Es hat viel zu lange gedauert und war danach sehr langsam", "[duration slow]"},
		{"Ohne Vorwarnung, mitten am Tag. Die Anmeldung ging nicht.", "[notice broken login hour]"},
		{"Trop long, aucune nouvelle, et j’ai perdu mes données", "[duration updates data]"},
		{"Nous n'avons pas été prévenus", "[]"}, // it knows but a few words
		{"Sin aviso y en horario laboral; todo muy lento", "[notice slow hour]"},
		{"No sabíamos nada, y al final la contraseña no funcionaba", "[notice broken login]"},
		{"استغرق العمل وقتًا طويلًا وتسجيل الدخول لا يعمل", "[duration broken login]"},
		{"كان النظام بطيئًا خلال ساعات العمل", "[slow hour]"},
		{"SPÄT? Zu spät!", "[notice]"},
		{"zu spa\u0308t", "[notice]"}, // however it is encoded
		{"\xff\xfetoo late", "[notice]"},
	} {
		if got := fmt.Sprint(topic.Of(tt.text)); got != tt.want {
			t.Errorf("Of(%q) = %s, want %s", tt.text, got, tt.want)
		}
	}
}

// TestThemes: a theme that fewer than five have is not told; an answer counts
// once, however often it says it.
func TestThemes(t *testing.T) {
	texts := slices.Concat(
		slices.Repeat([]string{"Errors, errors, errors. Too slow."}, survey.Least),
		slices.Repeat([]string{"zu lange"}, survey.Least-1),
		[]string{"Fehler", ""},
	)
	got := fmt.Sprint(topic.Themes(texts))
	if want := "[{broken 6} {slow 5}]"; got != want {
		t.Errorf("Themes() = %s, want %s", got, want)
	}
	if got := topic.Themes(nil); got != nil {
		t.Errorf("Themes() of nothing = %v", got)
	}
}

// TestLexicon: every language has words and a name for every topic, and each of
// its words is found where it stands alone.
func TestLexicon(t *testing.T) {
	for _, code := range lang.Supported {
		raw, err := os.ReadFile("lexicon/" + code + ".json")
		if err != nil {
			t.Fatal(err)
		}
		var words map[topic.Topic][]string
		if err := json.Unmarshal(raw, &words); err != nil {
			t.Fatal(err)
		}
		for _, of := range topic.Topics {
			if len(words[of]) == 0 || strings.Contains(topic.Theme{Topic: of, Count: 5}.In(code), string("["+of)) {
				t.Errorf("%s: no words or no name for %s", code, of)
			}
			for _, w := range words[of] {
				if !slices.Contains(topic.Of("x, "+strings.Trim(w, "*")+"."), of) {
					t.Errorf("%s: %q is not found as %s", code, w, of)
				}
			}
		}
		if len(words) != len(topic.Topics) {
			t.Errorf("%s has %d topics, want %d", code, len(words), len(topic.Topics))
		}
	}
}

func FuzzOf(f *testing.F) {
	f.Add("too late, zu spät, trop tard, متأخر")
	f.Add("\xff \u0300\u0300")
	f.Fuzz(func(t *testing.T, text string) {
		got := topic.Of(text)
		if len(got) > len(topic.Topics) || !slices.Equal(got, topic.Of(" "+text+" ")) {
			t.Errorf("Of(%q) = %v, and %v between spaces", text, got, topic.Of(" "+text+" "))
		}
	})
}
