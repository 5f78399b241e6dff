package lang_test

import (
	"bytes"
	"encoding/json"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"upgradehub/events/lang"
)

// wrong is what no text may have, by language: "" is for all of them. Words of
// familiar address are among it, as every reader is addressed formally.
var wrong = []struct {
	code, why string
	found     *regexp.Regexp
}{
	{"", "a doubled space", regexp.MustCompile(`  `)},
	{"", "a straight quote", regexp.MustCompile(`["']`)},
	{"", "three dots for an ellipsis", regexp.MustCompile(`\.\.\.`)},
	{"de", "a space that breaks before %", regexp.MustCompile(` %`)},
	{"de", "quotes that are not German", regexp.MustCompile(`[”«»]|^[^„]*“`)},
	{"de", "familiar address", regexp.MustCompile(`(?i)(^|\PL)(du|dich|dir|dein|deine[mnrs]?|euch|eure?[mnrs]?)(\PL|$)`)},
	{"fr", "a mark without a no-break space before it", regexp.MustCompile(`[^\x{a0}\x{202f}][:;?!»%]`)},
	{"fr", "an opening quote without a no-break space after it", regexp.MustCompile(`«[^\x{a0}\x{202f}]`)},
	{"fr", "quotes that are not French", regexp.MustCompile(`[“”„]`)},
	{"fr", "familiar address", regexp.MustCompile(`(?i)(^|\PL)(tu|toi|ton|ta|tes)(\PL|$)`)},
	{"es", "a space that breaks before %", regexp.MustCompile(` %`)},
	{"es", "quotes that are not Spanish", regexp.MustCompile(`[“”„]`)},
	{"es", "a question without its opening mark", regexp.MustCompile(`^[^¿]*\?`)},
	{"es", "familiar address", regexp.MustCompile(`(?i)(^|\PL)(tú|tu|tus|ti|te|contigo)(\PL|$)`)},
	{"ar", "a mark that is not Arabic", regexp.MustCompile(`[,;?%]`)},
	{"ar", "digits that differ from those filled in", regexp.MustCompile(`[٠-٩]`)},
}

// TestTypography reads the words of every package as a printer does.
func TestTypography(t *testing.T) {
	eachText(t, func(t *testing.T, code, id, text string) {
		text = foreign.ReplaceAllString(text, "x")
		for _, w := range wrong {
			if (w.code == "" || w.code == code) && w.found.MatchString(text) {
				t.Errorf("%s has %s: %q", id, w.why, text)
			}
		}
	})
}

// TestTypographyKnowsFaults: each rule finds what it is for.
func TestTypographyKnowsFaults(t *testing.T) {
	bad := []string{
		"a  b", `"a"`, "a...", "80 %", "»a«", "Wie war es für dich?", "Quoi ?", "« a\u00a0»", "“a”", "Et toi",
		"80 %", "“a”", "Qué tal?", "Para ti", "نعم?", "٣ ساعات",
	}
	for i, w := range wrong {
		if !w.found.MatchString(bad[i]) {
			t.Errorf("%s: %s is not found in %q", w.code, w.why, bad[i])
		}
	}
}

// TestNoFormHasAStrangeGap: a plural form may leave the number out, as Arabic
// does for one and two, but has no gap that nobody fills.
func TestNoFormHasAStrangeGap(t *testing.T) {
	gaps := regexp.MustCompile(`\{\{\s*\.\w+\s*\}\}`)
	for dir, files := range wordFiles(t) {
		english := files[lang.English]
		for code, texts := range files {
			for id, forms := range texts {
				for form, text := range forms {
					for _, gap := range gaps.FindAllString(text, -1) {
						if !strings.Contains(english[id]["other"], gap) {
							t.Errorf("%s/%s.json: %s, %s: nobody fills %s", dir, code, id, form, gap)
						}
					}
				}
			}
		}
	}
}

// foreign is what is the same in every language: gaps, and addresses.
var foreign = regexp.MustCompile(`\{\{[^}]*\}\}|https?://\S+`)

func eachText(t *testing.T, do func(t *testing.T, code, id, text string)) {
	t.Helper()
	for dir, files := range wordFiles(t) {
		for code, texts := range files {
			t.Run(dir+"/"+code, func(t *testing.T) {
				for id, forms := range texts {
					for _, text := range forms {
						do(t, code, id, text)
					}
				}
			})
		}
	}
}

// wordFiles are the texts of all packages, by directory, language, id and
// plural form.
func wordFiles(t *testing.T) map[string]map[string]map[string]map[string]string {
	t.Helper()
	root, found := os.DirFS("../.."), map[string]map[string]map[string]map[string]string{}
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		dir, code := path.Dir(name), strings.TrimSuffix(d.Name(), ".json")
		if b := path.Base(dir); d.IsDir() || b != "locales" && b != "words" || !slices.Contains(lang.Supported, code) {
			return nil
		}
		raw, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		if found[dir] == nil {
			found[dir] = map[string]map[string]map[string]string{}
		}
		found[dir][code] = byForm(t, name, raw)
		return nil
	})
	if err != nil || len(found) < 8 {
		t.Fatalf("found words in %d directories: %v", len(found), err)
	}
	return found
}

func byForm(t *testing.T, name string, raw []byte) map[string]map[string]string {
	t.Helper()
	var file map[string]any
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if again := twice(raw); again != "" {
		t.Errorf("%s: %s stands there twice, and only the last is said", name, again)
	}
	out := map[string]map[string]string{}
	for id, v := range file {
		out[id] = map[string]string{}
		if text, plain := v.(string); plain {
			out[id]["other"] = text
			continue
		}
		for form, text := range v.(map[string]any) {
			out[id][form] = text.(string)
		}
	}
	return out
}

// twice is an id that the file, which is JSON, has two messages for.
func twice(raw []byte) string {
	dec, seen := json.NewDecoder(bytes.NewReader(raw)), map[string]bool{}
	for _, err := dec.Token(); err == nil && dec.More(); {
		token, _ := dec.Token()
		id, _ := token.(string)
		if seen[id] {
			return id
		}
		seen[id] = true
		var value json.RawMessage
		err = dec.Decode(&value)
	}
	return ""
}

func TestTwice(t *testing.T) {
	for raw, want := range map[string]string{`{"a": "x", "b": {"one": "a", "other": "b"}}`: "", `{"a": "x", "b": "y", "a": "z"}`: "a"} {
		if got := twice([]byte(raw)); got != want {
			t.Errorf("twice(%s) = %q, want %q", raw, got, want)
		}
	}
}
