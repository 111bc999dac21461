// Package engine chooses, by configuration alone, what a mall stands on beside its
// database: what this process has by itself, or servers that several nodes share.
package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/config"
	"hawker/internal/platform/drain"
	"hawker/internal/platform/events/broker"
	"hawker/internal/platform/module"
	"hawker/internal/platform/realtime"
	"hawker/internal/platform/redis"
	"hawker/internal/platform/trace"
)

// Set is what was chosen.
type Set struct {
	Carrier broker.Carrier // of events; nil: the database carries them

	clock   clock.Clock
	log     *slog.Logger
	redis   *redis.Server // nil: by itself
	traces  *trace.Traces // nil: nothing is recorded
	objects objects
	leaving drain.Gate
	drain   time.Duration

	mu   sync.Mutex
	back []func(ctx context.Context)
}

// Open reads what is configured. Servers are found when they are first asked. key is a secret that
// all nodes of the mall have.
func Open(ctx context.Context, cfg config.Config, key string, c clock.Clock, log *slog.Logger) (*Set, error) {
	carrier, err := broker.Open(cfg.Broker, c, log)
	if err != nil {
		return nil, err
	}
	s := &Set{Carrier: carrier, clock: c, log: log, drain: cfg.Node.Drain}
	s.traces, err = trace.Open(ctx, trace.Options{
		Telemetry: cfg.Telemetry, Roles: cfg.Node.Roles, Key: key, Clock: c, Log: log,
	})
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if s.objects, err = openObjects(cfg); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if cfg.Redis.URL == "" {
		return s, nil
	}
	if s.redis, err = redis.Open(redis.Options{URL: cfg.Redis.URL, Clock: c}); err != nil {
		return nil, errors.Join(fmt.Errorf("redis.url: %w", err), s.Close())
	}
	return s, nil
}

// Hears tells whether several nodes can serve one mall: they hear each other.
func (s *Set) Hears() bool { return s.redis != nil }

// Limiter counts uses of keys that name tells apart from others' keys.
func (s *Set) Limiter(name string) cache.Limiter {
	own := cache.NewMemoryLimiter(s.clock)
	if s.redis == nil {
		return own
	}
	return cache.Fallback{Shared: redis.Limiter{Server: s.redis, Name: name}, Own: own}
}

// Realtime is the engine of the channels.
func (s *Set) Realtime() realtime.Opener {
	if s.redis == nil {
		return realtime.Memory
	}
	return s.redis.Realtime
}

// Back has fn called when what nodes tell one another may have been lost, because its
// server was away and is there again.
func (s *Set) Back(fn func(ctx context.Context)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.back = append(s.back, fn)
}

// lookEvery is how long a server may be away before anybody here knows.
const lookEvery = 2 * time.Second

// Runners look whether servers are there, and send what waits for one.
func (s *Set) Runners() []module.Runner {
	out := []module.Runner{{Name: "redis", Run: s.watchRedis}, {Name: "objects", Run: s.watchBucket}}
	for _, sp := range s.objects.spools {
		out = append(out, module.Runner{Name: "spool", Run: sp.Run})
	}
	return out
}

func (s *Set) watchRedis(ctx context.Context) error {
	if s.redis == nil {
		<-ctx.Done()
		return nil
	}
	away := false
	for {
		timer := s.clock.NewTimer(lookEvery)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C():
		}
		err := s.redis.Ping(ctx)
		switch gone := errors.Is(err, redis.ErrAway); {
		case gone && !away:
			s.log.Warn("redis is away: limits are each node's own, channels are silent", "host", s.redis.Host())
		case !gone && away && err == nil:
			s.log.Info("redis is back", "host", s.redis.Host())
			s.mu.Lock()
			back := s.back
			s.mu.Unlock()
			for _, fn := range back {
				fn(ctx)
			}
		}
		if err == nil || errors.Is(err, redis.ErrAway) {
			away = err != nil
		}
	}
}

// Degraded names the servers that are away: the mall sells on without them.
func (s *Set) Degraded(ctx context.Context) (names []string) {
	if s.redis != nil && s.redis.Ping(ctx) != nil {
		names = append(names, "redis")
	}
	if s.objects.bucket != nil && s.pingBucket(ctx) != nil {
		names = append(names, "objects")
	}
	if s.Carrier != nil && s.Carrier.Ping(ctx) != nil {
		names = append(names, "broker")
	}
	return names
}

// Close lets go of the servers, of the collector of traces last.
func (s *Set) Close() error {
	var errs []error
	if s.redis != nil {
		errs = append(errs, s.redis.Close())
	}
	if s.Carrier != nil {
		errs = append(errs, s.Carrier.Close())
	}
	if s.objects.bucket != nil {
		errs = append(errs, s.objects.bucket.Close())
	}
	for _, d := range s.objects.disks {
		errs = append(errs, d.Close())
	}
	s.closeTraces()
	return errors.Join(errs...)
}
