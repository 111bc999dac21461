package upload

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"hawker/internal/base/fault"
)

// Shared is where finished uploads lie for those who work on other machines, by their
// names. What is not there is fs.ErrNotExist.
type Shared interface {
	Put(ctx context.Context, upload string, r io.Reader) error
	Has(ctx context.Context, upload string) (bool, error)
	Local(ctx context.Context, upload, file string) error // writes a copy to a new file
	Delete(ctx context.Context, upload string) error
	Before(ctx context.Context, then time.Time) (uploads []string, err error) // that were put before then
}

// Beyond knows uploads that came to the shared place by another way than through here.
type Beyond interface {
	// Finished is Store.Finished.
	Finished(ctx context.Context, upload, owner string) (File, error)
	// Knows tells whether an upload came by that way, whosever it is.
	Knows(ctx context.Context, upload string) (bool, error)
	// Standing counts them, as large as they were announced.
	Standing(ctx context.Context, owner string) (Standing, error)
	// Forget is told of an upload that was removed.
	Forget(ctx context.Context, upload string) error
}

// Besides has uploads of another way be claimed like those of here. Call it before anything
// else.
func (s *Store) Besides(other Beyond) { s.beyond = other }

// ShareBy has finished uploads lie there, too. Call it before anything else.
func (s *Store) ShareBy(to Shared) { s.shared = to }

// share puts a finished upload where others find it.
func (s *Store) share(ctx context.Context, upload string) (err error) {
	if s.shared == nil {
		return nil
	}
	if has, err := s.shared.Has(ctx, upload); err != nil || has {
		return err
	}
	f, err := os.Open(filepath.Join(s.dir, upload))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	return s.shared.Put(ctx, upload, f)
}

// HandOver keeps a claimed upload there alone where uploads are shared: who works on it
// removes it.
func (s *Store) HandOver(upload string) error {
	if s.shared == nil {
		return nil
	}
	return s.removeHere(upload)
}

// HandedOver tells whether an upload was handed over and is worked on.
func (s *Store) HandedOver(ctx context.Context, upload string) bool {
	if _, err := s.info(ctx, upload); err == nil || s.shared == nil || !valid(upload) {
		return false
	}
	if s.beyond != nil { // of those it is known whose they are
		if known, err := s.beyond.Knows(ctx, upload); err != nil || known {
			return false
		}
	}
	has, err := s.shared.Has(ctx, upload)
	return err == nil && has
}

// There answers fault upload.not_found for an upload that is neither here nor shared.
func (s *Store) There(ctx context.Context, upload string) error {
	if _, err := s.info(ctx, upload); err == nil || s.shared == nil || !valid(upload) {
		return err
	}
	has, err := s.shared.Has(ctx, upload)
	if err == nil && !has {
		err = fault.NotFound("upload.not_found")
	}
	return err
}

// Take makes a claimed upload a file that a child can read: a second name of it, which
// costs nothing, or a copy of what is shared. Fault upload.not_found, also when it has been
// removed.
func (s *Store) Take(ctx context.Context, upload, file string) error {
	if !valid(upload) {
		return fault.NotFound("upload.not_found")
	}
	err := os.Link(filepath.Join(s.dir, upload), file)
	if errors.Is(err, fs.ErrNotExist) && s.shared != nil {
		err = s.shared.Local(ctx, upload, file)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return fault.NotFound("upload.not_found").Because(err)
	}
	return err
}

// Remove forgets an upload; one that is not there is no error.
func (s *Store) Remove(ctx context.Context, upload string) error {
	err := s.removeHere(upload)
	if s.shared != nil && valid(upload) {
		err = errors.Join(err, s.shared.Delete(ctx, upload))
	}
	if err == nil && s.beyond != nil && valid(upload) {
		err = s.beyond.Forget(ctx, upload)
	}
	return err
}

// sweepShared removes what nobody works on of what is shared.
func (s *Store) sweepShared(ctx context.Context, before time.Time) (removed int, err error) {
	if s.shared == nil {
		return 0, nil
	}
	old, err := s.shared.Before(ctx, before)
	if err != nil {
		return 0, err
	}
	for _, upload := range old {
		claimed, err := s.claims.UploadClaimed(ctx, upload)
		if err != nil {
			return removed, err
		}
		if claimed {
			continue
		}
		if err := s.Remove(ctx, upload); err != nil {
			return removed, fmt.Errorf("sweep upload %s: %w", upload, err)
		}
		removed++
	}
	return removed, nil
}
