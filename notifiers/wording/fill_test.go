package wording_test

import (
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"upgradehub/notifiers/wording"
)

func join(list []string) string { return strings.Join(list, " and ") }

func TestFill(t *testing.T) {
	fields := wording.Fields{
		Title: "Orders", Window: "from 1 to 2", Impact: []string{"No orders.", "No search."},
		StillWorks: []string{"reading", "", "mail"}, Promise: "Next update by 3.",
	}
	tests := []struct {
		name, text string
		want       wording.Letter
	}{
		{
			"lines, items, labels", "# {{title}}: {{window}}\n{{impact}}\n## Works\nAll this:\n- {{still_works}}\n- phone\n",
			wording.Letter{Headline: "Orders: from 1 to 2", Parts: []wording.Part{
				{Text: []string{"No orders.", "No search."}},
				{Label: "Works", Text: []string{"All this:"}, Items: []string{"reading", "mail", "phone"}},
			}},
		},
		{
			"a list in a sentence", "# A\nThen: {{impact}} {{window}}\n",
			wording.Letter{Headline: "A", Parts: []wording.Part{{Text: []string{"Then: No orders. and No search. from 1 to 2"}}}},
		},
		{
			"what is empty goes", "# A {{phase}}\n{{impact}}\nBecause {{reason}}.\n## Odd\n- {{odd_after}}\n## When {{window}}\n{{window}}\n",
			wording.Letter{Parts: []wording.Part{
				{Text: []string{"No orders.", "No search."}},
				{Label: "When from 1 to 2", Text: []string{"from 1 to 2"}},
			}},
		},
		{
			"a promise alone is the layout's", "# A\n{{impact}}\n{{window}}\n{{promise}}\n",
			wording.Letter{Headline: "A", Parts: []wording.Part{{Text: []string{"No orders.", "No search.", "from 1 to 2"}}}},
		},
		{
			"a promise in a sentence", "# A\n{{impact}}\n{{window}} {{promise}}\n",
			wording.Letter{Headline: "A", Promised: true, Parts: []wording.Part{
				{Text: []string{"No orders.", "No search.", "from 1 to 2 Next update by 3."}},
			}},
		},
		{
			"a paragraph below a list", "# A\n- {{impact}}\n{{window}}\n",
			wording.Letter{Headline: "A", Parts: []wording.Part{{Items: []string{"No orders.", "No search."}}, {Text: []string{"from 1 to 2"}}}},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			words, faults := wording.Parse("f", wording.Kind{Name: "announced"}, []byte(tt.text))
			if len(faults) > 0 {
				t.Fatal(faults)
			}
			if got := words.Fill(&fields, join); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("Fill =\n%+v, want\n%+v", got, tt.want)
			}
		})
	}
}

func TestFillUpdate(t *testing.T) {
	words, faults := wording.Parse("f", kind(t, "update"), []byte("# News\nRead this.\n## Latest\n{{update}}\nSigned, we.\n{{promise}}\n"))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	got := words.Fill(&wording.Fields{Update: "**Half** is done."}, join)
	want := []wording.Part{{Text: []string{"Read this."}}, {Label: "Latest", Update: true}, {Text: []string{"Signed, we."}}}
	if !reflect.DeepEqual(got.Parts, want) {
		t.Errorf("Fill = %+v, want %+v", got.Parts, want)
	}
	got = words.Fill(&wording.Fields{}, join)
	want = []wording.Part{{Text: []string{"Read this."}}, {Label: "Latest", Text: []string{"Signed, we."}}}
	if !reflect.DeepEqual(got.Parts, want) {
		t.Errorf("Fill without an update = %+v, want %+v", got.Parts, want)
	}
}

func TestFillIsBounded(t *testing.T) {
	words, faults := wording.Parse("f", kind(t, "announced"), []byte("# A\n{{impact}}\n{{window}}\n"))
	if len(faults) > 0 {
		t.Fatal(faults)
	}
	endless := strings.Repeat("ä", 1<<20)
	got := words.Fill(&wording.Fields{Impact: make([]string, 1000), Window: endless}, join)
	if n := utf8.RuneCountInString(got.Parts[0].Text[0]); n != 4000 {
		t.Errorf("%d characters of a value, want 4000", n)
	}
	many := make([]string, 1000)
	for i := range many {
		many[i] = "x"
	}
	got = words.Fill(&wording.Fields{Impact: many}, join)
	if n := len(got.Parts[0].Text); n != 100 {
		t.Errorf("%d values, want 100", n)
	}
}

// FuzzTemplate: whatever a template and a field hold, reading ends, faults name
// a place that is there, and a value stays one value.
func FuzzTemplate(f *testing.F) {
	f.Add("# A {{title}}\n{{impact}}\n{{window}}\n- {{promise}}\n", "x")
	f.Add("{{}}\n}}{{\n{{ {{title}} }}", "{{impact}}\n# y")
	f.Add("## \n\xff# {{update}}\n### **", "\x00")
	f.Fuzz(func(t *testing.T, text, value string) {
		for _, k := range []string{"announced", "update", "completed"} {
			words, faults := wording.Parse("f", kind(t, k), []byte(text))
			if (words == nil) != (len(faults) > 0) {
				t.Fatalf("template %v with the faults %v", words, faults)
			}
			rows := strings.Count(text, "\n") + 1
			for _, fault := range faults {
				if fault.Line > rows || fault.Column > len(text)+1 || fault.Line > 0 && fault.Column < 1 {
					t.Errorf("%s is not in %q", fault, text)
				}
			}
			if words == nil {
				continue
			}
			plain := words.Fill(&wording.Fields{Title: "x", Impact: []string{"x"}, Window: "x"}, join)
			got := words.Fill(&wording.Fields{Title: value + "x", Impact: []string{value + "x"}, Window: value + "x"}, join)
			if len(got.Parts) != len(plain.Parts) {
				t.Errorf("%q made %d parts of %d", value, len(got.Parts), len(plain.Parts))
			}
		}
	})
}
