package room

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/platform/audit"
	"hawker/internal/platform/sqldb"
)

// Settings are a shop's for its shows.
type Settings struct {
	KeepDays int  // recordings are deleted after
	Clips    bool // stretches become drafts of videos
	Ladder   bool // new rooms have smaller renditions
	// Renditions are their sizes by the picture's shorter side.
	Renditions []int
}

// KeepDefault is for how many days recordings are kept where a shop says nothing.
const KeepDefault = 90

const (
	keepMax = 3650

	renditionMin  = 144
	renditionMax  = 2160
	renditionsMax = 6
)

// SettingsOf reads a shop's settings.
func (s *Service) SettingsOf(ctx context.Context, shop id.Shop) (Settings, error) {
	return s.settingsOf(ctx, s.db.Reader(), shop)
}

func (s *Service) settingsOf(ctx context.Context, q sqldb.Querier, shop id.Shop) (Settings, error) {
	set, err := settingsOf(ctx, q, shop, s.options.Ladder)
	if errors.Is(err, sql.ErrNoRows) {
		set, err = Settings{KeepDays: KeepDefault, Clips: true, Ladder: s.options.Ladder}, nil
	}
	if len(set.Renditions) == 0 {
		set.Renditions = slices.Clone(s.options.Renditions)
	}
	return set, err
}

// SaveSettings stores them; faults live.bad_settings, live.bad_renditions.
func (s *Service) SaveSettings(ctx context.Context, shop id.Shop, set Settings) error {
	if set.KeepDays < 1 || set.KeepDays > keepMax {
		return fault.Invalid("live.bad_settings", "max", keepMax).At("body.keep_days")
	}
	bad := func(n int) bool { return n < renditionMin || n > renditionMax }
	if n := len(set.Renditions); n == 0 || n > renditionsMax || slices.ContainsFunc(set.Renditions, bad) {
		return fault.Invalid("live.bad_renditions", "max", renditionsMax).At("body.renditions")
	}
	return s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		before, err := s.settingsOf(ctx, tx, shop)
		if err != nil {
			return err
		}
		if err := saveSettings(ctx, tx, shop, set); err != nil {
			return err
		}
		return audit.Changed(ctx, tx, "live_settings.changed", shop, shop, before, set)
	})
}
