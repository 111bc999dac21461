package ingest

import (
	"context"

	"hawker/internal/platform/module"
	"hawker/internal/show"
)

// Recorded tells whether a recording of a show is there.
type Recorded func(ctx context.Context, x show.Show) bool

// Module is what this part brings to the program.
func (s *Service) Module(restreams *Restreams, recorded Recorded) module.Module {
	return module.Module{
		Name:       "ingest",
		Operations: []module.Operations{RestreamAPI{restreams}},
		Recover: func(ctx context.Context) error {
			if err := s.stage.Recover(ctx, recorded); err != nil {
				return err
			}
			return restreams.Start(ctx)
		},
	}
}
