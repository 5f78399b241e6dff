package main

import "testing"

// TestPrintable: a terminal obeys nothing that came from outside, and words of
// other languages are not taken for orders.
func TestPrintable(t *testing.T) {
	for _, tt := range []struct{ name, text, want string }{
		{"plain", "Database 16", "Database 16"},
		{"a no-break space", "Pr\u00e9vu\u00a0: Database 16", "Pr\u00e9vu\u00a0: Database 16"},
		{"a narrow one", "8\u202f%", "8\u202f%"},
		{"an escape", "a\x1b[2Jb", `a\x1b[2Jb`},
		{"a line end", "a\nb", `a\nb`},
		{"an override of the direction", "a\u202eb", `a\u202eb`},
		{"a title in Arabic", "\u062a\u0645\u062a: \u2066Database 16\u2069", "\u062a\u0645\u062a: Database 16"},
		{"both", "\u00a0\x07", "\u00a0" + `\a`},
	} {
		if got := printable(tt.text); got != tt.want {
			t.Errorf("printable, %s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}
