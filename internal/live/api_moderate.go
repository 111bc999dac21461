package live

import (
	"context"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/base/page"
	"hawker/internal/moderation"
	"hawker/internal/platform/httpapi"
)

// ModerateAPI is the moderators' door to a room's conversation.
type ModerateAPI struct{ Service *Service }

// Register adds the operations.
func (h ModerateAPI) Register(api *httpapi.API) {
	see, base := httpapi.Staff(permModerate), "/merchant/{shop}/rooms/{room}"
	httpapi.Register(api, httpapi.Operation{ID: "merchant-room-messages", Method: "GET", Path: base + "/messages", Access: see, Summary: "The newest messages: all, held ones, or questions"}, h.list)
	httpapi.Register(api, httpapi.Operation{ID: "merchant-message-show", Method: "POST", Path: base + "/messages/{message}/show", Access: see, Status: 204, Summary: "Show a held message"}, h.show)
	httpapi.Register(api, httpapi.Operation{ID: "merchant-message-remove", Method: "POST", Path: base + "/messages/{message}/remove", Access: see, Status: 204, Summary: "Take a message away"}, h.remove)
	httpapi.Register(api, httpapi.Operation{ID: "merchant-message-silence", Method: "POST", Path: base + "/messages/{message}/silence", Access: see, Status: 204, Summary: "Mute or ban who wrote a message"}, h.silence)
	httpapi.Register(api, httpapi.Operation{ID: "merchant-message-pin", Method: "PUT", Path: base + "/pinned-message", Access: see, Status: 204, Summary: "Hold a message at the top; none to let go"}, h.pin)
	run := httpapi.Staff("live.run")
	httpapi.Register(api, httpapi.Operation{ID: "merchant-live-settings", Method: "GET", Path: "/merchant/{shop}/live-settings", Access: run, Summary: "How long recordings are kept, and whether clips are cut"}, h.settings)
	httpapi.Register(api, httpapi.Operation{ID: "merchant-live-settings-put", Method: "PUT", Path: "/merchant/{shop}/live-settings", Access: run, Summary: "Change the shop's live settings"}, h.saveSettings)
}

type staffMessagesInput struct {
	MerchantRoomPath
	Filter Filter `query:"filter" enum:",all,held,questions"`
}

func (h ModerateAPI) list(ctx context.Context, in *staffMessagesInput) (*httpapi.Body[page.Page[MessageView]], error) {
	if _, err := h.Service.OfShop(ctx, in.Shop, in.Room); err != nil {
		return nil, err
	}
	list, err := h.Service.Messages(ctx, in.Room, in.Filter)
	return httpapi.OK(page.Map(page.Page[Message]{Items: list}, viewMessage), err)
}

// MessagePath names a message of a shop's room.
type MessagePath struct {
	MerchantRoomPath
	Message id.Message `path:"message"`
}

func (h ModerateAPI) show(ctx context.Context, in *MessagePath) (*httpapi.Empty, error) {
	return &httpapi.Empty{}, h.Service.Decide(ctx, in.Shop, in.Room, in.Message, Shown)
}

func (h ModerateAPI) remove(ctx context.Context, in *MessagePath) (*httpapi.Empty, error) {
	return &httpapi.Empty{}, h.Service.Decide(ctx, in.Shop, in.Room, in.Message, Removed)
}

type silenceInput struct {
	MessagePath
	Body struct {
		Kind    string `json:"kind" enum:"mute,ban"`
		Minutes int64  `json:"minutes,omitempty" minimum:"0" maximum:"525600" doc:"0: for good"`
	}
}

func (h ModerateAPI) silence(ctx context.Context, in *silenceInput) (*httpapi.Empty, error) {
	if _, err := h.Service.OfShop(ctx, in.Shop, in.Room); err != nil {
		return nil, err
	}
	user, err := h.Service.Author(ctx, in.Room, in.Message)
	if err != nil {
		return nil, err
	}
	x := moderation.Silence{Shop: in.Shop, User: user, Banned: in.Body.Kind == "ban", By: httpapi.ActorFrom(ctx).User}
	if in.Body.Minutes > 0 {
		x.Until = h.Service.db.Clock().Now().Add(time.Duration(in.Body.Minutes) * time.Minute)
	}
	if err := h.Service.Words.Silence(ctx, x); err != nil {
		return nil, err
	}
	return &httpapi.Empty{}, h.Service.Decide(ctx, in.Shop, in.Room, in.Message, Removed)
}

type pinMessageInput struct {
	MerchantRoomPath
	Body struct {
		Message id.Message `json:"message_id,omitzero"`
	}
}

func (h ModerateAPI) pin(ctx context.Context, in *pinMessageInput) (*httpapi.Empty, error) {
	return &httpapi.Empty{}, h.Service.PinMessage(ctx, in.Shop, in.Room, in.Body.Message)
}

type settingsBody struct {
	KeepDays   int   `json:"keep_days" minimum:"1" maximum:"3650"`
	Clips      bool  `json:"clips" doc:"Stretches that were explained become drafts of videos"`
	Ladder     bool  `json:"ladder" doc:"New rooms have smaller renditions"`
	Renditions []int `json:"renditions" minItems:"1" maxItems:"6" doc:"Their sizes by the shorter side of the picture"`
}

func (h ModerateAPI) settings(ctx context.Context, in *httpapi.ShopPath) (*httpapi.Body[settingsBody], error) {
	set, err := h.Service.SettingsOf(ctx, in.Shop)
	return httpapi.OK(settingsBody(set), err)
}

type settingsInput struct {
	httpapi.ShopPath
	Body settingsBody
}

func (h ModerateAPI) saveSettings(ctx context.Context, in *settingsInput) (*httpapi.Body[settingsBody], error) {
	return httpapi.OK(in.Body, h.Service.SaveSettings(ctx, in.Shop, Settings(in.Body)))
}
