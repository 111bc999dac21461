package live_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"hawker/internal/account"
	"hawker/internal/base/clock"
	"hawker/internal/base/event"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/catalog"
	"hawker/internal/live"
	"hawker/internal/media/stream"
	"hawker/internal/moderation"
	"hawker/internal/order"
	"hawker/internal/platform/blob"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/events"
	"hawker/internal/platform/secret"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
	"hawker/internal/social"
)

// news records what was published.
type news struct {
	mu   sync.Mutex
	sent []item
}

type item struct {
	channel string
	body    map[string]any
}

func (n *news) Publish(_ context.Context, channel string, v any) error {
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

func (n *news) Listeners(string) int { return 0 }

// of gives what a channel heard of one type.
func (n *news) of(channel, kind string) (out []map[string]any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, i := range n.sent {
		if i.channel == channel && i.body["type"] == kind {
			out = append(out, i.body)
		}
	}
	return out
}

// engine is the picture as the room sees it.
type engine struct {
	health map[string]stream.Health
	closed []string
	kicked []string
	marks  []stream.Mark
}

func (e *engine) Stream(id string) (stream.Health, bool) { h, ok := e.health[id]; return h, ok }
func (e *engine) Kick(id string) bool                    { e.kicked = append(e.kicked, id); return true }

func (e *engine) Mark(_ string, m stream.Mark) error { e.marks = append(e.marks, m); return nil }
func (e *engine) Close(id string) bool               { e.closed = append(e.closed, id); return true }

type anyShop struct{}

func (anyShop) Exists(context.Context, id.Shop) error { return nil }

type names map[id.User]account.User

func (n names) Names(context.Context, []id.User) (map[id.User]account.User, error) { return n, nil }

// studio is the module on a real store.
type studio struct {
	t        *testing.T
	db       *sqldb.DB
	clock    *clock.Manual
	box      *secret.Box
	service  *live.Service
	words    *moderation.Service
	follows  *social.Service
	products *catalog.Service
	news     *news
	engine   *engine
	category id.Category
	shop     id.Shop
	host     id.User
}

func open(t *testing.T) *studio {
	t.Helper()
	db, c := sqltest.NewManual(t)
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
	k := &studio{
		t: t, db: db, clock: c, box: box, news: &news{}, engine: &engine{health: map[string]stream.Health{}},
		shop: id.Make[id.Shop](db), host: id.Make[id.User](db), products: catalog.New(db, catalog.NewMedia(db, disk)),
	}
	category, err := k.products.AddCategory(t.Context(), lang.Text{lang.Chinese: "茶"})
	if err != nil {
		t.Fatal(err)
	}
	k.category = category.ID
	k.words, k.follows = moderation.New(db), social.New(db, anyShop{})
	k.service = k.restarted()
	k.service.Attach(k.engine)
	return k
}

// restarted is the module as it is after a start of the program.
func (k *studio) restarted() *live.Service {
	return live.New(live.Options{DB: k.db, Box: k.box, Log: slog.New(slog.DiscardHandler), Catalog: k.products, News: k.news, Words: k.words, Follows: k.follows, Limiter: cache.NewMemoryLimiter(k.clock), Renditions: []int{720, 480, 360}})
}

func (k *studio) product(shop id.Shop, title string) catalog.Product {
	k.t.Helper()
	p, err := k.products.Create(k.t.Context(), shop, k.host, catalog.DraftProduct{
		Title: lang.Text{lang.Chinese: title}, Category: k.category, SKUs: []catalog.DraftSKU{{Price: 100, Initial: 10}},
	})
	if err != nil {
		k.t.Fatal(err)
	}
	return p
}

func (k *studio) room(products ...catalog.Product) live.Room {
	k.t.Helper()
	plan := live.Plan{Shop: k.shop, Host: k.host, Title: "Tea"}
	for _, p := range products {
		plan.Products = append(plan.Products, p.ID)
	}
	r, err := k.service.Create(k.t.Context(), plan)
	if err != nil {
		k.t.Fatal(err)
	}
	return r
}

func (k *studio) admit(key string) (stream.Grant, error) {
	return k.service.Admit(k.t.Context(), stream.PublishRequest{App: "live", Name: key})
}

func (k *studio) key(r live.Room) string {
	k.t.Helper()
	key, err := k.service.Key(k.t.Context(), r.ID)
	if err != nil {
		k.t.Fatal(err)
	}
	return key
}

func (k *studio) wantState(r live.Room, want live.State) live.Room {
	k.t.Helper()
	got, err := k.service.Find(k.t.Context(), r.ID)
	if err != nil {
		k.t.Fatal(err)
	}
	if got.State != want {
		k.t.Errorf("room is %s, want %s", got.State, want)
	}
	return got
}

func (k *studio) publish(r live.Room) {
	k.engine.health[r.ID.String()] = stream.Health{Live: true, Clock: k.clock.Now().Add(-2 * time.Second)}
	k.service.OnPublish(r.ID.String(), 1)
}

func (k *studio) unpublish(r live.Room) {
	k.engine.health[r.ID.String()] = stream.Health{}
	k.service.OnUnpublish(r.ID.String(), 1, nil)
}

func (k *studio) sweep() {
	k.t.Helper()
	if err := k.service.Sweep(k.t.Context()); err != nil {
		k.t.Fatal(err)
	}
}

func (k *studio) tally() {
	k.t.Helper()
	if err := k.service.Tally(k.t.Context()); err != nil {
		k.t.Fatal(err)
	}
}

func paidFor(r live.Room, user id.User, product id.Product) order.PaidFor {
	return order.PaidFor{User: user, Shop: r.Shop, Room: r.ID, Lines: []order.FactLine{{Product: product, Quantity: 1}}}
}

// explainedOn gathers what is told of stretches, by their time.
func explainedOn(bus *events.Bus) *[]live.Explained {
	var mu sync.Mutex
	var told []live.Explained
	bus.Notify("test", live.EventExplained, func(_ context.Context, env event.Envelope) error {
		e, err := event.Decode[live.Explained](env)
		mu.Lock()
		defer mu.Unlock()
		told = append(told, e)
		slices.SortFunc(told, func(a, b live.Explained) int { return a.From.Compare(b.From) })
		return err
	})
	return &told
}
