package report

import (
	_ "embed"
	"html/template"
	"io"
	"strings"

	"upgradehub/events/lang"
)

var (
	//go:embed report.html.tmpl
	page string
	//go:embed report.css
	style string
	//go:embed served.css
	around string
)

var pageTemplate = template.Must(template.New("report").Parse(page))

// HTML writes the report in a language of package lang, as one file that prints
// on A4: the first page, then the details.
func (r Report) HTML(w io.Writer, code string) error {
	p := r.pages(code)
	p.Style = template.CSS(style)
	return pageTemplate.Execute(w, p)
}

// Served says where a page that a hub serves finds its style sheet, and whence
// it is come to.
type Served struct{ Sheet, Back string }

// Style is the style sheet of a page that is served.
func Style() string { return style + around }

// Serve writes the same page for a hub to serve: with the way back, and the
// other languages.
func (r Report) Serve(w io.Writer, code string, at Served) error {
	p := r.pages(code)
	p.Served, p.BackWords = &at, catalog.In(code).Say("back")
	for _, code := range lang.Supported {
		p.Languages = append(p.Languages, language{code, lang.Name(code)})
	}
	return pageTemplate.Execute(w, p)
}

type language struct{ Code, Name string }

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
