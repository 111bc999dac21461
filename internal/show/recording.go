package show

import (
	"context"
	"errors"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
	"hawker/internal/room"
)

// Recording is what one publisher sent of a show, as it lies in the archive.
type Recording struct {
	ID         id.Recording
	Room       id.Room
	Show       id.Show
	Generation int64
	Folder     string
	Start      time.Time
	Duration   time.Duration
	Bytes      int64
}

// AddRecording notes a recording, once: its show has a replay. What belongs to no
// show of the room is noted without one, to be deleted in its time.
func (s *Service) AddRecording(ctx context.Context, rec Recording) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		ok, err := markReplay(ctx, tx, rec.Room, rec.Show)
		if err != nil {
			return err
		}
		if !ok {
			rec.Show = id.Show{}
		}
		return insertRecording(ctx, tx, rec)
	})
}

// FoundReplay notes that a recording of a show is there, of which a crash kept us
// from hearing.
func (s *Service) FoundReplay(ctx context.Context, x Show) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := markReplay(ctx, tx, x.Room, x.ID)
		return err
	})
}

// Archive keeps recordings.
type Archive interface {
	Remove(ctx context.Context, room id.Room, show id.Show, folder string) error
}

const expireBatch = 100

// SweepRecordings deletes recordings that are older than their shop keeps them.
// Their rows go after their files: a crash in between deletes nothing twice. One
// that cannot be deleted does not keep the others.
func (s *Service) SweepRecordings(ctx context.Context) error {
	old, err := expired(ctx, s.db.Reader(), s.db.Clock().Now(), room.KeepDefault, expireBatch)
	if err != nil {
		return err
	}
	var errs []error
	for _, rec := range old {
		err := s.archive.Remove(ctx, rec.Room, rec.Show, rec.Folder)
		if err == nil {
			err = s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
				return forgetRecording(ctx, tx, rec)
			})
		}
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

const day = 24 * time.Hour
