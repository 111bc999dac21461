package app

import (
	"context"

	"hawker/internal/auction"
	"hawker/internal/base/id"
	"hawker/internal/checkout"
	"hawker/internal/live"
	"hawker/internal/luckybag"
	"hawker/internal/order"
	"hawker/internal/platform/sqldb"
	"hawker/internal/promotion"
)

// makeSelling makes what sells in a room, and ties it to orders, which stand
// below it.
func (a *App) makeSelling(context.Context) error {
	currency := a.cfg.Mall.Currency
	a.Promotions = promotion.New(promotion.Deps{
		DB: a.db, Log: a.log, Catalog: a.Catalog, Shops: shops{a}, Rooms: a.Live, News: a.news, Currency: currency,
		Terms: promotion.Terms{HoldDeal: a.cfg.Order.PayDealWithin},
	})
	a.Auctions = auction.New(auction.Deps{
		DB: a.db, Log: a.log, Desk: a.Checkout, Rooms: a.Live, Staff: a.Shops, Addresses: a.Accounts, Names: people{a.Accounts}, News: a.news, Currency: currency,
	})
	a.Bags = luckybag.New(luckybag.Deps{
		DB: a.db, Box: a.box, Log: a.log, Desk: a.Checkout, Rooms: a.Live, Follows: a.Social, Names: people{a.Accounts}, News: a.news, Currency: currency,
	})
	a.Orders.Attach(a.Promotions)
	a.Checkout.Attach(checkout.Tools{Promotions: a.Promotions, HoldDeal: a.Promotions.Terms.HoldDeal, Evidence: evidence{}})
	a.Live.Listen(listeners{a})
	return nil
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
