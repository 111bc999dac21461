package redis

import (
	"context"
	"time"

	"github.com/redis/rueidis"
)

// Locker keeps who holds which name. A server that lost everything gives a name to the
// next who asks, while the one before may still believe in it: fences are of the time,
// so that they grow all the same, and whoever writes under one is told apart by it.
type Locker struct{ Server *Server }

const (
	// KEYS[1]; ARGV: the holder, the term and the instant, in microseconds. Who comes
	// after another has the greater fence.
	hold = now + `
local was = redis.call('HMGET', KEYS[1], 'holder', 'until', 'fence')
local fence = tonumber(was[3] or '0')
if was[1] ~= ARGV[1] then
  if was[1] and tonumber(was[2]) >= now then return 0 end
  fence = math.max(fence + 1, math.floor(now / 1000))
end
redis.call('HSET', KEYS[1], 'holder', ARGV[1], 'until', string.format('%.0f', now + ARGV[2]),
  'fence', string.format('%.0f', fence))
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', ARGV[2] / 1000 + 86400000))
return string.format('%.0f', fence)`

	release = `
if redis.call('HGET', KEYS[1], 'holder') ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'until', '0')
return 1`
)

// Hold implements lease.Locker.
func (l Locker) Hold(ctx context.Context, name, holder string, d time.Duration) (fence int64, err error) {
	err = l.Server.ask(ctx, func(ctx context.Context, c rueidis.Client) error {
		fence, err = l.Server.scripts.hold.Exec(ctx, c, []string{prefix + "lease:" + name}, []string{
			holder, micros(d), instant(l.Server.instant()),
		}).AsInt64()
		return err
	})
	return fence, err
}

// Release implements lease.Locker.
func (l Locker) Release(ctx context.Context, name, holder string) error {
	return l.Server.ask(ctx, func(ctx context.Context, c rueidis.Client) error {
		return l.Server.scripts.release.Exec(ctx, c, []string{prefix + "lease:" + name}, []string{holder}).Error()
	})
}
