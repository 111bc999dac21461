package ingest

import (
	"context"
	"errors"

	"hawker/internal/platform/module"
)

// Module is what this part brings to the program, with the servers in front.
func (s *Service) Module(restreams *Restreams) module.Module {
	m := s.fronts.Module()
	fronts := m.Recover
	m.Name, m.Operations = "ingest", []module.Operations{RestreamAPI{restreams}}
	m.Recover = func(ctx context.Context) error {
		if err := s.stage.Recover(ctx); err != nil {
			return err
		}
		return errors.Join(restreams.Start(ctx), fronts(ctx))
	}
	return m
}
