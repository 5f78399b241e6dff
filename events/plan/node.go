package plan

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// The bounds of a plan file. Real plans stay far below them.
const (
	maxSize  = 1 << 20 // bytes
	maxLines = 20_000  // of YAML: the parser's time grows with their square
	maxDepth = 64      // lists within lists
	maxNodes = 100_000 // values, aliases expanded
)

type kind int

const (
	isNull kind = iota
	isText
	isList
	isDict
)

func (k kind) String() string {
	return [...]string{"nothing", "text", "a list", "keys and values"}[k]
}

// node is one value of the file with its place in it.
type node struct {
	kind   kind
	place  place
	text   string // of isText: a number or a truth value too, as written
	quoted bool   // of isText
	items  []*node
	keys   []key
}

type place struct{ line, column int }

type key struct {
	name  string
	place place
	value *node
}

// readTree reads YAML, of which JSON is a part.
func readTree(data []byte) (*node, []Problem) {
	if p, ok := refuse(data); !ok {
		return nil, []Problem{p}
	}
	file, err := parseYAML(normalize(data))
	if err != nil {
		return nil, []Problem{syntaxProblem(err)}
	}
	docs := file.Docs[:0]
	for _, d := range file.Docs {
		if d.Body != nil {
			docs = append(docs, d)
		}
	}
	switch len(docs) {
	case 0:
		return nil, []Problem{{Line: 1, Column: 1, Path: "plan", Message: "is empty"}}
	case 1:
		b := &builder{anchors: map[string]ast.Node{}}
		root := b.build(docs[0].Body, 0)
		if b.broken {
			root = nil
		}
		return root, sortProblems(b.problems)
	}
	at := new(builder).build(docs[1].Body, maxDepth).place
	return nil, []Problem{{Line: at.line, Column: at.column, Path: "plan", Message: "one file holds one plan, this is a second document"}}
}

var leadingTabs = regexp.MustCompile(`(?m)^[\t ]+`)

// normalize takes off a byte order mark and takes away what the parser counts
// wrongly: carriage returns, and tabs before the lines of JSON.
func normalize(data []byte) []byte {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	data = bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n"))
	if isJSON(data) {
		data = leadingTabs.ReplaceAllFunc(data, func(b []byte) []byte { return bytes.Repeat([]byte(" "), len(b)) })
	}
	return data
}

// parseYAML turns a panic of the parser on a malformed file into an error.
func parseYAML(data []byte) (file *ast.File, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("is not YAML: %v", r)
		}
	}()
	return parser.ParseBytes(data, 0, parser.AllowDuplicateMapKey())
}

// parserError is what the parser's errors, which it keeps to itself, can do.
type parserError interface {
	error
	GetMessage() string
	GetToken() *token.Token
}

func syntaxProblem(err error) Problem {
	p := Problem{Line: 1, Column: 1, Path: "plan", Message: "is not YAML"}
	if located, ok := errors.AsType[parserError](err); ok {
		p.Message = located.GetMessage()
		if at := placeOf(located.GetToken()); at.line > 0 {
			p.Line, p.Column = at.line, at.column
		}
	}
	return p
}

func placeOf(t *token.Token) place {
	if t == nil || t.Position == nil {
		return place{}
	}
	return place{t.Position.Line, t.Position.Column}
}

// builder makes nodes of the parser's tree: aliases are expanded, within
// bounds, and what a plan cannot hold is a problem.
type builder struct {
	anchors  map[string]ast.Node
	problems []Problem
	count    int
	broken   bool // the tree is not what the file says
}

func (b *builder) problem(at place, format string, args ...any) {
	b.problems = append(b.problems, Problem{Line: at.line, Column: at.column, Path: "plan", Message: fmt.Sprintf(format, args...)})
}

func (b *builder) build(n ast.Node, depth int) *node {
	out := &node{place: placeOf(n.GetToken())}
	b.count++
	if depth > maxDepth || b.count > maxNodes {
		if !b.broken {
			b.problem(out.place, "is too large or too deep")
		}
		b.broken = true
		return out
	}
	switch n := n.(type) {
	case *ast.NullNode:
	case *ast.MappingNode:
		out.kind = isDict
		b.addKeys(out, n.Values, depth)
	case *ast.MappingValueNode:
		out.kind = isDict
		b.addKeys(out, []*ast.MappingValueNode{n}, depth)
	case *ast.SequenceNode:
		out.kind = isList
		for _, v := range n.Values {
			out.items = append(out.items, b.build(v, depth+1))
		}
	case *ast.AnchorNode:
		built := b.build(n.Value, depth)
		b.anchors[nameOf(n.Name)] = n.Value
		return built
	case *ast.AliasNode:
		return b.alias(n, out.place, depth)
	case *ast.TagNode:
		return b.build(n.Value, depth)
	default:
		b.scalar(n, out)
	}
	return out
}

// alias builds the anchored value again. The anchor stands before its
// aliases, so it cannot hold itself: it is hidden while it is built.
func (b *builder) alias(n *ast.AliasNode, at place, depth int) *node {
	name := nameOf(n.Value)
	target := b.anchors[name]
	if target == nil {
		b.broken = true
		b.problem(at, "nothing is anchored as &%s before", name)
		return &node{place: at}
	}
	b.anchors[name] = nil
	out := b.build(target, depth+1)
	b.anchors[name] = target
	out.place = at
	return out
}

func nameOf(n ast.Node) string {
	if n == nil || n.GetToken() == nil {
		return ""
	}
	return n.GetToken().Value
}

func (b *builder) scalar(n ast.Node, out *node) {
	t := n.GetToken()
	out.kind = isText
	switch n := n.(type) {
	case *ast.LiteralNode:
		out.text, out.quoted = n.Value.Value, true
	case *ast.StringNode:
		out.text, out.quoted = n.Value, t.Type == token.DoubleQuoteType || t.Type == token.SingleQuoteType
	default:
		out.text = t.Value
	}
}

func (b *builder) addKeys(out *node, values []*ast.MappingValueNode, depth int) {
	seen := map[string]bool{}
	for i, v := range values {
		k := key{name: nameOf(v.Key), place: placeOf(v.Key.GetToken())}
		if i == 0 && k.place.line > 0 && out.place.line >= k.place.line {
			out.place = earlier(out.place, k.place)
		}
		if s, ok := v.Key.(*ast.StringNode); ok {
			k.name = s.Value
		}
		if seen[k.name] {
			b.problem(k.place, "the key %q is given twice", clip(k.name))
		}
		seen[k.name] = true
		k.value = b.build(v.Value, depth+1)
		out.keys = append(out.keys, k)
	}
}

func earlier(a, b place) place {
	if a.line < b.line || (a.line == b.line && a.column <= b.column) {
		return a
	}
	return b
}

func (n *node) get(name string) (key, bool) {
	for _, k := range n.keys {
		if k.name == name {
			return k, true
		}
	}
	return key{}, false
}

// clip shortens foreign text that is quoted in a problem.
func clip(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return s
}

// refuse looks for what the parser would take very long for: its time grows
// with the square of the depth, and of the keys written below each other.
func refuse(data []byte) (Problem, bool) {
	p := Problem{Line: 1, Column: 1, Path: "plan"}
	lines := bytes.Count(data, []byte("\n"))
	switch {
	case len(data) > maxSize:
		p.Message = fmt.Sprintf("has %d bytes, at most %d are allowed", len(data), maxSize)
	case !utf8.Valid(data):
		p.Message = "is not UTF-8"
	case lines > maxLines && !isJSON(data):
		p.Message = fmt.Sprintf("has %d lines, at most %d are allowed", lines, maxLines)
	default:
		if p.Line = tooDeep(string(data)); p.Line == 0 {
			return p, true
		}
		p.Message = "is too deep"
	}
	return p, false
}

func isJSON(data []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) }

// tooDeep finds the line in which brackets, dashes, anchors or tags stand
// within each other more than maxDepth times; 0 if there is none. It does not
// know quotes: text with so many open brackets is refused too.
func tooDeep(data string) (line int) {
	open, run := 0, 0
	for i, text := range slices.Collect(strings.SplitSeq(data, "\n")) {
		for _, c := range []byte(text) {
			switch c {
			case '[', '{':
				open++
			case ']', '}':
				open = max(0, open-1)
			}
			if open > maxDepth {
				return i + 1
			}
		}
		for word := range strings.FieldsSeq(text) {
			if run++; word != "-" && word != "?" && word[0] != '&' && word[0] != '!' {
				run = 0
			}
			if run > maxDepth {
				return i + 1
			}
		}
	}
	return 0
}
