package stagetest

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"hawker/internal/account"
	"hawker/internal/base/clock"
	"hawker/internal/base/id"
	"hawker/internal/base/permission"
	"hawker/internal/media/relay"
	"hawker/internal/media/stream"
	"hawker/internal/platform/cache"
	"hawker/internal/show"
)

// News records what was published.
type News struct {
	mu      sync.Mutex
	sent    []item
	present map[string]int
}

type item struct {
	channel string
	body    map[string]any
}

// Publish implements room.Publisher.
func (n *News) Publish(_ context.Context, channel string, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return err
	}
	i := item{channel: channel}
	if err := json.Unmarshal(raw, &i.body); err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.sent = append(n.sent, i)
	return nil
}

// Listeners implements room.Publisher.
func (n *News) Listeners(channel string) int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.present[channel]
}

// Of gives what a channel heard of one type.
func (n *News) Of(channel, kind string) (out []map[string]any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, i := range n.sent {
		if i.channel == channel && i.body["type"] == kind {
			out = append(out, i.body)
		}
	}
	return out
}

// Engine is the picture as rooms see it.
type Engine struct {
	mu     sync.Mutex
	Health map[string]stream.Health
	Closed []string
	Marks  []stream.Mark
	Stages []stream.Stage // in the order in which they were set
	// OnStage is called before each.
	OnStage func()
}

// Stream implements stage.Picture.
func (e *Engine) Stream(id string) (stream.Health, bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	h, ok := e.Health[id]
	return h, ok
}

// Set changes a stream.
func (e *Engine) Set(id string, h stream.Health) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.Health[id] = h
}

// Kick implements stage.Picture.
func (*Engine) Kick(string) bool { return true }

// Mark implements shelf.Picture.
func (e *Engine) Mark(_ string, m stream.Mark) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.Marks = append(e.Marks, m)
	return nil
}

// Close implements stage.Picture.
func (e *Engine) Close(id string) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.Closed = append(e.Closed, id)
	return true
}

// SetStage implements stage.Picture.
func (e *Engine) SetStage(_ string, s stream.Stage) bool {
	if e.OnStage != nil {
		e.OnStage()
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.Stages = append(e.Stages, s)
	return true
}

// Inbox remembers who was told what, and under which ref.
type Inbox struct {
	mu   sync.Mutex
	Sent []string
	Refs []string
	Most int // people in one call
}

// Send implements room.Notices.
func (i *Inbox) Send(_ context.Context, users []id.User, kind, ref string, _ any) error {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.Most = max(i.Most, len(users))
	for _, u := range users {
		i.Sent = append(i.Sent, kind+" "+u.String())
		i.Refs = append(i.Refs, ref)
	}
	return nil
}

// Sender is the relay as rooms see it.
type Sender struct {
	mu sync.Mutex
	to map[string][]relay.Target
}

// Set implements ingest.Relay.
func (s *Sender) Set(room string, targets []relay.Target) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.to[room] = targets
}

// To is where a room is sent.
func (s *Sender) To(room id.Room) []relay.Target {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.to[room.String()]
}

// Forget is a relay that has just been started.
func (s *Sender) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.to)
}

// Status implements ingest.Relay.
func (*Sender) Status(string) map[string]relay.Status { return nil }

type anyShop struct{}

func (anyShop) Exists(context.Context, id.Shop) error { return nil }

// Names are the people whose names are known.
type Names map[id.User]account.User

// Names implements chat.Names.
func (n Names) Names(context.Context, []id.User) (map[id.User]account.User, error) { return n, nil }

// Staff lets the host of the kit do anything in its shop.
type Staff struct {
	User id.User
	Shop id.Shop
}

// May implements httpapi.StaffRegister.
func (s Staff) May(_ context.Context, user id.User, shop id.Shop, _ permission.Permission) (bool, error) {
	return user == s.User && shop == s.Shop, nil
}

// Sockets remembers who was asked again.
type Sockets struct {
	Channels []string
	Users    []id.User
	Drawn    []string
	Lifted   []string

	mu sync.Mutex
}

// Curtain implements stage.Sockets.
func (s *Sockets) Curtain(channel string) (lift func() error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Drawn = append(s.Drawn, channel)
	return func() error {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.Lifted = append(s.Lifted, channel)
		return nil
	}
}

// Recheck implements stage.Sockets.
func (s *Sockets) Recheck(_ context.Context, channel string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.Channels = append(s.Channels, channel)
	return nil
}

// RecheckUser implements chat.Sockets.
func (s *Sockets) RecheckUser(_ context.Context, user id.User) error {
	s.Users = append(s.Users, user)
	return nil
}

// Archive remembers what was deleted.
type Archive struct {
	Removed []string
	Broken  string                                      // a folder that cannot be deleted
	Found   func(x show.Show) ([]show.Recording, error) // nil: nothing lies there
	Real    show.Archive                                // instead of all that
}

// Recordings implements show.Archive.
func (a *Archive) Recordings(ctx context.Context, x show.Show) ([]show.Recording, error) {
	switch {
	case a.Real != nil:
		return a.Real.Recordings(ctx, x)
	case a.Found != nil:
		return a.Found(x)
	}
	return nil, nil
}

// Remove implements show.Archive.
func (a *Archive) Remove(ctx context.Context, r id.Room, x id.Show, folder string) error {
	if a.Real != nil {
		return a.Real.Remove(ctx, r, x, folder)
	}
	if folder == a.Broken {
		return errors.New("the disk says no")
	}
	a.Removed = append(a.Removed, folder)
	return nil
}

// limiter allows one in a time. The real one keeps a goroutine for good, which
// testing/synctest does not allow.
type limiter struct {
	clock clock.Clock
	mu    sync.Mutex
	used  map[string]time.Time
}

// Allow implements cache.Limiter.
func (l *limiter) Allow(_ context.Context, key string, r cache.Rate) (bool, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock.Now()
	if at, ok := l.used[key]; ok && now.Sub(at) < r.Per {
		return false, nil
	}
	l.used[key] = now
	return true, nil
}

func (*limiter) Return(context.Context, string, cache.Rate) error { return nil }

// counting is a clock that counts who waits for it.
type counting struct {
	*clock.Manual
	timers *atomic.Int64
}

// NewTimer implements clock.Clock.
func (c counting) NewTimer(d time.Duration) clock.Timer {
	c.timers.Add(1)
	return c.Manual.NewTimer(d)
}
