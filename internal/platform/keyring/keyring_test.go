package keyring_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hawker/internal/platform/keyring"
	"hawker/internal/platform/module"
	"hawker/internal/platform/secret"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
)

// house is an installation: a database and a folder.
type house struct {
	t      *testing.T
	db     *sqldb.DB
	dir    string
	sealed string // what a module has sealed; empty: nothing yet
}

func open(t *testing.T) *house {
	t.Helper()
	return &house{t: t, db: sqltest.New(t), dir: t.TempDir()}
}

func (h *house) ring() keyring.Ring {
	return keyring.Ring{
		Path: filepath.Join(h.dir, "keys", "master.key"), Objects: []string{filepath.Join(h.dir, "media")},
		Samples: []module.Sample{{Kind: "letters", Read: func(context.Context, sqldb.Querier) (string, string, error) {
			return h.sealed, "letter 1", nil
		}}},
	}
}

// start opens the box, as each start of the program does, and seals something.
func (h *house) start() *secret.Box {
	h.t.Helper()
	box, err := h.ring().Open(h.t.Context(), h.db)
	if err != nil {
		h.t.Fatal(err)
	}
	if h.sealed == "" {
		h.sealed = box.Seal([]byte("dear"), "letter 1")
	}
	return box
}

func (h *house) refuse(words ...string) {
	h.t.Helper()
	before, _ := os.ReadFile(h.ring().Path)
	_, err := h.ring().Open(h.t.Context(), h.db)
	for _, word := range words {
		if err == nil || !strings.Contains(err.Error(), word) {
			h.t.Errorf("refused as %v, which does not say %q", err, word)
		}
	}
	if after, _ := os.ReadFile(h.ring().Path); string(after) != string(before) {
		h.t.Error("a refused start wrote a key")
	}
}

func (h *house) check() []string {
	h.t.Helper()
	wrong, err := h.ring().Check(h.t.Context(), h.db.Reader())
	if err != nil {
		h.t.Fatal(err)
	}
	return wrong
}

func (h *house) write(name, text string) {
	h.t.Helper()
	path := filepath.Join(h.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		h.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) lose() {
	h.t.Helper()
	if err := os.Remove(h.ring().Path); err != nil {
		h.t.Fatal(err)
	}
}

func TestAKeyIsMadeWithANewDatabaseOnly(t *testing.T) {
	t.Parallel()
	h := open(t)
	if wrong := h.check(); len(wrong) != 0 {
		t.Errorf("before the first start: %v", wrong)
	}
	first := h.start()
	if again := h.start(); again.KeyID() != first.KeyID() || len(h.check()) != 0 {
		t.Errorf("started with %s, then with %s; %v", first.KeyID(), again.KeyID(), h.check())
	}
	h.lose()
	h.refuse("missing", first.KeyID(), h.ring().Path, "Restore")
	if wrong := h.check(); len(wrong) != 1 || !strings.Contains(wrong[0], "missing") {
		t.Errorf("doctor says %v", wrong)
	}
}

func TestAnotherKeyIsRefused(t *testing.T) {
	t.Parallel()
	h, other := open(t), open(t)
	mine, theirs := h.start(), other.start()
	raw, err := os.ReadFile(other.ring().Path)
	if err != nil {
		t.Fatal(err)
	}
	h.write("keys/master.key", string(raw))
	h.refuse(mine.KeyID(), theirs.KeyID(), "Restore")
	if wrong := h.check(); len(wrong) != 1 || !strings.Contains(wrong[0], mine.KeyID()) {
		t.Errorf("doctor says %v", wrong)
	}
	h.write("keys/master.key", "short")
	h.refuse("is no master key")
}

// A database of before keys were noted takes the key that opens what it holds.
func TestADatabaseOfBefore(t *testing.T) {
	t.Parallel()
	h, older := open(t), open(t)
	older.start()
	h.sealed = older.sealed
	h.refuse("missing", "letters")
	h.write("keys/master.key", strings.Repeat("ab", secret.KeySize))
	h.refuse("is not the key of this database", "letters")
	raw, err := os.ReadFile(older.ring().Path)
	if err != nil {
		t.Fatal(err)
	}
	h.write("keys/master.key", string(raw))
	h.start()
	h.lose()
	h.refuse("sealed with key")
}

func TestAnEmptyDatabaseBesideOldFilesIsRefused(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.write("media/a/b.jpg", "picture")
	h.refuse("database is empty", "b.jpg", "Restore")
	h.write("keys/master.key", strings.Repeat("ab", secret.KeySize))
	h.refuse("database is empty")
	fresh := open(t)
	if err := os.MkdirAll(filepath.Join(fresh.dir, "media", ".parts"), 0o700); err != nil { // folders are no files
		t.Fatal(err)
	}
	fresh.write("keys/master.key", strings.Repeat("ab", secret.KeySize)) // a first start that was ended in between
	fresh.start()
}

// What was spoilt or moved within the database is found by doctor.
func TestASampleThatDoesNotOpen(t *testing.T) {
	t.Parallel()
	h := open(t)
	box := h.start()
	h.sealed = box.Seal([]byte("dear"), "letter 2")
	if wrong := h.check(); len(wrong) != 1 || !strings.Contains(wrong[0], "letters") {
		t.Errorf("doctor says %v", wrong)
	}
}

func TestProveCommits(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.start()
	if err := keyring.Prove(t.Context(), h.db); err != nil {
		t.Error(err)
	}
	if err := h.db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := keyring.Prove(t.Context(), h.db); err == nil {
		t.Error("a closed database commits")
	}
}
