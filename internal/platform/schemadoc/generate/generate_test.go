package main_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// The generator writes what the source below it says, the same each time, and leaves
// what was there when the source does not parse.
func TestTheGeneratorWritesWhatTheSourceSays(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "generate")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	root := t.TempDir()
	file := filepath.Join(root, "internal", "platform", "schemadoc", "docs.json")
	write := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("internal/platform/schemadoc/docs.json", "{}")
	write("internal/tea/tea.go", "package tea\n\n// Cup is full.\ntype Cup struct{ A int `json:\"a\"` }\n")
	run := func() error {
		cmd := exec.CommandContext(t.Context(), program)
		cmd.Dir = root
		return cmd.Run()
	}
	var before string
	for range 2 {
		if err := run(); err != nil {
			t.Fatal(err)
		}
		raw, err := os.ReadFile(file)
		docs := map[string]string{}
		if err != nil || json.Unmarshal(raw, &docs) != nil || docs["hawker/internal/tea.Cup"] != "Full." ||
			len(docs) != 1 {
			t.Errorf("wrote %s, %v", raw, err)
		}
		if before != "" && before != string(raw) {
			t.Error("it writes something else each time")
		}
		before = string(raw)
	}
	write("internal/tea/torn.go", "package tea\n\ntype Cup struct {")
	if err := run(); err == nil {
		t.Error("a source that does not parse was read")
	}
	if raw, err := os.ReadFile(file); err != nil || string(raw) != before {
		t.Errorf("left %s, %v", raw, err)
	}
}
