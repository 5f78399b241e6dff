// Package lang says things in the reader's language.
//
// The words of a package lie in one file of messages for each language, in
// the form of go-i18n (https://github.com/nicksnyder/go-i18n) with the plural
// forms of CLDR, so that translators need no Go. [Load] reads them and names
// every message that a language lacks, has too much, or that has other gaps
// than the English one: a fault stops the start and not a reader.
//
// It is pure. Which language a reader wants is [Match]'s to say; the words
// themselves are their packages' business.
package lang

import (
	"slices"

	"golang.org/x/text/language"
)

// English is the language of the originals, and of whoever asks for none that
// is spoken here.
const English = "en"

// Supported are the languages spoken, English first.
var Supported = []string{English, "de", "fr", "es", "ar"}

var matcher = language.NewMatcher(tags(Supported))

func tags(codes []string) []language.Tag {
	out := make([]language.Tag, len(codes))
	for i, code := range codes {
		out[i] = language.MustParse(code)
	}
	return out
}

// Match is the language for a reader: what was asked for by name, such as by
// ?lang=, else what an Accept-Language header prefers (RFC 9110, section
// 12.5.4), else English.
func Match(asked, accept string) string {
	if Known(asked) {
		return asked
	}
	wanted, _, err := language.ParseAcceptLanguage(accept)
	if err != nil {
		return English
	}
	_, i, confidence := matcher.Match(wanted...)
	if confidence == language.No {
		return English
	}
	return Supported[i]
}

// Known reports whether code is one of Supported.
func Known(code string) bool { return slices.Contains(Supported, code) }

// Dir is the direction in which the language is written, "ltr" or "rtl", as
// HTML's dir wants it.
func Dir(code string) string {
	if code == "ar" {
		return "rtl"
	}
	return "ltr"
}

// Name is what the language calls itself.
func Name(code string) string {
	return map[string]string{English: "English", "de": "Deutsch", "fr": "Français", "es": "Español", "ar": "العربية"}[code]
}
