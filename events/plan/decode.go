package plan

import (
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// decoder fills a Plan from the tree of its file and notes where each value
// stands, by its path.
type decoder struct {
	zone     *time.Location
	places   map[string]place
	ids      map[string]map[string]int // place of each id in its list, by the list's key
	problems []Problem
}

func (d *decoder) problem(at place, path, format string, args ...any) {
	d.problems = append(d.problems, Problem{Line: at.line, Column: at.column, Path: path, Message: fmt.Sprintf(format, args...)})
}

func (d *decoder) advice(path, format string, args ...any) {
	at := d.place(path)
	d.problems = append(d.problems, Problem{Line: at.line, Column: at.column, Path: path, Message: fmt.Sprintf(format, args...), Advice: true})
}

// wrong notes a problem of the value at a path.
func (d *decoder) wrong(path, format string, args ...any) {
	d.problem(d.place(path), path, format, args...)
}

// place is where the value at path stands, or what is around it.
func (d *decoder) place(path string) place {
	for {
		if at, ok := d.places[path]; ok {
			return at
		}
		i := strings.LastIndexAny(path, ".[")
		if i < 0 {
			return place{1, 1}
		}
		path = path[:i]
	}
}

var (
	timeType     = reflect.TypeFor[time.Time]()
	durationType = reflect.TypeFor[Duration]()
)

func (d *decoder) value(n *node, v reflect.Value, path string) {
	d.places[path] = n.place
	switch v.Type() {
	case timeType:
		d.time(n, v, path)
		return
	case durationType:
		d.duration(n, v, path)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		d.structure(n, v, path)
	case reflect.Map:
		d.mapping(n, v, path)
	case reflect.Slice:
		d.list(n, v, path)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.value(n, v.Elem(), path)
	default:
		d.scalar(n, v, path)
	}
}

// field is one key a struct knows. What may be left out says so in its tag.
type field struct {
	index    int
	required bool
}

func fieldsOf(t reflect.Type) (names []string, fields map[string]field) {
	fields = map[string]field{}
	for i := range t.NumField() {
		name, options, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		names = append(names, name)
		fields[name] = field{i, options == ""}
	}
	return names, fields
}

func (d *decoder) structure(n *node, v reflect.Value, path string) {
	names, fields := fieldsOf(v.Type())
	if n.kind != isDict {
		d.problem(n.place, path, "must be keys and values: %s", strings.Join(names, ", "))
		return
	}
	for _, k := range n.keys {
		at := under(path, k.name)
		f, ok := fields[k.name]
		if !ok {
			d.problem(k.place, at, "is not a key%s; known are %s", suggest(k.name, names), strings.Join(names, ", "))
			continue
		}
		d.places[at] = k.place
		if k.value.kind == isNull {
			continue
		}
		d.value(k.value, v.Field(f.index), at)
	}
	for _, name := range names {
		if k, ok := n.get(name); fields[name].required && (!ok || isEmpty(k.value)) {
			d.missing(n, k, under(path, name))
		}
	}
}

func (d *decoder) missing(n *node, k key, path string) {
	at := n.place
	if k.value != nil {
		at = k.place
	}
	d.problem(at, path, "is required")
}

func isEmpty(n *node) bool {
	return n.kind == isNull || (n.kind == isText && strings.TrimSpace(n.text) == "")
}

func under(path, name string) string {
	if name == "" {
		name = `""`
	}
	if path == "" {
		return clip(name)
	}
	return path + "." + clip(name)
}

// suggest finds the known key that was perhaps meant.
func suggest(name string, known []string) string {
	for _, k := range known {
		if strings.EqualFold(strings.ReplaceAll(name, "-", "_"), k) || (len(name) > 3 && oneEditApart(name, k)) {
			return fmt.Sprintf(", did you mean %q?", k)
		}
	}
	return ""
}

// oneEditApart reports whether one letter more, less, another or in the other
// order makes a of b.
func oneEditApart(a, b string) bool {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	a, b = a[i:], b[i:]
	if len(a) > 1 && len(b) > 1 && a[0] == b[1] && a[1] == b[0] {
		return a[2:] == b[2:]
	}
	drop := func(s string) string { return s[min(1, len(s)):] }
	return drop(a) == drop(b) || drop(a) == b || a == drop(b)
}

func (d *decoder) mapping(n *node, v reflect.Value, path string) {
	if n.kind != isDict {
		d.problem(n.place, path, "must be keys and values")
		return
	}
	if len(n.keys) == 0 {
		return
	}
	m := reflect.MakeMap(v.Type())
	for _, k := range n.keys {
		at := under(path, k.name)
		elem := reflect.New(v.Type().Elem()).Elem()
		switch {
		case strings.TrimSpace(k.name) == "":
			d.problem(k.place, at, "has no name")
		case isEmpty(k.value):
			d.problem(k.place, at, "is required")
		default:
			d.value(k.value, elem, at)
		}
		m.SetMapIndex(reflect.ValueOf(k.name), elem)
	}
	v.Set(m)
}

func (d *decoder) list(n *node, v reflect.Value, path string) {
	if n.kind != isList {
		d.problem(n.place, path, "must be a list")
		return
	}
	if len(n.items) == 0 && v.Type() != reflect.TypeFor[[]Phase]() {
		return
	}
	l := reflect.MakeSlice(v.Type(), len(n.items), len(n.items))
	for i, item := range n.items {
		at := fmt.Sprintf("%s[%d]", path, i)
		if isEmpty(item) {
			d.problem(item.place, at, "is empty")
			continue
		}
		d.value(item, l.Index(i), at)
	}
	v.Set(l)
}

func (d *decoder) scalar(n *node, v reflect.Value, path string) {
	if n.kind != isText {
		d.problem(n.place, path, "must be %s, not %s", wording(v.Kind()), n.kind)
		return
	}
	switch v.Kind() {
	case reflect.String:
		d.text(n, v, path)
	case reflect.Bool:
		if n.quoted || (n.text != "true" && n.text != "false") {
			d.problem(n.place, path, "must be true or false, not %q", clip(n.text))
		}
		v.SetBool(n.text == "true")
	case reflect.Int:
		i, err := strconv.ParseInt(n.text, 10, 32)
		if n.quoted || err != nil || i < 0 {
			d.problem(n.place, path, "must be a whole number, not %q", clip(n.text))
			return
		}
		v.SetInt(i)
	}
}

func wording(k reflect.Kind) string {
	switch k {
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "a whole number"
	}
	return "text"
}

// maxText is the most characters of one text; ids and names are shorter.
const maxText = 4_000

func (d *decoder) text(n *node, v reflect.Value, path string) {
	s := strings.TrimSpace(n.text)
	if len([]rune(s)) > maxText {
		d.problem(n.place, path, "has more than %d characters", maxText)
		return
	}
	if strings.ContainsFunc(s, isControl) {
		d.problem(n.place, path, "has control characters")
		return
	}
	v.SetString(s)
}

func isControl(r rune) bool { return (r < ' ' && r != '\n' && r != '\t') || r == 0x7f }

func (d *decoder) duration(n *node, v reflect.Value, path string) {
	if n.kind != isText {
		d.problem(n.place, path, "must be a duration such as 90m, not %s", n.kind)
		return
	}
	long, err := ParseDuration(n.text)
	if err != nil {
		d.problem(n.place, path, "%s", clip(err.Error()))
		return
	}
	v.SetInt(int64(long))
}

func (d *decoder) time(n *node, v reflect.Value, path string) {
	if n.kind != isText {
		d.problem(n.place, path, "must be a time such as 2026-03-01T18:00, not %s", n.kind)
		return
	}
	t, advice, err := parseTime(n.text, d.zone)
	if err != nil {
		d.problem(n.place, path, "%s", err)
		return
	}
	if advice != "" {
		d.advice(path, "%s", advice)
	}
	v.Set(reflect.ValueOf(t))
}
