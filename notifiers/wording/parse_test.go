package wording_test

import (
	"strings"
	"testing"

	"upgradehub/notifiers/wording"
)

// kind is a kind of message by its name.
func kind(t testing.TB, name string) wording.Kind {
	t.Helper()
	for _, k := range wording.Kinds() {
		if k.Name == name {
			return k
		}
	}
	t.Fatalf("no kind %q", name)
	return wording.Kind{}
}

func TestParseFaults(t *testing.T) {
	const good = "# Work on {{title}}\n{{impact}}\n{{window}}\n"
	tests := []struct {
		name, kind, text string
		want             []string // faults, in order; none for a good template
	}{
		{"good", "announced", good, nil},
		{"all that there is", "announced", "\ufeff# A {{title}}\r\n\r\n{{ impact }}\r\n## When\r\n{{window}}\r\n- {{do_before}}\r\n", nil},
		{"Windows and spaces", "announced", "  # A  \n  {{impact}}\t\n  - {{window}}\n", nil},
		{"unknown field", "announced", good + "See {{homepage}}.\n", []string{"f:4:5: {{homepage}} is unknown"}},
		{"logic", "announced", good + "{{#if live}}x{{/if}}\n", []string{"f:4:1: {{#if live}} is not the name", "f:4:14: {{/if}} is not"}},
		{"Go template", "announced", good + "ä {{.Title}}\n", []string{"f:4:3: {{.Title}} is not the name of a field"}},
		{"open braces", "announced", good + "{{title\n", []string{`f:4:1: "{{" without "}}"`}},
		{"closing braces", "announced", good + "title}}\n", []string{`f:4:6: "}}" without "{{"`}},
		{"no headline", "announced", "{{impact}}\n{{window}}\n", []string{"f:1:1: is no headline", "f:1:1: {{impact}} is too long"}},
		{"second headline", "announced", good + "# More\n", []string{"f:4:1: is a second headline"}},
		{"empty", "announced", "", []string{"f:1:1: is empty", "f:1:1: lacks {{impact}}", "f:1:1: lacks {{window}}"}},
		{"empty label", "announced", good + "##\n", []string{`f:4:1: "##" would be shown`}},
		{"lacks", "moved", "# New time\n{{promise}}\n", []string{"f:1:1: lacks {{new_window}}, which"}},
		{"no promise", "started", "# Started\n{{impact}}\n", []string{"f:1:1: lacks {{promise}}: whoever hears"}},
		{"promise not needed before the start", "reminder", "# Soon\n{{impact}} {{start}}\n", nil},
		{"bold", "announced", good + "This is **new**.\n", []string{`f:4:9: "**" would be shown`}},
		{"link", "announced", good + "[here](https://example.org)\n", []string{`f:4:6: "](" would be shown`}},
		{"HTML", "announced", good + "a <b>c</b>\n", []string{`f:4:3: "<b>" would be shown`}},
		{"small heading", "announced", good + "### Small\n", []string{`f:4:1: "### " would be shown`}},
		{"nothing behind it", "announced", good + "- \n", []string{`f:4:1: "-" would be shown`}},
		{"star", "announced", good + "* Item\n", []string{`f:4:1: "* " would be shown`}},
		{"control character", "announced", good + "a\x01b\n", []string{"f:4:2: has a control character"}},
		{"no UTF-8", "announced", good + "a\xff\n", []string{"f:4:1: is not UTF-8"}},
		{"update in a sentence", "update", "# U\nIt says: {{update}}\n{{promise}}\n", []string{"f:2:10: {{update}} must stand alone"}},
		{"update as an item", "update", "# U\n- {{update}}\n{{promise}}\n", []string{"f:2:3: {{update}} must stand alone"}},
		{"list in the headline", "announced", "# {{impact}}\n{{window}}\n", []string{"f:1:3: {{impact}} is too long"}},

		{"host in the headline", "announced", "# Work on db1.example.org\n{{impact}}\n{{window}}\n", []string{`f:1:11: the host name "db1.example.org" stands where`}},
		{"address before the impact", "announced", "# W\nä 10.0.0.1\n{{impact}}\n{{window}}\n", []string{`f:2:3: the machine's address "10.0.0.1" stands`}},
		{"ticket on the line of the impact", "announced", "# W\nOPS-123: {{impact}}\n{{window}}\n", []string{`f:2:1: the ticket number "OPS-123" stands`}},
		{"ticket behind the impact", "announced", "# W\n{{impact}} (OPS-123)\n{{window}} on db1.example.org\n", nil},
		{"page before the impact", "announced", "# W\n{{page}}\n{{impact}}\n{{window}}\n", []string{"f:2:1: {{page}} stands where"}},
		{"no impact line", "completed", "# Done\nCHG0012345 is closed.\n## Details\ndb1.example.org runs 16.4.\n", []string{`f:2:1: the ticket number "CHG0012345" stands`}},

		{"too long", "announced", good + strings.Repeat("x", 65<<10), []string{"f: has more than 64 KiB"}},
		{"too many fields", "announced", good + strings.Repeat("{{title}}", 100), []string{"f:4:874: is more than 100 fields"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, faults := wording.Parse("f", kind(t, tt.kind), []byte(tt.text))
			if len(faults) != len(tt.want) || (got == nil) != (len(tt.want) > 0) {
				t.Fatalf("Parse = %v, want %q", faults, tt.want)
			}
			for i, f := range faults {
				if !strings.HasPrefix(f.String(), tt.want[i]) {
					t.Errorf("fault %q, want %q", f, tt.want[i])
				}
			}
		})
	}
}

func TestKindsAndFields(t *testing.T) {
	fields := map[string]wording.Field{}
	for _, f := range wording.Known() {
		if f.Name == "" || f.Is == "" || fields[f.Name].Name != "" {
			t.Errorf("field %+v has no name, no meaning or a name twice", f)
		}
		fields[f.Name] = f
	}
	seen := map[string]bool{}
	for _, k := range wording.Kinds() {
		if seen[k.Name] || k.Is == "" {
			t.Errorf("kind %+v has no meaning or stands there twice", k)
		}
		seen[k.Name] = true
		for _, name := range k.Needs {
			if fields[name].Name == "" {
				t.Errorf("kind %s needs %q, which is no field", k.Name, name)
			}
		}
	}
}
