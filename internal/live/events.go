package live

import (
	"context"
	"fmt"

	"hawker/internal/account"
	"hawker/internal/base/event"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/catalog"
	"hawker/internal/order"
	"hawker/internal/platform/events"
	"hawker/internal/platform/realtime"
	"hawker/internal/platform/sqldb"
	"hawker/internal/social"
)

// Names gives display names.
type Names interface {
	Names(ctx context.Context, users []id.User) (map[id.User]account.User, error)
}

// Subscriptions listen to orders: they count on the room's shelf, stand in its
// chat, move the stock that viewers see, and ring at the shop's counter.
func (s *Service) Subscriptions(names Names) []events.Subscription {
	s.people = names
	out := []events.Subscription{
		{Consumer: "live.followed", Event: social.EventFollowed, Notify: s.noteFollow},
		{Consumer: "live.sold", Event: order.EventPaid, Handle: s.countSold},
		{Consumer: "live.say", Event: order.EventPaid, Notify: func(ctx context.Context, env event.Envelope) error {
			return s.sayOrdered(ctx, env, names)
		}},
	}
	for _, name := range []string{order.EventPlaced, order.EventClosed, order.EventPaid} {
		out = append(out, events.Subscription{Consumer: "live.stock", Event: name, Notify: s.showStock})
	}
	for name, status := range map[string]order.Status{
		order.EventPlaced: order.PendingPayment, order.EventPaid: order.Paid, order.EventClosed: order.Closed,
		order.EventCompleted: order.Completed,
	} {
		out = append(out, events.Subscription{
			Consumer: "live.counter", Event: name,
			Notify: func(ctx context.Context, env event.Envelope) error { return s.ringCounter(ctx, env, status) },
		})
	}
	return out
}

func (s *Service) countSold(ctx context.Context, tx *sqldb.Tx, env event.Envelope) error {
	f, err := event.Decode[order.Fact](env)
	if err != nil || f.Room.IsZero() {
		return err
	}
	for _, l := range f.Lines {
		if err := addShelfSold(ctx, tx, f.Room, l.Product, l.Quantity); err != nil {
			return err
		}
	}
	return nil
}

// sayOrdered shows a purchase in the chat with a masked name. It may be said
// twice after a crash, which does no harm.
func (s *Service) sayOrdered(ctx context.Context, env event.Envelope, names Names) error {
	f, err := event.Decode[order.Fact](env)
	if err != nil || f.Room.IsZero() || len(f.Lines) == 0 {
		return err
	}
	people, err := names.Names(ctx, []id.User{f.User})
	if err != nil {
		return err
	}
	products, err := s.catalog.ProductsByID(ctx, []id.Product{f.Lines[0].Product})
	if err != nil {
		return err
	}
	texts := lang.Text{}
	for _, tag := range lang.All() {
		texts[tag] = fmt.Sprintf("%s × %d", products[f.Lines[0].Product].Title.In(tag), f.Lines[0].Quantity)
	}
	s.audience.at(f.Room, func(c *crowd) {
		c.bought = append(c.bought, purchase{masked(people[f.User].DisplayName), f.User, texts})
	})
	return nil
}

// noteFollow counts a follower who came by a room.
func (s *Service) noteFollow(_ context.Context, env event.Envelope) error {
	f, err := event.Decode[social.Followed](env)
	if err != nil || f.Room.IsZero() {
		return err
	}
	s.audience.at(f.Room, func(c *crowd) {
		c.follows++
		c.comer = f.User
	})
	return nil
}

// masked shows the first letter of a name: others need not know who bought.
func masked(name string) string {
	for _, r := range name {
		return string(r) + "**"
	}
	return "**"
}

func (s *Service) showStock(ctx context.Context, env event.Envelope) error {
	f, err := event.Decode[order.Fact](env)
	if err != nil {
		return err
	}
	for _, l := range f.Lines {
		rooms, err := liveRoomsWith(ctx, s.db.Reader(), l.Product)
		if err != nil || len(rooms) == 0 {
			return err
		}
		available, err := catalog.Available(ctx, s.db.Reader(), []id.Product{l.Product})
		if err != nil {
			return err
		}
		for _, room := range rooms {
			sold, err := shelfSold(ctx, s.db.Reader(), room, l.Product)
			if err != nil {
				return err
			}
			s.tell(ctx, room, stockNews{newsStock, l.Product, available[l.Product], sold})
		}
	}
	return nil
}

type counterNews struct {
	Type   string       `json:"type"`
	Order  id.Order     `json:"order_id"`
	Number string       `json:"number"`
	Status order.Status `json:"status"`
}

func (s *Service) ringCounter(ctx context.Context, env event.Envelope, status order.Status) error {
	f, err := event.Decode[order.Fact](env)
	if err != nil {
		return err
	}
	return s.news.Publish(ctx, realtime.ShopChannel(f.Shop), counterNews{"order", f.Order, f.Number, status})
}
