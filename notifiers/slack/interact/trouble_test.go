package interact_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"upgradehub/events/lang"
	"upgradehub/events/upgrade"
	"upgradehub/notifiers/slack/interact"
)

func (o *office) ReportTrouble(_ context.Context, t interact.Trouble) (interact.Receipt, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.fail == nil {
		o.troubles = append(o.troubles, t)
	}
	return interact.Receipt{Number: "1234-5678", Page: "https://hub.example.org/receipt"}, o.fail
}

func (o *office) SeeItems(_ context.Context, _, _, by string) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.fail != nil {
		return 0, o.fail
	}
	n := o.overdue
	o.overdue, o.acks = 0, append(o.acks, by)
	return n, nil
}

// TestReportTrouble: anybody may say what is broken, and gets a receipt in the
// modal; a component that visitors do not see is not passed on.
func TestReportTrouble(t *testing.T) {
	for _, tt := range []struct {
		name   string
		values map[string]string
		spoil  func(*office)
		want   interact.Trouble
		say    string
	}{
		{"whole", map[string]string{"component": "db", "text": "It <hangs>."}, nil, interact.Trouble{Component: "db", Text: "It <hangs>."}, "1234-5678"},
		{"nothing filled in", nil, nil, interact.Trouble{}, "<https://hub.example.org/receipt|https://hub.example.org/receipt>"},
		{"ended meanwhile", nil, func(o *office) { o.u.State = upgrade.Completed }, interact.Trouble{}, "No work on “Postgres"},
		{"not recorded", nil, func(o *office) { o.fail = errors.New("no log") }, interact.Trouble{}, "Please try again."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			o := &office{u: gated(t)}
			s := start(t, o, nil)
			s.click(t, other, s.buttons(t), "trouble")
			v := s.opened(t, other, 1)
			if strings.Contains(string(v.Blocks), "Vault") {
				t.Errorf("the modal shows what visitors do not see: %s", v.Blocks)
			}
			if tt.spoil != nil {
				o.mu.Lock()
				tt.spoil(o)
				o.mu.Unlock()
			}
			if _, err := s.srv.Submit(other, v.ID, tt.values); err != nil {
				t.Fatal(err)
			}
			if v := s.srv.Views(other)[0]; !v.Open || !strings.Contains(strings.NewReplacer(`\u003c`, "<", `\u003e`, ">").Replace(string(v.Blocks)), tt.say) {
				t.Errorf("the modal says %s, want %q", v.Blocks, tt.say)
			}
			if tt.spoil != nil {
				if len(o.troubles) > 0 {
					t.Errorf("recorded %+v", o.troubles)
				}
				return
			}
			tt.want.User, tt.want.Upgrade = other, "pg16"
			if len(o.troubles) != 1 || o.troubles[0].Key == "" {
				t.Fatalf("recorded %+v, want one with a key", o.troubles)
			}
			if tt.want.Key = o.troubles[0].Key; o.troubles[0] != tt.want {
				t.Errorf("recorded %+v, want %+v", o.troubles[0], tt.want)
			}
		})
	}
}

// TestTroubleSpeaksLanguages: whoever reads a message in Arabic is asked and
// answered in Arabic, and no title is cut in any language.
func TestTroubleSpeaksLanguages(t *testing.T) {
	for _, code := range lang.Supported {
		s := start(t, &office{}, nil)
		s.lang = code
		s.click(t, other, s.buttons(t), "trouble")
		v := s.opened(t, other, 1)
		said := wordsOf(t, "locales").In(code)
		if v.Title != said.Say("trouble.title") || !slices.Contains(texts(t, v), said.Say("trouble.component")) {
			t.Errorf("%s: asked %q, %q", code, v.Title, texts(t, v))
		}
		if _, err := s.srv.Submit(other, v.ID, nil); err != nil {
			t.Fatal(err)
		}
		thanks := said.Say("trouble.taken", "number", "1234-5678")
		if got := texts(t, s.srv.Views(other)[0]); !slices.Contains(got, thanks) {
			t.Errorf("%s: answered %q, want %q", code, got, thanks)
		}
	}
}
