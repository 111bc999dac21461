package node_test

import (
	"os"
	"path/filepath"
	"testing"

	"hawker/internal/platform/node"
	"hawker/internal/platform/sqldb/sqltest"
)

// TestWhatACrashLeftGoes has a folder that a crash left, one of a process that runs,
// and what is no node's.
func TestWhatACrashLeftGoes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	crashed, running := filepath.Join(dir, "crashed"), node.New(sqltest.NewSQLite(t), filepath.Join(dir, "running"))
	if err := os.MkdirAll(filepath.Join(crashed, "film"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := running.Join(t.Context()); err != nil {
		t.Fatal(err)
	}
	// Where its database is its own a node's folder has a name that others' have too.
	if err := os.Rename(running.Dir(), filepath.Join(dir, "other")); err != nil {
		t.Fatal(err)
	}
	n := node.New(sqltest.NewSQLite(t), dir)
	for range 2 { // and once more, as after a crash of its own
		left := filepath.Join(n.Dir(), "film")
		if err := os.MkdirAll(left, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := n.Join(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(left); err == nil {
			t.Error("what was under work is still there")
		}
		if _, err := os.Stat(crashed); err == nil {
			t.Error("what a crash left is still there")
		}
		if _, err := os.Stat(filepath.Join(dir, "other")); err != nil {
			t.Errorf("what another has under work: %v", err)
		}
	}
	if err := n.Leave(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(n.Dir()); err == nil {
		t.Error("the folder is still there after the end")
	}
	if err := running.Leave(); err != nil {
		t.Error(err)
	}
}
