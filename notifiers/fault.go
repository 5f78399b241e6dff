package notifiers

import (
	"upgradehub/events/lang"
	"upgradehub/events/plan"
	"upgradehub/events/upgrade"
	"upgradehub/events/when"
)

// FaultsIn say in a language what is wrong with the evidence of a gate, a line
// each; of a language that is not spoken, in English.
func FaultsIn(code string, v upgrade.Verdict) []string { return faults(catalog.In(code), v.Rules) }

func faults(said lang.Words, rules []upgrade.RuleVerdict) []string {
	var list []string
	for _, r := range rules {
		for _, f := range r.Faults {
			list = append(list, fault(said, f))
		}
	}
	return list
}

func fault(said lang.Words, f upgrade.Fault) string {
	of := said.Say("evidence."+f.Evidence, "name", line(f.Name))
	if f.Piece != "" {
		of += " (" + line(f.Piece) + ")"
	}
	var pairs []any
	for _, g := range f.Gaps {
		pairs = append(pairs, g.Name, gapWords(said, g.Value))
	}
	return said.Say("named", "name", of, "words", said.Say("fault."+string(f.Kind), pairs...))
}

func gapWords(said lang.Words, value any) any {
	switch v := value.(type) {
	case string:
		return line(v)
	case plan.Duration:
		return when.In(said.Code).Duration(v.Std())
	case upgrade.Some:
		list := said.List(lines(v.Names))
		if v.More == 0 {
			return list
		}
		return said.Say("list.rest", "list", list, "n", v.More)
	}
	return value
}
