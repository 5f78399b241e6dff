package wording

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The bounds of a template.
const (
	maxSize   = 64 << 10 // bytes
	maxFields = 100      // that it names, a name as often as it stands there
)

// reader reads one template and notes its faults.
type reader struct {
	file   string
	faults []Fault
	fields int
}

func (r *reader) fault(line, column int, format string, args ...any) {
	r.faults = append(r.faults, Fault{r.file, line, column, fmt.Sprintf(format, args...)})
}

// Parse reads the template of a kind, and checks it. The template is nil if
// there are faults. File is what they name.
func Parse(file string, k Kind, text []byte) (*Template, []Fault) {
	r := &reader{file: file}
	if len(text) > maxSize {
		r.fault(0, 0, "has more than %d KiB", maxSize>>10)
		return nil, r.faults
	}
	t := &Template{kind: k}
	number, rows := 0, strings.Split(strings.TrimPrefix(string(text), "\ufeff"), "\n")
	for _, line := range rows {
		number++
		if line = strings.TrimRight(line, " \t\r"); line == "" {
			continue
		}
		r.add(t, r.row(line, number))
	}
	if t.headline.line == 0 {
		r.fault(1, 1, "is empty")
	}
	r.check(t)
	if len(r.faults) > 0 {
		return nil, sorted(r.faults)
	}
	return t, nil
}

func sorted(faults []Fault) []Fault {
	slices.SortStableFunc(faults, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	return faults
}

// add takes the first row for the headline.
func (r *reader) add(t *Template, next row) {
	switch first := t.headline.line == 0; {
	case first && next.mark != headline:
		r.fault(next.line, 1, `is no headline: the first line must begin with "# "`)
		t.headline = next
	case first:
		t.headline = next
	case next.mark == headline:
		r.fault(next.line, 1, `is a second headline; a label begins with "## "`)
	default:
		t.rows = append(t.rows, next)
	}
}

// row reads one line that is not empty.
func (r *reader) row(line string, number int) row {
	out := row{line: number}
	rest := strings.TrimLeft(line, " \t")
	for _, m := range []mark{headline, label, item} {
		if after, ok := strings.CutPrefix(rest, string(m)); ok {
			out.mark, rest = m, strings.TrimLeft(after, " \t")
			break
		}
	}
	column := 1 + utf8.RuneCountInString(line) - utf8.RuneCountInString(rest)
	r.plain(line, rest, number, column)
	out.pieces = r.pieces(rest, number, column)
	r.lonely(out)
	return out
}

// unknown is what Markdown lays out and a template does not.
var unknown = regexp.MustCompile("^((#{1,6}|[-*+>])( |$)|```|---)|\\*\\*|\\]\\(|</?[A-Za-z][^>]*>")

// plain wants nothing that the reader would see as signs.
func (r *reader) plain(line, rest string, number, column int) {
	if !utf8.ValidString(line) {
		r.fault(number, 1, "is not UTF-8")
		return
	}
	if i := strings.IndexFunc(line, func(c rune) bool { return c != '\t' && unicode.IsControl(c) }); i >= 0 {
		r.fault(number, 1+utf8.RuneCountInString(line[:i]), "has a control character")
	}
	if at := unknown.FindStringIndex(rest); at != nil {
		r.fault(number, column+utf8.RuneCountInString(rest[:at[0]]),
			`%q would be shown as it stands: a line is text, or begins with "# ", "## " or "- "`, rest[at[0]:at[1]])
	}
}

var fieldForm = regexp.MustCompile(`^[a-z][a-z_]*$`)

// pieces cuts a line at its fields.
func (r *reader) pieces(text string, number, column int) []piece {
	var out []piece
	for text != "" {
		before, inside, found := strings.Cut(text, "{{")
		if stray, _, ok := strings.Cut(before, "}}"); ok {
			r.fault(number, column+utf8.RuneCountInString(stray), `"}}" without "{{" before it`)
		}
		if before != "" {
			out = append(out, piece{text: before, at: column})
		}
		if !found {
			return out
		}
		column += utf8.RuneCountInString(before)
		name, after, closed := strings.Cut(inside, "}}")
		if !closed {
			r.fault(number, column, `"{{" without "}}" behind it`)
			return out
		}
		out = append(out, piece{field: r.field(name, number, column), at: column})
		column += utf8.RuneCountInString(name) + 4
		text = after
	}
	return out
}

// field reads a name between braces.
func (r *reader) field(text string, number, column int) string {
	name := strings.TrimSpace(text)
	_, known := places[name]
	switch {
	case !fieldForm.MatchString(name):
		r.fault(number, column, "{{%s}} is not the name of a field: templates have no logic", clipped(text))
	case !known:
		r.fault(number, column, "{{%s}} is unknown; 'hub templates fields' lists what there is", clipped(name))
	}
	if r.fields++; r.fields == maxFields+1 {
		r.fault(number, column, "is more than %d fields", maxFields)
	}
	return name
}

func clipped(s string) string {
	if r := []rune(s); len(r) > 40 {
		return string(r[:39]) + "…"
	}
	return s
}

// lonely: an update is Markdown of its own and needs a line of its own.
func (r *reader) lonely(out row) {
	for _, p := range out.pieces {
		if p.field == "update" && (len(out.pieces) > 1 || out.mark != paragraph) {
			r.fault(out.line, p.at, "{{update}} must stand alone on its line")
		}
	}
}
