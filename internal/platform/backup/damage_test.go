package backup_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"hawker/internal/platform/backup"
)

// Whatever is wrong with a backup is said, and nothing is left where it was to be
// restored.
func TestADamagedBackupLeavesNothing(t *testing.T) {
	t.Parallel()
	files := func(p *place, pattern string) []string {
		found, err := filepath.Glob(filepath.Join(p.to, pattern))
		if err != nil || len(found) == 0 {
			p.t.Fatalf("%s: %v, %v", pattern, found, err)
		}
		return found
	}
	for name, spoil := range map[string]func(p *place){
		"a content is missing": func(p *place) {
			if err := os.Remove(files(p, "objects/*/*")[0]); err != nil {
				p.t.Fatal(err)
			}
		},
		"a content is changed": func(p *place) { flip(p.t, files(p, "objects/*/*")[0]) },
		"a key is changed":     func(p *place) { flip(p.t, files(p, "keys/*/*")[0]) },
		"a content is another": func(p *place) {
			all := files(p, "objects/*/*")
			raw, err := os.ReadFile(all[1])
			if err == nil {
				err = os.WriteFile(all[0], raw, 0o600)
			}
			if err != nil {
				p.t.Fatal(err)
			}
		},
		"a content is shorter": func(p *place) {
			if err := os.Truncate(files(p, "objects/*/*")[0], 250); err != nil {
				p.t.Fatal(err)
			}
		},
		"the manifest is changed": func(p *place) { flip(p.t, files(p, "snapshots/*.age")[0]) },
		"the manifest is missing": func(p *place) {
			if err := os.Remove(files(p, "snapshots/*.age")[0]); err != nil {
				p.t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := newPlace(t)
			p.t = t
			r := p.open()
			h := p.take(r, start())
			spoil(p)
			if err := r.Verify(t.Context(), h); !errors.Is(err, backup.ErrDamaged) {
				t.Errorf("verify says %v", err)
			}
			there, missing := t.TempDir(), filepath.Join(t.TempDir(), "new")
			for _, dir := range []string{there, missing} {
				if err := r.Restore(t.Context(), h, dir, fine); !errors.Is(err, backup.ErrDamaged) {
					t.Errorf("restore says %v", err)
				}
			}
			if left, err := os.ReadDir(there); err != nil || len(left) != 0 {
				t.Errorf("left %v, %v", left, err)
			}
			if _, err := os.Stat(missing); err == nil {
				t.Error("a folder is left")
			}
			// The next backup reads everything again, and is whole.
			want(t, p.restore(r, p.take(r, start().Add(time.Hour))), whole())
		})
	}
}

// An older manifest under a newer one's name is found out.
func TestAManifestOfAnotherTime(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	r := p.open()
	older := p.take(r, start())
	newer := p.take(r, start().Add(time.Hour))
	in := filepath.Join(p.to, "snapshots")
	raw, err := os.ReadFile(filepath.Join(in, older.Name()+".age"))
	if err == nil {
		err = os.WriteFile(filepath.Join(in, newer.Name()+".age"), raw, 0o600)
	}
	var header []byte
	if err == nil {
		header, err = os.ReadFile(filepath.Join(in, newer.Name()+".json"))
	}
	if err == nil {
		text := strings.Replace(string(header), newer.Manifest, older.Manifest, 1)
		err = os.WriteFile(filepath.Join(in, newer.Name()+".json"), []byte(text), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	h, err := backup.Find(p.to, "latest")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Verify(t.Context(), h); !errors.Is(err, backup.ErrDamaged) || !strings.Contains(err.Error(),
		older.Name()) {
		t.Errorf("verify says %v", err)
	}
}

func TestAFolderWithoutItsKey(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	r := p.open()
	p.take(r, start())
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	key, copied := filepath.Join(p.to, "identity.age"), filepath.Join(p.to, "identity-copy.age")
	opens := func() error {
		r, err := backup.Open(p.to, passphrase)
		if err == nil {
			err = r.Close()
		}
		return err
	}
	flip(t, key)
	if err := opens(); err != nil {
		t.Errorf("by the key's copy: %v", err)
	}
	flip(t, copied)
	if err := opens(); !errors.Is(err, backup.ErrDamaged) {
		t.Errorf("with a changed key: %v", err)
	}
	if err := errors.Join(os.Remove(key), os.Remove(copied)); err != nil {
		t.Fatal(err)
	}
	if _, err := backup.Create(p.to, passphrase); !errors.Is(err, backup.ErrDamaged) {
		t.Errorf("another key was made: %v", err)
	}
}

// A header that cannot be read hides its own backup, and nothing of it is forgotten.
func TestAHeaderThatIsSpoilt(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	r := p.open()
	older := p.take(r, start())
	newer := p.take(r, start().Add(time.Hour))
	header := filepath.Join(p.to, "snapshots", newer.Name()+".json")
	raw, err := os.ReadFile(header)
	if err == nil {
		err = os.WriteFile(header, raw[:len(raw)/2], 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	if h, err := backup.Find(p.to, ""); err != nil || h.Name() != older.Name() {
		t.Errorf("found %s, %v", h.Name(), err)
	}
	if list, err := backup.List(p.to); !errors.Is(err, backup.ErrDamaged) || len(list) != 1 {
		t.Errorf("%v, %v", list, err)
	}
	if done, err := r.Prune(backup.Keeping{}); !errors.Is(err, backup.ErrDamaged) || done != (backup.Pruned{}) {
		t.Errorf("%+v, %v", done, err)
	}
	if err := os.WriteFile(header, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := r.Verify(t.Context(), newer); err != nil {
		t.Error(err)
	}
}

// A folder with anything in it is left alone, and one whose restored files are not
// wanted is as empty as before.
func TestWhereABackupIsRestored(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	r := p.open()
	h := p.take(r, start())
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "mine"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := r.Restore(t.Context(), h, full, fine); err == nil || !strings.Contains(err.Error(), "not empty") {
		t.Errorf("into a folder with files: %v", err)
	}
	empty, no := t.TempDir(), errors.New("no")
	seen := 0
	err := r.Restore(t.Context(), h, empty, func(dir string) error {
		seen = len(p.tree(dir))
		return no
	})
	if !errors.Is(err, no) || seen != len(whole()) {
		t.Errorf("%v after %d files", err, seen)
	}
	if left, err := os.ReadDir(empty); err != nil || len(left) != 0 {
		t.Errorf("left %v, %v", left, err)
	}
	if err := os.Mkdir(filepath.Join(empty, "lost+found"), 0o700); err != nil { // a disk of its own
		t.Fatal(err)
	}
	if err := r.Restore(t.Context(), h, empty, fine); err != nil {
		t.Error(err)
	}
	want(t, p.tree(empty), whole())
}

// A restore that was killed stands in nobody's way: the next begins anew, unless the first
// is still at it, and no mall is begun there meanwhile.
func TestARestoreThatWasKilled(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	r := p.open()
	h := p.take(r, start())
	dir := t.TempDir()
	temp := filepath.Join(dir, ".restoring")
	begun := func(want bool) {
		t.Helper()
		if err := backup.Unfinished(dir); (err != nil) != want {
			t.Errorf("unfinished: %v", err)
		}
	}
	begun(false)
	if err := os.Mkdir(temp, 0o700); err != nil {
		t.Fatal(err)
	}
	begun(true)
	if err := os.WriteFile(filepath.Join(temp, "half"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	begun(true)
	err := r.Restore(t.Context(), h, dir, func(string) error {
		begun(true)
		err := r.Restore(t.Context(), h, dir, fine)
		if err == nil || !strings.Contains(err.Error(), "somebody else") {
			t.Errorf("beside another: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	want(t, p.tree(dir), whole())
	begun(false)
	if err := os.Mkdir(temp, 0o700); err != nil { // killed when all had its place
		t.Fatal(err)
	}
	begun(false)
}

func TestWhichBackupIsMeant(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	r := p.open()
	first := p.take(r, start())
	second := p.take(r, start().Add(time.Hour))
	third := p.take(r, start()) // the clock was set back
	if !third.At.After(second.At) {
		t.Errorf("the third is of %s, before the second of %s", third.Name(), second.Name())
	}
	for at, want := range map[string]string{
		"": third.Name(), "latest": third.Name(), first.Name(): first.Name(), second.Name(): second.Name(),
		"2026-11-30T01:30:00Z": first.Name(), "2026-11-30T10:00:00+08:00": second.Name(),
	} {
		if h, err := backup.Find(p.to, at); err != nil || h.Name() != want {
			t.Errorf("%q is %s, %v; want %s", at, h.Name(), err, want)
		}
	}
	if _, err := backup.Find(p.to, "2026-11-30T00:59:59Z"); !errors.Is(err, backup.ErrNoBackup) {
		t.Errorf("before the first: %v", err)
	}
	if _, err := backup.Find(p.to, "yesterday"); err == nil || !strings.Contains(err.Error(), "no time") {
		t.Errorf("no time: %v", err)
	}
}

func TestWhichBackupsStay(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	r := p.open()
	day := 24 * time.Hour
	var names []string
	for n, ago := range []time.Duration{29 * day, 22 * day, 15 * day, 8 * day, 2*day + time.Hour, 2 * day, day, 0} {
		p.base = strings.Repeat("row", n+1)
		names = append(names, p.take(r, start().Add(30*day-ago)).Name())
	}
	done, err := r.Prune(backup.Keeping{Daily: 2, Weekly: 3})
	if err != nil {
		t.Fatal(err)
	}
	// Of the days the last two; of the weeks this (the last), that of a week ago, and of two.
	stay := []string{names[7], names[6], names[3], names[2]}
	list, err := backup.List(p.to)
	if err != nil {
		t.Fatal(err)
	}
	for _, h := range list {
		if !slices.Contains(stay, h.Name()) {
			t.Errorf("%s is still there", h.Name())
		}
		if err := r.Verify(t.Context(), h); err != nil {
			t.Errorf("what stays is whole: %v", err)
		}
	}
	if len(list) != len(stay) || done.Backups != len(names)-len(stay) || done.Objects != done.Backups {
		t.Errorf("%d stay, %+v went", len(list), done)
	}
	if done, err = r.Prune(backup.Keeping{}); err != nil || done.Backups != len(stay)-1 {
		t.Errorf("the newest stays: %+v, %v", done, err)
	}
	if again, err := r.Prune(backup.Keeping{}); err != nil || again != (backup.Pruned{}) {
		t.Errorf("twice: %+v, %v", again, err)
	}
	h, err := backup.Find(p.to, "latest")
	if err != nil || r.Verify(t.Context(), h) != nil {
		t.Errorf("the newest: %v", err)
	}
}

// Contents are not forgotten while a backup that may name them cannot be read.
func TestNothingIsForgottenBlindly(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	r := p.open()
	h := p.take(r, start())
	p.base = "other rows"
	p.take(r, start().Add(25*time.Hour))
	flip(t, filepath.Join(p.to, "snapshots", h.Name()+".age"))
	if done, err := r.Prune(backup.Keeping{Daily: 2}); !errors.Is(err, backup.ErrDamaged) || done.Objects != 0 {
		t.Errorf("%+v, %v", done, err)
	}
	flip(t, filepath.Join(p.to, "snapshots", h.Name()+".age"))
	if err := r.Verify(t.Context(), h); err != nil {
		t.Error(err)
	}
}
