package deadletter

import (
	"context"
	"fmt"

	"hawker/internal/platform/events"
	"hawker/internal/platform/jobs"
	"hawker/internal/platform/module"
	"hawker/internal/platform/sqldb"
)

// Checks are doctor's.
func Checks() []module.Check {
	return []module.Check{
		{Code: "events_stuck", Name: "events: none is stuck", Run: checkEvents}, {Code: "jobs_dead", Name: "jobs: none has given up", Run: checkJobs},
	}
}

func checkEvents(ctx context.Context, q sqldb.Querier) ([]string, error) {
	dead, _, err := events.Stuck(ctx, q)
	if err != nil || dead == 0 {
		return nil, err
	}
	return []string{fmt.Sprintf("%d events that no handler would take; see hawker dead-letters list", dead)}, nil
}

func checkJobs(ctx context.Context, q sqldb.Querier) ([]string, error) {
	dead, err := jobs.Dead(ctx, q)
	if err != nil || dead == 0 {
		return nil, err
	}
	return []string{fmt.Sprintf("%d jobs that used up their tries; see hawker dead-letters list", dead)}, nil
}
