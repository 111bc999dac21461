package studio

import (
	"context"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/base/page"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/httpapi"
	"hawker/internal/room"
	"hawker/internal/show"
)

// API is the viewers' door.
type API struct {
	Views Views
	Links Links
}

// Links makes the link by which somebody shares a room.
type Links interface {
	RoomLink(ctx context.Context, user id.User, room id.Room) (code, url string, err error)
}

func shareRate() cache.Rate { return cache.Rate{Count: 20, Per: time.Minute} }

// Register adds the operations.
func (h API) Register(api *httpapi.API) {
	httpapi.Register(api, httpapi.Operation{
		ID: "room-list", Method: "GET", Path: "/live/rooms", Access: httpapi.Anyone, Summary: "Rooms, newest first",
	}, h.list)
	httpapi.Register(api, httpapi.Operation{
		ID: "room-get", Method: "GET", Path: "/live/rooms/{id}", Access: httpapi.RoomLobby, Summary: "Enter a room",
	}, h.get)
	httpapi.Register(api, httpapi.Operation{
		ID: "room-share", Method: "POST", Path: "/live/rooms/{id}/share", Access: httpapi.RoomLobbySignedIn,
		Limit: shareRate(), Summary: "Get the link by which to share a room",
	}, h.share)
}

type listInput struct {
	httpapi.PageQuery
	State show.State `query:"state" enum:",live,ended,scheduled"`
}

func (h API) list(ctx context.Context, in *listInput) (*httpapi.Body[page.Page[Card]], error) {
	return httpapi.OK(h.Views.list(ctx, id.Shop{}, in.State, page.Request(in.PageQuery), httpapi.Language(ctx)))
}

func (h API) get(ctx context.Context, in *room.Path) (*httpapi.Body[Detail], error) {
	st, err := h.Views.Shows.Standing(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return httpapi.OK(h.Views.detail(ctx, st, Visitor{
		User: httpapi.ActorFrom(ctx).User, RefCode: httpapi.RefCode(ctx), Tag: httpapi.Language(ctx),
	}))
}

// shareView is an address to pass on, which remembers who did.
type shareView struct {
	URL  string `json:"url"`
	Code string `json:"code"`
}

func (h API) share(ctx context.Context, in *room.Path) (*httpapi.Body[shareView], error) {
	code, url, err := h.Links.RoomLink(ctx, httpapi.ActorFrom(ctx).User, in.ID)
	return httpapi.OK(shareView{url, code}, err)
}
