package demo

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/base/page"
	"hawker/internal/catalog"
	"hawker/internal/checkout"
	"hawker/internal/distribution"
	"hawker/internal/fulfilment"
	"hawker/internal/order"
	"hawker/internal/payment"
	"hawker/internal/platform/multiply"
	"hawker/internal/platform/secret"
	"hawker/internal/sandbox"
	"hawker/internal/video/videocopy"
)

// Size is how much a mall for measuring has of what grows.
type Size struct {
	Goods, Orders, Videos int
}

// Progress tells how far a filling is.
type Progress struct {
	What     string // goods, orders, videos
	Done, Of int
}

// Large is a filled mall that is filled further, to be measured. The clock of its database is a Clock.
type Large struct {
	Mall
	Box          *secret.Box
	Log          *slog.Logger
	Bank         string // folder of the sandbox
	Orders       *order.Service
	Checkout     *checkout.Service
	Fulfilment   *fulfilment.Service
	Distribution *distribution.Distribution
	Drain        func(ctx context.Context) error // of events
	Listen       func() error                    // has somebody hear what events tell
	Tell         func(Progress)

	clock    *Clock
	payments *payment.Service
}

// errOneClock refuses to have orders grow old by the machine's clock.
var errOneClock = errors.New("a mall grows by a clock that can be put back")

// span is the time in which everything in a large mall happened.
const span = 2 * 365 * 24 * time.Hour

// copiesMax is how many copies one transaction writes.
const copiesMax = 1000

// Grow fills the mall until it has so much. What is there counts, so one that was ended goes on; each step leaves a
// sound mall.
func (l Large) Grow(ctx context.Context, s Size) error {
	var ok bool
	if l.clock, ok = l.DB.Clock().(*Clock); !ok {
		return errOneClock
	}
	if err := l.Listen(); err != nil {
		return err
	}
	if err := l.growGoods(ctx, s.Goods); err != nil {
		return fmt.Errorf("goods: %w", err)
	}
	if err := l.growVideos(ctx, s.Videos); err != nil {
		return fmt.Errorf("videos: %w", err)
	}
	bank := sandbox.Options{Dir: l.Bank, Clock: l.clock, Log: l.Log}
	err := sandbox.With(ctx, bank, func(ctx context.Context, at string) error {
		l.payments = l.paidAt(at)
		return l.growOrders(ctx, s.Orders)
	})
	if err != nil {
		return fmt.Errorf("orders: %w", err)
	}
	return nil
}

// growth is one kind of things that become more.
type growth struct {
	what, table string
	plan        multiply.Plan
	one         func(n int, at time.Time) multiply.Copy
}

// grow makes copies, evenly from span ago until now.
func (l Large) grow(ctx context.Context, g growth, want int) error {
	there, err := multiply.Count(ctx, l.DB.Reader(), g.table)
	if err != nil || there >= want {
		return err
	}
	// Not the node of this process, nor of a filling before that came to another number.
	w, err := multiply.NewWriter(l.DB, id.NodeMax/2+1+there%(id.NodeMax/2))
	if err != nil {
		return err
	}
	end, missing := l.clock.Now(), want-there
	for n := 0; n < missing; {
		copies := make([]multiply.Copy, min(copiesMax, missing-n))
		for i := range copies {
			at := end.Add(-time.Duration(float64(span) * float64(missing-n) / float64(missing)))
			copies[i] = g.one(there+n, at)
			copies[i].At = at
			n++
		}
		if err := w.Write(ctx, g.plan, copies); err != nil {
			return err
		}
		l.Tell(Progress{g.what, there + n, want})
	}
	return nil
}

func (l Large) growGoods(ctx context.Context, want int) error {
	shops, err := l.stalls(ctx)
	if err != nil {
		return err
	}
	categories, err := l.categories(ctx)
	if err != nil {
		return err
	}
	plan := catalog.Copied()
	models, err := l.models(ctx, plan, shops[0].products)
	if err != nil {
		return err
	}
	return l.grow(ctx, growth{"goods", "product", plan, func(n int, _ time.Time) multiply.Copy {
		r := random(n)
		of := shops[0]
		if n%2 == 1 { // half of the goods are the first shop's
			of = shops[1+r.IntN(len(shops)-1)]
		}
		price := int64(100 * (5 + r.IntN(100)*r.IntN(100)))
		sold := int64(r.IntN(100) * r.IntN(100) * r.IntN(10))
		return multiply.Copy{Of: models[n%len(models)], As: catalog.Variant{
			Shop: of.shop, Category: categories[r.IntN(len(categories))], Title: titleOf(n, r), Pictures: of.pictures,
			Price: price, Sold: sold,
		}}
	}}, want)
}

func (l Large) growVideos(ctx context.Context, want int) error {
	streamer, err := l.Accounts.ByEmail(ctx, Streamer)
	if err != nil {
		return err
	}
	films, err := l.Videos.Of(ctx, streamer.ID, id.Shop{}, page.Request{Limit: page.LimitMax})
	if err != nil || len(films.Items) == 0 {
		return err
	}
	plan := videocopy.Plan()
	model, err := multiply.Load(ctx, l.DB.Reader(), plan, films.Items[len(films.Items)-1].ID.Int())
	if err != nil {
		return err
	}
	goods, err := l.Catalog.List(ctx, catalog.Filter{State: catalog.OnSale}, page.Request{Limit: page.LimitMax})
	if err != nil || len(goods.Items) == 0 {
		return err
	}
	return l.grow(ctx, growth{"videos", "video", plan, func(n int, at time.Time) multiply.Copy {
		r := random(n)
		p := goods.Items[r.IntN(len(goods.Items))]
		return multiply.Copy{Of: model, As: videocopy.Variant{
			Shop: p.Shop, Product: p.ID, Caption: captionOf(n, r), Published: at.Add(time.Hour),
			Likes: int64(r.IntN(1000)),
		}}
	}}, want)
}

// models reads products as they are copied.
func (l Large) models(ctx context.Context, p multiply.Plan, products []id.Product) (out []*multiply.Model, err error) {
	for _, product := range products {
		m, err := multiply.Load(ctx, l.DB.Reader(), p, product.Int())
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}

// random is the same for the same thing each time.
func random(n int) *rand.Rand {
	return rand.New(rand.NewPCG(1, uint64(n))) //nolint:gosec // no secret, and not negative
}
