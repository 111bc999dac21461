package auction

import (
	"context"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/base/money"
	"hawker/internal/catalog"
	"hawker/internal/platform/realtime"
)

// BidView is a bid as others see it: a masked name and the price they saw.
type BidView struct {
	Name   string      `json:"name"`
	Amount money.Money `json:"amount"`
	At     time.Time   `json:"at"`
}

// MineView is what the caller has to do with the lot.
type MineView struct {
	Leading bool        `json:"leading"`
	Max     money.Money `json:"max"`
	Order   id.Order    `json:"order_id"`
}

// View is a lot as screens show it. Now is the server's, for countdowns.
type View struct {
	ID          id.Auction  `json:"id"`
	Room        id.Room     `json:"room_id"`
	Product     id.Product  `json:"product_id"`
	SKU         id.SKU      `json:"sku_id"`
	Title       string      `json:"title"`
	Titles      lang.Text   `json:"titles"`
	Options     string      `json:"options_text"`
	CoverURL    string      `json:"cover_url"`
	State       State       `json:"state" enum:"planned,running,won,paid,unpaid,unsold,cancelled"`
	Now         time.Time   `json:"now"`
	StartsAt    time.Time   `json:"starts_at,omitzero"`
	EndsAt      time.Time   `json:"ends_at,omitzero"`
	Run         int64       `json:"run_seconds"`
	SuddenDeath bool        `json:"sudden_death"`
	StartPrice  money.Money `json:"start_price"`
	Price       money.Money `json:"price"`
	MinBid      money.Money `json:"min_bid"`
	Reserve     string      `json:"reserve" enum:"none,not_met,met"`
	Bids        int64       `json:"bids"`
	Leader      string      `json:"leader"`
	Extended    bool        `json:"extended"`
	History     []BidView   `json:"history"`
	Mine        *MineView   `json:"mine,omitempty"`
}

const historySize = 20

func (s *Service) views(ctx context.Context, lots []Lot, user id.User, tag lang.Tag) ([]View, error) {
	out := make([]View, 0, len(lots))
	if len(lots) == 0 {
		return out, nil
	}
	skus := make([]id.SKU, len(lots))
	for i, l := range lots {
		skus[i] = l.SKU
	}
	offers, err := catalog.Offers(ctx, s.DB.Reader(), skus)
	if err != nil {
		return nil, err
	}
	for _, l := range lots {
		v := s.view(l, offers[l.SKU], tag)
		if err := s.addPeople(ctx, &v, l); err != nil {
			return nil, err
		}
		if v.Mine, err = s.mine(ctx, l, user); err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

func (s *Service) view(l Lot, o catalog.Offer, tag lang.Tag) View {
	in := func(n int64) money.Money { return money.Of(n, s.Currency) }
	v := View{
		ID: l.ID, Room: l.Room, Product: l.Product, SKU: l.SKU, Title: o.Product.Title.In(tag), Titles: o.Product.Title,
		Options: o.Product.ChoiceText(o.SKU).In(tag), CoverURL: o.Product.Cover(), State: l.State,
		Now:      s.DB.Clock().Now(),
		StartsAt: l.StartsAt, EndsAt: l.EndsAt, Run: int64(l.Run.Seconds()), SuddenDeath: l.SuddenDeath,
		StartPrice: in(l.Start), Price: in(l.Price()), MinBid: in(l.MinBid()), Reserve: "none", Bids: l.Bids,
		History:  []BidView{},
		Extended: l.EndsAt.After(l.StartsAt.Add(l.Run)),
	}
	if l.Reserve > 0 {
		v.Reserve = "not_met"
		if l.ReserveMet() {
			v.Reserve = "met"
		}
	}
	return v
}

// addPeople shows who bids, with masked names: others need not know.
func (s *Service) addPeople(ctx context.Context, v *View, l Lot) error {
	if l.Bids == 0 {
		return nil
	}
	bids, err := bidsOf(ctx, s.DB.Reader(), l.ID, historySize)
	if err != nil {
		return err
	}
	users := []id.User{l.Leader}
	for _, b := range bids {
		users = append(users, b.User)
	}
	names, err := s.Names.DisplayNames(ctx, users)
	for _, b := range bids {
		v.History = append(v.History, BidView{masked(names[b.User]), money.Of(b.Shown, s.Currency), b.At})
	}
	v.Leader = masked(names[l.Leader])
	return err
}

func masked(name string) string {
	for _, r := range name {
		return string(r) + "**"
	}
	return "**"
}

func (s *Service) mine(ctx context.Context, l Lot, user id.User) (*MineView, error) {
	if user.IsZero() {
		return nil, nil
	}
	most, err := maxOf(ctx, s.DB.Reader(), l.ID, user)
	if err != nil || most == 0 {
		return nil, err
	}
	m := MineView{Leading: l.Leader == user, Max: money.Of(most, s.Currency)}
	if m.Leading {
		m.Order = l.Order
	}
	return &m, nil
}

type auctionNews struct {
	Type    string `json:"type"`
	Auction View   `json:"auction"`
}

// told reads a lot as it stands and shows it to its room. News that do not arrive
// are logged: whoever opens the room reads the state anew.
func (s *Service) told(ctx context.Context, auction id.Auction) (Lot, error) {
	l, err := find(ctx, s.DB.Reader(), auction)
	if err != nil {
		return l, err
	}
	views, err := s.views(ctx, []Lot{l}, id.User{}, lang.Chinese)
	if err == nil {
		err = s.News.Publish(ctx, realtime.RoomChannel(l.Room), auctionNews{"auction", views[0]})
	}
	if err != nil {
		s.Log.Warn("room not told", "room", l.Room.String(), "error", err)
	}
	return l, nil
}

const endedShown = 10 * time.Minute

// Current is what a room shows: the lot that runs, else the next that is planned,
// else the last that ended within minutes; however many lots the room has. Of a
// rehearsal that it has left it shows nothing.
func (s *Service) Current(ctx context.Context, room id.Room) (*Lot, error) {
	q := s.DB.Reader()
	for _, look := range []func() ([]Lot, error){
		func() ([]Lot, error) { return runningIn(ctx, q, room) },
		func() ([]Lot, error) { return plannedIn(ctx, q, room) },
		func() ([]Lot, error) { return endedIn(ctx, q, room, s.DB.Clock().Now().Add(-endedShown)) },
	} {
		lots, err := look()
		if err == nil {
			lots, err = s.shown(ctx, q, lots)
		}
		if err != nil || len(lots) > 0 {
			return first(lots), err
		}
	}
	return nil, nil
}

func first(lots []Lot) *Lot {
	if len(lots) == 0 {
		return nil
	}
	return &lots[0]
}
