// Package topic counts what low answers speak of, by a small lexicon of each
// language.
//
// It finds words and understands none: an answer that says "no errors" speaks
// of errors. That is good enough to say where to read on, and no more; so every
// theme comes with its number, and one that fewer than five answers have is not
// told at all.
package topic

import (
	"cmp"
	"embed"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"upgradehub/events/lang"
	"upgradehub/events/survey"
)

// Topic is what an answer may speak of.
type Topic string

// The topics.
const (
	Duration Topic = "duration" // how long it took
	Notice   Topic = "notice"   // being told too late
	Updates  Topic = "updates"  // missing news
	Broken   Topic = "broken"
	Slow     Topic = "slow"
	Login    Topic = "login"
	Data     Topic = "data" // lost data or work
	Hour     Topic = "hour" // the time it was done at
)

// Topics are all, in the order in which those of the same number are told.
var Topics = []Topic{Duration, Notice, Updates, Broken, Slow, Login, Data, Hour}

// Theme is how many answers speak of a topic.
type Theme struct {
	Topic Topic `json:"topic"`
	Count int   `json:"count"`
}

//go:embed lexicon locales
var files embed.FS

var (
	catalog = lang.MustLoad(files, "locales")
	lexicon = mustRead()
)

// mustRead reads the words of every topic, in all languages: nobody says which
// one they write in. A file that is embedded can be read, or the build is
// broken.
func mustRead() map[Topic][]string {
	all := map[Topic][]string{}
	for _, code := range lang.Supported {
		raw, err := files.ReadFile("lexicon/" + code + ".json")
		var words map[Topic][]string
		if err == nil {
			err = json.Unmarshal(raw, &words)
		}
		if err != nil {
			panic(fmt.Sprintf("lexicon %s: %v", code, err))
		}
		for topic, list := range words {
			for _, w := range list {
				all[topic] = append(all[topic], pattern(w))
			}
		}
	}
	return all
}

// pattern is what a plain text contains that has a word: words stand between
// spaces, and a star says that one may begin before it or go on after it.
func pattern(word string) string {
	from, to := " ", " "
	if strings.HasPrefix(word, "*") {
		from = ""
	}
	if strings.HasSuffix(word, "*") {
		to = ""
	}
	return from + strings.TrimSpace(plain(word)) + to
}

// plain is a text in small letters without accents, with one space around each
// word.
func plain(text string) string {
	var b strings.Builder
	b.WriteByte(' ')
	space := true
	for _, r := range norm.NFD.String(strings.ToLower(strings.ToValidUTF8(text, " "))) {
		switch {
		case unicode.Is(unicode.Mn, r):
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(r)
			space = false
		case !space:
			b.WriteByte(' ')
			space = true
		}
	}
	if !space {
		b.WriteByte(' ')
	}
	return b.String()
}

// Of lists what a text speaks of, in the order of [Topics].
func Of(text string) []Topic {
	words := plain(text)
	var list []Topic
	for _, t := range Topics {
		if slices.ContainsFunc(lexicon[t], func(p string) bool { return strings.Contains(words, p) }) {
			list = append(list, t)
		}
	}
	return list
}

// Themes are the topics that at least five of some answers speak of, the most
// frequent first.
func Themes(texts []string) []Theme {
	count := map[Topic]int{}
	for _, text := range texts {
		for _, t := range Of(text) {
			count[t]++
		}
	}
	var list []Theme
	for _, t := range Topics {
		if count[t] >= survey.Least {
			list = append(list, Theme{t, count[t]})
		}
	}
	slices.SortStableFunc(list, func(a, b Theme) int { return cmp.Compare(b.Count, a.Count) })
	return list
}

// Told names themes with their numbers in a language; empty if there are none.
func Told(themes []Theme, code string) string {
	var list []string
	for _, t := range themes {
		list = append(list, t.In(code))
	}
	return catalog.In(code).List(list)
}

// In is the theme with its number in a language: "how long it took (6)".
func (t Theme) In(code string) string { return fmt.Sprintf("%s (%d)", t.Name(code), t.Count) }

// Name is what the theme is called in a language.
func (t Theme) Name(code string) string { return catalog.In(code).Say(string(t.Topic)) }
