package keyring_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hawker/internal/platform/keyring"
	"hawker/internal/platform/secret"
)

const manyLetters = 450 // more than two batches

// fill seals many letters, a person who is found by a mail address, and a key with a
// name.
func (h *house) fill() *secret.Box {
	h.t.Helper()
	box := h.start()
	for n := int64(2); n <= manyLetters; n++ {
		h.keep(n, box.Seal(fmt.Append(nil, "dear ", n), fmt.Sprint("letter ", n)))
	}
	h.keep(manyLetters+1, "") // not sealed yet
	h.update(`INSERT INTO account_user (id, email_index, email_sealed, display_name, avatar_url, locale, password_hash,
		operator, created_at) VALUES (7, ?, ?, '', '', 'en', '', 0, 1)`, box.Index("a@b.example", "mail"),
		box.Seal([]byte("a@b.example"), "person 7"))
	h.update(`INSERT INTO payment_merchant (provider, merchant_id, sealed_key, provider_keys, created_at)
		VALUES ('bank', 'm', ?, '', 1)`, box.Seal([]byte("key"), "seal of bank"))
	for n, job := range map[int64][2]string{
		1: {"test.errand", `{"to":7,"sealed":"` + box.Seal([]byte("go"), "an errand") + `"}`},
		2: {"test.errand", `{"to":7}`}, 3: {"test.other", `{"sealed":"v1.another's"}`},
	} {
		h.update("INSERT INTO job (id, kind, payload, state, due_at, created_at) VALUES (?, ?, ?, 0, 0, 0)", n, job[0],
			job[1])
	}
	return box
}

const allSealed = manyLetters + 3

func (h *house) rotation() keyring.Rotation {
	return keyring.Rotation{Ring: h.ring(), DB: h.db, Alone: func(context.Context) error { return nil }}
}

// opens fails the test unless everything opens with the present key, and the person is
// found.
func (h *house) opens() *secret.Box {
	h.t.Helper()
	if wrong := h.check(); len(wrong) != 0 {
		h.t.Errorf("doctor says %v", wrong)
	}
	box := h.start()
	for n := int64(1); n <= manyLetters; n++ {
		var sealed string
		err := h.db.Reader().QueryRow(h.t.Context(), "SELECT sealed FROM account_address WHERE id = ?", n).Scan(&sealed)
		if err != nil {
			h.t.Fatal(err)
		}
		if _, err := box.Open(sealed, fmt.Sprint("letter ", n)); err != nil {
			h.t.Fatal(err)
		}
	}
	var found string
	err := h.db.Reader().QueryRow(h.t.Context(), "SELECT email_sealed FROM account_user WHERE email_index = ?",
		box.Index("a@b.example", "mail")).Scan(&found)
	if err != nil {
		h.t.Fatalf("the person is not found: %v", err)
	}
	if plain, err := box.Open(found, "person 7"); err != nil || string(plain) != "a@b.example" {
		h.t.Errorf("found %q, %v", plain, err)
	}
	for n, want := range map[int]string{2: `{"to":7}`, 3: `{"sealed":"v1.another's"}`} { // not ours to change
		if got := h.payload(n); got != want {
			h.t.Errorf("job %d carries %s", n, got)
		}
	}
	var errand struct {
		To     int
		Sealed string
	}
	if err := json.Unmarshal([]byte(h.payload(1)), &errand); err != nil || errand.To != 7 {
		h.t.Errorf("an errand: %+v, %v", errand, err)
	}
	if plain, err := box.Open(errand.Sealed, "an errand"); err != nil || string(plain) != "go" {
		h.t.Errorf("an errand opens as %q, %v", plain, err)
	}
	return box
}

func (h *house) payload(job int) (text string) {
	h.t.Helper()
	err := h.db.Reader().QueryRow(h.t.Context(), "SELECT payload FROM job WHERE id = ?", job).Scan(&text)
	if err != nil {
		h.t.Fatal(err)
	}
	return text
}

func TestAKeyIsChanged(t *testing.T) {
	t.Parallel()
	h := open(t)
	if _, err := h.rotation().Run(t.Context()); err == nil {
		t.Error("a new installation has no key to change")
	}
	before := h.fill()
	done, err := h.rotation().Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	after := h.opens()
	if done.From != before.KeyID() || done.To != after.KeyID() || done.From == done.To || done.Moved != allSealed {
		t.Errorf("%+v from %s to %s", done, before.KeyID(), after.KeyID())
	}
	aside, err := secret.LoadKey(done.Aside)
	if err != nil {
		t.Fatal(err)
	}
	if box, err := secret.NewBox(aside); err != nil || box.KeyID() != before.KeyID() {
		t.Errorf("another key was put aside: %v", err)
	}
	again := h.rotation()
	again.Remove = true
	if done, err = again.Run(t.Context()); err != nil || done.Aside != "" || done.Moved != allSealed {
		t.Errorf("%+v, %v", done, err)
	}
	h.opens()
	left, err := filepath.Glob(filepath.Join(h.dir, "keys", "*.key"))
	old, oerr := filepath.Glob(filepath.Join(h.dir, "keys", "old", "*.key"))
	if err := errors.Join(err, oerr); err != nil || len(left) != 1 || len(old) != 1 {
		t.Errorf("keys %v, old %v, %v", left, old, err)
	}
}

// A change that is stopped keeps the installation shut and goes on where it was.
func TestAChangeThatIsStoppedGoesOn(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.fill()
	var moved int64
	for steps := range 2 { // each run gets one batch further than the last
		ctx, stop := context.WithCancel(t.Context())
		r := h.rotation()
		told := 0
		r.Told = func(_ string, n int64) {
			if moved, told = n, told+1; told > steps {
				stop()
			}
		}
		if _, err := r.Run(ctx); !errors.Is(err, context.Canceled) {
			t.Fatalf("stopped after %d steps: %v", steps+1, err)
		}
		h.refuse("keys rotate")
		if wrong := h.check(); len(wrong) != 1 || !strings.Contains(wrong[0], "keys rotate") {
			t.Errorf("doctor says %v", wrong)
		}
	}
	if moved == 0 || moved == allSealed {
		t.Fatalf("%d moved: nothing was tested", moved)
	}
	done, err := h.rotation().Run(t.Context())
	if err != nil || done.Moved != allSealed {
		t.Errorf("%+v, %v: each value is moved once", done, err)
	}
	h.opens()
}

// A run that was killed while it wrote a key leaves a copy of it under another name: the
// next one forgets that, too.
func TestNoCopyOfAKeyIsLeft(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.dir = t.TempDir()
	h.fill()
	left := []string{filepath.Join(h.dir, "keys", "new-1.key"), filepath.Join(h.dir, "keys", "old", "new-2.key")}
	for _, name := range left {
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(name, []byte("old"), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	r := h.rotation()
	r.Remove = true
	if _, err := r.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, name := range left {
		if _, err := os.Stat(name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s is there still: %v", name, err)
		}
	}
	h.opens()
}

// Ended between the database and the file, the next start or run settles it.
func TestTheLastStepIsSettled(t *testing.T) {
	t.Parallel()
	for name, settle := range map[string]func(h *house){
		"by a start": func(h *house) { h.opens() },
		"by a run": func(h *house) {
			if done, err := h.rotation().Run(h.t.Context()); err != nil || done.Moved != 0 || done.From == done.To {
				h.t.Errorf("%+v, %v: the change was done", done, err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := open(t)
			h.fill()
			before, err := os.ReadFile(h.ring().Path)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := h.rotation().Run(t.Context()); err != nil {
				t.Fatal(err)
			}
			after, err := os.ReadFile(h.ring().Path)
			if err != nil {
				t.Fatal(err)
			}
			h.write("keys/next.key", string(after))
			h.write("keys/master.key", string(before))
			settle(h)
			if now, err := os.ReadFile(h.ring().Path); err != nil || string(now) != string(after) {
				t.Error("the database's key is not in its place")
			}
			h.opens()
		})
	}
}

// Nothing is begun where it could not be ended.
func TestAChangeThatCannotBe(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.fill()
	busy := h.rotation()
	inUse := errors.New("in use")
	busy.Alone = func(context.Context) error { return inUse }
	if _, err := busy.Run(t.Context()); !errors.Is(err, inUse) {
		t.Errorf("while another works here: %v", err)
	}
	h.opens()
	h.update("UPDATE account_address SET sealed = 'v1.spoilt' WHERE id = ?", manyLetters/2)
	if _, err := h.rotation().Run(t.Context()); err == nil || !strings.Contains(err.Error(),
		fmt.Sprint("row ", manyLetters/2)) {
		t.Errorf("with a spoilt value: %v", err)
	}
	h.start() // it is as it was
}

// The new key is lost in the middle: what is sealed with it waits for it.
func TestTheNewKeyIsMissed(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.fill()
	ctx, stop := context.WithCancel(t.Context())
	r := h.rotation()
	r.Told = func(string, int64) { stop() }
	if _, err := r.Run(ctx); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(h.dir, "keys", "next.key")); err != nil {
		t.Fatal(err)
	}
	if _, err := h.rotation().Run(t.Context()); err == nil || !strings.Contains(err.Error(), "next.key") {
		t.Errorf("without the new key: %v", err)
	}
}
