package notifiers

import (
	"reflect"
	"slices"
	"strings"
)

// Takes reports whether f lets through all that g does, as far as can be seen
// without trying: false may mean that nobody knows.
func (f Filter) Takes(g Filter) bool {
	for _, c := range f.conditions() {
		if !g.ensures(c) {
			return false
		}
	}
	for _, part := range f.together() {
		if len(part.Any) > 0 && !g.ensuresAny(part.Any) || part.Not != nil && !g.excludes(*part.Not) {
			return false
		}
	}
	return true
}

// Never reports whether f lets nothing through, as far as can be seen without
// trying.
func (f Filter) Never() bool {
	conditions := f.conditions()
	for i, c := range conditions {
		if slices.ContainsFunc(conditions[:i], c.contradicts) {
			return true
		}
	}
	for _, part := range f.together() {
		never := len(part.Any) > 0
		for _, one := range part.Any {
			never = never && one.Never()
		}
		if never || part.Not != nil && part.Not.Takes(f) {
			return true
		}
	}
	return false
}

// condition is one of exact, prefix and suffix.
type condition struct{ dialect, name, text string }

// together are f and what stands in All, at any depth: all of them must hold.
func (f Filter) together() []Filter {
	parts := []Filter{f}
	for _, part := range f.All {
		parts = append(parts, part.together()...)
	}
	return parts
}

// conditions are those that must hold whatever else does.
func (f Filter) conditions() []condition {
	var list []condition
	for _, part := range f.together() {
		for dialect, want := range map[string]map[string]string{"exact": part.Exact, "prefix": part.Prefix, "suffix": part.Suffix} {
			for name, text := range want {
				list = append(list, condition{dialect, name, text})
			}
		}
	}
	return list
}

// ensures reports whether c holds for all that f lets through.
func (f Filter) ensures(c condition) bool {
	if slices.ContainsFunc(f.conditions(), func(own condition) bool { return own.ensures(c) }) {
		return true
	}
	return f.eachOfAny(func(one Filter) bool { return one.ensures(c) })
}

// ensuresAny reports whether one of the alternatives holds for all that f lets
// through.
func (f Filter) ensuresAny(alternatives []Filter) bool {
	if slices.ContainsFunc(alternatives, func(one Filter) bool { return one.Takes(f) }) {
		return true
	}
	return f.eachOfAny(func(one Filter) bool { return one.ensuresAny(alternatives) })
}

// eachOfAny reports whether one of the lists in Any has a property in each of
// its alternatives.
func (f Filter) eachOfAny(has func(Filter) bool) bool {
	return slices.ContainsFunc(f.together(), func(part Filter) bool {
		return len(part.Any) > 0 && !slices.ContainsFunc(part.Any, func(one Filter) bool { return !has(one) })
	})
}

// excludes reports whether f lets nothing through that other does.
func (f Filter) excludes(other Filter) bool {
	return slices.ContainsFunc(f.together(), func(part Filter) bool {
		return part.Not != nil && (reflect.DeepEqual(*part.Not, other) || part.Not.Takes(other))
	})
}

// ensures reports whether d holds wherever c does.
func (c condition) ensures(d condition) bool {
	switch {
	case c.name != d.name:
		return false
	case d.dialect == "exact":
		return c == d
	case c.dialect != "exact" && c.dialect != d.dialect:
		return false
	}
	return d.holds(c.text)
}

// holds reports whether a value fulfils c.
func (c condition) holds(value string) bool {
	switch c.dialect {
	case "prefix":
		return strings.HasPrefix(value, c.text)
	case "suffix":
		return strings.HasSuffix(value, c.text)
	}
	return value == c.text
}

// contradicts reports whether c and d never hold together. What is about the
// whole upgrade has many components and phases, so that of those both may.
func (c condition) contradicts(d condition) bool {
	switch {
	case c.name != d.name || c.name == "component" || c.name == "phase":
		return false
	case c.dialect == "exact":
		return !d.holds(c.text)
	case d.dialect == "exact":
		return !c.holds(d.text)
	case c.dialect == "prefix" && d.dialect == "prefix":
		return !strings.HasPrefix(c.text, d.text) && !strings.HasPrefix(d.text, c.text)
	case c.dialect == "suffix" && d.dialect == "suffix":
		return !strings.HasSuffix(c.text, d.text) && !strings.HasSuffix(d.text, c.text)
	}
	return false
}
