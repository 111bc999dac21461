package schemadoc_test

import (
	"maps"
	"os"
	"path/filepath"
	"testing"

	"hawker/internal/platform/schemadoc"
)

func TestTheProgramSaysWhatTheSourceSays(t *testing.T) {
	t.Parallel()
	want, err := schemadoc.Read("hawker", "../../..")
	if err != nil {
		t.Fatal(err)
	}
	got, err := schemadoc.Load()
	if err != nil {
		t.Fatal(err)
	}
	if !maps.Equal(got, want) {
		t.Error(schemadoc.File + " is not what the source says: run make openapi")
	}
}

func TestCommentsOfWhatTravels(t *testing.T) {
	t.Parallel()
	root := t.TempDir()
	dir := filepath.Join(root, "internal", "tea")
	source := `package tea

// Cup is what tea is
// drunk of.
type Cup struct {
	Size int ` + "`json:\"size\"`" + `
}

// Pot stays at home.
type Pot struct{ Size int }

type mug struct {
	Size int ` + "`json:\"size\"`" + `
}
`
	if err := os.MkdirAll(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "tea.go"), []byte(source), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := schemadoc.Read("hawker", root)
	if err != nil {
		t.Fatal(err)
	}
	if want := map[string]string{"hawker/internal/tea.Cup": "What tea is drunk of."}; !maps.Equal(got, want) {
		t.Errorf("read %v, want %v", got, want)
	}
}
