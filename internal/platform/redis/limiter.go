package redis

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"strconv"
	"time"

	"github.com/redis/rueidis"

	"hawker/internal/platform/cache"
)

// Limiter counts uses for all nodes, by GCRA: a key holds when its allowance is whole
// again, and each use puts that off.
type Limiter struct {
	Server *Server
	Name   string // whose limits they are: keys of two limiters are apart
}

const (
	// KEYS[1]; ARGV: the time between two uses, how much may be put off, and the instant,
	// in microseconds, 0 for the server's.
	allow = now + `
local tat = tonumber(redis.call('GET', KEYS[1]) or '0')
if tat < now then tat = now end
tat = tat + tonumber(ARGV[1])
if tat - now > tonumber(ARGV[2]) then return 0 end
redis.call('SET', KEYS[1], string.format('%.0f', tat), 'PX', string.format('%.0f', (tat - now) / 1000 + 1))
return 1`

	giveBack = now + `
local tat = tonumber(redis.call('GET', KEYS[1]) or '0') - tonumber(ARGV[1])
if tat <= now then return redis.call('DEL', KEYS[1]) end
redis.call('SET', KEYS[1], string.format('%.0f', tat), 'PX', string.format('%.0f', (tat - now) / 1000 + 1))
return 1`
)

// now is the beginning of a script: the last argument, or the server's time.
const now = `local now = tonumber(ARGV[#ARGV])
if now == 0 then local t = redis.call('TIME'); now = t[1] * 1000000 + t[2] end
`

// Allow implements cache.Limiter.
func (l Limiter) Allow(ctx context.Context, key string, r cache.Rate) (ok bool, err error) {
	if r.Count <= 0 {
		return true, nil
	}
	return l.run(ctx, l.Server.scripts.allow, key, r)
}

// Return implements cache.Limiter.
func (l Limiter) Return(ctx context.Context, key string, r cache.Rate) error {
	if r.Count <= 0 {
		return nil
	}
	_, err := l.run(ctx, l.Server.scripts.giveBack, key, r)
	return err
}

func (l Limiter) run(ctx context.Context, script *rueidis.Lua, key string, r cache.Rate) (yes bool, err error) {
	err = l.Server.ask(ctx, func(ctx context.Context, c rueidis.Client) error {
		yes, err = script.Exec(ctx, c, []string{l.key(key, r)}, []string{
			micros(r.Per / time.Duration(r.Count)), micros(r.Per), instant(l.Server.instant()),
		}).AsBool()
		return err
	})
	return yes && err == nil, err
}

// key names a use under one rate: a key whose rate is changed begins anew. What stands
// in it, an address or a mailbox, is nobody's business there.
func (l Limiter) key(key string, r cache.Rate) string {
	sum := sha256.Sum256([]byte(l.Name + "\x00" + key))
	return prefix + "limit:" + strconv.Itoa(r.Count) + "/" + strconv.FormatInt(r.Per.Milliseconds(), 10) + ":" +
		base64.RawURLEncoding.EncodeToString(sum[:16])
}

func micros(d time.Duration) string { return strconv.FormatInt(d.Microseconds(), 10) }

func instant(t time.Time) string {
	if t.IsZero() {
		return "0"
	}
	return strconv.FormatInt(t.UnixMicro(), 10)
}
