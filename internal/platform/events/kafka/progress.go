package kafka

import (
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"
)

// progress is how far a group is in a partition: to where everything has been taken,
// whatever was taken behind it.
type progress struct {
	mu   sync.Mutex
	open []*step // in the partition's order; the first is not done
	gone bool    // the partition is another process's
}

type step struct {
	*kgo.Record

	done bool
}

// add begins with a record.
func (p *progress) add(r *kgo.Record) *step {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := &step{Record: r}
	p.open = append(p.open, s)
	return s
}

// finish ends a step and answers the last record of those that are done without a gap;
// nil when a record before it is not, or the partition is gone.
func (p *progress) finish(s *step) (last *kgo.Record) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s.done = true
	for len(p.open) > 0 && p.open[0].done {
		last, p.open = p.open[0].Record, p.open[1:]
	}
	if p.gone {
		return nil
	}
	return last
}

func (p *progress) leave() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.gone = true
}
