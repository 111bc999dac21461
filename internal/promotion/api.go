package promotion

import (
	"context"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/base/page"
	"hawker/internal/platform/httpapi"
)

// API is the module's door for viewers and buyers.
type API struct{ Service *Service }

// Register adds the operations.
func (h API) Register(api *httpapi.API) {
	httpapi.Register(api, httpapi.Operation{
		ID: "deal-list", Method: "GET", Path: "/live/rooms/{id}/deals",
		Access: httpapi.RoomVisitor, Summary: "Flash deals of a room, the newest first",
	}, h.deals)
}

// RoomPath names a room in a path.
type RoomPath struct {
	ID id.Room `path:"id"`
}

const endedShown = 10 * time.Minute // a viewer who comes late sees how it went

func (h API) deals(ctx context.Context, in *RoomPath) (*httpapi.Body[page.List[DealView]], error) {
	s := h.Service
	list, err := shownDeals(ctx, s.DB.Reader(), in.ID, s.DB.Clock().Now().Add(-endedShown))
	if err == nil {
		list, err = s.shown(ctx, s.DB.Reader(), list)
	}
	if err != nil {
		return nil, err
	}
	views, err := s.dealViews(ctx, list, httpapi.ActorFrom(ctx).User, httpapi.Language(ctx))
	return httpapi.OK(page.List[DealView]{Items: views}, err)
}
