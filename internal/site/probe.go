package site

import (
	"context"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"hawker/internal/platform/keyring"
	"hawker/internal/platform/sqldb"
)

const (
	provedFor   = time.Second
	proveWithin = 10 * time.Second
)

// probe has the database commit at most once in a moment, for all who want to know whether it
// does: balancers and supervisors ask often, and each commit writes to the disk.
type probe struct {
	db     *sqldb.DB
	asking singleflight.Group

	mu    sync.Mutex
	asked time.Time // when what it said was asked
	said  error
}

// ready answers what the database said within the last second, or asks it. Who gives up leaves
// the answer to the others.
func (p *probe) ready(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if known, err := p.last(); known {
		return err
	}
	said := p.asking.DoChan("", func() (any, error) {
		if known, err := p.last(); known {
			return nil, err
		}
		within, cancel := context.WithTimeout(context.WithoutCancel(ctx), proveWithin)
		defer cancel()
		now := p.db.Clock().Now()
		err := keyring.Prove(within, p.db)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.asked, p.said = now, err
		return nil, err
	})
	select {
	case r := <-said:
		return r.Err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (p *probe) last() (known bool, said error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.asked.IsZero() && p.db.Clock().Now().Sub(p.asked) < provedFor, p.said
}
