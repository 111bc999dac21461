package social

import (
	"context"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/httpapi"
)

// API is the module's door.
type API struct{ Service *Service }

func followRate() cache.Rate { return cache.Rate{Count: 30, Per: time.Minute} }

// Register adds the operations.
func (h API) Register(api *httpapi.API) {
	path := "/shops/{id}/follow"
	httpapi.Register(api, httpapi.Operation{
		ID: "shop-follow-get", Method: "GET", Path: path, Access: httpapi.Anyone,
		Summary: "Do I follow this shop, and how many do",
	}, h.get)
	httpapi.Register(api, httpapi.Operation{
		ID: "shop-follow", Method: "POST", Path: path, Access: httpapi.SignedIn,
		Limit: followRate(), Summary: "Follow a shop",
	}, h.follow)
	httpapi.Register(api, httpapi.Operation{
		ID: "shop-unfollow", Method: "DELETE", Path: path, Access: httpapi.SignedIn,
		Status: 204, Limit: followRate(), Summary: "Follow a shop no more",
	}, h.unfollow)
}

// ShopPath names a shop in a shopper's path.
type ShopPath struct {
	ID id.Shop `path:"id"`
}

type followInput struct {
	ShopPath
	Room id.Room `query:"room_id"`
}

// standingView is how somebody stands to a shop: whether they follow it, and how many
// do.
type standingView struct {
	Following bool  `json:"following"`
	Followers int64 `json:"followers"`
}

func (h API) get(ctx context.Context, in *ShopPath) (*httpapi.Body[standingView], error) {
	s, err := h.Service.Standing(ctx, httpapi.ActorFrom(ctx).User, in.ID)
	return httpapi.OK(standingView(s), err)
}

func (h API) follow(ctx context.Context, in *followInput) (*httpapi.Body[standingView], error) {
	s, err := h.Service.Follow(ctx, httpapi.ActorFrom(ctx).User, in.ID, true, in.Room)
	return httpapi.OK(standingView(s), err)
}

func (h API) unfollow(ctx context.Context, in *ShopPath) (*httpapi.Empty, error) {
	_, err := h.Service.Follow(ctx, httpapi.ActorFrom(ctx).User, in.ID, false, id.Room{})
	return httpapi.Done(err)
}
