package main

import (
	"bytes"
	"encoding/csv"
	"strings"
	"testing"
)

// TestGuarded: no cell calculates, not even one that a spreadsheet cuts out of a
// text because it separates cells by something else than commas.
func TestGuarded(t *testing.T) {
	for _, tt := range []struct{ text, want string }{
		{"fine - all good", "fine - all good"},
		{"a+b", "a+b"},
		{"=1+1", "'=1+1"},
		{"+1", "'+1"},
		{"-2", "'-2"},
		{"@SUM(A1)", "'@SUM(A1)"},
		{"\t=1", "'\t'=1"},
		{"\rx", "'\rx"},
		{"\nx", "'\nx"},
		{"＝1", "'＝1"},
		{"＋1", "'＋1"},
		{"－1", "'－1"},
		{"＠x", "'＠x"},
		{"  =1", "  '=1"},
		{"'quoted", "''quoted"},
		{"hello;=1+1", "hello;'=1+1"},
		{"hello\n=1+1", "hello\n'=1+1"},
		{"hello;\u00a0\v=1", "hello;\u00a0\v'=1"},
		{"hello;\t @x|-1", "hello;\t '@x|'-1"},
	} {
		if got := guarded(tt.text); got != tt.want {
			t.Errorf("guarded(%q) = %q, want %q", tt.text, got, tt.want)
		}
	}
}

// FuzzCSV: whatever people write, the export is CSV of one row an answer, and
// neither commas nor semicolons nor tabs leave a cell that calculates.
func FuzzCSV(f *testing.F) {
	for _, seed := range []string{"", "=1", "a\"b;=1\n=2", "\r\n@x", "＝1;＝2", "' = "} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		said, err := decode[answers]([]byte(`{"upgrade":"pg16","answers":[{"rating":1}]}`))
		if err != nil {
			t.Fatal(err)
		}
		said.Answers[0].Text = text
		var b bytes.Buffer
		if err := writeCSV(&b, said); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(&b).ReadAll()
		if err != nil || len(rows) != 2 || len(rows[1]) != len(rows[0]) {
			t.Fatalf("%q: %d rows, %v", text, len(rows), err)
		}
		cells := strings.FieldsFunc(rows[1][len(rows[1])-1], func(r rune) bool { return strings.ContainsRune(";\t\r\n", r) })
		for _, cell := range cells {
			if strings.IndexAny(strings.TrimSpace(cell), "=+-@＝＋－＠") == 0 {
				t.Errorf("%q has the cell %q", text, cell)
			}
		}
	})
}
