package ingest

import (
	"context"

	"hawker/internal/platform/module"
)

// Module is what this part brings to the program.
func (s *Service) Module(restreams *Restreams) module.Module {
	return module.Module{
		Name:       "ingest",
		Operations: []module.Operations{RestreamAPI{restreams}},
		Recover: func(ctx context.Context) error {
			if err := s.stage.Recover(ctx); err != nil {
				return err
			}
			return restreams.Start(ctx)
		},
	}
}
