// Package markdown turns what people wrote into HTML that is safe to show,
// and into plain text.
//
// The human word is Markdown from outside. [HTML] parses it without raw HTML
// and then lets only a short list of elements and of link schemes through, so
// nothing that it returns can run a script, load anything, or change how the
// page around it looks. [Text] is the same words without any markup.
package markdown

import (
	"bytes"
	"html/template"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/text"
)

// maxLength is how many bytes of a source are read; nothing a person writes
// about an upgrade is longer, and parsing time stays bounded.
const maxLength = 64 << 10

// maxDepth is how deep block quotes and lists may nest before the source is
// shown as plain text: a parser's recursion is not for strangers to choose.
const maxDepth = 24

var (
	parser = goldmark.New(goldmark.WithExtensions(extension.Strikethrough, extension.Table, extension.Linkify))
	policy = newPolicy()
)

// newPolicy allows what a status update needs: no images (they tell a third
// party who reads), no style, no class, no id.
func newPolicy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "hr", "em", "strong", "del", "code", "pre", "blockquote",
		"ul", "ol", "li", "h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td")
	p.AllowAttrs("start").Matching(bluemonday.Integer).OnElements("ol")
	p.AllowAttrs("href").OnElements("a")
	p.AllowURLSchemes("http", "https", "mailto")
	p.AllowRelativeURLs(false)
	p.RequireParseableURLs(true)
	p.RequireNoFollowOnLinks(true)
	p.RequireNoReferrerOnLinks(true)
	p.AddTargetBlankToFullyQualifiedLinks(true) // brings rel=noopener with it
	return p
}

// HTML is src rendered. It never fails: what cannot be rendered is shown as
// the plain text that it is.
func HTML(src string) template.HTML {
	src = bounded(src)
	if tooDeep(src) {
		return plain(src)
	}
	var b bytes.Buffer
	if err := parser.Convert([]byte(src), &b); err != nil {
		return plain(src)
	}
	return template.HTML(policy.SanitizeBytes(b.Bytes())) //nolint:gosec // sanitized in this line
}

// Text is src without markup: paragraphs are separated by an empty line,
// items begin with "- ", and a link is followed by its address if that is
// http, https or mailto.
func Text(src string) string {
	src = bounded(src)
	if tooDeep(src) {
		return strings.TrimSpace(src)
	}
	w := &textWriter{src: []byte(src)}
	doc := parser.Parser().Parse(text.NewReader(w.src))
	if err := ast.Walk(doc, w.visit); err != nil {
		return strings.TrimSpace(src)
	}
	return strings.TrimSpace(w.b.String())
}

// bounded cuts what is too long at a rune and makes the rest valid UTF-8
// without NUL.
func bounded(src string) string {
	if len(src) > maxLength {
		src = src[:maxLength]
	}
	return strings.ReplaceAll(strings.ToValidUTF8(src, ""), "\x00", "")
}

// plain is src as one preformatted, escaped block.
func plain(src string) template.HTML {
	return template.HTML("<pre>" + template.HTMLEscapeString(src) + "</pre>") //nolint:gosec // escaped in this line
}

// maxBrackets is how many links or images may begin: unclosed ones cost the
// parser their number squared.
const maxBrackets = 1000

// tooDeep reports whether any line opens more containers, or any stretch
// more brackets, than a person would.
func tooDeep(src string) bool {
	if strings.Count(src, "[") > maxBrackets {
		return true
	}
	for line := range strings.Lines(src) {
		if openings(line) > maxDepth || leadingSpace(line) > 4*maxDepth {
			return true
		}
	}
	return strings.Contains(src, strings.Repeat("[", maxDepth)) || strings.Contains(src, strings.Repeat("![", maxDepth))
}

// openings counts the quote and list marks at the start of a line. A line of
// one mark only is a rule, not a nest.
func openings(line string) int {
	if strings.Trim(line, "- \t\r\n") == "" || strings.Trim(line, "* \t\r\n") == "" {
		return 0
	}
	n := 0
	for _, r := range line {
		switch {
		case strings.ContainsRune(">-*+.)", r):
			n++
		case strings.ContainsRune(" \t0123456789", r):
		default:
			return n
		}
	}
	return n
}

func leadingSpace(line string) int {
	return len(line) - len(strings.TrimLeft(line, " \t"))
}
