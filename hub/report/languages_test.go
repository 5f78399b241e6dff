package report_test

import (
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"upgradehub/events"
	"upgradehub/events/lang"
	"upgradehub/events/plan"
	"upgradehub/hub/report"
)

// TestEveryLanguage makes a report that has something of everything in every
// language. Nothing of the English words is left in the others, no message is
// missing, and what the plan and people say stands in all of them.
func TestEveryLanguage(t *testing.T) {
	english := englishWords(t)
	for _, code := range lang.Supported[1:] {
		t.Run(code, func(t *testing.T) {
			made := make1(t, late())
			html, markdown := renderedIn(t, made, code)
			golden(t, "testdata/late."+code+".md", markdown)
			page := fmt.Sprintf(`<html lang=%q>`, code)
			if code == "ar" {
				page = `<html lang="ar" dir="rtl">`
				golden(t, "testdata/late.ar.html", html)
			}
			for _, want := range []string{
				page, "Orders database moves to PostgreSQL 16", "The &lt;disk&gt; fills", "2026-03-07 22:51 UTC (23:51 Europe/Berlin)", "no space | yet",
			} {
				if !strings.Contains(html, want) {
					t.Errorf("the page lacks %q", want)
				}
			}
			said := markdown + strings.Join(made.Glance(code), "\n")
			for _, bad := range append(english, "<no value>", "{{", "%!") {
				if strings.Contains(said, bad) {
					t.Errorf("the report says %q", bad)
				}
			}
			if unsaid.MatchString(said) {
				t.Errorf("the report says %q", unsaid.FindString(said))
			}
		})
	}
	if made := make1(t, late()); strings.Join(made.Glance("xx"), "") != strings.Join(made.Glance(lang.English), "") {
		t.Error("in a language that is not spoken the report does not speak English")
	}
}

// unsaid is how a message shows that is not there.
var unsaid = regexp.MustCompile(`\[[a-z_]+(\.[a-z_]+)*\\?\]`)

// TestLanguagesSayEveryEnd: each end of an upgrade, and of a drill, is a
// sentence.
func TestLanguagesSayEveryEnd(t *testing.T) {
	ends := map[string]events.Data{
		"issues": &events.Completed{Outcome: events.SuccessfulWithIssues}, "completed": &events.Completed{Note: "All is well."},
		"failed": &events.Ended{Reason: "it broke"}, "canceled": &events.Ended{Reason: "no"}, "rolled back": &events.Rollback{}, "open": nil,
	}
	types := map[string]events.Type{
		"issues": events.UpgradeCompleted, "completed": events.UpgradeCompleted, "failed": events.UpgradeFailed,
		"canceled": events.UpgradeCanceled, "rolled back": events.RollbackFinished,
	}
	seen := map[string]string{}
	for end, data := range ends {
		for _, drill := range []bool{false, true} {
			var s told
			p := pg16()
			p.Drill = drill
			s.say(-9000, events.UpgradePlanned, &events.Planned{Plan: p})
			s.say(3, events.PhaseStarted, &events.Phase{Phase: "copy"})
			if end == "rolled back" {
				s.say(30, events.RollbackStarted, &events.Rollback{Reason: "no"})
			}
			if data != nil {
				s.say(50, types[end], data)
			}
			for _, code := range lang.Supported {
				_, text := renderedIn(t, make1(t, report.Sources{Facts: s.facts}), code)
				lead := strings.Split(text, "\n")[2]
				if unsaid.MatchString(lead) || !strings.Contains(lead, "orders") || strings.Contains(lead, "..") {
					t.Errorf("%s, drill %t, in %s: %s", end, drill, code, lead)
				}
				if other := seen[lead]; other != "" && data != nil {
					t.Errorf("%s, drill %t, in %s is said as %s: %s", end, drill, code, other, lead)
				}
				seen[lead] = end
			}
		}
	}
}

// TestEveryTermIsSaid: what the JSON has as a value has words.
func TestEveryTermIsSaid(t *testing.T) {
	c, err := lang.Load(os.DirFS("."), "locales")
	if err != nil {
		t.Fatal(err)
	}
	known := " " + strings.Join(c.IDs(), " ") + " "
	for _, family := range []struct{ name, file, constants string }{
		{"moment", "../../events/hubfacts.go", "Moment"},
		{"state", "../../events/upgrade/upgrade.go", "State"},
		{"outcome", "../../events/upgrade/upgrade.go", "PhaseState"},
		{"outcome", "../../events/types.go", "Outcome"},
	} {
		values := constants(t, family.file, family.constants)
		if len(values) < 4 {
			t.Errorf("%s has %d values of %s", family.file, len(values), family.constants)
		}
		for _, value := range values {
			if value == string(events.MomentConfirm) || value == string(events.MomentSubscribed) {
				continue // of no upgrade
			}
			if id := family.name + "." + strings.ReplaceAll(value, "-", "_"); !strings.Contains(known, " "+id+" ") {
				t.Errorf("nobody says %q", id)
			}
		}
	}
}

// constants are the values that a file declares of a type.
func constants(t *testing.T, file, of string) (values []string) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		spec, is := n.(*ast.ValueSpec)
		if !is || len(spec.Values) != 1 {
			return true
		}
		if named, is := spec.Type.(*ast.Ident); !is || named.Name != of {
			return true
		}
		value, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		values = append(values, value)
		return true
	})
	return values
}

// termFamilies are messages whose ids are made of values.
var termFamilies = []string{
	"audience", "head", "state", "outcome", "verdict", "status", "delivery", "channel", "role", "moment", "decision", "disruption", "communication", "result", "drill", "slip",
}

// TestEveryMessageIsUsed finds messages that no code says.
func TestEveryMessageIsUsed(t *testing.T) {
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var source strings.Builder
	for _, name := range names {
		raw, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(name, "_test.go") {
			source.Write(raw)
		}
	}
	families := regexp.MustCompile(`^(` + strings.Join(termFamilies, "|") + `)\.`)
	for id := range englishMessages(t) {
		whole := strings.TrimSuffix(id, ".first")
		if !families.MatchString(id) && !strings.Contains(source.String(), `"`+whole+`"`) {
			t.Errorf("message %q is never said", id)
		}
		if name, head := strings.CutPrefix(id, "head."); head && !strings.Contains(source.String(), `"`+name+`"`) {
			t.Errorf("head %q heads nothing", id)
		}
	}
}

// TestWhatIsForeignIsSetApart: in Arabic a date keeps its order, and a name in
// Latin letters its full stop, whatever stands around them and wherever they
// are cut.
func TestWhatIsForeignIsSetApart(t *testing.T) {
	s := late()
	s.Lessons[0].Text = strings.Repeat("Plan more time. ", 20)
	_, text := renderedIn(t, make1(t, s), "ar")
	for n, line := range strings.Split(text, "\n") {
		for cell := range strings.SplitSeq(line, " | ") {
			depth := 0
			for _, r := range cell {
				switch r {
				case '\u2066', '\u2068':
					depth++
				case '\u2069':
					depth--
				}
			}
			if depth != 0 {
				t.Errorf("line %d leaves %d isolates open: %q", n+1, depth, cell)
			}
		}
	}
	if bare := regexp.MustCompile(`[^\x{2066}(]\d{4}-\d\d-\d\d`).FindString(text); bare != "" {
		t.Errorf("%q is not set apart", bare)
	}
	if _, latin := rendered(t, make1(t, s)); strings.ContainsAny(latin, "\u2066\u2068\u2069") {
		t.Error("English sets something apart")
	}
}

func TestAWindowIsNotTornApart(t *testing.T) {
	var s told
	p := pg16()
	p.Window = plan.Window{Start: at(0), End: at(60 * 30)}
	s.say(-9000, events.UpgradePlanned, &events.Planned{Plan: p})
	_, text := renderedIn(t, make1(t, report.Sources{Facts: s.facts}), "ar")
	for _, want := range []string{"\u20662026-03-07 22:00\u2069", "\u20662026-03-09 04:00 UTC\u2069"} {
		if !strings.Contains(text, want) {
			t.Errorf("the window lacks %q:\n%q", want, text)
		}
	}
}

// englishMessages are those without plural forms, by id.
func englishMessages(t *testing.T) map[string]string {
	t.Helper()
	raw, err := os.ReadFile("locales/en.json")
	if err != nil {
		t.Fatal(err)
	}
	var file map[string]any
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for id, text := range file {
		out[id], _ = text.(string)
	}
	return out
}

// englishWords are the English messages, cut at their gaps, as far as they are
// long enough to be told from a name.
func englishWords(t *testing.T) (words []string) {
	t.Helper()
	for _, text := range englishMessages(t) {
		for _, part := range regexp.MustCompile(`\{\{[^}]*\}\}`).Split(text, -1) {
			if part = strings.Trim(part, " :.,;"); len(part) > 9 {
				words = append(words, part)
			}
		}
	}
	return words
}
