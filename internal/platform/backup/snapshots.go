package backup

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"filippo.io/age"
)

const (
	headerSuffix   = ".json"
	manifestSuffix = ".age"
	latest         = "latest"
)

// List reads the headers of a folder's backups, the oldest first. It needs no
// passphrase: what it answers is what the folder says. With ErrDamaged it answers those
// that can be read.
func List(dir string) (out []Header, err error) {
	files, err := os.ReadDir(filepath.Join(dir, snapshots))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var wrong []error
	for _, f := range files {
		name, ok := strings.CutSuffix(f.Name(), headerSuffix)
		if !ok {
			continue
		}
		raw, err := os.ReadFile(filepath.Join(dir, snapshots, f.Name()))
		var h Header
		if err == nil {
			err = json.Unmarshal(raw, &h)
		}
		if err == nil && (h.Format != formatNow || h.Name() != name) {
			err = fmt.Errorf("format %d of %s", h.Format, h.At)
		}
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%w: header %s: %w", ErrDamaged, f.Name(), err))
			continue
		}
		out = append(out, h)
	}
	slices.SortFunc(out, func(a, b Header) int { return a.At.Compare(b.At) })
	return out, errors.Join(wrong...)
}

// Find chooses a backup: "latest" (or nothing) the newest, a name or a time the newest
// that is not later, of those whose headers can be read.
func Find(dir, at string) (Header, error) {
	headers, err := List(dir)
	if err != nil && !errors.Is(err, ErrDamaged) {
		return Header{}, err
	}
	until, perr := parseAt(at)
	if perr != nil {
		return Header{}, perr
	}
	for _, h := range slices.Backward(headers) {
		if until.IsZero() || !h.At.After(until) {
			return h, nil
		}
	}
	if err != nil {
		return Header{}, err
	}
	if len(headers) == 0 {
		return Header{}, fmt.Errorf("%w: %s", ErrNoBackup, dir)
	}
	return Header{}, fmt.Errorf("%w as old as %s; the oldest is %s", ErrNoBackup, at, headers[0].Name())
}

func parseAt(at string) (time.Time, error) {
	if at == "" || at == latest {
		return time.Time{}, nil
	}
	for _, layout := range []string{nameLayout, time.RFC3339Nano} {
		if t, err := time.Parse(layout, at); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is no time; want one that `hawker backup list` shows, or 2006-01-02T15:04:05Z",
		at)
}

// keep writes a backup's manifest and then its header, with which it is there.
func (r *Repository) keep(m manifest) (Header, error) {
	raw, err := json.Marshal(m)
	if err != nil {
		return Header{}, err
	}
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, r.key.Recipient())
	if err == nil {
		_, err = w.Write(raw)
		err = errors.Join(err, w.Close())
	}
	if err != nil {
		return Header{}, err
	}
	h := m.Header
	sum := sha256.Sum256(sealed.Bytes())
	h.Manifest = hex.EncodeToString(sum[:])
	if raw, err = json.MarshalIndent(h, "", "  "); err != nil {
		return Header{}, err
	}
	name := path.Join(snapshots, h.Name())
	if err := r.write(name+manifestSuffix, sealed.Bytes()); err != nil {
		return Header{}, err
	}
	return h, r.write(name+headerSuffix, append(raw, '\n'))
}

// manifestOf reads what a backup holds. It is the manifest that is believed; of the
// header only that both are of one backup.
func (r *Repository) manifestOf(h Header) (m manifest, err error) {
	damaged := fmt.Errorf("%w: %s", ErrDamaged, h.Name())
	sealed, err := r.root.ReadFile(path.Join(snapshots, h.Name()+manifestSuffix))
	if err != nil {
		return m, errors.Join(damaged, err)
	}
	if sum := sha256.Sum256(sealed); hex.EncodeToString(sum[:]) != h.Manifest {
		return m, fmt.Errorf("%w: its manifest is not the one that was written", damaged)
	}
	plain, err := age.Decrypt(bytes.NewReader(sealed), r.key)
	var raw []byte
	if err == nil {
		raw, err = io.ReadAll(plain)
	}
	if err == nil {
		err = json.Unmarshal(raw, &m)
	}
	if err != nil {
		return m, errors.Join(damaged, err)
	}
	if !m.Header.At.Equal(h.At) || m.Header.Format != formatNow {
		return m, fmt.Errorf("%w: its manifest is of %s", damaged, m.Header.Name())
	}
	for _, e := range m.Entries {
		if !filepath.IsLocal(filepath.FromSlash(e.Path)) || (e.Area != objects && e.Area != keys) {
			return m, fmt.Errorf("%w: it holds %q", damaged, e.Path)
		}
	}
	return m, nil
}
