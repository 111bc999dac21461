// Package keyring keeps a database and its master key together: the database knows the
// id of its key and holds a sealed canary, a key is made only with a new database, and
// nothing starts with another key, with none, or with an empty database beside the files
// of an older one. Each refusal is a sentence that says what to restore.
package keyring

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"

	"hawker/internal/platform/module"
	"hawker/internal/platform/secret"
	"hawker/internal/platform/sqldb"
)

// Ring says where the key lies and what it opens.
type Ring struct {
	Path    string          // of the key
	Objects []string        // folders that are empty where an installation is new
	Sealed  []module.Sealed // all that is
}

const canaryText, canaryContext = "hawker", "canary"

// Open answers the box of an installation. Of a new one the key is made; of one whose
// key is being changed there is none.
func (r Ring) Open(ctx context.Context, db *sqldb.DB) (*secret.Box, error) {
	known, err := known(ctx, db.Reader())
	if err != nil {
		return nil, err
	}
	if err := finished(ctx, db.Reader()); err != nil {
		return nil, err
	}
	if _, err := r.settle(known); err != nil {
		return nil, err
	}
	key, err := secret.LoadKey(r.Path)
	if errors.Is(err, fs.ErrNotExist) {
		if key, err = r.make(ctx, db, known); err != nil {
			return nil, err
		}
	}
	if err != nil {
		return nil, err
	}
	box, err := secret.NewBox(key)
	if err != nil {
		return nil, err
	}
	if known == (installation{}) {
		return box, r.adopt(ctx, db, box)
	}
	return box, r.fits(known, box)
}

// make makes a key with a new database, and with no other.
func (r Ring) make(ctx context.Context, db *sqldb.DB, known installation) ([]byte, error) {
	if known != (installation{}) {
		return nil, fmt.Errorf("the master key is missing: this database is sealed with key %s. Restore %s from the "+
			"backup (or copy it from another node); without it nobody can sign in and no address can be read",
			known.KeyID, r.Path)
	}
	kind, _, err := r.any(ctx, db.Reader())
	if err != nil {
		return nil, err
	}
	if kind.Kind != "" {
		return nil, fmt.Errorf("the master key is missing: this database holds what is sealed (%s). Restore %s from "+
			"the backup; a new key could open none of it", kind.Kind, r.Path)
	}
	if err := r.alone(); err != nil {
		return nil, err
	}
	return secret.LoadOrCreateKey(r.Path)
}

// alone refuses an empty database beside the files of an older one.
func (r Ring) alone() error {
	for _, dir := range r.Objects {
		found := ""
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			found = path
			return fs.SkipAll
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		if found != "" {
			return fmt.Errorf("the database is empty, but %s is there from an older one. Restore the database and the "+
				"master key from the backup, or start with another data folder", found)
		}
	}
	return nil
}

// adopt notes the key of a database that knows none: a new one, or one of before keys
// were noted.
func (r Ring) adopt(ctx context.Context, db *sqldb.DB, box *secret.Box) error {
	kind, v, err := r.any(ctx, db.Reader())
	if err != nil {
		return err
	}
	if kind.Kind == "" {
		err = r.alone()
	} else if _, oerr := box.Open(v.sealed, v.context); oerr != nil {
		err = fmt.Errorf("%s is not the key of this database (it does not open %s). Restore the right one from the "+
			"backup", r.Path, kind.Kind)
	}
	if err != nil {
		return err
	}
	return note(ctx, db, noted(box))
}

// noted is what a database knows of a key.
func noted(box *secret.Box) installation {
	return installation{box.KeyID(), box.Seal([]byte(canaryText), canaryContext)}
}

// any finds anything that is sealed; the kind is empty where there is nothing.
func (r Ring) any(ctx context.Context, q sqldb.Querier) (module.Sealed, value, error) {
	for _, kind := range r.Sealed {
		some, err := ends(ctx, q, kind, 1)
		if err != nil || len(some) > 0 {
			return kind, append(some, value{})[0], err
		}
	}
	return module.Sealed{}, value{}, nil
}

func (r Ring) fits(known installation, box *secret.Box) error {
	plain, err := box.Open(known.Canary, canaryContext)
	if err != nil || string(plain) != canaryText {
		return fmt.Errorf("%s is key %s, but this database is sealed with key %s. Restore the right one from the "+
			"backup",
			r.Path, box.KeyID(), known.KeyID)
	}
	return nil
}

// Present answers the id of the database's key, and what is wrong when that is not where
// it should be.
func (r Ring) Present(ctx context.Context, q sqldb.Querier) (id string, err error) {
	known, err := known(ctx, q)
	if err != nil {
		return "", err
	}
	if err := finished(ctx, q); err != nil {
		return "", err
	}
	if known == (installation{}) {
		return "", errors.New("nothing has been started here yet")
	}
	box, err := boxOf(r.Path)
	if err != nil {
		return "", fmt.Errorf("the master key: %w", err)
	}
	return known.KeyID, r.fits(known, box)
}

const samples = 5 // of the oldest and of the newest values of a kind, which doctor opens

// Check is what doctor asks: it answers what is wrong, reading only.
func (r Ring) Check(ctx context.Context, q sqldb.Querier) (wrong []string, err error) {
	known, err := known(ctx, q)
	if err != nil {
		return nil, err
	}
	if err := finished(ctx, q); errors.Is(err, errUnfinished) {
		return []string{err.Error()}, nil
	} else if err != nil {
		return nil, err
	}
	path := r.Path
	if fresh, err := boxOf(r.next()); err == nil && fresh.KeyID() == known.KeyID {
		path = r.next() // the next start settles that
	}
	key, err := secret.LoadKey(path)
	if errors.Is(err, fs.ErrNotExist) {
		if kind, _, err := r.any(ctx, q); known == (installation{}) && kind.Kind == "" {
			return nil, err // nothing has been started here yet
		}
		return []string{fmt.Sprintf("%s is missing: restore it from the backup (key %s)", r.Path, known.KeyID)}, nil
	}
	if err != nil {
		return []string{err.Error()}, nil
	}
	box, err := secret.NewBox(key)
	if err != nil {
		return nil, err
	}
	if known != (installation{}) {
		if err := r.fits(known, box); err != nil {
			return []string{err.Error()}, nil
		}
	}
	for _, kind := range r.Sealed {
		some, err := ends(ctx, q, kind, samples)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", kind.Kind, err)
		}
		for _, v := range some {
			if _, err := box.Open(v.sealed, v.context); err != nil {
				wrong = append(wrong, fmt.Sprintf("%s: %v", kind.Kind, err))
			}
		}
	}
	return wrong, nil
}
