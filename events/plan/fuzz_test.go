package plan_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"upgradehub/events/plan"
)

// A plan without a problem that is more than advice has a JSON form that
// parses back to the same plan; every problem has a place.
func FuzzParse(f *testing.F) {
	for _, text := range samples(f) {
		f.Add([]byte(text))
	}
	f.Add([]byte(minimal))
	f.Add([]byte(read(f, "five-faults.yaml")))
	f.Add([]byte(`{"id":"x","a":[1,{"b":null}],"title":"\ud83d\ude00"}`))
	f.Add([]byte("a: &a [*a]\n? b\n: |\n  c\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		p, problems := plan.Parse(data)
		serious := false
		for _, pr := range problems {
			if pr.Line < 1 || pr.Column < 1 || pr.Path == "" || pr.Message == "" {
				t.Errorf("problem without place, path or message: %q", pr)
			}
			serious = serious || !pr.Advice
		}
		if (p == nil) != serious {
			t.Fatalf("plan %v, problems %v", p, problems)
		}
		if p == nil {
			return
		}
		canonical, err := json.Marshal(p)
		if err != nil {
			t.Fatalf("json.Marshal(%+v): %v", p, err)
		}
		if again, problems := plan.Parse(canonical); !reflect.DeepEqual(p, again) {
			t.Errorf("Parse(%s) = %+v, want %+v; problems %v", canonical, again, p, problems)
		}
	})
}

func FuzzParseTrigger(f *testing.F) {
	f.Add("phase.overdue:split:90m")
	f.Add("upgrade.silent:2h")
	f.Fuzz(func(t *testing.T, s string) {
		tr, err := plan.ParseTrigger(s)
		if err == nil && (tr.Type == "" || (tr.Object != "" && !plan.ValidID(tr.Object))) {
			t.Errorf("ParseTrigger(%q) = %+v", s, tr)
		}
	})
}

func FuzzMerge(f *testing.F) {
	f.Add([]byte(minimal), []byte(`{"window":{"end":"2026-03-01T21:00"},"drill":true,"system":null}`))
	f.Add([]byte("a: 1"), []byte(`[1,null]`))
	f.Fuzz(func(t *testing.T, text, patch []byte) {
		out, err := plan.Merge(text, patch)
		if err == nil && !json.Valid(out) {
			t.Errorf("Merge(%q, %q) = %q, which is not JSON", text, patch, out)
		}
	})
}
