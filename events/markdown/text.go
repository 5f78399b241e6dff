package markdown

import (
	"html"
	"net/url"
	"strconv"
	"strings"

	"github.com/yuin/goldmark/ast"
	extast "github.com/yuin/goldmark/extension/ast"
)

// textWriter writes a parsed document as plain text.
type textWriter struct {
	src []byte
	b   strings.Builder
}

func (w *textWriter) visit(n ast.Node, entering bool) (ast.WalkStatus, error) {
	switch n := n.(type) {
	case *ast.Text:
		w.text(n, entering)
	case *ast.String:
		w.add(entering, string(n.Value))
	case *ast.AutoLink:
		w.add(entering, string(n.Label(w.src)))
	case *ast.Link:
		w.address(n, entering)
	case *ast.Image, *ast.HTMLBlock, *ast.RawHTML:
		return ast.WalkSkipChildren, nil
	case *ast.CodeBlock, *ast.FencedCodeBlock:
		w.add(entering, string(n.Lines().Value(w.src)))
		w.gap(!entering, n, "\n")
	case *ast.ListItem:
		w.item(n, entering)
	case *ast.TextBlock, *extast.TableRow, *extast.TableHeader:
		w.gap(!entering, nil, "\n")
	case *extast.TableCell:
		w.add(!entering && n.NextSibling() != nil, " | ")
	case *ast.Paragraph, *ast.Heading, *ast.List:
		w.gap(!entering, n, "\n\n")
	case *ast.ThematicBreak:
		w.add(entering, "---\n\n")
	}
	return ast.WalkContinue, nil
}

func (w *textWriter) add(when bool, s string) {
	if when {
		w.b.WriteString(s)
	}
}

// gap makes sure that the text ends with breaks, or with one break behind
// the last child n of its parent: what closes several blocks leaves one gap.
func (w *textWriter) gap(when bool, n ast.Node, breaks string) {
	if n != nil && n.NextSibling() == nil {
		breaks = "\n"
	}
	for when && !strings.HasSuffix(w.b.String(), breaks) {
		w.b.WriteByte('\n')
	}
}

func (w *textWriter) text(n *ast.Text, entering bool) {
	if !entering {
		return
	}
	w.b.WriteString(html.UnescapeString(string(n.Segment.Value(w.src))))
	if n.HardLineBreak() || n.SoftLineBreak() {
		w.b.WriteByte('\n')
	}
}

// item writes the mark of a list item, indented by the depth of its list.
func (w *textWriter) item(n *ast.ListItem, entering bool) {
	list, ok := n.Parent().(*ast.List)
	if !entering || !ok {
		return
	}
	mark := "- "
	if list.IsOrdered() {
		mark = strconv.Itoa(list.Start+place(n)) + ". "
	}
	w.b.WriteString(strings.Repeat("  ", listDepth(list)) + mark)
}

// address writes the target of a link behind its words, unless the words
// are the target or the target is not one to follow.
func (w *textWriter) address(n *ast.Link, entering bool) {
	to := html.UnescapeString(string(n.Destination))
	u, err := url.Parse(to)
	if entering || err != nil || strings.HasSuffix(w.b.String(), to) {
		return
	}
	switch strings.ToLower(u.Scheme) {
	case "http", "https", "mailto":
		w.b.WriteString(" (" + to + ")")
	}
}

// place is how many items stand before n.
func place(n ast.Node) int {
	i := 0
	for s := n.PreviousSibling(); s != nil; s = s.PreviousSibling() {
		i++
	}
	return i
}

// listDepth is how many lists stand around list.
func listDepth(list ast.Node) int {
	d := 0
	for p := list.Parent(); p != nil; p = p.Parent() {
		if p.Kind() == ast.KindList {
			d++
		}
	}
	return d
}
