package direct

import (
	"context"
	"database/sql"
	"errors"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/media/upload"
	"hawker/internal/platform/sqldb"
)

// Finished implements upload.Beyond.
func (s *Service) Finished(ctx context.Context, name, owner string) (upload.File, error) {
	var of id.User
	if of.UnmarshalText([]byte(owner)) != nil {
		return upload.File{}, fault.NotFound("upload.not_found")
	}
	u, err := s.Of(ctx, of, name)
	if err == nil && !u.Done {
		err = fault.Conflict("upload.unfinished")
	}
	return upload.File{ID: u.ID, Name: u.Name, Size: u.Size}, err
}

// Knows implements upload.Beyond.
func (s *Service) Knows(ctx context.Context, name string) (bool, error) {
	_, err := byID(ctx, s.db.Reader(), name)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// Standing implements upload.Beyond.
func (s *Service) Standing(ctx context.Context, owner string) (sum upload.Standing, err error) {
	var of id.User
	if err := of.UnmarshalText([]byte(owner)); err != nil {
		return sum, err
	}
	return s.count(ctx, s.db.Reader(), of)
}

// Forget implements upload.Beyond.
func (s *Service) Forget(ctx context.Context, name string) error {
	if known, err := s.Knows(ctx, name); err != nil || !known { // most come by tus: nothing is written
		return err
	}
	return s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error { return remove(ctx, tx, name) })
}
