package backup_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"hawker/internal/platform/backup"
)

// FuzzHeader has a folder say anything of a backup: it is one of that name or damaged, and is found by no other.
func FuzzHeader(f *testing.F) {
	const name = "20261111T200000.000Z"
	for _, seed := range []string{
		`{"format":1,"at":"2026-11-11T20:00:00Z","schema":3,"database":"hawker.db","files":{"media":2}}`,
		`{"format":1,"at":"2026-11-12T04:00:00+08:00","bytes":-1}`, `{"format":2,"at":"2026-11-11T20:00:00Z"}`,
		`{"format":1,"at":"9999-12-31T23:59:59-23:59"}`, `{}`, `[]`, "", `{"format":1e999}`, `{"files":{"..":1}}`,
	} {
		f.Add([]byte(seed))
	}
	dir := f.TempDir()
	file := filepath.Join(dir, "snapshots", name+".json")
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		if err := os.WriteFile(file, raw, 0o600); err != nil {
			t.Fatal(err)
		}
		headers, err := backup.List(dir)
		if damaged := errors.Is(err, backup.ErrDamaged); damaged != (len(headers) == 0) || err != nil && !damaged {
			t.Fatalf("%q: %v, %v", raw, headers, err)
		}
		h, ferr := backup.Find(dir, name)
		if (ferr == nil) != (err == nil) || ferr == nil && h.Name() != name {
			t.Errorf("%q is found as %q, %v; listed with %v", raw, h.Name(), ferr, err)
		}
	})
}
