package plan

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// editor changes single values of a plan file and leaves everything else, its
// comments and its layout, as somebody wrote it. It edits lines by the places
// that the parser gives; whoever uses it parses what came out, because there
// is YAML in which those places mislead.
type editor struct {
	lines []string
	root  ast.Node
	json  bool
}

// newEditor reads a file that [Parse] accepts.
func newEditor(data []byte) (*editor, error) {
	data = normalize(data)
	file, err := parseYAML(data)
	if err != nil {
		return nil, err
	}
	e := &editor{lines: strings.Split(strings.TrimRight(string(data), "\n"), "\n"), json: isJSON(data)}
	for _, d := range file.Docs {
		if d.Body != nil {
			e.root = d.Body
		}
	}
	if e.root == nil {
		return nil, errors.New("is empty")
	}
	return e, nil
}

func (e *editor) bytes() []byte { return []byte(strings.Join(e.lines, "\n") + "\n") }

// set writes a value at a path such as "phases", 2, "duration". What is there
// already is replaced if it is one word or line; what is not is added, with all
// that leads to it. The place of an item behind the last one of a list adds it.
func (e *editor) set(value any, path ...any) error {
	at := e.root
	for i, step := range path {
		next, found := child(at, step)
		if !found {
			return e.add(at, step, wrapped(value, path[i+1:]))
		}
		at = next
	}
	return e.replace(at, value)
}

// wrapped is the value with the keys around it that are missing too.
func wrapped(value any, path []any) any {
	for _, step := range slices.Backward(path) {
		if key, ok := step.(string); ok {
			value = pairs{{key, value}}
		} else {
			value = []any{value}
		}
	}
	return value
}

// pairs are keys and values in the order in which they are written.
type pairs []pair

type pair struct {
	key   string
	value any
}

// child is what a node has under a key or at a place. Nothing is what can be
// added to.
func child(n ast.Node, step any) (ast.Node, bool) {
	if i, ok := step.(int); ok {
		if list, ok := n.(*ast.SequenceNode); ok && i < len(list.Values) {
			return list.Values[i], true
		}
		return nil, false
	}
	for _, v := range entries(n) {
		if nameOf(v.Key) == step {
			return v.Value, true
		}
	}
	return nil, false
}

func entries(n ast.Node) []*ast.MappingValueNode {
	switch n := n.(type) {
	case *ast.MappingNode:
		return n.Values
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}
	}
	return nil
}

// replace writes another scalar in the place of one.
func (e *editor) replace(n ast.Node, value any) error {
	t := n.GetToken()
	switch n.(type) {
	case *ast.StringNode, *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
	default:
		return fmt.Errorf("line %d is not one value", t.Position.Line)
	}
	line := []rune(e.lines[t.Position.Line-1])
	from := t.Position.Column - 1
	if from < 0 || from >= len(line) {
		return fmt.Errorf("line %d cannot be found", t.Position.Line)
	}
	to := from + len([]rune(t.Value))
	if q := line[from]; q == '"' || q == '\'' {
		end := slices.Index(line[from+1:], q)
		if end < 0 {
			return fmt.Errorf("line %d is quoted over several lines", t.Position.Line)
		}
		to = from + end + 2
	} else if to > len(line) || string(line[from:to]) != t.Value {
		return fmt.Errorf("line %d is written over several lines", t.Position.Line)
	}
	e.lines[t.Position.Line-1] = string(line[:from]) + e.flow(value) + string(line[to:])
	return e.again()
}

// again reads what was written, so that places are right for the next edit.
func (e *editor) again() error {
	next, err := newEditor(e.bytes())
	if err != nil {
		return err
	}
	*e = *next
	return nil
}

// add writes what a node does not have.
func (e *editor) add(n ast.Node, step, value any) error {
	text := e.flow(value)
	key, keyed := step.(string)
	if keyed {
		text = e.word(key) + ": " + text
	}
	switch n := n.(type) {
	case *ast.MappingNode:
		if n.IsFlowStyle {
			return e.inFlow(n.End, len(n.Values) > 0, text)
		}
		return e.below(n, text)
	case *ast.MappingValueNode:
		return e.below(n, text)
	case *ast.SequenceNode:
		if n.IsFlowStyle {
			return e.inFlow(n.End, len(n.Values) > 0, text)
		}
		return e.below(n, "- "+text)
	}
	return fmt.Errorf("line %d has no place for %q", n.GetToken().Position.Line, text)
}

// inFlow writes before the bracket that closes.
func (e *editor) inFlow(end *token.Token, more bool, text string) error {
	line := []rune(e.lines[end.Position.Line-1])
	at := end.Position.Column - 1
	if at < 0 || at >= len(line) || !strings.ContainsRune("]}", line[at]) {
		return fmt.Errorf("line %d: its end cannot be found", end.Position.Line)
	}
	before := strings.TrimRight(string(line[:at]), " ")
	if strings.TrimSpace(before) == "" && more {
		// The bracket stands alone: the comma belongs to the line above.
		above := end.Position.Line - 2
		e.lines[above] = strings.TrimRight(e.lines[above], " ") + ","
		before += "  "
	} else if more {
		before += ", "
	}
	e.lines[end.Position.Line-1] = before + text + string(line[at:])
	return e.again()
}

// below writes a line under all that a node has, as far to the right.
func (e *editor) below(n ast.Node, text string) error {
	column, last := 0, 0
	switch n := n.(type) {
	case *ast.SequenceNode:
		column = n.Start.Position.Column
	default:
		column = entries(n)[0].Key.GetToken().Position.Column
	}
	ast.Walk(visit(func(n ast.Node) { last = max(last, e.lastLine(n.GetToken())) }), n)
	e.lines = slices.Insert(e.lines, last, strings.Repeat(" ", column-1)+text)
	return e.again()
}

// lastLine is the last line that belongs to a token.
func (e *editor) lastLine(t *token.Token) int {
	end := len(e.lines)
	for next := t.Next; next != nil; next = next.Next {
		if next.Position.Line > t.Position.Line && next.Type != token.CommentType {
			end = next.Position.Line - 1
			break
		}
		if next.Type != token.CommentType {
			return t.Position.Line
		}
	}
	for end > t.Position.Line && (strings.TrimSpace(e.lines[end-1]) == "" || strings.HasPrefix(strings.TrimSpace(e.lines[end-1]), "#")) {
		end--
	}
	return end
}

type visit func(ast.Node)

func (v visit) Visit(n ast.Node) ast.Visitor {
	if n.GetToken() != nil {
		v(n)
	}
	return v
}

// flow writes a value on one line.
func (e *editor) flow(value any) string {
	switch v := value.(type) {
	case pairs:
		parts := make([]string, len(v))
		for i, p := range v {
			parts[i] = e.word(p.key) + ": " + e.flow(p.value)
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case []any:
		parts := make([]string, len(v))
		for i, item := range v {
			parts[i] = e.flow(item)
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case int:
		return fmt.Sprint(v)
	}
	return e.word(fmt.Sprint(value))
}

// plainWord is what needs no quotes anywhere.
var plainWord = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]*( [A-Za-z0-9_.-]+)*$|^\d{4}-\d\d-\d\dT[0-9:+Z-]+$`)

func (e *editor) word(s string) string {
	if plainWord.MatchString(s) && !e.json {
		return s
	}
	var quoted strings.Builder
	out := json.NewEncoder(&quoted)
	out.SetEscapeHTML(false)
	_ = out.Encode(s) // a string has no fault
	return strings.TrimSuffix(quoted.String(), "\n")
}
