package stagetest

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"hawker/internal/base/event"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/catalog"
	"hawker/internal/chat"
	"hawker/internal/listing"
	"hawker/internal/media/stream"
	"hawker/internal/order"
	"hawker/internal/platform/events"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/idem"
	"hawker/internal/platform/realtime"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/supervise"
	"hawker/internal/room"
	"hawker/internal/shelf"
	"hawker/internal/show"
	"hawker/internal/stage"
)

// Must ends the test on an error.
func (k *Kit) Must(err error) {
	k.T.Helper()
	if err != nil {
		k.T.Fatal(err)
	}
}

// Product adds one that is on sale to a shop.
func (k *Kit) Product(shop id.Shop, title string) catalog.Product {
	k.T.Helper()
	p, err := k.Products.Create(context.Background(), shop, k.Host, listing.Listing{
		Title: lang.Text{lang.Chinese: title}, Category: k.Category,
		SKUs: []listing.SKU{{Price: 100, Initial: 10}},
	})
	k.Must(err)
	k.Sale(p, catalog.OnSale)
	p.State = catalog.OnSale
	return p
}

// Room makes one that sells some products.
func (k *Kit) Room(products ...catalog.Product) id.Room {
	k.T.Helper()
	plan := stage.Plan{Plan: room.Plan{Shop: k.Shop, Host: k.Host, Title: "Tea"}}
	for _, p := range products {
		plan.Products = append(plan.Products, p.ID)
	}
	st, err := k.Stage.Create(context.Background(), idem.Fresh("test"), plan)
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
func (k *Kit) Paid(r id.Room, user id.User, products ...id.Product) order.Paid {
	f := order.Paid{Payload: order.Payload{Order: id.Make[id.Order](k.DB), User: user, Shop: k.Shop, Room: r}}
	for _, p := range products {
		f.Lines = append(f.Lines, order.PayloadLine{Product: p, Quantity: 1})
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
