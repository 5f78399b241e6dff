package lang_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"upgradehub/events/lang"
)

func TestMatch(t *testing.T) {
	for _, tt := range []struct{ asked, accept, want string }{
		{"", "", "en"},
		{"de", "fr", "de"},
		{"xx", "fr", "fr"},
		{"", "de-AT,de;q=0.9,en;q=0.8", "de"},
		{"", "nl,es;q=0.5", "es"},
		{"", "ar-EG", "ar"},
		{"", "fr-CA;q=0.3, en-GB;q=0.9", "en"},
		{"", "ja", "en"},
		{"", "*", "en"},
		{"", strings.Repeat("x-", 500) + ";q=", "en"},
		{"../../de", "", "en"},
	} {
		if got := lang.Match(tt.asked, tt.accept); got != tt.want {
			t.Errorf("Match(%q, %.40q) = %s, want %s", tt.asked, tt.accept, got, tt.want)
		}
	}
}

func FuzzMatch(f *testing.F) {
	f.Add("de", "en-US,en;q=0.5")
	f.Fuzz(func(t *testing.T, asked, accept string) {
		if got := lang.Match(asked, accept); !lang.Known(got) {
			t.Errorf("Match(%q, %q) = %q", asked, accept, got)
		}
	})
}

func TestNames(t *testing.T) {
	for _, code := range lang.Supported {
		if lang.Name(code) == "" || lang.Dir(code) == "rtl" != (code == "ar") {
			t.Errorf("%s: name %q, direction %s", code, lang.Name(code), lang.Dir(code))
		}
	}
}

const english = `{"hello":"Hello {{.name}}","phases":{"one":"{{.n}} phase","other":"{{.n}} phases"},"list.pair":"{{.a}} and {{.b}}","list.more":"{{.a}}, {{.b}}","list.also":"{{.a}}; {{.b}}","list.or":"{{.a}} or {{.b}}"}`

// files has the same words in every language, but for those changed.
func files(changed map[string]string) fstest.MapFS {
	fsys := fstest.MapFS{}
	for _, code := range lang.Supported {
		text := strings.ReplaceAll(english, "Hello", code)
		if code == "ar" {
			text = strings.ReplaceAll(text, `"one"`, `"zero":"0 {{.n}}","two":"2 {{.n}}","few":"few {{.n}}","many":"many {{.n}}","one"`)
		}
		if c, ok := changed[code]; ok {
			text = c
		}
		fsys["words/"+code+".json"] = &fstest.MapFile{Data: []byte(text)}
	}
	return fsys
}

func TestSay(t *testing.T) {
	c, err := lang.Load(files(nil), "words")
	if err != nil {
		t.Fatal(err)
	}
	de, ar := c.In("de"), c.In("ar")
	for got, want := range map[string]string{
		de.Say("hello", "name", "<Ann>"):          "de <Ann>",
		c.In("xx").Say("hello", "name", "{{.x}}"): "en {{.x}}",
		de.Say("phases", "n", 1):                  "1 phase",
		de.Say("phases", "n", 0):                  "0 phases",
		ar.Say("phases", "n", 2):                  "2 2",
		ar.Say("phases", "n", 11):                 "many 11",
		de.Say("unknown"):                         "[unknown]",
		de.List(nil):                              "",
		de.List([]string{"a"}):                    "a",
		de.List([]string{"a", "b"}):               "a and b",
		de.List([]string{"a", "b", "c", "d"}):     "a, b, c and d",
		de.Also(nil):                              "",
		de.Also([]string{"a, b"}):                 "a, b",
		de.Also([]string{"a, b", "c", "d"}):       "a, b; c; d",
		de.Either([]string{"a", "b"}):             "a or b",
	} {
		if got != want {
			t.Errorf("said %q, want %q", got, want)
		}
	}
}

func TestLoadNamesEveryFault(t *testing.T) {
	_, err := lang.Load(files(map[string]string{
		"de": `{"hello":"Hallo","list.pair":"{{.a}} und {{.b}}","list.more":"{{.a}}, {{.b}}","list.also":"{{.a}}; {{.b}}","list.or":"{{.a}} or {{.b}}","extra":"x","phases":{"one":"1","other":"{{.n}}"}}`,
		"fr": `{`,
		"es": `{"hello":{"other":7}}`,
		"ar": english,
	}), "words")
	if err == nil {
		t.Fatal("Load took broken files")
	}
	for _, want := range []string{
		"words/de.json: hello: has the gaps [], want [name]", `words/de.json: "extra" is not in the English file`,
		"words/fr.json", "words/es.json", `words/ar.json: phases: lacks the plural form "zero"`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("Load = %v\nwant %q named", err, want)
		}
	}
}

func TestPseudo(t *testing.T) {
	c, err := lang.Load(files(nil), "words")
	if err != nil {
		t.Fatal(err)
	}
	pseudo, err := lang.Pseudo(c, []byte(english))
	if err != nil {
		t.Fatal(err)
	}
	if got := pseudo.In("de").Say("phases", "n", 2); !strings.HasPrefix(got, "⟦2 phases·") || !strings.HasSuffix(got, "⟧") {
		t.Errorf("said %q, want it in brackets and longer", got)
	}
}
