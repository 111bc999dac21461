package video

import (
	"context"
	"time"

	"hawker/internal/account"
	"hawker/internal/base/id"
	"hawker/internal/catalog"
	"hawker/internal/media/ffmpeg"
	"hawker/internal/platform/httpapi"
)

// Names gives display names.
type Names interface {
	Names(ctx context.Context, users []id.User) (map[id.User]account.User, error)
}

// LiveRooms answers which shops are on air, and where.
type LiveRooms interface {
	RoomsOnAir(ctx context.Context, shops []id.Shop) (map[id.Shop]id.Room, error)
}

// AuthorView is who made a film.
type AuthorView struct {
	ID        id.User `json:"id"`
	Name      string  `json:"name"`
	AvatarURL string  `json:"avatar_url"`
}

// View is a film as screens show it.
type View struct {
	ID          id.Video         `json:"id"`
	Author      AuthorView       `json:"author"`
	Shop        *catalog.ShopRef `json:"shop"`
	Caption     string           `json:"caption"`
	PlaybackURL string           `json:"playback_url" doc:"HLS; empty until it is processed, signed while hidden"`
	MP4URL      string           `json:"mp4_url" doc:"The first frame at once; empty until it is processed"`
	CoverURL    string           `json:"cover_url"`
	DurationMs  int64            `json:"duration_ms"`
	Width       int              `json:"width"`
	Height      int              `json:"height"`
	Likes       int64            `json:"likes"`
	Liked       bool             `json:"liked"`
	Shares      int64            `json:"shares"`
	Product     *catalog.Card    `json:"product"`
	LiveRoom    id.Room          `json:"live_room_id"`
	ClipOf      id.Room          `json:"clip_of_room_id,omitzero" doc:"The show it was cut from"`
	State       State            `json:"state" enum:"processing,ready,published,failed"`
	Progress    int              `json:"progress" doc:"Percent"`
	Failure     string           `json:"failure" doc:"Code of the reason; video.waiting: will be tried again"`
	FailureText string           `json:"failure_text" doc:"The reason in the caller's language"`
	CreatedAt   time.Time        `json:"created_at"`
}

// Views draws films.
type Views struct {
	Service *Service
	Shops   catalog.ShopNames
	People  Names
	Goods   *catalog.API
	Rooms   LiveRooms
}

// company is what stands beside films, looked up once for a whole page.
type company struct {
	service *Service
	people  map[id.User]account.User
	shops   map[id.Shop]catalog.ShopRef
	cards   map[id.Product]catalog.Card
	rooms   map[id.Shop]id.Room
	liked   map[id.Video]bool
}

func (w Views) views(ctx context.Context, list []Video) ([]View, error) {
	c, err := w.company(ctx, list)
	if err != nil {
		return nil, err
	}
	out := make([]View, len(list))
	for i, v := range list {
		out[i] = c.view(ctx, v)
	}
	return out, nil
}

func (w Views) company(ctx context.Context, list []Video) (c company, err error) {
	var people []id.User
	var shops []id.Shop
	var products []id.Product
	var videos []id.Video
	for _, v := range list {
		people, videos = append(people, v.Author), append(videos, v.ID)
		if !v.Shop.IsZero() {
			shops = append(shops, v.Shop)
		}
		if !v.Product.IsZero() {
			products = append(products, v.Product)
		}
	}
	c.service = w.Service
	tag := httpapi.Language(ctx)
	if c.people, err = w.People.Names(ctx, people); err != nil {
		return c, err
	}
	if c.shops, err = w.Shops.ShopRefs(ctx, shops, tag); err != nil {
		return c, err
	}
	if c.rooms, err = w.Rooms.RoomsOnAir(ctx, shops); err != nil {
		return c, err
	}
	if c.liked, err = likedBy(ctx, w.Service.db.Reader(), httpapi.ActorFrom(ctx).User, videos); err != nil {
		return c, err
	}
	c.cards, err = w.cards(ctx, products)
	return c, err
}

// cards draws the products that can be bought now.
func (w Views) cards(ctx context.Context, products []id.Product) (map[id.Product]catalog.Card, error) {
	found, err := w.Goods.Service.ProductsByID(ctx, products)
	if err != nil {
		return nil, err
	}
	var onSale []catalog.Product
	for _, p := range found {
		if p.State == catalog.OnSale {
			onSale = append(onSale, p)
		}
	}
	cards, err := w.Goods.Cards(ctx, onSale, httpapi.Language(ctx))
	out := make(map[id.Product]catalog.Card, len(cards))
	for _, card := range cards {
		out[card.ID] = card
	}
	return out, err
}

func (c company) view(ctx context.Context, v Video) View {
	author := c.people[v.Author]
	out := View{
		ID: v.ID, Author: AuthorView{v.Author, author.DisplayName, author.AvatarURL}, Caption: v.Caption,
		DurationMs: v.Duration.Milliseconds(),
		Width:      v.Width, Height: v.Height, Likes: v.Likes, Liked: c.liked[v.ID], Shares: v.Shares,
		LiveRoom: c.rooms[v.Shop],
		ClipOf:   v.Room, State: v.State, Progress: v.Progress, Failure: v.Failure, CreatedAt: v.CreatedAt,
	}
	if v.Failure != "" {
		out.FailureText = httpapi.Translate(httpapi.Language(ctx), v.Failure, nil)
	}
	if v.whole() {
		at := c.service.address(v)
		out.PlaybackURL, out.MP4URL, out.CoverURL = at+ffmpeg.MasterName, at+ffmpeg.MP4Name, at+ffmpeg.CoverName
	}
	if shop, ok := c.shops[v.Shop]; ok {
		out.Shop = &shop
	}
	if card, ok := c.cards[v.Product]; ok {
		out.Product = &card
	}
	return out
}
