package report

import (
	_ "embed"
	"html/template"
	"io"
	"strings"
)

//go:embed report.html.tmpl
var page string

var pageTemplate = template.Must(template.New("report").Parse(page))

// HTML writes the report in a language of package lang, as one file that prints
// on A4: the first page, then the details.
func (r Report) HTML(w io.Writer, code string) error { return pageTemplate.Execute(w, r.pages(code)) }

// Markdown writes the report in a language of package lang, as Markdown.
func (r Report) Markdown(w io.Writer, code string) error {
	p := r.pages(code)
	var b strings.Builder
	b.WriteString("# " + escape(p.Title) + "\n\n" + escape(p.Lead) + "\n")
	for _, s := range p.First {
		s.markdown(&b)
	}
	b.WriteString("\n---\n")
	for _, s := range p.Details {
		s.markdown(&b)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (s section) markdown(b *strings.Builder) {
	b.WriteString("\n## " + escape(s.Title) + "\n")
	if len(s.Rows) > 0 {
		b.WriteByte('\n')
		row(b, s.Heads)
		row(b, strings.Split(strings.Repeat("---,", len(s.Heads)-1)+"---", ","))
		for _, cells := range s.Rows {
			row(b, cells)
		}
	}
	if len(s.Text) > 0 {
		b.WriteByte('\n')
	}
	for _, line := range s.Text {
		b.WriteString("- " + escape(line) + "\n")
	}
}

func row(b *strings.Builder, cells []string) {
	for _, c := range cells {
		b.WriteString("| " + escape(c) + " ")
	}
	b.WriteString("|\n")
}

// escape keeps foreign text from being read as Markdown or HTML.
func escape(s string) string {
	if strings.Trim(s, "-") == "" {
		return s
	}
	return escapes.Replace(strings.Join(strings.Fields(s), " "))
}

var escapes = strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "_", `\_`, "[", `\[`, "]", `\]`, "<", `\<`, ">", `\>`, "|", `\|`, "#", `\#`, "!", `\!`, "&", `\&`, "~", `\~`)
