package plan

import (
	"encoding/json"
	"fmt"
	"regexp"
)

// Merge applies a patch, RFC 7396, to a plan file and returns the result as
// JSON that [Parse] reads. It does not judge the plan.
func Merge(planYAML, patch []byte) ([]byte, error) {
	root, problems := readTree(planYAML)
	if root == nil {
		return nil, fmt.Errorf("merge plan: %s", problems[0])
	}
	var change any
	if len(patch) > 0 {
		if err := json.Unmarshal(patch, &change); err != nil {
			return nil, fmt.Errorf("merge plan: patch: %w", err)
		}
	}
	whole := root.plain()
	if change != nil {
		whole = merge(whole, change)
	}
	out, err := json.Marshal(whole)
	if err != nil {
		return nil, fmt.Errorf("merge plan: %w", err)
	}
	return out, nil
}

func merge(target, patch any) any {
	changes, ok := patch.(map[string]any)
	if !ok {
		return patch
	}
	dict, ok := target.(map[string]any)
	if !ok {
		dict = map[string]any{}
	}
	for k, v := range changes {
		if v == nil {
			delete(dict, k)
			continue
		}
		dict[k] = merge(dict[k], v)
	}
	return dict
}

var wholeNumber = regexp.MustCompile(`^(0|[1-9][0-9]{0,8})$`)

// plain is the node as package json has it. What JSON has no type for, a
// duration or a time, stays text as it was written.
func (n *node) plain() any {
	switch n.kind {
	case isText:
		switch {
		case n.quoted:
			return n.text
		case n.text == "true" || n.text == "false":
			return n.text == "true"
		case wholeNumber.MatchString(n.text):
			return json.Number(n.text)
		}
		return n.text
	case isList:
		list := make([]any, len(n.items))
		for i, item := range n.items {
			list[i] = item.plain()
		}
		return list
	case isDict:
		dict := make(map[string]any, len(n.keys))
		for _, k := range n.keys {
			dict[k.name] = k.value.plain()
		}
		return dict
	}
	return nil
}
