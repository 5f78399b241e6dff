package live_test

import (
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestOneFileKnowsTheLibrary: who replaces the websocket library changes one
// file.
func TestOneFileKnowsTheLibrary(t *testing.T) {
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var know []string
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range file.Imports {
			if strings.Contains(spec.Path.Value, "gorilla") {
				know = append(know, name)
			}
		}
	}
	if want := []string{"socket.go"}; !slices.Equal(know, want) {
		t.Errorf("the library is imported by %q, want %q", know, want)
	}
}
