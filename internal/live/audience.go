package live

import (
	"context"
	"fmt"
	"maps"
	"sync"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/platform/sqldb"
)

// audience is what happens too often for the database: it is gathered here and
// told, or written, every moment.
type audience struct {
	mu     sync.Mutex
	crowds map[id.Room]*crowd
	told   map[id.Room]statsNews // by Tally
}

// crowd is what gathered since the last telling.
type crowd struct {
	likes   int64
	entries int64
	follows int64
	joined  id.User // the newest one who came and is known
	comer   id.User // the newest follower
	bought  []purchase
	seen    map[id.User]bool // came in during this show
	told    time.Time        // when joins were told last
}

// purchase is an order that the chat is about to show.
type purchase struct {
	buyer string
	user  id.User
	texts lang.Text
}

func newAudience() audience {
	return audience{crowds: map[id.Room]*crowd{}, told: map[id.Room]statsNews{}}
}

func (a *audience) at(room id.Room, f func(c *crowd)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	c := a.crowds[room]
	if c == nil {
		c = &crowd{seen: map[id.User]bool{}}
		a.crowds[room] = c
	}
	f(c)
}

// take empties what gathered in a room.
func (a *audience) take(room id.Room, now time.Time) (c crowd) {
	a.mu.Lock()
	defer a.mu.Unlock()
	have := a.crowds[room]
	if have == nil {
		return crowd{}
	}
	c = *have
	tell := now.Sub(have.told) >= joinsEvery
	have.likes, have.bought = 0, nil
	if !tell {
		c.entries, c.follows, c.joined, c.comer = 0, 0, id.User{}, id.User{}
		return c
	}
	have.entries, have.follows, have.joined, have.comer, have.told = 0, 0, id.User{}, id.User{}, now
	return c
}

// keep forgets rooms that are not on air.
func (a *audience) keep(live map[id.Room]onAir) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for room, c := range a.crowds {
		if _, on := live[room]; !on && c.likes == 0 {
			delete(a.crowds, room)
		}
	}
}

const (
	statsEvery   = 700 * time.Millisecond
	joinsEvery   = 2 * time.Second
	seenMax      = 100_000
	boughtSingly = 3 // more orders in one moment are told as one line
)

// entered counts somebody who came into a room; one who reconnects has not come
// anew.
func (s *Service) entered(room id.Room, user id.User) {
	s.audience.at(room, func(c *crowd) {
		if !user.IsZero() {
			if c.seen[user] || len(c.seen) >= seenMax {
				return
			}
			c.seen[user] = true
			c.joined = user
		}
		c.entries++
	})
}

// Like adds to a room's likes and answers all of them. They are written every
// moment: a crash may lose less than a second of them.
func (s *Service) Like(ctx context.Context, room id.Room, count int64) (int64, error) {
	r, err := s.Find(ctx, room)
	if err != nil {
		return 0, err
	}
	likes := r.Likes
	if r.State != Live && r.State != Paused {
		return likes, nil // the show is over: its figures stand
	}
	s.audience.at(room, func(c *crowd) {
		c.likes += count
		likes += c.likes
	})
	return likes, nil
}

type joinedNews struct {
	Type  string `json:"type"`
	Kind  string `json:"kind"` // joined, followed
	Name  string `json:"user_name"`
	Count int64  `json:"count"`
}

// RunStats tells every live room how many watch and like, who came and what was
// bought, when that has changed, until ctx ends.
func (s *Service) RunStats(ctx context.Context) error {
	for {
		timer := s.db.Clock().NewTimer(statsEvery)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C():
		}
		if err := s.Tally(ctx); err != nil && ctx.Err() == nil {
			s.log.Error("room stats", "error", err)
		}
	}
}

// onAir is a room that is on air with its figures as they are written.
type onAir struct {
	likes, messages, peak int64
	mode                  Mode
	shop                  id.Shop
}

// Tally writes and tells once what gathered in all rooms. Not to be called by two
// at a time.
func (s *Service) Tally(ctx context.Context) error {
	changes := s.stage.seen()
	rooms, private, err := roomsOnStage(ctx, s.db.Reader())
	if err != nil {
		return err
	}
	s.stage.replace(private, changes)
	now := s.db.Clock().Now()
	taken := map[id.Room]crowd{}
	for room := range rooms {
		taken[room] = s.audience.take(room, now)
	}
	s.audience.keep(rooms)
	if err := s.writeTally(ctx, rooms, taken); err != nil {
		return err
	}
	for room, r := range rooms {
		c := taken[room]
		news := statsNews{newsStats, s.Viewers(room), r.likes + c.likes}
		if news != s.audience.told[room] {
			s.audience.told[room] = news
			s.tell(ctx, room, news)
		}
		s.tellCrowd(ctx, room, c)
	}
	maps.DeleteFunc(s.audience.told, func(room id.Room, _ statsNews) bool {
		_, still := rooms[room]
		return !still
	})
	return nil
}

// writeTally is one transaction for all rooms of a moment. A minute's row holds
// the viewers of its end, and likes and messages since the beginning.
func (s *Service) writeTally(ctx context.Context, rooms map[id.Room]onAir, taken map[id.Room]crowd) error {
	if len(rooms) == 0 {
		return nil
	}
	return s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		for room, r := range rooms {
			c, viewers := taken[room], int64(s.Viewers(room))
			if c.likes+c.entries+c.follows > 0 || viewers > r.peak {
				if err := addFigures(ctx, tx, room, c, max(viewers, r.peak)); err != nil {
					return err
				}
			}
			if err := s.noteMinute(ctx, tx, room, viewers, r.likes+c.likes, r.messages); err != nil {
				return err
			}
		}
		return nil
	})
}

// noteMinute writes at most every few seconds: the row is of a minute.
func (s *Service) noteMinute(ctx context.Context, tx *sqldb.Tx, room id.Room, viewers, likes, messages int64) error {
	due := false
	s.stage.at(func() {
		if at := s.stage.noted[room]; tx.Now().Sub(at) >= minuteNote {
			due = true
			if s.stage.noted == nil {
				s.stage.noted = map[id.Room]time.Time{}
			}
			s.stage.noted[room] = tx.Now()
		}
	})
	if !due {
		return nil
	}
	return putMinute(ctx, tx, room, tx.Now().Truncate(time.Minute), viewers, likes, messages)
}

const minuteNote = 10 * time.Second

// tellCrowd tells who came, who follows now and who bought. When many did, one
// line stands for all.
func (s *Service) tellCrowd(ctx context.Context, room id.Room, c crowd) {
	var users []id.User
	for _, u := range []id.User{c.joined, c.comer} {
		if !u.IsZero() {
			users = append(users, u)
		}
	}
	if len(users) > 0 && s.people != nil {
		names, err := s.people.Names(ctx, users)
		if err != nil {
			s.log.Warn("names of who came", "error", err)
		}
		if !c.joined.IsZero() {
			s.tell(ctx, room, joinedNews{newsJoined, "joined", masked(names[c.joined].DisplayName), c.entries})
		}
		if !c.comer.IsZero() {
			s.tell(ctx, room, joinedNews{newsJoined, "followed", masked(names[c.comer].DisplayName), c.follows})
		}
	}
	for _, m := range boughtLines(room, c.bought) {
		if _, err := s.Say(ctx, m); err != nil {
			s.log.Warn("purchase not told", "room", room.String(), "error", err)
		}
	}
}

func boughtLines(room id.Room, bought []purchase) (out []Message) {
	if len(bought) > boughtSingly {
		first := bought[0]
		texts := lang.Text{
			lang.Chinese: fmt.Sprintf("等 %d 人下单：%s", len(bought), first.texts.In(lang.Chinese)),
			lang.English: fmt.Sprintf("and %d others bought: %s", len(bought)-1, first.texts.In(lang.English)),
		}
		bought = []purchase{{first.buyer, first.user, texts}}
	}
	for _, b := range bought {
		out = append(out, Message{Room: room, User: b.user, Name: b.buyer, Kind: FromOrder, Text: b.texts.In(lang.Chinese), Texts: b.texts})
	}
	return out
}

// stage remembers which rooms are not public, so that each piece of a picture
// that is asked for needs no look into the database.
type stage struct {
	mu      sync.RWMutex
	private map[id.Room]id.Shop
	changes int // made here; what was read before one of them is old
	noted   map[id.Room]time.Time
}

func (g *stage) at(f func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	f()
}

func (g *stage) set(room id.Room, shop id.Shop, mode Mode) {
	g.at(func() {
		g.changes++
		if mode == Open {
			delete(g.private, room)
			return
		}
		if g.private == nil {
			g.private = map[id.Room]id.Shop{}
		}
		g.private[room] = shop
	})
}

func (g *stage) seen() int {
	g.mu.RLock()
	defer g.mu.RUnlock()
	return g.changes
}

// replace takes what the database says, unless something was changed here since
// it was asked: a room that has just been closed must not open for a moment.
func (g *stage) replace(private map[id.Room]id.Shop, asked int) {
	g.at(func() {
		if g.changes == asked {
			g.private = private
		}
	})
}

// Private tells whether a room's picture is for the staff of a shop only.
func (s *Service) Private(room id.Room) (shop id.Shop, private bool) {
	s.stage.mu.RLock()
	defer s.stage.mu.RUnlock()
	shop, private = s.stage.private[room]
	return shop, private
}
