package keyring_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
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
	t   *testing.T
	db  *sqldb.DB
	dir string
}

func open(t *testing.T) *house {
	t.Helper()
	return &house{t: t, db: sqltest.New(t), dir: t.TempDir()}
}

// letters and people are what is sealed here.
func letters() module.Sealed {
	return module.Sealed{
		Kind: "letters", Table: "account_address", Key: "id", Column: "sealed",
		ByNumber: func(n int64) string { return fmt.Sprint("letter ", n) },
	}
}

func people() module.Sealed {
	return module.Sealed{
		Kind: "people", Table: "account_user", Key: "id", Column: "email_sealed",
		ByNumber: func(n int64) string { return fmt.Sprint("person ", n) },
		Index:    "email_index", IndexContext: "mail",
	}
}

func seals() module.Sealed {
	return module.Sealed{
		Kind: "seals", Table: "payment_merchant", Key: "provider", Column: "sealed_key",
		ByName: func(name string) string { return "seal of " + name },
	}
}

func errands() module.Sealed { return module.SealedJob("errands", "test.errand", "an errand") }

func (h *house) ring() keyring.Ring {
	return keyring.Ring{
		Path: filepath.Join(h.dir, "keys", "master.key"), Objects: []string{filepath.Join(h.dir, "media")},
		Sealed: []module.Sealed{letters(), people(), seals(), errands()},
	}
}

// start opens the box, as each start of the program does, and seals something.
func (h *house) start() *secret.Box {
	h.t.Helper()
	box, err := h.ring().Open(h.t.Context(), h.db)
	if err != nil {
		h.t.Fatal(err)
	}
	if h.letter() == "" {
		h.keep(1, box.Seal([]byte("dear"), "letter 1"))
	}
	return box
}

func (h *house) update(query string, args ...any) {
	h.t.Helper()
	err := h.db.Update(h.t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, query, args...)
		return err
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

// keep stores a letter.
func (h *house) keep(n int64, sealed string) {
	h.t.Helper()
	h.update("INSERT INTO account_address (id, user_id, sealed, created_at) VALUES (?, 1, ?, 1)", n, sealed)
}

// letter is the first letter, "" where there is none.
func (h *house) letter() (sealed string) {
	h.t.Helper()
	err := h.db.Reader().QueryRow(h.t.Context(), "SELECT sealed FROM account_address WHERE id = 1").Scan(&sealed)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		h.t.Fatal(err)
	}
	return sealed
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
	h.keep(1, older.letter())
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
	h.update("UPDATE account_address SET sealed = ? WHERE id = 1", h.start().Seal([]byte("dear"), "letter 2"))
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
