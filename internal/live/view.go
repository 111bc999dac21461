package live

import (
	"context"
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
	Available int64        `json:"available"`
	Sold      int64        `json:"sold"`
	Pinned    bool         `json:"pinned"`
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
	State       State           `json:"state" enum:"scheduled,live,paused,ended"`
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
	Host       HostView  `json:"host"`
	EndedAt    time.Time `json:"ended_at,omitzero"`
	ReplayURL  string    `json:"replay_url"`
	ShelfCount int       `json:"shelf_count"`
	Pinned     *PinView  `json:"pinned"`
	Channel    string    `json:"channel"`
	Now        time.Time `json:"now"`
}

// Views draws rooms.
type Views struct {
	Service  *Service
	Shops    catalog.ShopNames
	People   Names
	Currency money.Currency
}

func (v Views) cards(ctx context.Context, rooms []Room, tag lang.Tag) ([]Card, error) {
	shops := make([]id.Shop, len(rooms))
	for i, r := range rooms {
		shops[i] = r.Shop
	}
	names, err := v.Shops.ShopRefs(ctx, shops, tag)
	out := make([]Card, len(rooms))
	for i, r := range rooms {
		out[i] = Card{
			ID: r.ID, Shop: names[r.Shop], Title: r.Title, CoverURL: r.CoverURL, State: r.State, Likes: r.Likes,
			StartedAt: r.StartedAt, PlaybackURL: playbackURL(r.ID),
		}
		if r.State == Live || r.State == Paused {
			out[i].Viewers = v.Service.Viewers(r.ID)
		}
	}
	return out, err
}

func (v Views) detail(ctx context.Context, r Room, tag lang.Tag) (Detail, error) {
	cards, err := v.cards(ctx, []Room{r}, tag)
	if err != nil {
		return Detail{}, err
	}
	host, err := v.People.Names(ctx, []id.User{r.Host})
	if err != nil {
		return Detail{}, err
	}
	shelf, err := v.shelf(ctx, r.ID, tag)
	if err != nil {
		return Detail{}, err
	}
	d := Detail{
		Card: cards[0], Host: HostView{r.Host, host[r.Host].DisplayName, host[r.Host].AvatarURL}, EndedAt: r.EndedAt, ReplayURL: replayURL(r),
		ShelfCount: len(shelf), Channel: channel(r.ID), Now: v.Service.db.Clock().Now(),
	}
	d.Pinned, err = v.pinned(ctx, r.ID, shelf)
	return d, err
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

func (v Views) shelf(ctx context.Context, room id.Room, tag lang.Tag) ([]ItemView, error) {
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
	pin, _, err := s.Pinned(ctx, room)
	out := make([]ItemView, 0, len(items))
	for _, it := range items {
		p := products[it.Product]
		view := ItemView{
			Number: it.Position, Product: p.ID, Title: p.Title.In(tag), Titles: p.Title, CoverURL: p.Cover(), Price: money.Of(p.Price, v.Currency),
			Available: available[p.ID], Sold: it.Sold, Pinned: pin.Product == p.ID,
		}
		if p.State != catalog.OnSale {
			view.Available = 0
		}
		if p.WasPrice > 0 {
			was := money.Of(p.WasPrice, v.Currency)
			view.WasPrice = &was
		}
		out = append(out, view)
	}
	return out, err
}

// HealthView is the state of the picture for its host: one cause at a time, the
// one to mend first.
type HealthView struct {
	State         string    `json:"state" enum:"waiting,receiving,unstable,ended"`
	Reason        string    `json:"reason" enum:",no_publisher,no_video,no_audio,keyframe_gap,late_frames,record_failed"`
	BitrateKbps   int64     `json:"bitrate_kbps"`
	FPS           float64   `json:"fps"`
	KeyframeGapMs int64     `json:"keyframe_gap_ms"`
	Width         int       `json:"width"`
	Height        int       `json:"height"`
	VideoCodec    string    `json:"video_codec"`
	AudioCodec    string    `json:"audio_codec"`
	Since         time.Time `json:"since,omitzero"`
	Recording     bool      `json:"recording"`
}

const keyframeGapMax = 4 * time.Second // above it, joining and cutting segments take too long

func (v Views) health(r Room) HealthView {
	h, ok := v.Service.Health(r.ID)
	if !ok || !h.Live {
		state := "waiting"
		if r.State == Ended {
			state = "ended"
		}
		return HealthView{State: state, Reason: "no_publisher"}
	}
	out := HealthView{
		State: "receiving", BitrateKbps: h.BitRate / 1000, FPS: h.FPS, KeyframeGapMs: h.KeyframeGap.Milliseconds(), Width: h.Width, Height: h.Height,
		VideoCodec: h.VideoCodec, AudioCodec: h.AudioCodec, Since: h.Since, Recording: h.Recording.Active,
	}
	switch {
	case h.VideoCodec == "":
		out.Reason = "no_video"
	case h.Recording.Err != "":
		out.Reason = "record_failed"
	case h.Late > 0:
		out.Reason = "late_frames"
	case h.KeyframeGap > keyframeGapMax:
		out.Reason = "keyframe_gap"
	case h.AudioCodec == "":
		out.Reason = "no_audio"
	}
	if out.Reason != "" {
		out.State = "unstable"
	}
	return out
}
