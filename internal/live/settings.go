package live

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
)

// Settings are a shop's for its shows.
type Settings struct {
	KeepDays int  // recordings are deleted after
	Clips    bool // stretches become drafts of videos
}

const (
	keepDefault = 90
	keepMax     = 3650
)

// SettingsOf reads a shop's settings.
func (s *Service) SettingsOf(ctx context.Context, shop id.Shop) (Settings, error) {
	set, err := settingsOf(ctx, s.db.Reader(), shop)
	if errors.Is(err, sql.ErrNoRows) {
		return Settings{KeepDays: keepDefault, Clips: true}, nil
	}
	return set, err
}

// SaveSettings stores them; fault live.bad_settings.
func (s *Service) SaveSettings(ctx context.Context, shop id.Shop, set Settings) error {
	if set.KeepDays < 1 || set.KeepDays > keepMax {
		return fault.Invalid("live.bad_settings", "max", keepMax).At("body.keep_days")
	}
	return s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error { return saveSettings(ctx, tx, shop, set) })
}

// Archive keeps recordings.
type Archive interface {
	Remove(room id.Room, folder string) error
}

// kept is a recording of a room.
type kept struct {
	id     id.Recording
	room   id.Room
	folder string
}

const expireBatch = 100

// SweepRecordings deletes recordings that are older than their shop keeps them.
// Their rows go after their files: a crash in between deletes nothing twice.
func (s *Service) SweepRecordings(ctx context.Context, archive Archive) error {
	old, err := expired(ctx, s.db.Reader(), s.db.Clock().Now(), keepDefault, expireBatch)
	if err != nil {
		return err
	}
	for _, k := range old {
		if err := archive.Remove(k.room, k.folder); err != nil {
			return err
		}
		if err := s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error { return forgetRecording(ctx, tx, k) }); err != nil {
			return err
		}
	}
	return nil
}

const day = 24 * time.Hour
