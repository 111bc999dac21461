package live

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/base/money"
	"hawker/internal/catalog"
)

// ItemView is a shelf item as screens show it. Titles carries every language,
// because news go to all viewers of a room at once.
type ItemView struct {
	Number    int          `json:"number"`
	Product   id.Product   `json:"product_id"`
	Title     string       `json:"title"`
	Titles    lang.Text    `json:"titles"`
	CoverURL  string       `json:"cover_url"`
	Price     money.Money  `json:"price"`
	WasPrice  *money.Money `json:"was_price"`
	RoomPrice *money.Money `json:"room_price" doc:"The lowest price of a SKU in this room, if it has one of its own"`
	Available int64        `json:"available"`
	Sold      int64        `json:"sold"`
	Pinned    bool         `json:"pinned"`
	Hidden    bool         `json:"hidden,omitempty" doc:"Staff only"`
	Notes     string       `json:"notes,omitempty" doc:"Staff only: what the host reads while explaining"`
}

// PinView is a pin as screens show it.
type PinView struct {
	Item     ItemView   `json:"item"`
	PinnedAt time.Time  `json:"pinned_at"`
	StreamAt *time.Time `json:"stream_time" doc:"PROGRAM-DATE-TIME of the picture when the pin began"`
}

// Card is a room in a list.
type Card struct {
	ID          id.Room         `json:"id"`
	Shop        catalog.ShopRef `json:"shop"`
	Title       string          `json:"title"`
	CoverURL    string          `json:"cover_url"`
	State       State           `json:"state" enum:"scheduled,live,paused,ended,cancelled"`
	Mode        Mode            `json:"mode" enum:"open,warmup,rehearsal"`
	ScheduledAt *time.Time      `json:"scheduled_at"`
	Viewers     int             `json:"viewers"`
	Likes       int64           `json:"likes"`
	StartedAt   time.Time       `json:"started_at,omitzero"`
	PlaybackURL string          `json:"playback_url"`
}

// HostView is who speaks.
type HostView struct {
	ID        id.User `json:"id"`
	Name      string  `json:"name"`
	AvatarURL string  `json:"avatar_url"`
}

// Detail is a room as a viewer enters it.
type Detail struct {
	Card
	Host      HostView  `json:"host"`
	Following bool      `json:"following"`
	Followers int64     `json:"followers"`
	Reminded  bool      `json:"reminded"`
	Chat      ChatRules `json:"chat"`
	// Promoter is who earns when this visitor buys, for the badge that says so.
	Promoter      *PromoterView `json:"promoter"`
	PinnedMessage *MessageView  `json:"pinned_message"`
	Figures       *FiguresView  `json:"figures" doc:"Of a show that is over"`
	Playback      PlaybackView  `json:"playback"`
	EndedAt       time.Time     `json:"ended_at,omitzero"`
	ReplayURL     string        `json:"replay_url"`
	ShelfCount    int           `json:"shelf_count"`
	Pinned        *PinView      `json:"pinned"`
	Channel       string        `json:"channel"`
	Now           time.Time     `json:"now"`
}

// ChatRules are what a viewer who speaks must keep.
type ChatRules struct {
	SlowSeconds   int64 `json:"slow_seconds"`
	FollowersOnly bool  `json:"followers_only"`
	Muted         bool  `json:"muted"`
}

// PromoterView is who earns a commission on what the visitor buys.
type PromoterView struct {
	Name string `json:"name"`
}

// FiguresView is what a show came to.
type FiguresView struct {
	Seconds     int64 `json:"seconds"`
	ViewersPeak int64 `json:"viewers_peak"`
	Entries     int64 `json:"entries"`
	Likes       int64 `json:"likes"`
	Messages    int64 `json:"messages"`
	Follows     int64 `json:"follows"`
}

// PlaybackView is where the picture is, for each kind of player; "" where a kind
// is not offered.
type PlaybackView struct {
	HLS  string `json:"hls"`
	FLV  string `json:"flv"`
	WHEP string `json:"whep"`
}

// Promoters knows who earns by a link.
type Promoters interface {
	PromoterOf(ctx context.Context, refCode string, visitor id.User) (name string, ok bool, err error)
}

// RoomPrices knows what is cheaper in a room.
type RoomPrices interface {
	RoomPrices(ctx context.Context, room id.Room, products []id.Product) (map[id.Product]int64, error)
}

// Visitor is for whom a room is drawn.
type Visitor struct {
	User    id.User
	RefCode string
	Tag     lang.Tag
	Staff   bool
}

// Views draws rooms.
type Views struct {
	Service   *Service
	Shops     catalog.ShopNames
	People    Names
	Promoters Promoters
	Prices    RoomPrices
	Ladders   Ladders // may be nil: nothing makes smaller renditions
	Currency  money.Currency
}

func (v Views) cards(ctx context.Context, rooms []Room, tag lang.Tag) ([]Card, error) {
	shops := make([]id.Shop, len(rooms))
	for i, r := range rooms {
		shops[i] = r.Shop
	}
	names, err := v.Shops.ShopRefs(ctx, shops, tag)
	if err != nil {
		return nil, err
	}
	covers, err := v.Service.covers(ctx, rooms)
	out := make([]Card, len(rooms))
	for i, r := range rooms {
		out[i] = Card{
			ID: r.ID, Shop: names[r.Shop], Title: r.Title, CoverURL: cmp.Or(r.CoverURL, covers[r.ID]), State: r.State, Mode: r.Mode, Likes: r.Likes,
			StartedAt: r.StartedAt, PlaybackURL: playbackURL(r), ScheduledAt: optional(r.ScheduledAt),
		}
		if r.State == Live || r.State == Paused {
			out[i].Viewers = v.Service.Viewers(r.ID)
		}
	}
	return out, err
}

func optional(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func (v Views) detail(ctx context.Context, r Room, who Visitor) (Detail, error) {
	cards, err := v.cards(ctx, []Room{r}, who.Tag)
	if err != nil {
		return Detail{}, err
	}
	host, err := v.People.Names(ctx, []id.User{r.Host})
	if err != nil {
		return Detail{}, err
	}
	shelf, err := v.shelf(ctx, r.ID, who)
	if err != nil {
		return Detail{}, err
	}
	d := Detail{
		Card: cards[0], Host: HostView{r.Host, host[r.Host].DisplayName, host[r.Host].AvatarURL}, EndedAt: r.EndedAt, ReplayURL: replayURL(r),
		ShelfCount: len(shelf), Channel: channel(r.ID), Now: v.Service.db.Clock().Now(), Playback: playbackOf(r),
		Chat: ChatRules{SlowSeconds: int64(r.Slow / time.Second), FollowersOnly: r.FollowersOnly},
	}
	if r.State == Ended {
		d.Figures = &FiguresView{int64(r.EndedAt.Sub(r.StartedAt).Seconds()), r.ViewersPeak, r.Entries, r.Likes, r.Messages, r.Follows}
	}
	if err := v.personal(ctx, &d, r, who); err != nil {
		return Detail{}, err
	}
	if !r.PinnedMessage.IsZero() {
		m, err := messageOf(ctx, v.Service.db.Reader(), r.ID, r.PinnedMessage)
		if err != nil {
			return Detail{}, err
		}
		view := viewMessage(m)
		d.PinnedMessage = &view
	}
	d.Pinned, err = v.pinned(ctx, r.ID, shelf)
	return d, err
}

func playbackOf(r Room) PlaybackView {
	if r.ExternalURL != "" {
		return PlaybackView{HLS: r.ExternalURL}
	}
	return PlaybackView{HLS: playbackURL(r), FLV: fmt.Sprintf("/live/%s/live.flv", r.ID), WHEP: fmt.Sprintf("/whep/%s", r.ID)}
}

// personal fills in how the visitor and the room stand.
func (v Views) personal(ctx context.Context, d *Detail, r Room, who Visitor) error {
	s := v.Service
	standing, err := s.Follows.Standing(ctx, who.User, r.Shop)
	if err != nil {
		return err
	}
	d.Following, d.Followers = standing.Following, standing.Followers
	if v.Promoters != nil {
		name, ok, err := v.Promoters.PromoterOf(ctx, who.RefCode, who.User)
		if err != nil {
			return err
		}
		if ok {
			d.Promoter = &PromoterView{name}
		}
	}
	if who.User.IsZero() {
		return nil
	}
	if d.Reminded, err = reminded(ctx, s.db.Reader(), r.ID, who.User); err != nil {
		return err
	}
	_, d.Chat.Muted, err = s.Words.Silenced(ctx, r.Shop, who.User)
	return err
}

func (v Views) pinned(ctx context.Context, room id.Room, shelf []ItemView) (*PinView, error) {
	pin, ok, err := v.Service.Pinned(ctx, room)
	if err != nil || !ok {
		return nil, err
	}
	for _, item := range shelf {
		if item.Product == pin.Product {
			return viewPin(pin, item), nil
		}
	}
	return nil, nil
}

func viewPin(p Pin, item ItemView) *PinView {
	item.Pinned = true
	v := PinView{Item: item, PinnedAt: p.PinnedAt}
	if !p.StreamAt.IsZero() {
		v.StreamAt = &p.StreamAt
	}
	return &v
}

func (v Views) shelf(ctx context.Context, room id.Room, who Visitor) ([]ItemView, error) {
	s := v.Service
	items, err := s.Shelf(ctx, room)
	if err != nil {
		return nil, err
	}
	ids := make([]id.Product, len(items))
	for i, it := range items {
		ids[i] = it.Product
	}
	products, err := s.catalog.ProductsByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	available, err := catalog.Available(ctx, s.db.Reader(), ids)
	if err != nil {
		return nil, err
	}
	cheaper := map[id.Product]int64{}
	if v.Prices != nil {
		if cheaper, err = v.Prices.RoomPrices(ctx, room, ids); err != nil {
			return nil, err
		}
	}
	pin, _, err := s.Pinned(ctx, room)
	out := make([]ItemView, 0, len(items))
	for _, it := range items {
		if it.Hidden && !who.Staff {
			continue
		}
		p := products[it.Product]
		view := ItemView{
			Number: it.Position, Product: p.ID, Title: p.Title.In(who.Tag), Titles: p.Title, CoverURL: p.Cover(), Price: money.Of(p.Price, v.Currency),
			Available: available[p.ID], Sold: it.Sold, Pinned: pin.Product == p.ID,
		}
		if p.State != catalog.OnSale {
			view.Available = 0
		}
		if p.WasPrice > 0 {
			was := money.Of(p.WasPrice, v.Currency)
			view.WasPrice = &was
		}
		if price, ok := cheaper[p.ID]; ok {
			own := money.Of(price, v.Currency)
			view.RoomPrice = &own
		}
		if who.Staff {
			view.Hidden, view.Notes = it.Hidden, it.Notes
		}
		out = append(out, view)
	}
	return out, err
}
