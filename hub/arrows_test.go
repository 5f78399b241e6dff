package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// arrows says what each folder may import of the others: the house of the
// README. Nobody imports hub.
var arrows = map[string][]string{
	"hub":        {"hub", "notifiers", "statuspage", "events"},
	"notifiers":  {"notifiers", "events"},
	"statuspage": {"statuspage", "events"},
	"events":     {"events"},
}

const house = ".." // tests run in their package's directory

func TestArrows(t *testing.T) {
	checked := 0
	err := filepath.WalkDir(house, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" {
			return err
		}
		checked++
		return checkImports(t, path)
	})
	if err != nil {
		t.Fatal(err)
	}
	if checked < 20 {
		t.Errorf("checked %d files, want the whole tree", checked)
	}
}

func checkImports(t *testing.T, path string) error {
	t.Helper()
	rel, err := filepath.Rel(house, path)
	if err != nil {
		return err
	}
	folder, _, _ := strings.Cut(filepath.ToSlash(rel), "/")
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
	if err != nil {
		return err
	}
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return err
		}
		if fault := arrowFault(folder, imported); fault != "" {
			t.Errorf("%s: %s", filepath.ToSlash(rel), fault)
		}
	}
	return nil
}

// arrowFault says what is wrong with folder importing the package.
func arrowFault(folder, imported string) string {
	own, ok := strings.CutPrefix(imported, "upgradehub/")
	if !ok {
		return ""
	}
	to, _, _ := strings.Cut(own, "/")
	allowed, known := arrows[folder]
	switch {
	case !known:
		return "lies outside the four folders"
	case own == "hub":
		return "imports the program"
	case !slices.Contains(allowed, to):
		return folder + " must not import " + imported
	}
	return ""
}

func TestArrowsFindFaults(t *testing.T) {
	tests := []struct {
		folder, imported string
		broken           bool
	}{
		{"hub", "upgradehub/statuspage/live", false},
		{"hub", "upgradehub/hub/store", false},
		{"hub", "upgradehub/hub", true},
		{"events", "upgradehub/events/plan", false},
		{"events", "upgradehub/notifiers", true},
		{"notifiers", "upgradehub/events", false},
		{"notifiers", "upgradehub/statuspage", true},
		{"statuspage", "upgradehub/notifiers/slack", true},
		{"statuspage", "upgradehub/hub/store", true},
		{"cellar", "upgradehub/events", true},
		{"events", "encoding/json", false},
	}
	for _, tt := range tests {
		if fault := arrowFault(tt.folder, tt.imported); (fault != "") != tt.broken {
			t.Errorf("arrowFault(%s, %s) = %q, want a fault: %t", tt.folder, tt.imported, fault, tt.broken)
		}
	}
}

// TestFourFolders: the house has four folders and no fifth.
func TestFourFolders(t *testing.T) {
	entries, err := os.ReadDir(house)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, e := range entries {
		if !e.IsDir() || e.Name() == ".git" || e.Name() == ".ci" || e.Name() == "hub-data" {
			continue // hub-data is where go run ./hub keeps its data
		}
		if _, known := arrows[e.Name()]; !known {
			t.Errorf("%s/ is a fifth folder at the top level", e.Name())
		}
		found++
	}
	if found != len(arrows) {
		t.Errorf("found %d folders, want %d", found, len(arrows))
	}
}
