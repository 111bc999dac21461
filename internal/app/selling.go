package app

import (
	"context"

	"hawker/internal/auction"
	"hawker/internal/base/id"
	"hawker/internal/checkout"
	"hawker/internal/live"
	"hawker/internal/luckybag"
	"hawker/internal/order"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/sqldb"
	"hawker/internal/promotion"
)

// makeSelling makes what sells in a room, and ties it to orders, which stand
// below it.
func (a *App) makeSelling(context.Context) error {
	currency := a.cfg.Mall.Currency
	a.Promotions = promotion.New(promotion.Deps{
		DB: a.db, Log: a.log, Catalog: a.Catalog, Shops: shops{a}, Rooms: stageDoor{a}, News: a.news,
		Currency: currency,
		Terms:    promotion.Terms{HoldDeal: a.cfg.Order.PayDealWithin},
	})
	a.Auctions = auction.New(auction.Deps{
		DB: a.db, Log: a.log, Desk: a.Checkout, Rooms: stageDoor{a}, Staff: a.Shops, Addresses: a.Accounts,
		Names: people{a.Accounts}, News: a.news, Notices: a.Notices, Currency: currency,
	})
	a.Bags = luckybag.New(luckybag.Deps{
		DB: a.db, Box: a.box, Log: a.log, Desk: a.Checkout, Rooms: stageDoor{a}, Follows: a.Social,
		Names: people{a.Accounts}, News: a.news, Notices: a.Notices, Currency: currency,
	})
	a.Orders.Attach(a.Promotions)
	a.Checkout.Attach(checkout.Tools{
		Promotions: a.Promotions, HoldDeal: a.Promotions.Terms.HoldDeal,
		Evidence: evidence{},
	})
	a.Live.Listen(listeners{a})
	return nil
}

// stageDoor answers what sells in a room whether its show runs: in a rehearsal it
// does for the shop's staff, and for the program itself, whose sweeps call
// without anybody.
type stageDoor struct{ a *App }

func (d stageDoor) OnAir(ctx context.Context, q sqldb.Querier, room id.Room) (id.Shop, bool, error) {
	shop, onAir, err := d.a.Live.OnAir(ctx, q, room)
	if err != nil || !onAir || !httpapi.ActorFrom(ctx).SignedIn() {
		return shop, onAir, err
	}
	if _, err := d.a.staffOnly(ctx, room.String()); err != nil {
		return shop, false, nil // for this caller there is no such show
	}
	return shop, true, nil
}

// evidence tells an order when its goods were explained in the room.
type evidence struct{}

func (evidence) For(ctx context.Context, q sqldb.Querier, room id.Room, products []id.Product) ([]order.Shown, error) {
	shown, err := live.ShownIn(ctx, q, room, products)
	var out []order.Shown
	for _, s := range shown {
		out = append(out, order.Shown{Product: s.Product, Room: room, From: s.From, Until: s.Until})
	}
	return out, err
}

// listeners hear what viewers say.
type listeners struct{ a *App }

func (l listeners) Said(ctx context.Context, room id.Room, user id.User, text string) {
	if err := l.a.Bags.Said(ctx, room, user, text); err != nil {
		l.a.log.Warn("lucky bag did not hear", "room", room.String(), "error", err)
	}
}
