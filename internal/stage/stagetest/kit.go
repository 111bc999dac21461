// Package stagetest is a kit for tests of what happens in rooms: all parts of live
// selling on a real store and a clock that only moves when told to, with an engine
// and an inbox that remember what was asked of them.
package stagetest

import (
	"context"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"hawker/internal/audience"
	"hawker/internal/base/clock"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/catalog"
	"hawker/internal/category"
	"hawker/internal/chat"
	"hawker/internal/front"
	"hawker/internal/ingest"
	"hawker/internal/media/relay"
	"hawker/internal/media/stream"
	"hawker/internal/moderation"
	"hawker/internal/picture"
	"hawker/internal/platform/blob"
	"hawker/internal/platform/config"
	"hawker/internal/platform/dial"
	"hawker/internal/platform/events"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/jobs"
	"hawker/internal/platform/secret"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
	"hawker/internal/platform/supervise"
	"hawker/internal/room"
	"hawker/internal/shelf"
	"hawker/internal/show"
	"hawker/internal/social"
	"hawker/internal/stage"
)

// Kit is everything, for one shop.
type Kit struct {
	T        testing.TB
	DB       *sqldb.DB
	Clock    *clock.Manual
	Timers   *atomic.Int64 // that were set on the clock
	Box      *secret.Box
	Products *catalog.Service
	Words    *moderation.Service
	Follows  *social.Service
	News     *News
	Engine   *Engine
	Inbox    *Inbox
	People   Names
	Sockets  *Sockets
	Sent     *Sender
	Archive  *Archive
	Staff    Staff
	Category id.Category
	Shop     id.Shop
	Host     id.User

	Program
	Listener chat.Listener
}

// Program is what is made anew when the program starts again.
type Program struct {
	Rooms     *room.Service
	Shows     *show.Service
	Shelf     *shelf.Service
	Chat      *chat.Service
	Audience  *audience.Service
	Stage     *stage.Service
	Restreams *ingest.Restreams
	Ingest    *ingest.Service
	Bus       *events.Bus
	Queue     *jobs.Queue
	Auth      httpapi.Authorizer
}

// Open makes a kit.
func Open(t testing.TB, options ...sqltest.Option) *Kit {
	t.Helper()
	c := clock.NewManual(sqltest.Start)
	timers := &atomic.Int64{}
	db := sqltest.NewAt(t, counting{c, timers}, options...)
	box, err := secret.NewBox(make([]byte, secret.KeySize))
	if err != nil {
		t.Fatal(err)
	}
	disk, err := blob.NewDisk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := disk.Close(); err != nil {
			t.Error(err)
		}
	})
	k := &Kit{
		T: t, DB: db, Clock: c, Timers: timers, Box: box, News: &News{present: map[string]int{}},
		Engine: &Engine{Health: map[string]stream.Health{}}, Inbox: &Inbox{}, People: Names{}, Sockets: &Sockets{},
		Sent: &Sender{to: map[string][]relay.Target{}}, Archive: &Archive{},
		Shop: id.Make[id.Shop](db), Host: id.Make[id.User](db),
		Products: catalog.New(db, picture.New(db, disk)), Words: moderation.New(db), Follows: social.New(db,
			anyShop{}),
	}
	k.Staff = Staff{k.Host, k.Shop}
	shelf, err := category.New(k.DB).Add(context.Background(), lang.Text{lang.Chinese: "茶"})
	k.Must(err)
	k.Category = shelf.ID
	k.Restart()
	return k
}

// Restart makes the program anew, as after a crash: what was in memory is gone.
func (k *Kit) Restart() {
	k.die()
	log := slog.New(slog.DiscardHandler)
	news := room.News{Publisher: k.News, Log: log}
	p := &k.Program
	p.Rooms = room.New(room.Options{
		DB: k.DB, Box: k.Box, Notices: k.Inbox, Renditions: []int{720, 480, 360},
	})
	p.Shows = show.New(show.Options{
		DB: k.DB, Rooms: p.Rooms, Staff: k.Staff, Archive: k.Archive,
	})
	p.Shelf = shelf.New(shelf.Options{DB: k.DB, Log: log, Catalog: k.Products, News: news, Picture: k.Engine})
	p.Chat = chat.New(chat.Options{
		DB: k.DB, Log: log, Shows: p.Shows, Catalog: k.Products, Staff: k.Staff, News: news, Words: k.Words,
		Follows: k.Follows,
		Limiter: &limiter{clock: k.Clock, used: map[string]time.Time{}}, People: k.People, Listener: k.Listener,
		Sockets: k.Sockets,
	})
	p.Audience = audience.New(audience.Options{
		DB: k.DB, Log: log, Shows: p.Shows, News: news, Words: k.Words, People: k.People, Chat: p.Chat,
	})
	p.Restreams = ingest.NewRestreams(k.DB, k.Box, p.Rooms, k.Sent, dial.New([]int{443, 1935, 1936}, nil))
	p.Stage = stage.New(stage.Options{
		DB: k.DB, Log: log, Rooms: p.Rooms, Shows: p.Shows, Shelf: p.Shelf, News: news, Picture: k.Engine,
		Sender: p.Restreams, Sockets: k.Sockets, Followers: k.Follows, Notices: k.Inbox,
	})
	p.Ingest = ingest.New(ingest.Options{
		DB: k.DB, Log: log, Rooms: p.Rooms, Shows: p.Shows, Shelf: p.Shelf, Stage: p.Stage,
		Fronts: front.New(front.Options{
			DB: k.DB, Log: log, Live: config.Live{NginxHLS: "https://edge.example/hls/{name}.m3u8"},
		}),
	})
	p.Auth = httpapi.Authorizer{Staff: k.Staff, Rooms: p.Rooms}
	guard := supervise.New(log, k.Clock)
	var subs []events.Subscription
	subs = append(subs, p.Stage.Module().Subscriptions...)
	subs = append(subs, p.Shelf.Module(shelf.Views{Service: p.Shelf}, p.Shows).Subscriptions...)
	subs = append(subs, p.Chat.Module().Subscriptions...)
	subs = append(subs, p.Audience.Module().Subscriptions...)
	p.Bus = events.NewBus(k.DB, guard, subs...)
	p.Queue = jobs.NewQueue(k.DB, guard, p.Stage.Module().Jobs...)
}
