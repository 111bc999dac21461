package room

import (
	"context"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/base/permission"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/httpapi"
)

// API is the module's door: reminders, and a shop's settings for its shows.
type API struct{ Service *Service }

func remindRate() cache.Rate { return cache.Rate{Count: 20, Per: time.Minute} }

// Register adds the operations.
func (h API) Register(api *httpapi.API) {
	remind := "/live/rooms/{id}/reminder"
	httpapi.Register(api, httpapi.Operation{
		ID: "room-reminder-set", Method: "PUT", Path: remind, Access: httpapi.RoomLobbySignedIn, Status: 204,
		Limit:   remindRate(),
		Summary: "Tell me when it begins",
	}, h.remind)
	httpapi.Register(api, httpapi.Operation{
		ID: "room-reminder-delete", Method: "DELETE", Path: remind, Access: httpapi.RoomLobbySignedIn, Status: 204,
		Limit:   remindRate(),
		Summary: "Do not tell me",
	}, h.forget)
	run, settings := httpapi.Staff(permission.LiveRun), "/merchant/{shop}/live-settings"
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-live-settings-get", Method: "GET", Path: settings, Access: run,
		Summary: "How long recordings are kept, and whether clips are cut",
	}, h.settings)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-live-settings-set", Method: "PUT", Path: settings, Access: run,
		Summary: "Change the shop's live settings",
	}, h.saveSettings)
}

// Path names a room in a path.
type Path struct {
	ID id.Room `path:"id"`
}

// MerchantPath names a room of a shop in a path.
type MerchantPath struct {
	httpapi.ShopPath
	Room id.Room `path:"room"`
}

func (h API) remind(ctx context.Context, in *Path) (*httpapi.Empty, error) {
	return &httpapi.Empty{}, h.Service.Remind(ctx, in.ID, httpapi.ActorFrom(ctx).User, true)
}

func (h API) forget(ctx context.Context, in *Path) (*httpapi.Empty, error) {
	return &httpapi.Empty{}, h.Service.Remind(ctx, in.ID, httpapi.ActorFrom(ctx).User, false)
}

// settingsBody is what a shop wants of all its rooms.
type settingsBody struct {
	KeepDays   int   `json:"keep_days" minimum:"1" maximum:"3650"`
	Clips      bool  `json:"clips" doc:"Stretches that were explained become drafts of videos"`
	Ladder     bool  `json:"ladder" doc:"New rooms have smaller renditions"`
	Renditions []int `json:"renditions" minItems:"1" maxItems:"6" doc:"Their sizes by the shorter side of the picture"`
}

func (h API) settings(ctx context.Context, in *httpapi.ShopPath) (*httpapi.Body[settingsBody], error) {
	set, err := h.Service.SettingsOf(ctx, in.Shop)
	return httpapi.OK(settingsBody(set), err)
}

type settingsInput struct {
	httpapi.ShopPath
	Body settingsBody
}

func (h API) saveSettings(ctx context.Context, in *settingsInput) (*httpapi.Body[settingsBody], error) {
	return httpapi.OK(in.Body, h.Service.SaveSettings(ctx, in.Shop, Settings(in.Body)))
}
