package backup_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hawker/internal/platform/backup"
)

const passphrase = "six words taken by chance, or so"

func start() time.Time { return time.Date(2026, 11, 30, 1, 0, 0, 0, time.UTC) }

// place is an installation and a folder for its backups.
type place struct {
	t    *testing.T
	data string
	to   string
	base string // what the database holds
	// during is done while the database is copied.
	during func()
}

func newPlace(t *testing.T) *place {
	t.Helper()
	p := &place{t: t, data: t.TempDir(), to: filepath.Join(t.TempDir(), "backups"), base: "rows", during: func() {}}
	p.write("keys/master.key", "the master key")
	p.write("keys/old/before.key", "an older key")
	p.write("media/a/b.jpg", "a picture")
	p.write("media/a/c.jpg", "another picture")
	p.write("media/.parts/half", "a picture that is being written")
	p.write("uploads/film", "a film")
	p.write("uploads/half", "half a film")
	return p
}

func (p *place) write(name, text string) {
	p.t.Helper()
	file := filepath.Join(p.data, name)
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		p.t.Fatal(err)
	}
}

func (p *place) remove(name string) {
	p.t.Helper()
	if err := os.Remove(filepath.Join(p.data, name)); err != nil {
		p.t.Fatal(err)
	}
}

func (p *place) source() backup.Source {
	copied := func(text string) func(ctx context.Context, to string) error {
		return func(_ context.Context, to string) error {
			p.during()
			return os.WriteFile(to, []byte(text), 0o600)
		}
	}
	return backup.Source{
		Database: backup.Copied{Path: "hawker.db", Copy: copied(p.base)},
		Beside:   []backup.Copied{{Path: "sandbox/bank.db", Copy: copied("the bank's rows")}},
		Folders: []backup.Folder{
			{Name: "media", Dir: filepath.Join(p.data, "media")},
			{Name: "nothing", Dir: filepath.Join(p.data, "nothing")},
			{
				Name: "uploads", Dir: filepath.Join(p.data, "uploads"),
				Keep: func(name string) bool { return name != "half" },
			},
		},
		Keys:    backup.Folder{Name: "keys", Dir: filepath.Join(p.data, "keys")},
		Scratch: filepath.Join(p.data, "backups", "copy"),
		Header:  backup.Header{Program: "test", Schema: 27, KeyID: "k"},
	}
}

func (p *place) open() *backup.Repository {
	p.t.Helper()
	r, err := backup.Create(p.to, passphrase)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() {
		if err := r.Close(); err != nil && !errors.Is(err, fs.ErrClosed) {
			p.t.Error(err)
		}
	})
	return r
}

func (p *place) take(r *backup.Repository, at time.Time) backup.Header {
	p.t.Helper()
	h, err := r.Take(p.t.Context(), p.source(), at)
	if err != nil {
		p.t.Fatal(err)
	}
	return h
}

func fine(string) error { return nil }

// restore writes a backup elsewhere and answers what lies there.
func (p *place) restore(r *backup.Repository, h backup.Header) map[string]string {
	p.t.Helper()
	dir := filepath.Join(p.t.TempDir(), "restored")
	if err := r.Restore(p.t.Context(), h, dir, fine); err != nil {
		p.t.Fatal(err)
	}
	return p.tree(dir)
}

func (p *place) tree(dir string) map[string]string {
	p.t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if d.IsDir() {
			if info.Mode().Perm() != 0o700 {
				p.t.Errorf("%s has mode %v", file, info.Mode())
			}
			return nil
		}
		if info.Mode().Perm() != 0o600 {
			p.t.Errorf("%s has mode %v", file, info.Mode())
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, file)
		out[filepath.ToSlash(rel)] = string(raw)
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return out
}

func want(t *testing.T, got map[string]string, texts map[string]string) {
	t.Helper()
	for name, text := range texts {
		if got[name] != text {
			t.Errorf("%s holds %q, want %q", name, got[name], text)
		}
	}
	for name := range got {
		if _, ok := texts[name]; !ok {
			t.Errorf("%s should not be there", name)
		}
	}
}

func whole() map[string]string {
	return map[string]string{
		"hawker.db": "rows", "sandbox/bank.db": "the bank's rows", "keys/master.key": "the master key",
		"keys/old/before.key": "an older key", "media/a/b.jpg": "a picture", "media/a/c.jpg": "another picture",
		"uploads/film": "a film",
	}
}

func TestWhatIsRestoredIsWhatWas(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	r := p.open()
	h := p.take(r, start())
	want(t, p.restore(r, h), whole())
	if h.Files["media"] != 2 || h.Files["keys"] != 2 || h.Written == 0 || h.Database == "" {
		t.Errorf("the header says %+v", h)
	}
	if err := r.Verify(t.Context(), h); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(p.source().Scratch); err == nil {
		t.Errorf("copies in clear are left: %v", left)
	}
}

// A folder may lie on another disk, where a link leads; nothing else of the machine is
// followed.
func TestAFolderOnAnotherDisk(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	elsewhere := filepath.Join(t.TempDir(), "media")
	if err := os.Rename(filepath.Join(p.data, "media"), elsewhere); err != nil {
		t.Fatal(err)
	}
	for link, to := range map[string]string{"media": elsewhere, "uploads/link": "/etc/hostname"} {
		if err := os.Symlink(to, filepath.Join(p.data, link)); err != nil {
			t.Fatal(err)
		}
	}
	r := p.open()
	want(t, p.restore(r, p.take(r, start())), whole())
}

// What did not change is not read again, and of what did both are there.
func TestOnlyWhatChangedIsWritten(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	r := p.open()
	first := p.take(r, start())
	file := filepath.Join(p.data, "media", "a", "b.jpg")
	info, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	p.write("media/a/b.jpg", "a PICTURE") // what only reading would tell
	if err := os.Chtimes(file, time.Time{}, info.ModTime()); err != nil {
		t.Fatal(err)
	}
	p.write("media/a/c.jpg", "a picture that changed")
	p.write("media/d.jpg", "a picture")
	second := p.take(r, start().Add(time.Hour))
	if second.Written >= first.Written || second.Written == 0 {
		t.Errorf("first %d, then %d bytes were written", first.Written, second.Written)
	}
	want(t, p.restore(r, first), whole())
	then := whole()
	then["media/a/c.jpg"], then["media/d.jpg"] = "a picture that changed", "a picture"
	want(t, p.restore(r, second), then)
	if third := p.take(r, start().Add(2*time.Hour)); third.Written != 0 {
		t.Errorf("nothing changed, and %d bytes were written", third.Written)
	}
}

// A file that the copied database names is restored, whether it went while that was
// copied or came just before.
func TestAFileThatGoesMeanwhile(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.during = func() {
		if _, err := os.Stat(filepath.Join(p.data, "media", "a", "b.jpg")); err != nil {
			return
		}
		p.remove("media/a/b.jpg")
		p.write("media/new.jpg", "a new picture")
	}
	r := p.open()
	then := whole()
	then["media/new.jpg"] = "a new picture"
	want(t, p.restore(r, p.take(r, start())), then)
	delete(then, "media/a/b.jpg")
	want(t, p.restore(r, p.take(r, start().Add(time.Hour))), then)
}

// A backup that was not finished is none, and what it left is forgotten.
func TestATornBackupIsNone(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	r := p.open()
	crash := errors.New("crash")
	s := p.source()
	s.Database.Copy = func(context.Context, string) error { return crash }
	if _, err := r.Take(t.Context(), s, start()); !errors.Is(err, crash) {
		t.Fatal(err)
	}
	if list, err := backup.List(p.to); err != nil || len(list) != 0 {
		t.Errorf("%v, %v", list, err)
	}
	if _, err := backup.Find(p.to, "latest"); !errors.Is(err, backup.ErrNoBackup) {
		t.Errorf("found: %v", err)
	}
	p.remove("media/a/c.jpg")
	p.take(r, start())
	headers := filepath.Join(p.to, "snapshots")
	if err := os.WriteFile(filepath.Join(headers, "20260101T000000.000Z.age"), nil,
		0o600); err != nil { // killed before the header
		t.Fatal(err)
	}
	done, err := r.Prune(backup.Keeping{Daily: 7})
	if err != nil || done.Backups != 0 || done.Objects != 1 {
		t.Errorf("%+v, %v: one content is nobody's", done, err)
	}
	if left, err := os.ReadDir(headers); err != nil || len(left) != 2 {
		t.Errorf("%v, %v", left, err)
	}
}

// What has no room is not written; an installation whose database is elsewhere is kept
// without one.
func TestRoomAndDatabasesElsewhere(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	r := p.open()
	s := p.source()
	full := errors.New("full")
	s.Room = func(int64) error { return full }
	if _, err := r.Take(t.Context(), s, start()); !errors.Is(err, full) {
		t.Errorf("without room: %v", err)
	}
	s = p.source()
	s.Database = backup.Copied{}
	h, err := r.Take(t.Context(), s, start())
	if err != nil || h.Database != "" {
		t.Fatalf("%+v, %v", h, err)
	}
	rest := whole()
	delete(rest, "hawker.db")
	want(t, p.restore(r, h), rest)
}

// Nothing of what is kept can be read in the folder, names included.
func TestNothingLiesInClear(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	p.take(p.open(), start())
	for name, text := range p.tree(p.to) {
		for _, secret := range []string{"picture", "rows", "master", "b.jpg", "uploads/film"} {
			if strings.Contains(text, secret) || strings.Contains(name, secret) {
				t.Errorf("%s shows %q", name, secret)
			}
		}
	}
}

func TestAFolderIsOfOneWriter(t *testing.T) {
	t.Parallel()
	p := newPlace(t)
	if _, err := backup.Open(p.to, passphrase); !errors.Is(err, backup.ErrNoBackup) {
		t.Errorf("of nothing: %v", err)
	}
	r := p.open()
	h := p.take(r, start())
	for _, open := range []func(string, string) (*backup.Repository, error){backup.Create, backup.Open} {
		if _, err := open(p.to, passphrase); !errors.Is(err, backup.ErrBusy) {
			t.Errorf("beside a writer: %v", err)
		}
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	for _, open := range []func(string, string) (*backup.Repository, error){backup.Create, backup.Open} {
		if _, err := open(p.to, passphrase+"?"); !errors.Is(err, backup.ErrPassphrase) {
			t.Errorf("with another passphrase: %v", err)
		}
	}
	reader, err := backup.Open(p.to, passphrase)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := reader.Take(t.Context(), p.source(), start()); err == nil {
		t.Error("a reader wrote a backup")
	}
	if _, err := reader.Prune(backup.Keeping{}); err == nil {
		t.Error("a reader forgot backups")
	}
	want(t, p.restore(reader, h), whole())
	if err := reader.Close(); err != nil {
		t.Error(err)
	}
}

func TestPassphrasesThatAreGuessed(t *testing.T) {
	t.Parallel()
	for text, ok := range map[string]bool{
		"": false, "short": false, "fifteen letters": false, "abababababababababab": false, "                  ": false,
		passphrase: true, passphrase + "\nand a remark": true, "四个词语随机抽取而来的长长的口令吧": true,
	} {
		file := filepath.Join(t.TempDir(), "passphrase")
		if err := os.WriteFile(file, []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := backup.ReadPassphrase(file)
		if (err == nil) != ok || ok && strings.Contains(got, "\n") {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
	if _, err := backup.ReadPassphrase(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
}

// flip changes one byte of a file.
func flip(t *testing.T, file string) {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	changed := bytes.Clone(raw)
	changed[len(changed)-1] ^= 1
	if err := os.WriteFile(file, changed, 0o600); err != nil {
		t.Fatal(err)
	}
}
