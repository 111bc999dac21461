// Package audience keeps who watches shows: how many there are, who comes, who
// likes and follows, and the minutes' figures of it. All of that happens too often
// for the database: it is gathered in memory, and written and told every moment
// while a show runs; nothing is done while none does.
package audience

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"sync"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/chat"
	"hawker/internal/moderation"
	"hawker/internal/order"
	"hawker/internal/platform/sqldb"
	"hawker/internal/room"
	"hawker/internal/show"
	"hawker/internal/social"
)

// Options are what the module needs of others.
type Options struct {
	DB     *sqldb.DB
	Log    *slog.Logger
	Shows  *show.Service
	News   room.News
	Words  *moderation.Service
	People chat.Names
	Chat   *chat.Service
}

// Service is the module.
type Service struct {
	db     *sqldb.DB
	log    *slog.Logger
	shows  *show.Service
	news   room.News
	words  *moderation.Service
	people chat.Names
	chat   *chat.Service
	all    *crowds
}

// New makes the module.
func New(o Options) *Service {
	return &Service{
		db: o.DB, log: o.Log, shows: o.Shows, news: o.News, words: o.Words, people: o.People, chat: o.Chat,
		all: &crowds{of: map[id.Show]*crowd{}},
	}
}

// News that a room hears, by their type.
const (
	newsStats  = "stats"
	newsJoined = "joined"
)

// LikesMax is how many likes one request may bring.
const LikesMax = 50

type statsNews struct {
	Type    string `json:"type"`
	Viewers int    `json:"viewers"`
	Likes   int64  `json:"likes"`
}

type joinedNews struct {
	Type  string `json:"type"`
	Kind  string `json:"kind"` // joined, followed
	Name  string `json:"user_name"`
	Count int64  `json:"count"`
}

// crowds is who watches which show. What could not be written stays here.
type crowds struct {
	mu sync.Mutex
	of map[id.Show]*crowd
}

// crowd is who watches a show, since the program knows of it.
type crowd struct {
	show   show.Show
	fresh  show.Figures // not written yet
	likes  int64        // all of the show, fresh ones too
	peak   int64        // as it is written
	noted  time.Time    // when the minute was written last
	seen   map[id.User]bool
	told   statsNews
	toldAt time.Time // joins

	came, followed int64   // since joins were told
	joined, comer  id.User // the newest one who came and is known, the newest follower
	bought         int     // purchases that wait to be told
}

// at lets f change the crowd of a show that runs.
func (a *crowds) at(x show.Show, f func(c *crowd)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	c := a.of[x.ID]
	if c == nil {
		// The program may have ended in the middle of a moment: it looks once for
		// purchases that were not told.
		c = &crowd{show: x, likes: x.Likes, peak: x.ViewersPeak, seen: map[id.User]bool{}, bought: 1}
		a.of[x.ID] = c
	}
	f(c)
}

func (a *crowds) empty() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.of) == 0
}

const (
	statsEvery = 700 * time.Millisecond
	joinsEvery = 2 * time.Second
	minuteNote = 10 * time.Second // the row is of a minute
	seenMax    = 100_000
)

// entered counts somebody who came into a room on air; one who reconnects has not
// come anew.
func (s *Service) entered(r id.Room, user id.User) {
	x, ok := s.shows.RunningIn(r)
	if !ok {
		return
	}
	s.all.at(x, func(c *crowd) {
		if !user.IsZero() {
			if c.seen[user] || len(c.seen) >= seenMax {
				return
			}
			c.seen[user] = true
			c.joined = user
		}
		c.fresh.Entries++
		c.came++
	})
}

// Like adds to a show's likes and answers all of them. They are written every
// moment: a crash may lose less than a second of them. Where none runs, the
// figures stand. Fault live.not_found.
func (s *Service) Like(ctx context.Context, r id.Room, count int64) (likes int64, err error) {
	x, ok := s.shows.RunningIn(r)
	if !ok {
		st, err := s.shows.Standing(ctx, r)
		return st.Now.Likes, err
	}
	s.all.at(x, func(c *crowd) {
		c.likes += count
		c.fresh.Likes += count
		likes = c.likes
	})
	return likes, nil
}

// noteFollow counts a follower who came by a room on air of that shop.
func (s *Service) noteFollow(_ context.Context, f social.Followed) error {
	if x, ok := s.shows.RunningIn(f.Room); ok && x.Shop == f.Shop {
		s.all.at(x, func(c *crowd) {
			c.fresh.Follows++
			c.followed++
			c.comer = f.User
		})
	}
	return nil
}

// noteBought remembers that the chat has a purchase to tell.
func (s *Service) noteBought(_ context.Context, f order.Payload) error {
	if x, ok := s.shows.RunningIn(f.Room); ok {
		s.all.at(x, func(c *crowd) { c.bought++ })
	}
	return nil
}

// Run tells every room on air how many watch and like, who came and what was
// bought, when that has changed, until ctx ends. While none is on air it sleeps.
func (s *Service) Run(ctx context.Context) error {
	for {
		if s.all.empty() && !s.shows.Await(ctx) {
			return nil
		}
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

// moment is what a crowd has gathered when it is looked at.
type moment struct {
	crowd
	viewers int
	running bool
	tells   bool // this node tells how many there are
	minute  bool // its row is due
	joins   bool // to be told
}

// Tally writes and tells once what gathered in all rooms. Not to be called by two
// at a time.
func (s *Service) Tally(ctx context.Context) error {
	moments := s.look()
	figures, err := s.write(ctx, moments)
	if err != nil {
		return err // all of it stays for the next moment
	}
	for _, m := range moments {
		s.settle(m, figures[m.show.ID])
		if m.running {
			s.tellCrowd(ctx, m)
		}
	}
	return nil
}

// tells reports whether this node tells how many watch a show on all nodes: that which has the picture.
// Who came by its own sockets each node tells itself.
func (s *Service) tells(x show.Show) bool { return x.Node == "" || x.Node == s.db.Node() }

// look takes down what gathered, and forgets who watched a show that is over when
// nothing of them is left to write.
func (s *Service) look() (out []moment) {
	now := s.db.Clock().Now()
	running, told := map[id.Show]bool{}, map[id.Show]bool{}
	for _, x := range s.shows.Running() {
		running[x.ID] = true
		told[x.ID] = s.tells(x)
		s.all.at(x, func(*crowd) {})
	}
	s.all.mu.Lock()
	defer s.all.mu.Unlock()
	for x, c := range s.all.of {
		if !running[x] && c.fresh == (show.Figures{}) {
			delete(s.all.of, x)
			continue
		}
		m := moment{crowd: *c, running: running[x], tells: told[x], minute: told[x] && now.Sub(c.noted) >= minuteNote}
		m.joins = m.running && now.Sub(c.toldAt) >= joinsEvery
		m.seen = nil // stays with its owner
		out = append(out, m)
	}
	for i := range out {
		if out[i].tells {
			out[i].viewers = s.news.Viewers(out[i].show.Room)
		}
		out[i].fresh.ViewersPeak = max(int64(out[i].viewers), out[i].peak)
	}
	return out
}

// writes tells whether a moment has anything for the database.
func (m moment) writes() bool {
	return m.fresh.Likes+m.fresh.Entries+m.fresh.Follows > 0 || m.fresh.ViewersPeak > m.peak
}

// write is one transaction for all rooms of a moment, none if nothing happened. It
// answers how figures are that were written.
func (s *Service) write(ctx context.Context, moments []moment) (map[id.Show]show.Figures, error) {
	figures := map[id.Show]show.Figures{}
	due := false
	for _, m := range moments {
		due = due || m.minute || m.writes()
	}
	if !due {
		return figures, nil
	}
	err := s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		clear(figures)
		for _, m := range moments {
			if m.writes() {
				f, err := show.AddFigures(ctx, tx, m.show.ID, m.fresh)
				if err != nil && !errors.Is(err, sql.ErrNoRows) { // a rehearsal that was forgotten meanwhile
					return err
				}
				figures[m.show.ID] = f
			}
			if m.minute {
				if err := show.NoteMinute(ctx, tx, m.show.ID, int64(m.viewers)); err != nil {
					return err
				}
			}
		}
		return nil
	})
	return figures, err
}

// settle takes what was written and is about to be told from what waits for that.
func (s *Service) settle(m moment, written show.Figures) {
	now := s.db.Clock().Now()
	s.all.mu.Lock()
	defer s.all.mu.Unlock()
	c := s.all.of[m.show.ID]
	if c == nil {
		return
	}
	if m.writes() {
		c.fresh.Likes -= m.fresh.Likes
		c.fresh.Entries -= m.fresh.Entries
		c.fresh.Follows -= m.fresh.Follows
		c.peak = max(m.fresh.ViewersPeak, written.ViewersPeak)
		c.likes = max(written.Likes+c.fresh.Likes, c.likes) // another node may have added some
	}
	if m.minute {
		c.noted = now
	}
	if m.joins {
		c.came, c.followed, c.toldAt = c.came-m.came, c.followed-m.followed, now
		if c.joined == m.joined {
			c.joined = id.User{}
		}
		if c.comer == m.comer {
			c.comer = id.User{}
		}
	}
	if m.running {
		c.told = m.stats()
	}
}

func (m moment) stats() statsNews { return statsNews{newsStats, m.viewers, m.likes} }

// tellCrowd tells who watches, who came, who follows now and who bought.
func (s *Service) tellCrowd(ctx context.Context, m moment) {
	if news := m.stats(); m.tells && news != m.told {
		s.news.Tell(ctx, m.show.Room, news)
	}
	if m.joins {
		s.tellJoins(ctx, m)
	}
	if m.bought > 0 || m.minute { // now and then also what a handler brought late
		if err := s.chat.TellBought(ctx, m.show); err != nil {
			s.log.Warn("purchases not told", "room", m.show.Room.String(), "error", err)
			return // they wait for the next moment
		}
		s.all.at(m.show, func(c *crowd) { c.bought -= m.bought })
	}
}

func (s *Service) tellJoins(ctx context.Context, m moment) {
	var users []id.User
	for _, u := range []id.User{m.joined, m.comer} {
		if !u.IsZero() {
			users = append(users, u)
		}
	}
	if len(users) == 0 {
		return
	}
	names, err := s.people.Names(ctx, users)
	if err != nil {
		s.log.Warn("names of who came", "error", err)
	}
	if !m.joined.IsZero() {
		name := chat.Masked(names[m.joined].DisplayName)
		s.news.Tell(ctx, m.show.Room, joinedNews{newsJoined, "joined", name, m.came})
	}
	if !m.comer.IsZero() {
		name := chat.Masked(names[m.comer].DisplayName)
		s.news.Tell(ctx, m.show.Room, joinedNews{newsJoined, "followed", name, m.followed})
	}
}
