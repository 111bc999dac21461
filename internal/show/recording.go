package show

import (
	"context"
	"errors"
	"slices"
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
// show of the room is noted without one, to be deleted in its time. One that was
// noted before it was closed is as long as is said last.
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

// Archive keeps recordings.
type Archive interface {
	// Recordings are what lies there of a show, those that nobody closed among them.
	Recordings(ctx context.Context, x Show) ([]Recording, error)
	Remove(ctx context.Context, room id.Room, show id.Show, folder string) error
}

// closing is how long after the end of a show its recordings may be under way: longer
// than it takes to write the last of them to a slow archive.
const closing = time.Hour

// FindCut notes the recordings of which a crash kept us from hearing, so that they are
// deleted in their time: of shows that run, of those that ended last, and of those that
// have a replay and no recording. A show that cannot be looked for keeps no other.
func (s *Service) FindCut(ctx context.Context) error {
	shows, err := perhapsCut(ctx, s.db.Reader(), closing)
	errs := []error{err}
	for _, x := range shows {
		errs = append(errs, s.FindRecordings(ctx, x))
	}
	return errors.Join(errs...)
}

// FindRecordings notes what the archive has of a show and we do not know. Of a
// rehearsal it has nothing.
func (s *Service) FindRecordings(ctx context.Context, x Show) error {
	if x.Rehearsal {
		return nil
	}
	found, err := s.archive.Recordings(ctx, x)
	if err != nil || len(found) == 0 {
		return err
	}
	known, err := foldersOf(ctx, s.db.Reader(), x)
	if err != nil {
		return err
	}
	for _, rec := range found {
		if slices.Contains(known, rec.Folder) {
			continue
		}
		if err := s.AddRecording(ctx, rec); err != nil {
			return err
		}
	}
	return nil
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
