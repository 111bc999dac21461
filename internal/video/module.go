package video

import (
	"context"
	"time"

	"hawker/internal/base/event"
	"hawker/internal/base/id"
	"hawker/internal/platform/events"
	"hawker/internal/platform/module"
	"hawker/internal/platform/realtime"
	"hawker/internal/platform/schedule"
)

// sweepUploads is how often uploads are looked for that nobody goes on with.
const sweepUploads = 10 * time.Minute

// Module is what the module brings.
func (h API) Module() module.Module {
	return module.Module{
		Name: "video", Operations: []module.Operations{h}, Jobs: h.Service.Jobs(), Published: []event.Event{PublishedFact{}},
		Subscriptions: []events.Subscription{events.Tell("clip.drafted", EventDrafted, h.tellDraft)},
		Tasks: []schedule.Task{{
			Name: "video.uploads", Every: sweepUploads,
			Do: func(ctx context.Context) error { _, err := h.Service.Uploads.Sweep(ctx); return err },
		}},
	}
}

// News is how a shop's staff are told.
type News interface {
	Publish(ctx context.Context, channel string, v any) error
}

type draftNews struct {
	Type  string   `json:"type"`
	Video id.Video `json:"video_id"`
	Room  id.Room  `json:"room_id"`
}

// tellDraft rings at the shop's counter: a clip waits to be published.
func (h API) tellDraft(ctx context.Context, f Drafted) error {
	return h.News.Publish(ctx, realtime.ShopChannel(f.Shop), draftNews{"clip", f.Video, f.Room})
}
