package luckybag

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/catalog"
	"hawker/internal/coupon"
	"hawker/internal/platform/realtime"
)

// PrizeView is what can be won.
type PrizeView struct {
	Kind     string     `json:"kind" enum:"coupon,product"`
	Title    string     `json:"title"`
	Titles   lang.Text  `json:"titles"`
	CoverURL string     `json:"cover_url"`
	Coupon   id.Coupon  `json:"coupon_id"`
	Off      *OffView   `json:"coupon"`
	SKU      id.SKU     `json:"sku_id"`
	Product  id.Product `json:"product_id"`
}

// OffView is what a coupon takes off.
type OffView struct {
	ID    id.Coupon `json:"id"`
	Name  string    `json:"name"`
	Kind  string    `json:"kind" enum:"amount,percent"`
	Value int64     `json:"value"`
}

// GateView is what must be done to take part.
type GateView struct {
	Word   string `json:"word"`
	Follow bool   `json:"follow"`
}

// WinnerView is a winner with a masked name.
type WinnerView struct {
	Name  string `json:"name"`
	Alias string `json:"alias"`
}

// MineView is what the caller has to do with the bag.
type MineView struct {
	Entered bool      `json:"entered"`
	Said    bool      `json:"said"`
	Alias   string    `json:"alias" doc:"Who the caller is in the proof"`
	Won     bool      `json:"won"`
	Claimed bool      `json:"claimed"`
	ClaimBy time.Time `json:"claim_by,omitzero"`
	Order   id.Order  `json:"order_id"`
}

// View is a bag as screens show it. Now is the server's, for countdowns.
type View struct {
	ID       id.Bag       `json:"id"`
	Room     id.Room      `json:"room_id"`
	State    State        `json:"state" enum:"open,drawn,cancelled"`
	Now      time.Time    `json:"now"`
	OpenedAt time.Time    `json:"opened_at"`
	DrawsAt  time.Time    `json:"draws_at"`
	DrawnAt  time.Time    `json:"drawn_at,omitzero"`
	Prize    PrizeView    `json:"prize"`
	Count    int64        `json:"winners_count"`
	Gate     GateView     `json:"gate"`
	Entrants int64        `json:"entrants"`
	SeedHash string       `json:"seed_hash"`
	Seed     string       `json:"seed"`
	Winners  []WinnerView `json:"winners"`
	Mine     *MineView    `json:"mine,omitempty"`
}

func (s *Service) views(ctx context.Context, bags []Bag, user id.User, tag lang.Tag) ([]View, error) {
	out := make([]View, 0, len(bags))
	for _, b := range bags {
		v := View{
			ID: b.ID, Room: b.Room, State: b.State, Now: s.DB.Clock().Now(), OpenedAt: b.OpenedAt, DrawsAt: b.DrawsAt,
			DrawnAt: b.DrawnAt,
			Count:   b.Winners, Gate: GateView{b.Word, b.Follow}, Entrants: b.Entrants, SeedHash: b.SeedHash,
			Seed: b.Seed, Winners: []WinnerView{},
		}
		var err error
		if v.Prize, err = s.prize(ctx, b, tag); err != nil {
			return nil, err
		}
		if err := s.addWinners(ctx, &v); err != nil {
			return nil, err
		}
		if v.Mine, err = s.mine(ctx, b, user); err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

func (s *Service) prize(ctx context.Context, b Bag, tag lang.Tag) (PrizeView, error) {
	if !b.Coupon.IsZero() {
		c, err := coupon.Find(ctx, s.DB.Reader(), b.Coupon)
		return PrizeView{
			Kind: "coupon", Title: c.Name.In(tag), Titles: c.Name, Coupon: c.ID, Off: &OffView{
				c.ID, c.Name.In(tag),
				c.Kind, c.Value,
			},
		}, err
	}
	offers, err := catalog.Offers(ctx, s.DB.Reader(), []id.SKU{b.SKU})
	p := offers[b.SKU].Product
	return PrizeView{
		Kind: "product", Title: p.Title.In(tag), Titles: p.Title, CoverURL: p.Cover(), SKU: b.SKU,
		Product: p.ID,
	}, err
}

func (s *Service) addWinners(ctx context.Context, v *View) error {
	if v.State != Drawn {
		return nil
	}
	winners, err := winnersOf(ctx, s.DB.Reader(), v.ID)
	if err != nil {
		return err
	}
	users := make([]id.User, len(winners))
	for i, w := range winners {
		users[i] = w.User
	}
	names, err := s.Names.DisplayNames(ctx, users)
	for _, w := range winners {
		v.Winners = append(v.Winners, WinnerView{masked(names[w.User]), w.Alias})
	}
	return err
}

func masked(name string) string {
	for _, r := range name {
		return string(r) + "**"
	}
	return "**"
}

func (s *Service) mine(ctx context.Context, b Bag, user id.User) (*MineView, error) {
	if user.IsZero() {
		return nil, nil
	}
	e, err := entryOf(ctx, s.DB.Reader(), b.ID, user)
	if errors.Is(err, sql.ErrNoRows) {
		return &MineView{}, nil
	}
	m := MineView{Entered: !e.EnteredAt.IsZero(), Said: e.Said, Alias: e.Alias, Won: e.Place > 0, Order: e.Order}
	if m.Won {
		m.Claimed = !b.Coupon.IsZero() || !e.Order.IsZero()
		if !b.SKU.IsZero() {
			m.ClaimBy = b.ClaimBy
		}
	}
	return &m, err
}

type bagNews struct {
	Type string `json:"type"`
	Bag  View   `json:"bag"`
}

// told reads a bag as it stands and shows it to its room. News that do not arrive
// are logged: whoever opens the room reads the state anew.
func (s *Service) told(ctx context.Context, bag id.Bag) (Bag, error) {
	b, err := s.Find(ctx, bag)
	if err != nil {
		return b, err
	}
	views, err := s.views(ctx, []Bag{b}, id.User{}, lang.Chinese)
	if err == nil {
		err = s.News.Publish(ctx, realtime.RoomChannel(b.Room), bagNews{"bag", views[0]})
	}
	if err != nil {
		s.Log.Warn("room not told", "room", b.Room.String(), "error", err)
	}
	return b, nil
}
