// Package studio draws rooms as a whole, from what room, show, shelf and chat keep:
// for the lists and pages of viewers, and for the control room of those who host,
// with the state of the picture and what is to be seen to.
package studio

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/base/money"
	"hawker/internal/base/page"
	"hawker/internal/catalog"
	"hawker/internal/chat"
	"hawker/internal/media/stream"
	"hawker/internal/moderation"
	"hawker/internal/platform/realtime"
	"hawker/internal/room"
	"hawker/internal/shelf"
	"hawker/internal/show"
	"hawker/internal/social"
)

// Card is a room in a list.
type Card struct {
	ID          id.Room         `json:"id"`
	Shop        catalog.ShopRef `json:"shop"`
	Title       string          `json:"title"`
	CoverURL    string          `json:"cover_url"`
	State       show.State      `json:"state" enum:"scheduled,live,paused,ended,cancelled"`
	Mode        room.Mode       `json:"mode" enum:"open,warmup,rehearsal"`
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
	Show      id.Show   `json:"show_id,omitzero" doc:"The show that runs or was the last"`
	Host      HostView  `json:"host"`
	Following bool      `json:"following"`
	Followers int64     `json:"followers"`
	Reminded  bool      `json:"reminded"`
	Chat      ChatRules `json:"chat"`
	// Promoter is who earns when this visitor buys, for the badge that says so.
	Promoter      *PromoterView     `json:"promoter"`
	PinnedMessage *chat.MessageView `json:"pinned_message"`
	Figures       *FiguresView      `json:"figures" doc:"Of a show that is over"`
	Playback      PlaybackView      `json:"playback"`
	EndedAt       time.Time         `json:"ended_at,omitzero"`
	ReplayURL     string            `json:"replay_url"`
	ShelfCount    int               `json:"shelf_count"`
	Pinned        *shelf.PinView    `json:"pinned"`
	Channel       string            `json:"channel"`
	Now           time.Time         `json:"now"`
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
	PromoterName(ctx context.Context, refCode string, visitor id.User) (name string, ok bool, err error)
}

// Picture knows the streams that are sent.
type Picture interface {
	Stream(id string) (stream.Health, bool)
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
	Clock     clock.Clock
	Rooms     *room.Service
	Shows     *show.Service
	Shelf     shelf.Views
	Chat      *chat.Service
	News      room.News
	Follows   *social.Service
	Words     *moderation.Service
	Shops     catalog.ShopNames
	People    chat.Names
	Picture   Picture
	Promoters Promoters // may be nil
	Ladders   Ladders   // may be nil: nothing makes smaller renditions
	Currency  money.Currency
}

// list draws a page of rooms; those of one shop are for its staff.
func (v Views) list(
	ctx context.Context, shop id.Shop, state show.State, r page.Request, tag lang.Tag,
) (page.Page[Card], error) {
	p, err := v.Shows.List(ctx, shop, state, !shop.IsZero(), r)
	if err != nil {
		return page.Page[Card]{}, err
	}
	cards, err := v.cards(ctx, p.Items, tag)
	return page.Page[Card]{Items: cards, NextCursor: p.NextCursor}, err
}

func (v Views) cards(ctx context.Context, rooms []show.Standing, tag lang.Tag) ([]Card, error) {
	shops := make([]id.Shop, len(rooms))
	var bare []id.Room
	for i, st := range rooms {
		shops[i] = st.Shop
		if st.CoverURL == "" {
			bare = append(bare, st.ID)
		}
	}
	names, err := v.Shops.ShopRefs(ctx, shops, tag)
	if err != nil {
		return nil, err
	}
	covers, err := v.Shelf.Service.Covers(ctx, bare)
	out := make([]Card, len(rooms))
	for i, st := range rooms {
		out[i] = Card{
			ID: st.ID, Shop: names[st.Shop], Title: st.Title, CoverURL: cmp.Or(st.CoverURL, covers[st.ID]),
			State: st.State(), Mode: st.Mode, Likes: st.Current().Likes, StartedAt: st.Current().StartedAt,
			PlaybackURL: v.Shows.PlaybackURL(st),
		}
		if !st.ScheduledAt.IsZero() {
			out[i].ScheduledAt = &st.ScheduledAt
		}
		if st.OnAir() {
			out[i].Viewers = v.News.Viewers(st.ID)
		}
	}
	return out, err
}

func (v Views) detail(ctx context.Context, st show.Standing, who Visitor) (Detail, error) {
	cards, err := v.cards(ctx, []show.Standing{st}, who.Tag)
	if err != nil {
		return Detail{}, err
	}
	host, err := v.People.Names(ctx, []id.User{st.Host})
	if err != nil {
		return Detail{}, err
	}
	items, err := v.Shelf.Items(ctx, st.ID, shelf.Reader{Tag: who.Tag, Staff: who.Staff})
	if err != nil {
		return Detail{}, err
	}
	d := Detail{
		Card: cards[0], Show: st.Current().ID, Host: HostView{
			st.Host, host[st.Host].DisplayName,
			host[st.Host].AvatarURL,
		},
		EndedAt: st.Current().EndedAt, ReplayURL: v.Shows.ReplayURL(st), ShelfCount: len(items),
		Channel: realtime.RoomChannel(st.ID), Now: v.Clock.Now(), Playback: v.playbackOf(st),
		Chat: ChatRules{SlowSeconds: int64(st.Slow / time.Second), FollowersOnly: st.FollowersOnly},
	}
	if st.State() == show.Ended {
		x := st.Now
		d.Figures = &FiguresView{
			int64(x.EndedAt.Sub(x.StartedAt).Seconds()), x.ViewersPeak, x.Entries, x.Likes, x.Messages, x.Follows,
		}
	}
	if err := v.personal(ctx, &d, st, who); err != nil {
		return Detail{}, err
	}
	if d.PinnedMessage, err = v.pinnedMessage(ctx, st); err != nil {
		return Detail{}, err
	}
	d.Pinned, err = v.Shelf.Pinned(ctx, st.ID, items)
	return d, err
}

func (v Views) pinnedMessage(ctx context.Context, st show.Standing) (*chat.MessageView, error) {
	if st.PinnedMessage.IsZero() {
		return nil, nil
	}
	m, err := v.Chat.Find(ctx, st.ID, st.PinnedMessage)
	if fault.As(err) != nil {
		return nil, nil // taken away in this moment
	}
	view := chat.View(m)
	return &view, err
}

func (v Views) playbackOf(st show.Standing) PlaybackView {
	if st.ExternalURL != "" {
		return PlaybackView{HLS: st.ExternalURL}
	}
	return PlaybackView{
		HLS: v.Shows.PlaybackURL(st), FLV: fmt.Sprintf("/live/%s/live.flv", st.ID), WHEP: fmt.Sprintf("/whep/%s", st.ID),
	}
}

// personal fills in how the visitor and the room stand.
func (v Views) personal(ctx context.Context, d *Detail, st show.Standing, who Visitor) error {
	standing, err := v.Follows.Standing(ctx, who.User, st.Shop)
	if err != nil {
		return err
	}
	d.Following, d.Followers = standing.Following, standing.Followers
	if v.Promoters != nil {
		name, ok, err := v.Promoters.PromoterName(ctx, who.RefCode, who.User)
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
	if d.Reminded, err = v.Rooms.Reminds(ctx, st.ID, who.User); err != nil {
		return err
	}
	_, d.Chat.Muted, err = v.Words.Silenced(ctx, st.Shop, who.User)
	return err
}
