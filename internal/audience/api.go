package audience

import (
	"context"
	"time"

	"hawker/internal/platform/cache"
	"hawker/internal/platform/httpapi"
	"hawker/internal/room"
)

// API is the module's door.
type API struct{ Service *Service }

func likeRate() cache.Rate { return cache.Rate{Count: 30, Per: 10 * time.Second} }

// Register adds the operations.
func (h API) Register(api *httpapi.API) {
	httpapi.Register(api, httpapi.Operation{
		ID: "room-like", Method: "POST", Path: "/live/rooms/{id}/likes", Access: httpapi.RoomLobby, Limit: likeRate(),
		Summary: "Like, several times at once",
	}, h.like)
}

type likeInput struct {
	room.Path
	Body struct {
		Count int64 `json:"count" minimum:"1" maximum:"50"`
	}
}

// likesView is how often a room's show is liked.
type likesView struct {
	Likes int64 `json:"likes"`
}

func (h API) like(ctx context.Context, in *likeInput) (*httpapi.Body[likesView], error) {
	n, err := h.Service.Like(ctx, in.ID, in.Body.Count)
	return httpapi.OK(likesView{n}, err)
}
