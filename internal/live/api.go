package live

import (
	"context"
	"strings"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/page"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/httpapi"
)

// API is the viewers' door.
type API struct {
	Service *Service
	Views   Views
	Links   Links
}

// Links makes the link by which somebody shares a room.
type Links interface {
	RoomLink(ctx context.Context, user id.User, room id.Room) (code, url string, err error)
}

func chatRate() cache.Rate  { return cache.Rate{Count: 20, Per: 10 * time.Second} }
func shareRate() cache.Rate { return cache.Rate{Count: 20, Per: time.Minute} }
func likeRate() cache.Rate  { return cache.Rate{Count: 30, Per: 10 * time.Second} }

// Register adds the operations.
func (h API) Register(api *httpapi.API) {
	httpapi.Register(api, httpapi.Operation{ID: "room-list", Method: "GET", Path: "/live/rooms", Access: httpapi.Anyone, Summary: "Rooms, newest first"}, h.list)
	httpapi.Register(api, httpapi.Operation{ID: "room-get", Method: "GET", Path: "/live/rooms/{id}", Access: httpapi.Anyone, Summary: "Enter a room"}, h.get)
	httpapi.Register(api, httpapi.Operation{ID: "room-shelf", Method: "GET", Path: "/live/rooms/{id}/shelf", Access: httpapi.Anyone, Summary: "What the room sells"}, h.shelf)
	httpapi.Register(api, httpapi.Operation{ID: "room-messages", Method: "GET", Path: "/live/rooms/{id}/messages", Access: httpapi.Anyone, Summary: "The newest messages, the newest last"}, h.messages)
	httpapi.Register(api, httpapi.Operation{ID: "room-say", Method: "POST", Path: "/live/rooms/{id}/messages", Access: httpapi.SignedIn, Status: 201, Limit: chatRate(), Summary: "Say something"}, h.say)
	httpapi.Register(api, httpapi.Operation{ID: "room-like", Method: "POST", Path: "/live/rooms/{id}/likes", Access: httpapi.Anyone, Limit: likeRate(), Summary: "Like, several times at once"}, h.like)
	httpapi.Register(api, httpapi.Operation{ID: "room-share", Method: "POST", Path: "/live/rooms/{id}/share", Access: httpapi.SignedIn, Limit: shareRate(), Summary: "Get the link by which to share a room"}, h.share)
}

type listInput struct {
	httpapi.PageQuery
	State State `query:"state" enum:",live,ended,scheduled"`
}

func (h API) list(ctx context.Context, in *listInput) (*httpapi.Body[page.Page[Card]], error) {
	return h.Views.page(ctx, id.Shop{}, in.State, in.PageQuery)
}

func (v Views) page(ctx context.Context, shop id.Shop, state State, q httpapi.PageQuery) (*httpapi.Body[page.Page[Card]], error) {
	p, err := v.Service.List(ctx, shop, state, page.Request(q))
	if err != nil {
		return nil, err
	}
	cards, err := v.cards(ctx, p.Items, httpapi.Language(ctx))
	return httpapi.OK(page.Page[Card]{Items: cards, NextCursor: p.NextCursor}, err)
}

// RoomPath names a room in a path.
type RoomPath struct {
	ID id.Room `path:"id"`
}

func (h API) get(ctx context.Context, in *RoomPath) (*httpapi.Body[Detail], error) {
	r, err := h.Service.Find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return httpapi.OK(h.Views.detail(ctx, r, httpapi.Language(ctx)))
}

func (h API) shelf(ctx context.Context, in *RoomPath) (*httpapi.Body[page.Page[ItemView]], error) {
	items, err := h.Views.shelf(ctx, in.ID, httpapi.Language(ctx))
	return httpapi.OK(page.Page[ItemView]{Items: items}, err)
}

func (h API) messages(ctx context.Context, in *RoomPath) (*httpapi.Body[page.Page[MessageView]], error) {
	list, err := h.Service.Recent(ctx, in.ID)
	return httpapi.OK(page.Map(page.Page[Message]{Items: list}, viewMessage), err)
}

type textBody struct {
	Text string `json:"text" maxLength:"800"`
}

type sayInput struct {
	RoomPath
	Body textBody
}

func (h API) say(ctx context.Context, in *sayInput) (*httpapi.Body[MessageView], error) {
	user := httpapi.ActorFrom(ctx).User
	names, err := h.Views.People.Names(ctx, []id.User{user})
	if err != nil {
		return nil, err
	}
	m, err := h.Service.Say(ctx, Message{Room: in.ID, User: user, Name: names[user].DisplayName, Kind: FromViewer, Text: in.Body.Text})
	return httpapi.OK(viewMessage(m), err)
}

type likeInput struct {
	RoomPath
	Body struct {
		Count int64 `json:"count" minimum:"1" maximum:"50"`
	}
}

type likesView struct {
	Likes int64 `json:"likes"`
}

func (h API) like(ctx context.Context, in *likeInput) (*httpapi.Body[likesView], error) {
	n, err := h.Service.Like(ctx, in.ID, in.Body.Count)
	return httpapi.OK(likesView{n}, err)
}

type shareView struct {
	URL  string `json:"url"`
	Code string `json:"code"`
}

func (h API) share(ctx context.Context, in *RoomPath) (*httpapi.Body[shareView], error) {
	r, err := h.Service.Find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	code, url, err := h.Links.RoomLink(ctx, httpapi.ActorFrom(ctx).User, r.ID)
	return httpapi.OK(shareView{url, code}, err)
}

// Gate decides who may listen to the channels of this module.
type Gate struct {
	Service *Service
	Staff   httpapi.StaffRegister
}

// MayListen implements realtime.Gate.
func (g Gate) MayListen(ctx context.Context, actor httpapi.Actor, ch string) (bool, error) {
	if text, ok := strings.CutPrefix(ch, "room:"); ok {
		var room id.Room
		if room.UnmarshalText([]byte(text)) != nil || room.IsZero() {
			return false, nil
		}
		_, err := g.Service.Find(ctx, room)
		if fault.Code(err) == "live.not_found" {
			return false, nil
		}
		return err == nil, err
	}
	if text, ok := strings.CutPrefix(ch, "shop:"); ok && actor.SignedIn() {
		var shop id.Shop
		if shop.UnmarshalText([]byte(text)) != nil || shop.IsZero() {
			return false, nil
		}
		return g.Staff.May(ctx, actor.User, shop, "orders.read")
	}
	return false, nil
}
