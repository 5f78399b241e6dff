// Package jargon finds in a text what only those who do the work understand:
// names of hosts, addresses of machines, and numbers of tickets.
//
// It is for texts that are meant for everybody: the reader wants to know what
// stops working before anything else, and a host name tells them nothing. What
// may be a word is taken for one: "Node.js", "UTF-8" and "24/7" are no jargon.
package jargon

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// Kind is what a piece of jargon is.
type Kind string

// The kinds.
const (
	Host    Kind = "host name"
	Address Kind = "machine's address"
	Ticket  Kind = "ticket number"
)

// Find is one piece of jargon in a text.
type Find struct {
	Kind Kind
	Text string
	At   int // offset in bytes
}

// In finds the first piece of jargon in a text; ok is false without any.
func In(text string) (first Find, ok bool) {
	for _, search := range searches {
		for _, at := range search.form.FindAllStringIndex(text, -1) {
			found := text[at[0]:at[1]]
			if search.is(found) && !partOfWord(text, at[0], at[1]) && (!ok || at[0] < first.At) {
				first, ok = Find{search.kind, found, at[0]}, true
			}
		}
	}
	return first, ok
}

// searches are forms that may be jargon, and what makes them so.
var searches = []struct {
	kind Kind
	form *regexp.Regexp
	is   func(string) bool
}{
	{Address, regexp.MustCompile(`[0-9]{1,3}(\.[0-9]{1,3}){3}`), isAddress},
	{Address, regexp.MustCompile(`[0-9A-Fa-f]{0,4}(:[0-9A-Fa-f]{0,4}){2,7}`), isAddress},
	{Host, regexp.MustCompile(`[A-Za-z0-9][A-Za-z0-9-]{0,62}(\.[A-Za-z0-9][A-Za-z0-9-]{0,62})+`), isHost},
	{Ticket, regexp.MustCompile(`[A-Z][A-Z0-9]{1,9}-[0-9]{1,9}`), isTracked},
	{Ticket, regexp.MustCompile(`#[0-9]{3,10}`), always},
	{Ticket, regexp.MustCompile(`(INC|CHG|CHANGE|REQ|RITM|PRB|TASK|CTASK|SCTASK|KB)[0-9]{4,10}`), always},
}

func always(string) bool { return true }

func isAddress(s string) bool {
	a, err := netip.ParseAddr(s)
	return err == nil && s != "::" && a.IsValid()
}

// isHost: three labels and more are a host's; with two it takes the top-level
// domain of a host, in lower case, or a digit in the name of a machine.
func isHost(s string) bool {
	labels := strings.Split(s, ".")
	last := labels[len(labels)-1]
	if len(last) < 2 || strings.ContainsAny(last, "0123456789") {
		return false
	}
	if len(labels) > 2 {
		return true
	}
	return s == strings.ToLower(s) && slices.Contains(domains, last)
}

// domains are top-level domains that end no ordinary word.
var domains = []string{
	"com", "org", "net", "info", "io", "dev", "app", "cloud", "edu", "gov", "eu", "de", "fr", "es", "uk", "ch", "at",
	"local", "localdomain", "internal", "intern", "intra", "lan", "corp", "home", "example", "test", "invalid",
}

// isTracked: a key and a number, unless the key is one of a standard.
func isTracked(s string) bool {
	key, _, _ := strings.Cut(s, "-")
	return !slices.Contains(standards, key)
}

var standards = []string{
	"UTF", "UTC", "GMT", "SHA", "MD", "AES", "RSA", "ISO", "IEC", "IEEE", "DIN", "EN", "RFC", "CVE", "ANSI", "ECMA",
	"HTTP", "TLS", "SSL", "COVID", "MP", "PG", "SQL",
}

// partOfWord reports whether letters, digits or a number with dots go on
// around a find.
func partOfWord(text string, from, to int) bool {
	before, after := text[:from], text[to:]
	return strings.ContainsFunc(tail(before, 1), goesOn) || strings.ContainsFunc(head(after, 1), goesOn) ||
		dotted(tail(before, 2), 1, 0) || dotted(head(after, 2), 0, 1)
}

func head(s string, n int) string { return s[:min(n, len(s))] }
func tail(s string, n int) string { return s[max(0, len(s)-n):] }

// dotted: a dot and a digit, as in the middle of a longer number.
func dotted(s string, dot, digit int) bool {
	return len(s) == 2 && s[dot] == '.' && s[digit] >= '0' && s[digit] <= '9'
}

// goesOn reports whether a character belongs to the word beside it. One byte
// of a letter outside ASCII is no character, and a letter all the same.
func goesOn(r rune) bool {
	return r == '_' || r == unicode.ReplacementChar || unicode.IsLetter(r) || unicode.IsDigit(r)
}
