package realtime

import (
	"sync"
	"time"
)

// quietFor is how long what was said in the log is not said again: while an engine is
// away each connection and each listener finds that out several times a second.
const quietFor = 10 * time.Second

// quiet says each thing now and then.
type quiet struct {
	mu   sync.Mutex
	last map[string]time.Time
}

func (q *quiet) due(what string) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	now := time.Now()
	if now.Sub(q.last[what]) < quietFor {
		return false
	}
	if len(q.last) > 100 { // texts of a library: they might hold what varies
		clear(q.last)
	}
	q.last[what] = now
	return true
}
