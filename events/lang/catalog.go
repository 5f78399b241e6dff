package lang

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

// Catalog has the words of a package in every language.
type Catalog struct {
	said map[string]*i18n.Localizer
	ids  []string
}

// Load reads the files <code>.json in dir, one for each of Supported. The
// error names every fault of every file.
func Load(fsys fs.FS, dir string) (*Catalog, error) { return load(fsys, dir, Supported) }

// MustLoad is Load for files that are part of the program: a fault in them
// stops it at once.
func MustLoad(fsys fs.FS, dir string) *Catalog {
	c, err := Load(fsys, dir)
	if err != nil {
		panic(err)
	}
	return c
}

func load(fsys fs.FS, dir string, codes []string) (*Catalog, error) {
	bundle := i18n.NewBundle(language.English)
	bundle.RegisterUnmarshalFunc("json", json.Unmarshal)
	c := &Catalog{said: map[string]*i18n.Localizer{}}
	files := map[string]map[string]message{}
	var errs []error
	for _, code := range codes {
		name := path.Join(dir, code+".json")
		raw, err := fs.ReadFile(fsys, name)
		if err != nil {
			errs = append(errs, fmt.Errorf("words: %w", err))
			continue
		}
		if _, err := bundle.ParseMessageFileBytes(raw, code+".json"); err != nil {
			errs = append(errs, fmt.Errorf("words %s: %w", name, err))
			continue
		}
		if files[code], err = messages(raw); err != nil {
			errs = append(errs, fmt.Errorf("words %s: %w", name, err))
			continue
		}
		errs = append(errs, compare(name, files[English], files[code], code))
		c.said[code] = i18n.NewLocalizer(bundle, code)
	}
	c.ids = slices.Sorted(maps.Keys(files[English]))
	return c, errors.Join(errs...)
}

// message is what a file says under one id, by plural form; a message without
// a number has the form "other" alone.
type message map[string]string

func messages(raw []byte) (map[string]message, error) {
	var file map[string]json.RawMessage
	if err := json.Unmarshal(raw, &file); err != nil {
		return nil, err
	}
	out := map[string]message{}
	for id, value := range file {
		var text string
		if json.Unmarshal(value, &text) == nil {
			out[id] = message{"other": text}
			continue
		}
		var forms message
		if err := json.Unmarshal(value, &forms); err != nil {
			return nil, fmt.Errorf("%s: want a text, or texts by plural form: %w", id, err)
		}
		out[id] = forms
	}
	return out, nil
}

// forms are the plural forms of CLDR that a message with a number needs.
var forms = map[string][]string{
	English: {"one", "other"}, "de": {"one", "other"}, "fr": {"one", "other"}, "es": {"one", "other"},
	"ar": {"zero", "one", "two", "few", "many", "other"},
}

// compare names what a language lacks of the English messages, or has too much.
func compare(name string, english, other map[string]message, code string) error {
	var errs []error
	for _, id := range slices.Sorted(maps.Keys(english)) {
		m, there := other[id]
		if !there {
			errs = append(errs, fmt.Errorf("words %s: lacks %q", name, id))
			continue
		}
		errs = append(errs, compareMessage(name+": "+id, english[id], m, code))
	}
	for _, id := range slices.Sorted(maps.Keys(other)) {
		if _, there := english[id]; !there {
			errs = append(errs, fmt.Errorf("words %s: %q is not in the English file", name, id))
		}
	}
	return errors.Join(errs...)
}

func compareMessage(what string, english, other message, code string) error {
	if len(english) > 1 {
		for _, form := range forms[code] {
			if other[form] == "" {
				return fmt.Errorf("words %s: lacks the plural form %q", what, form)
			}
		}
	}
	if want, got := gaps(english["other"]), gaps(other["other"]); !slices.Equal(want, got) {
		return fmt.Errorf("words %s: has the gaps %v, want %v", what, got, want)
	}
	return nil
}

var gap = regexp.MustCompile(`\{\{\s*\.(\w+)\s*\}\}`)

// gaps are the names of what is filled in, each once.
func gaps(text string) []string {
	names := map[string]bool{}
	for _, m := range gap.FindAllStringSubmatch(text, -1) {
		names[m[1]] = true
	}
	return slices.Sorted(maps.Keys(names))
}

// IDs are those of all messages, for tests that find unused ones.
func (c *Catalog) IDs() []string { return c.ids }

// In are the words in a language; of one that is not spoken, in English.
func (c *Catalog) In(code string) Words {
	if c.said[code] == nil {
		code = English
	}
	return Words{Code: code, said: c.said[code]}
}

// Words says messages in one language.
type Words struct {
	Code string
	said *i18n.Localizer
}

// Say is the message with its gaps filled: pairs are names and values. The
// value of "n", if it is a number, chooses the plural form. An id that nobody
// knows is shown in brackets: a reader is told something, and a test finds it.
// Texts are set apart as by [Words.Apart], values of other types are not.
func (w Words) Say(id string, pairs ...any) string {
	data := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		value := pairs[i+1]
		if text, ok := value.(string); ok {
			value = w.Apart(text)
		}
		data[fmt.Sprint(pairs[i])] = value
	}
	cfg := &i18n.LocalizeConfig{MessageID: id, TemplateData: data}
	if n, ok := data["n"].(int); ok {
		cfg.PluralCount = n
	}
	text, err := w.said.Localize(cfg)
	if err != nil {
		return "[" + id + "]"
	}
	return text
}

// List joins names as people do, with two messages that its package must have:
// "list.pair" with the gaps a and b, for the last two, and "list.more" with a
// and b, for the others.
func (w Words) List(names []string) string {
	switch len(names) {
	case 0:
		return ""
	case 1:
		return w.Apart(names[0])
	}
	last := len(names) - 1
	out := w.Say("list.pair", "a", names[last-1], "b", names[last])
	for _, name := range slices.Backward(names[:last-1]) {
		out = w.Say("list.more", "a", name, "b", out)
	}
	return out
}

// Also joins clauses that have commas of their own, with the message
// "list.also", which its package must have, and its gaps a and b.
func (w Words) Also(clauses []string) string { return w.joined("list.also", clauses) }

// Either joins names of which one is enough, with the message "list.or", which
// its package must have, and its gaps a and b.
func (w Words) Either(names []string) string { return w.joined("list.or", names) }

func (w Words) joined(id string, parts []string) string {
	if len(parts) == 0 {
		return ""
	}
	out := w.Apart(parts[0])
	for _, part := range parts[1:] {
		out = w.Say(id, "a", out, "b", part)
	}
	return out
}

// Pseudo is a language for tests: every message is the English one in brackets
// and longer, so that what stands outside of brackets was never translated.
func Pseudo(c *Catalog, english []byte) (*Catalog, error) {
	found, err := messages(english)
	if err != nil {
		return nil, err
	}
	for _, m := range found {
		for form, text := range m {
			if strings.Contains(text, "|") {
				continue // a list of names, which is cut where it is used
			}
			m[form] = "⟦" + text + strings.Repeat("·", len(text)*3/10) + "⟧"
		}
	}
	raw, err := json.Marshal(found)
	if err != nil {
		return nil, err
	}
	bundle := i18n.NewBundle(language.English)
	bundle.RegisterUnmarshalFunc("json", json.Unmarshal)
	if _, err := bundle.ParseMessageFileBytes(raw, English+".json"); err != nil {
		return nil, err
	}
	pseudo := &Catalog{said: map[string]*i18n.Localizer{}, ids: c.ids}
	for _, code := range Supported {
		pseudo.said[code] = i18n.NewLocalizer(bundle, English)
	}
	return pseudo, nil
}
