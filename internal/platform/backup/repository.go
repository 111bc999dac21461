package backup

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"syscall"

	"filippo.io/age"

	"hawker/internal/base/id"
)

// Repository is a folder of backups that the passphrase opened.
type Repository struct {
	dir   string
	root  *os.Root
	lock  *os.File
	key   *age.X25519Identity
	names []byte // the key of the names
	alone bool   // nobody else uses the folder
}

const (
	identityName = "identity.age"
	identityCopy = "identity-copy.age" // all would be lost with one file
	lockName     = "lock"
	snapshots    = "snapshots"
	parts        = ".parts"
	// workFactor makes each guess of a passphrase cost 128 MiB and a third of a second.
	workFactor    = 17
	workFactorMax = 22
)

// Create opens a folder to write backups into, for one process at a time, and makes it
// where there is none. Close it.
func Create(dir, passphrase string) (*Repository, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("backup folder: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(dir, lockName), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("backup folder: %w", err)
	}
	return open(dir, passphrase, lock, syscall.LOCK_EX)
}

// Open opens a folder to read backups.
func Open(dir, passphrase string) (*Repository, error) {
	lock, err := os.Open(filepath.Join(dir, lockName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s", ErrNoBackup, dir)
	}
	if err != nil {
		return nil, err
	}
	return open(dir, passphrase, lock, syscall.LOCK_SH)
}

func open(dir, passphrase string, lock *os.File, how int) (*Repository, error) {
	if err := syscall.Flock(int(lock.Fd()), how|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("%w: %s", ErrBusy, dir), lock.Close())
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	r := &Repository{dir: dir, root: root, lock: lock, alone: how == syscall.LOCK_EX}
	err = r.unlock(passphrase)
	if errors.Is(err, fs.ErrNotExist) && r.alone {
		err = r.begin(passphrase)
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%w: %s", ErrNoBackup, dir)
	}
	if err != nil {
		return nil, errors.Join(err, r.Close())
	}
	mac := hmac.New(sha256.New, []byte(r.key.String()))
	mac.Write([]byte("hawker backup names"))
	r.names = mac.Sum(nil)
	return r, nil
}

// Close lets go of the folder.
func (r *Repository) Close() error { return errors.Join(r.root.Close(), r.lock.Close()) }

// begin makes the folder's key. A folder with backups that has lost it gets no other.
func (r *Repository) begin(passphrase string) error {
	headers, err := List(r.dir)
	if err == nil && len(headers) > 0 {
		err = fmt.Errorf("%w: %s has backups, but %s is missing; without it none can be read", ErrDamaged, r.dir,
			identityName)
	}
	if err != nil {
		return err
	}
	if r.key, err = age.GenerateX25519Identity(); err != nil {
		return err
	}
	recipient, err := age.NewScryptRecipient(passphrase)
	if err != nil {
		return err
	}
	recipient.SetWorkFactor(workFactor)
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, recipient)
	if err == nil {
		_, err = io.WriteString(w, r.key.String())
		err = errors.Join(err, w.Close())
	}
	if err != nil {
		return err
	}
	if err := r.write(identityCopy, sealed.Bytes()); err != nil {
		return err
	}
	return r.write(identityName, sealed.Bytes())
}

// unlock opens the folder's key, or its copy where the first is missing or spoilt.
func (r *Repository) unlock(passphrase string) error {
	err := r.unlockFile(identityName, passphrase)
	if err != nil && !errors.Is(err, ErrPassphrase) {
		if r.unlockFile(identityCopy, passphrase) == nil {
			return nil
		}
	}
	return err
}

func (r *Repository) unlockFile(name, passphrase string) error {
	sealed, err := r.root.ReadFile(name)
	if err != nil {
		return err
	}
	by, err := age.NewScryptIdentity(passphrase)
	if err != nil {
		return err
	}
	by.SetMaxWorkFactor(workFactorMax)
	plain, err := age.Decrypt(bytes.NewReader(sealed), by)
	var other *age.NoIdentityMatchError
	if errors.As(err, &other) {
		return ErrPassphrase
	}
	var text []byte
	if err == nil {
		text, err = io.ReadAll(plain)
	}
	if err == nil {
		r.key, err = age.ParseX25519Identity(string(text))
	}
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrDamaged, name, err)
	}
	return nil
}

// write stores a small file whole or not at all.
func (r *Repository) write(name string, content []byte) error {
	temp, f, err := r.part()
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	return r.place(f, err, temp, name)
}

// part opens a file that has no name yet.
func (r *Repository) part() (name string, f *os.File, err error) {
	if err := r.root.MkdirAll(parts, 0o700); err != nil {
		return "", nil, err
	}
	name = path.Join(parts, id.Token())
	f, err = r.root.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	return name, f, err
}

// place gives a part its name when it was written well, and forgets it otherwise.
func (r *Repository) place(f *os.File, err error, temp, name string) error {
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err == nil {
		err = r.root.MkdirAll(path.Dir(name), 0o700)
	}
	if err == nil {
		err = r.root.Rename(temp, name)
	}
	if err == nil {
		return r.syncUp(path.Dir(name))
	}
	return errors.Join(err, missingIsFine(r.root.Remove(temp)))
}

// syncUp has the folders remember what they hold.
func (r *Repository) syncUp(dir string) error {
	for ; ; dir = path.Dir(dir) {
		f, err := r.root.Open(dir)
		if err != nil {
			return err
		}
		if err := errors.Join(f.Sync(), f.Close()); err != nil || dir == "." {
			return err
		}
	}
}

func missingIsFine(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// object names the file that holds a content.
func (r *Repository) object(area, hash string) string {
	mac := hmac.New(sha256.New, r.names)
	mac.Write([]byte(area + "\x00" + hash))
	name := hex.EncodeToString(mac.Sum(nil))
	return path.Join(area, name[:2], name)
}

func (r *Repository) has(e entry) bool {
	info, err := r.root.Stat(r.object(e.Area, e.Hash))
	return err == nil && info.Size() > 0
}

// put keeps a content, encrypted; written is what it took, 0 where it was there.
func (r *Repository) put(ctx context.Context, area string, from io.Reader) (hash string, size, written int64,
	err error,
) {
	temp, f, err := r.part()
	if err != nil {
		return "", 0, 0, err
	}
	sum := sha256.New()
	w, err := age.Encrypt(f, r.key.Recipient())
	if err == nil {
		size, err = io.Copy(w, io.TeeReader(patient{ctx, from}, sum))
		err = errors.Join(err, w.Close())
	}
	hash = hex.EncodeToString(sum.Sum(nil))
	name := r.object(area, hash)
	if _, there := r.root.Stat(name); err == nil && there == nil {
		return hash, size, 0, errors.Join(f.Close(), r.root.Remove(temp))
	}
	if info, serr := f.Stat(); serr == nil {
		written = info.Size()
	}
	return hash, size, written, r.place(f, err, temp, name)
}

// get shows a content and proves that it is the one that was kept.
func (r *Repository) get(ctx context.Context, e entry, to io.Writer) (err error) {
	f, err := r.root.Open(r.object(e.Area, e.Hash))
	if err != nil {
		return fmt.Errorf("%w: the content of %s is missing", ErrDamaged, e.Path)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	plain, err := age.Decrypt(patient{ctx, f}, r.key)
	sum, n := sha256.New(), int64(0)
	if err == nil {
		n, err = io.Copy(io.MultiWriter(to, sum), plain)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	var full *fs.PathError
	if errors.As(err, &full) { // the disk's, not the backup's
		return err
	}
	if err != nil || n != e.Size || hex.EncodeToString(sum.Sum(nil)) != e.Hash {
		return errors.Join(fmt.Errorf("%w: the content of %s is not what was kept", ErrDamaged, e.Path), err)
	}
	return nil
}

// patient stops reading when the caller gives up.
type patient struct {
	ctx context.Context //nolint:containedctx // for one copy
	r   io.Reader
}

func (p patient) Read(b []byte) (int, error) {
	if err := p.ctx.Err(); err != nil {
		return 0, err
	}
	return p.r.Read(b)
}
