package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"upgradehub/notifiers/wording"
)

// configFile is hub.yaml. It is read as a syntax tree and not into a struct,
// so that every fault in it can be named at once, with line and column.
type configFile struct {
	name   string
	values map[string]value
	nodes  map[string]ast.Node // the lists: audiences, people, publishers, services, theme
	faults *faultList
	getenv func(string) string // may be nil
	// The directory of templates, and what stands in it.
	templates string
	wording   wording.Sets
}

// entry is one "key: value" of a mapping.
type entry struct {
	key   string
	at    ast.Node // the key, for faults about it
	value ast.Node
}

// listSettings may be written as lists.
var listSettings = map[string]bool{"cluster_routes": true, "webhook_allow": true, "webhook_allow_subscribers": true}

var listKeys = map[string]bool{"audiences": true, "people": true, "publishers": true, "services": true, "theme": true}

func parseConfigFile(path string, data []byte, faults *faultList) *configFile {
	f := &configFile{name: filepath.Base(path), values: map[string]value{}, nodes: map[string]ast.Node{}, faults: faults}
	tree, err := parser.ParseBytes(data, 0)
	if err != nil {
		f.syntaxFault(err)
		return f
	}
	if len(tree.Docs) > 1 {
		f.fault(tree.Docs[1].Body, "a second document: hub.yaml is one")
	}
	if len(tree.Docs) == 0 || tree.Docs[0].Body == nil {
		return f
	}
	known := map[string]setting{}
	for _, s := range settings {
		known[s.key()] = s
		if s.holdsSecret() {
			known[s.key()+"_file"] = s
		}
	}
	for _, e := range f.mapping(tree.Docs[0].Body) {
		f.topLevel(e, known)
	}
	return f
}

func (f *configFile) topLevel(e entry, known map[string]setting) {
	if listKeys[e.key] {
		f.nodes[e.key] = e.value
		return
	}
	if _, ok := known[e.key]; !ok {
		f.fault(e.at, "unknown key %q", e.key)
		return
	}
	text, ok := scalar(e.value)
	if list, isList := e.value.(*ast.SequenceNode); isList && listSettings[e.key] {
		text, ok = strings.Join(f.texts(list), ","), true
	}
	if !ok {
		f.fault(e.value, "%s must be a text or a number", e.key)
		return
	}
	f.values[e.key] = value{text: text, from: f.place(e.value) + " " + e.key}
}

func (f *configFile) syntaxFault(err error) {
	if syntax, ok := errors.AsType[*yaml.SyntaxError](err); ok && syntax.GetToken() != nil {
		at := syntax.GetToken().Position
		f.faults.addf("%s:%d:%d %s", f.name, at.Line, at.Column, syntax.GetMessage())
		return
	}
	f.faults.addf("%s: %v", f.name, err)
}

// place is file:line:column of a node.
func (f *configFile) place(n ast.Node) string {
	at := n.GetToken().Position
	return fmt.Sprintf("%s:%d:%d", f.name, at.Line, at.Column)
}

func (f *configFile) fault(at ast.Node, format string, args ...any) {
	f.faults.addf("%s %s", f.place(at), fmt.Sprintf(format, args...))
}

// mapping lists the entries of a mapping, in the order of the file.
func (f *configFile) mapping(n ast.Node) []entry {
	var pairs []*ast.MappingValueNode
	switch n := n.(type) {
	case *ast.MappingNode:
		pairs = n.Values
	case *ast.MappingValueNode:
		pairs = []*ast.MappingValueNode{n}
	case *ast.NullNode:
		return nil
	default:
		f.fault(n, "must be a mapping of keys to values")
		return nil
	}
	entries := make([]entry, 0, len(pairs))
	seen := map[string]bool{}
	for _, pair := range pairs {
		key, ok := scalar(pair.Key)
		if !ok || seen[key] {
			f.fault(pair.Key, "key %q is not a text or stands here twice", key)
			continue
		}
		seen[key] = true
		entries = append(entries, entry{key: key, at: pair.Key, value: pair.Value})
	}
	return entries
}

// texts reads a list of texts.
func (f *configFile) texts(n ast.Node) []string {
	list, ok := n.(*ast.SequenceNode)
	if !ok {
		f.fault(n, "must be a list")
		return nil
	}
	var all []string
	for _, item := range list.Values {
		text, ok := scalar(item)
		if !ok {
			f.fault(item, "must be a text")
			continue
		}
		all = append(all, text)
	}
	return all
}

// text reads a text; what names it in the fault.
func (f *configFile) text(e entry) string {
	text, ok := scalar(e.value)
	if !ok {
		f.fault(e.value, "%s must be a text", e.key)
	}
	return text
}

// scalar is the text of a scalar as it was written: 8080 and "8080" alike.
func scalar(n ast.Node) (string, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, true
	case *ast.LiteralNode:
		return n.Value.Value, true
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value, true
	}
	return "", false
}
