// Package secret seals what must not be readable in a stolen database: personal
// data and keys. AES-256-GCM with a random nonce; the row's purpose and owner
// are bound in, so that a sealed value cannot be moved to another row. A blind
// index finds a value again without showing it.
package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// KeySize is the length of the master key in bytes.
const KeySize = 32

// Box seals and opens with one master key.
type Box struct {
	aead  cipher.AEAD
	index []byte
	id    string
}

// What sealed text begins with: a version, and since the second the id of the key.
const (
	version1 = "v1."
	version2 = "v2."
)

// NewBox makes a box of a master key.
func NewBox(master []byte) (*Box, error) {
	if len(master) != KeySize {
		return nil, fmt.Errorf("the master key has %d bytes, want %d", len(master), KeySize)
	}
	block, err := aes.NewCipher(derive(master, "seal"))
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, err
	}
	return &Box{
		aead: aead, index: derive(master, "index"), id: hex.EncodeToString(derive(master, "id")[:keyIDBytes]),
	}, nil
}

const keyIDBytes = 6 // tells keys apart and nothing of them

// KeyID names the master key.
func (b *Box) KeyID() string { return b.id }

func derive(master []byte, purpose string) []byte {
	m := hmac.New(sha256.New, master)
	m.Write([]byte("hawker " + purpose))
	return m.Sum(nil)
}

// LoadOrCreateKey reads the master key file, or makes one readable only by its
// owner. Whoever loses it loses what is sealed: it is on the disk before anything is
// sealed with it, and of two processes that make one at once both use the first.
func LoadOrCreateKey(path string) ([]byte, error) {
	key, err := LoadKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	key = make([]byte, KeySize)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	if err := StoreKey(path, key); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fmt.Errorf("make the master key: %w", err)
	}
	return LoadKey(path)
}

// LoadKey reads the master key file; fs.ErrNotExist where there is none.
func LoadKey(path string) ([]byte, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	key, err := hex.DecodeString(strings.TrimSpace(string(raw)))
	if err != nil || len(key) != KeySize {
		return nil, fmt.Errorf("%s is no master key of %d bytes in hexadecimal", path, KeySize)
	}
	return key, nil
}

// StoreKey writes a key under another name and links it, so that a key is there
// whole or not at all; fs.ErrExist where one is.
func StoreKey(path string, key []byte) (err error) {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, halfWritten) // for its owner only
	if err != nil {
		return err
	}
	defer func() {
		if rerr := os.Remove(f.Name()); !errors.Is(rerr, fs.ErrNotExist) {
			err = errors.Join(err, rerr)
		}
	}()
	_, err = f.WriteString(hex.EncodeToString(key) + "\n")
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	err = os.Link(f.Name(), path)
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, errors.ErrUnsupported) {
		err = os.Rename(f.Name(), path) // a file system without links
	}
	if err != nil {
		return err
	}
	return errors.Join(err, syncDir(dir))
}

// halfWritten are the names under which keys are written before they are linked.
const halfWritten = "new-*.key"

// Sweep removes what writers of keys left in a folder that were killed: each is a copy of a
// key that nobody knows of. Nobody else may be writing one.
func Sweep(dir string) error {
	left, err := filepath.Glob(filepath.Join(dir, halfWritten))
	for _, name := range left {
		err = errors.Join(err, os.Remove(name))
	}
	return err
}

// Replace puts the key of one file in the place of another's, at once.
func Replace(path, by string) error {
	if err := os.Rename(by, path); err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Seal hides plain; context says what and whose it is and must be given again.
func (b *Box) Seal(plain []byte, context string) string {
	return version2 + b.id + "." + base64.RawURLEncoding.EncodeToString(b.aead.Seal(nil, nil, plain, []byte(context)))
}

// ErrOtherKey is a value that another key has sealed.
var ErrOtherKey = errors.New("sealed with another key")

// Open shows what Seal hid.
func (b *Box) Open(sealed, context string) ([]byte, error) {
	body, old := strings.CutPrefix(sealed, version1)
	if !old {
		rest, known := strings.CutPrefix(sealed, version2)
		key, text, whole := strings.Cut(rest, ".")
		if !known || !whole {
			return nil, errors.New("sealed value of an unknown version")
		}
		if key != b.id {
			return nil, fmt.Errorf("open sealed %s: %w: %.*s, this is %s", context, ErrOtherKey, 2*keyIDBytes, key,
				b.id)
		}
		body = text
	}
	raw, err := base64.RawURLEncoding.DecodeString(body)
	if err != nil {
		return nil, err
	}
	plain, err := b.aead.Open(nil, nil, raw, []byte(context))
	if err != nil {
		return nil, fmt.Errorf("open sealed %s: %w", context, err)
	}
	return plain, nil
}

// Index is a keyed hash by which an equal value can be found.
func (b *Box) Index(value, context string) string {
	m := hmac.New(sha256.New, b.index)
	m.Write([]byte(context + "\x00" + value))
	return hex.EncodeToString(m.Sum(nil))
}
