// Package stagetest is a kit for tests of what happens in rooms: all parts of live
// selling on a real store and a clock that only moves when told to, with an engine
// and an inbox that remember what was asked of them.
package stagetest

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hawker/internal/account"
	"hawker/internal/audience"
	"hawker/internal/base/clock"
	"hawker/internal/base/event"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/base/permission"
	"hawker/internal/catalog"
	"hawker/internal/chat"
	"hawker/internal/ingest"
	"hawker/internal/media/relay"
	"hawker/internal/media/stream"
	"hawker/internal/moderation"
	"hawker/internal/order"
	"hawker/internal/platform/blob"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/events"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/jobs"
	"hawker/internal/platform/realtime"
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
}

// Recheck implements stage.Sockets.
func (s *Sockets) Recheck(_ context.Context, channel string) error {
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
	Broken  string // a folder that cannot be deleted
}

// Remove implements show.Archive.
func (a *Archive) Remove(_ id.Room, _ id.Show, folder string) error {
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
func Open(t testing.TB) *Kit {
	t.Helper()
	c := clock.NewManual(sqltest.Start)
	timers := &atomic.Int64{}
	db := sqltest.NewAt(t, counting{c, timers})
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
		Products: catalog.New(db, catalog.NewMedia(db, disk)), Words: moderation.New(db), Follows: social.New(db,
			anyShop{}),
	}
	k.Staff = Staff{k.Host, k.Shop}
	category, err := k.Products.AddCategory(context.Background(), lang.Text{lang.Chinese: "茶"})
	k.Must(err)
	k.Category = category.ID
	k.Restart()
	return k
}

// Restart makes the program anew, as after a crash: what was in memory is gone.
func (k *Kit) Restart() {
	log := slog.New(slog.DiscardHandler)
	news := room.News{Publisher: k.News, Log: log}
	p := &k.Program
	p.Rooms = room.New(room.Options{
		DB: k.DB, Box: k.Box, Log: log, Notices: k.Inbox, Renditions: []int{720, 480, 360},
	})
	p.Shows = show.New(show.Options{
		DB: k.DB, Log: log, Rooms: p.Rooms, Staff: k.Staff, Followers: k.Follows, Notices: k.Inbox, Archive: k.Archive,
	})
	p.Shelf = shelf.New(shelf.Options{DB: k.DB, Log: log, Catalog: k.Products, News: news, Picture: k.Engine})
	p.Chat = chat.New(chat.Options{
		DB: k.DB, Log: log, Shows: p.Shows, Catalog: k.Products, News: news, Words: k.Words, Follows: k.Follows,
		Limiter: &limiter{clock: k.Clock, used: map[string]time.Time{}}, People: k.People, Listener: k.Listener,
		Sockets: k.Sockets,
	})
	p.Audience = audience.New(audience.Options{
		DB: k.DB, Log: log, Shows: p.Shows, News: news, Words: k.Words, People: k.People, Chat: p.Chat,
	})
	p.Restreams = ingest.NewRestreams(k.DB, k.Box, p.Rooms, k.Sent)
	p.Stage = stage.New(stage.Options{
		DB: k.DB, Log: log, Rooms: p.Rooms, Shows: p.Shows, Shelf: p.Shelf, News: news, Picture: k.Engine,
		Sender: p.Restreams, Sockets: k.Sockets,
	})
	p.Ingest = ingest.New(ingest.Options{
		DB: k.DB, Log: log, Rooms: p.Rooms, Shows: p.Shows, Shelf: p.Shelf, Stage: p.Stage,
		Playlists: map[string]string{"nginx-rtmp": "https://edge.example/hls/{name}.m3u8"},
	})
	p.Auth = httpapi.Authorizer{Staff: k.Staff, Rooms: p.Rooms}
	guard := supervise.New(log, k.Clock)
	var subs []events.Subscription
	subs = append(subs, p.Shows.Module().Subscriptions...)
	subs = append(subs, p.Shelf.Module(shelf.Views{Service: p.Shelf}, p.Shows).Subscriptions...)
	subs = append(subs, p.Chat.Module().Subscriptions...)
	subs = append(subs, p.Audience.Module().Subscriptions...)
	p.Bus = events.NewBus(k.DB, guard, subs...)
	p.Queue = jobs.NewQueue(k.DB, guard, p.Shows.Module().Jobs...)
}

// Must ends the test on an error.
func (k *Kit) Must(err error) {
	k.T.Helper()
	if err != nil {
		k.T.Fatal(err)
	}
}

// Product adds one to a shop.
func (k *Kit) Product(shop id.Shop, title string) catalog.Product {
	k.T.Helper()
	p, err := k.Products.Create(context.Background(), shop, k.Host, catalog.DraftProduct{
		Title: lang.Text{lang.Chinese: title}, Category: k.Category,
		SKUs: []catalog.DraftSKU{{Price: 100, Initial: 10}},
	})
	k.Must(err)
	return p
}

// Room makes one that sells some products.
func (k *Kit) Room(products ...catalog.Product) id.Room {
	k.T.Helper()
	plan := stage.Plan{Plan: room.Plan{Shop: k.Shop, Host: k.Host, Title: "Tea"}}
	for _, p := range products {
		plan.Products = append(plan.Products, p.ID)
	}
	st, err := k.Stage.Create(context.Background(), plan)
	k.Must(err)
	return st.ID
}

// Key is a room's.
func (k *Kit) Key(r id.Room) string {
	k.T.Helper()
	key, err := k.Rooms.Key(context.Background(), r)
	k.Must(err)
	return key
}

// Admit asks for a publisher with a key.
func (k *Kit) Admit(key string) (stream.Grant, error) {
	return k.Ingest.Admit(context.Background(), stream.PublishRequest{App: "live", Name: key})
}

// Standing is how a room stands.
func (k *Kit) Standing(r id.Room) show.Standing {
	k.T.Helper()
	st, err := k.Shows.Standing(context.Background(), r)
	k.Must(err)
	return st
}

// Want checks the state of a room.
func (k *Kit) Want(r id.Room, want show.State) show.Standing {
	k.T.Helper()
	st := k.Standing(r)
	if st.State() != want {
		k.T.Errorf("the room is %s, want %s", st.State(), want)
	}
	return st
}

// Publish lets a publisher come; its picture is two seconds old.
func (k *Kit) Publish(r id.Room) {
	k.Engine.Set(r.String(), stream.Health{Live: true, Clock: k.Clock.Now().Add(-2 * time.Second)})
	k.Ingest.OnPublish(r.String(), 1)
}

// Unpublish lets it go.
func (k *Kit) Unpublish(r id.Room) {
	k.Engine.Set(r.String(), stream.Health{})
	k.Ingest.OnUnpublish(r.String(), 1, nil)
}

// Pass lets time pass, for a picture too.
func (k *Kit) Pass(r id.Room, d time.Duration) {
	k.Clock.Advance(d)
	h, _ := k.Engine.Stream(r.String())
	h.Clock = h.Clock.Add(d)
	k.Engine.Set(r.String(), h)
}

// End ends the show of a room as its host.
func (k *Kit) End(r id.Room) {
	k.T.Helper()
	k.Must(k.Stage.End(context.Background(), k.Shop, r))
	k.Unpublish(r)
}

// Sweep ends what has waited too long.
func (k *Kit) Sweep() {
	k.T.Helper()
	k.Must(k.Stage.Sweep(context.Background()))
}

// Tally tells and writes what gathered.
func (k *Kit) Tally() {
	k.T.Helper()
	k.Must(k.Audience.Tally(context.Background()))
}

// Drain lets events and jobs be done.
func (k *Kit) Drain() {
	k.T.Helper()
	k.Must(k.Bus.Drain(context.Background()))
	k.Must(k.Queue.Drain(context.Background()))
}

// Mode takes a room to a mode.
func (k *Kit) Mode(r id.Room, m room.Mode) error {
	return k.Stage.SetMode(context.Background(), k.Shop, r, m)
}

// Pin explains a product.
func (k *Kit) Pin(r id.Room, product id.Product) shelf.Pin {
	k.T.Helper()
	p, err := k.Shelf.Pin(context.Background(), k.Shop, r, product, k.Host)
	k.Must(err)
	return p
}

// Speak says something for a viewer and answers the fault's code.
func (k *Kit) Speak(r id.Room, user id.User, text string) (chat.Message, string) {
	k.T.Helper()
	m, err := k.Chat.Speak(context.Background(), chat.Message{
		Room: r, User: user, Name: "V", Kind: chat.FromViewer, Text: text,
	})
	if err != nil && fault.Code(err) == "" {
		k.T.Fatal(err)
	}
	return m, fault.Code(err)
}

// Enter comes into a room by its channel.
func (k *Kit) Enter(r id.Room, user id.User) realtime.Entry {
	k.T.Helper()
	ch := k.Audience.Module().Channels[0]
	actor := httpapi.Actor{User: user}
	pass, err := k.Auth.Check(context.Background(), ch.Access, actor, ch.Subject(r.String()))
	if fault.As(err) != nil {
		return realtime.Refused
	}
	k.Must(err)
	entry, err := ch.Enter(context.Background(), actor, r.String(), pass)
	k.Must(err)
	return entry
}

// Present says how many listen to a room.
func (k *Kit) Present(r id.Room, n int) {
	k.News.mu.Lock()
	defer k.News.mu.Unlock()
	k.News.present[realtime.RoomChannel(r)] = n
}

// Record records facts and lets them arrive.
func (k *Kit) Record(facts ...event.Event) {
	k.T.Helper()
	k.Must(k.DB.Update(context.Background(), func(ctx context.Context, tx *sqldb.Tx) error {
		return events.Record(ctx, tx, facts...)
	}))
	k.Drain()
}

// Paid is the fact of a paid order in a room.
func (k *Kit) Paid(r id.Room, user id.User, products ...id.Product) order.PaidFor {
	f := order.PaidFor{Order: id.Make[id.Order](k.DB), User: user, Shop: k.Shop, Room: r}
	for _, p := range products {
		f.Lines = append(f.Lines, order.FactLine{Product: p, Quantity: 1})
	}
	return f
}

// Hear gathers the events of one name, in the order of their recording.
func Hear[E any](k *Kit, name string) func() []E {
	var mu sync.Mutex
	type heard struct {
		id id.Event
		e  E
	}
	var all []heard
	bus := events.NewBus(k.DB, supervise.New(slog.New(slog.DiscardHandler), k.Clock), events.Subscription{
		Consumer: "test", Event: name, Notify: func(_ context.Context, env event.Envelope) error {
			e, err := event.Decode[E](env)
			mu.Lock()
			defer mu.Unlock()
			all = append(all, heard{env.ID, e})
			return err
		},
	})
	return func() (out []E) {
		k.T.Helper()
		k.Must(bus.Drain(context.Background()))
		slices.SortFunc(all, func(a, b heard) int { return int(min(max(a.id.Int()-b.id.Int(), -1), 1)) })
		for _, h := range all {
			out = append(out, h.e)
		}
		return out
	}
}

// Break changes a row as nothing in the program would.
func (k *Kit) Break(statement string, args ...any) {
	k.T.Helper()
	k.Must(k.DB.Update(context.Background(), func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, statement, args...)
		return err
	}))
}
