// Package backup keeps copies of an installation in a folder: what changed since the
// last one is read and written, everything is encrypted with a key that the passphrase
// opens, and a backup is there when its header is, which is written last.
//
//	identity.age       the key of the folder, encrypted with the passphrase; a copy of it
//	objects/ab/…       contents, each once, named by a keyed hash
//	keys/ab/…          likewise of what opens sealed values: apart
//	damaged/           contents that were found to be others than were kept
//	snapshots/AT.age   what a backup holds: paths, sizes, hashes
//	snapshots/AT.json  its header, in clear: when, how much
//
// Who has the folder without the passphrase learns when backups were taken, how many
// contents of which size they have and which of them two share, and nothing else. One
// process at a time writes; it knows no business.
package backup

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
	"unicode/utf8"
)

// Header is what a folder says in clear of a backup.
type Header struct {
	Format   int            `json:"format"`
	At       time.Time      `json:"at"`
	Program  string         `json:"program"`
	Schema   int64          `json:"schema"`
	Database string         `json:"database"` // where its copy lies; "" where the database is elsewhere
	KeyID    string         `json:"key_id"`
	Files    map[string]int `json:"files"` // by folder
	Bytes    int64          `json:"bytes"`
	Written  int64          `json:"written_bytes"` // of these, what was not there before
	Manifest string         `json:"manifest_sha256"`
}

// Name is what a backup is called.
func (h Header) Name() string { return h.At.UTC().Format(nameLayout) }

const (
	formatNow  = 1
	nameLayout = "20060102T150405.000Z"
)

// manifest is what a backup holds.
type manifest struct {
	Header  Header  `json:"header"` // but for Manifest and Written
	Entries []entry `json:"entries"`
}

// entry is one file.
type entry struct {
	Path string `json:"path"` // slashes
	Area string `json:"area"` // where its content is kept
	Size int64  `json:"size"`
	Mod  int64  `json:"mod"` // of the original, in nanoseconds
	Hash string `json:"sha256"`
}

const (
	objects = "objects"
	keys    = "keys"
)

// What may be wrong. The texts are for the operator.
var (
	ErrPassphrase = errors.New("the passphrase is not the one of this backup folder")
	ErrNoBackup   = errors.New("there is no backup here")
	ErrBusy       = errors.New("another process uses this backup folder")
	ErrDamaged    = errors.New("the backup is damaged")
)

// errReading is of a folder that was opened to be read.
var errReading = errors.New("this backup folder was opened to be read")

const (
	passphraseMin   = 16 // letters
	passphraseKinds = 6  // different ones
)

// ReadPassphrase reads the first line of a file; it refuses what is guessed soon, since
// whoever has a backup has time.
func ReadPassphrase(path string) (string, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("read the passphrase: %w", err)
	}
	text, _, _ := strings.Cut(string(raw), "\n")
	text = strings.TrimSpace(text)
	kinds := map[rune]bool{}
	for _, c := range text {
		kinds[c] = true
	}
	if utf8.RuneCountInString(text) < passphraseMin || len(kinds) < passphraseKinds {
		return "", fmt.Errorf("the passphrase in %s is too easy: it needs at least %d letters, %d of them different "+
			"(say, six words taken by chance)", path, passphraseMin, passphraseKinds)
	}
	return text, nil
}
