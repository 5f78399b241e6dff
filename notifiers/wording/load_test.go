package wording_test

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"upgradehub/notifiers/wording"
)

func TestLoad(t *testing.T) {
	good := &fstest.MapFile{Data: []byte("# A\n{{impact}}\n{{window}}\n")}
	sets, faults := wording.Load(fstest.MapFS{
		"README.md": good, ".git/config": good, "default/announced.en.md": good, "default/announced.de.md": good,
		"default/README.md": good, "ops/reminder.en.md": {Data: []byte("# B\n{{impact}} {{start}}\n")},
	})
	if len(faults) > 0 || len(sets) != 2 {
		t.Fatalf("Load = %v, %v, want two sets", sets, faults)
	}
	for _, tt := range []struct {
		set, kind, lang string
		there           bool
	}{
		{"default", "announced", "de", true},
		{"default", "announced", "en", true},
		{"default", "announced", "fr", false},
		{"default", "reminder", "en", false},
		{"ops", "reminder", "en", true},
		{"nobody", "reminder", "en", false},
	} {
		if words := sets[tt.set].Find(tt.kind, tt.lang); (words != nil) != tt.there {
			t.Errorf("Find(%s, %s) in %s is there: %t, want %t", tt.kind, tt.lang, tt.set, words != nil, tt.there)
		}
	}
}

func TestLoadFaults(t *testing.T) {
	good := &fstest.MapFile{Data: []byte("# A\n{{impact}}\n{{window}}\n")}
	tests := []struct {
		name string
		dir  fs.FS
		want []string
	}{
		{"nothing", fstest.MapFS{}, []string{".: has no set"}},
		{"a file outside", fstest.MapFS{"announced.en.md": good}, []string{"announced.en.md: lies outside a set"}},
		{"set name", fstest.MapFS{"The Set/announced.en.md": good}, []string{"The Set: is not the name of a set"}},
		{"no text", fstest.MapFS{"s/announced.en.txt": good}, []string{"s/announced.en.txt: is not named <message>"}},
		{"no language", fstest.MapFS{"s/announced.md": good}, []string{"s/announced.md: is not named <message>"}},
		{"language", fstest.MapFS{"s/announced.xx.md": good}, []string{`s/announced.xx.md: language "xx" is none of en, de`}},
		{"message", fstest.MapFS{"s/decision.en.md": good}, []string{`s/decision.en.md: "decision" is no message`}},
		{"a directory", fstest.MapFS{"s/announced.en.md/x": good}, []string{"s/announced.en.md: is not a file"}},
		{"too long", fstest.MapFS{"s/announced.en.md": {Data: make([]byte, 1<<20)}}, []string{"s/announced.en.md: has more than 64 KiB"}},
		{"two files", fstest.MapFS{
			"s/announced.de.md": {Data: []byte("# A\n{{impact}} {{when}}\n")}, "s/reminder.en.md": {Data: []byte("# A\n{{impact}}\n")},
		}, []string{"s/announced.de.md:1:1: lacks {{window}}", "s/announced.de.md:2:12: {{when}} is unknown", "s/reminder.en.md:1:1: lacks {{start}}"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, faults := wording.Load(tt.dir)
			if len(faults) != len(tt.want) {
				t.Fatalf("Load = %v, want %q", faults, tt.want)
			}
			for i, f := range faults {
				if !strings.HasPrefix(f.String(), tt.want[i]) {
					t.Errorf("fault %q, want %q", f, tt.want[i])
				}
			}
		})
	}
}
