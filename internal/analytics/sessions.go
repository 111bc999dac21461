package analytics

import (
	"context"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/platform/realtime"
	"hawker/internal/show"
)

// Sessions tells the figures about shows.
type Sessions struct {
	Rooms     *show.Service
	Listeners interface{ Listeners(channel string) int }
}

// ShowsSince implements Shows.
func (s Sessions) ShowsSince(ctx context.Context, shop id.Shop, since time.Time) ([]Show, int, error) {
	all, err := s.Rooms.Since(ctx, shop, since)
	watching := 0
	out := make([]Show, len(all))
	for i, x := range all {
		out[i] = Show{Room: x.ID, Title: x.Title, StartedAt: x.Now.StartedAt, EndedAt: x.Now.EndedAt}
		if x.Now.Running() {
			watching += s.Listeners.Listeners(realtime.RoomChannel(x.ID))
		}
	}
	return out, watching, err
}
