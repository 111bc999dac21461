package schemadoc_test

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hawker/internal/platform/schemadoc"
)

// Comments become sentences whatever the source looks like: groups, pointers, letters
// of two bytes; what has none, or no member that travels, says nothing.
func TestSourcesOfAllShapes(t *testing.T) {
	t.Parallel()
	member := "{ A int `json:\"a\"` }"
	for source, want := range map[string]map[string]string{
		"// Cups are many.\ntype Cups struct " + member:                                 {"Cups": "Many."},
		"// Cup holds\n// tea.\n//\n// And more.\ntype Cup struct" + member:             {"Cup": "Cup holds tea. And more."},
		"type (\n// Cup is one.\nCup struct " + member + "\nPot struct " + member + ")": {"Cup": "One."},
		"// Of the group.\ntype (\nCup struct " + member + ")":                          {"Cup": "Of the group."},
		"// Cup is über alles.\ntype Cup struct " + member:                              {"Cup": "Über alles."},
		"// Cup is.\ntype Cup struct " + member:                                         {"Cup": "Cup is."},
		"type Cup struct " + member:                                                     {},
		"// Cup is an alias.\ntype Cup = int":                                           {},
		"// Cup is a list.\ntype Cup []struct " + member:                                {},
		"// Cup is yaml.\ntype Cup struct { A int `yaml:\"a\"` }":                       {},
		"// Cup is local.\nfunc f() { type Cup struct " + member + " }":                 {},
	} {
		root := t.TempDir()
		write(t, root, "internal/tea/tea.go", "package tea\n\n"+source+"\n")
		write(t, root, "internal/tea/tea_test.go", "package tea\n\n// T is of tests.\ntype T struct "+member+"\n")
		write(t, root, "cmd/tea/main.go", "package main\n\n// M is outside.\ntype M struct "+member+"\n")
		got, err := schemadoc.Read("hawker", root)
		full := map[string]string{}
		for name, text := range want {
			full["hawker/internal/tea."+name] = text
		}
		if err != nil || !maps.Equal(got, full) {
			t.Errorf("%s\nread %v, %v; want %v", source, got, err, want)
		}
	}
}

func write(t *testing.T, root, name, text string) {
	t.Helper()
	file := filepath.Join(root, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// A source that does not parse is named, and nothing is made of half of it.
func TestASourceThatDoesNotParse(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	write(t, root, "internal/tea/bad.go", "package tea\n\ntype Cup struct {")
	if got, err := schemadoc.Read("hawker", root); err == nil || !strings.Contains(err.Error(), "bad.go") {
		t.Errorf("%v, %v", got, err)
	}
	if got, err := schemadoc.Read("hawker", t.TempDir()); err == nil {
		t.Errorf("of no source: %v", got)
	}
}
