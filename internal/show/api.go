package show

import (
	"context"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/base/page"
	"hawker/internal/base/permission"
	"hawker/internal/platform/httpapi"
	"hawker/internal/room"
)

// API is the module's door: the shows that a room has had.
type API struct{ Service *Service }

// Register adds the operations.
func (h API) Register(api *httpapi.API) {
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-show-list", Method: "GET", Path: "/merchant/{shop}/rooms/{room}/shows",
		Access: httpapi.RoomStaff(permission.FiguresRead), Summary: "The shows that a room has had, newest first",
	}, h.list)
}

// showView is one broadcast of a room, with its figures.
type showView struct {
	ID          id.Show    `json:"id"`
	State       State      `json:"state" enum:"live,paused,ended"`
	StartedAt   time.Time  `json:"started_at"`
	EndedAt     *time.Time `json:"ended_at"`
	Likes       int64      `json:"likes"`
	Messages    int64      `json:"messages"`
	Entries     int64      `json:"entries"`
	ViewersPeak int64      `json:"viewers_peak"`
	Follows     int64      `json:"follows"`
	ReplayURL   string     `json:"replay_url"`
}

type listInput struct {
	room.MerchantPath
	httpapi.PageQuery
}

func (h API) list(ctx context.Context, in *listInput) (*httpapi.Body[page.Page[showView]], error) {
	p, err := h.Service.OfRoom(ctx, in.Room, page.Request(in.PageQuery))
	if err != nil {
		return nil, err
	}
	private, err := h.Service.privateOf(ctx, p.Items)
	return httpapi.OK(page.Map(p, func(x Show) showView {
		v := showView{
			x.ID, x.State, x.StartedAt, nil, x.Likes, x.Messages, x.Entries, x.ViewersPeak, x.Follows,
			h.Service.replay(x, private[x.Room]),
		}
		if !x.EndedAt.IsZero() {
			v.EndedAt = &x.EndedAt
		}
		return v
	}), err)
}
