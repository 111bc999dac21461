package chat

import (
	"context"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/base/page"
	"hawker/internal/base/permission"
	"hawker/internal/moderation"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/httpapi"
	"hawker/internal/room"
)

// API is the module's door, for viewers and for those who moderate.
type API struct{ Service *Service }

func chatRate() cache.Rate { return cache.Rate{Count: 20, Per: 10 * time.Second} }

// Register adds the operations.
func (h API) Register(api *httpapi.API) {
	one := "/live/rooms/{id}"
	httpapi.Register(api, httpapi.Operation{
		ID: "room-message-list", Method: "GET", Path: one + "/messages", Access: httpapi.RoomLobby,
		Summary: "The newest messages, or those of a stretch of time, the newest last",
	}, h.messages)
	httpapi.Register(api, httpapi.Operation{
		ID: "room-message-create", Method: "POST", Path: one + "/messages", Access: httpapi.RoomLobbySignedIn,
		Status: 201,
		Limit:  chatRate(), Summary: "Say something",
	}, h.say)
	see, base := httpapi.RoomStaff(permission.LiveModerate), "/merchant/{shop}/rooms/{room}"
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-message-create", Method: "POST", Path: base + "/messages", Access: see, Status: 201,
		Summary: "Speak as the shop",
	}, h.sayAsShop)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-message-list", Method: "GET", Path: base + "/messages", Access: see,
		Summary: "The newest messages: all, held ones, or questions",
	}, h.list)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-message-show", Method: "POST", Path: base + "/messages/{message}/show", Access: see, Status: 204,
		Summary: "Show a held message",
	}, h.show)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-message-remove", Method: "POST", Path: base + "/messages/{message}/remove", Access: see,
		Status: 204, Summary: "Take a message away",
	}, h.remove)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-message-silence", Method: "POST", Path: base + "/messages/{message}/silence", Access: see,
		Status: 204, Summary: "Mute or ban who wrote a message",
	}, h.silence)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-pinned-message-set", Method: "PUT", Path: base + "/pinned-message", Access: see, Status: 204,
		Summary: "Hold a message at the top; none to let go",
	}, h.pin)
}

type messagesInput struct {
	room.Path
	After id.Message `query:"after" doc:"Those after this one, for who was away"`
	From  time.Time  `query:"from" doc:"With until: those of a stretch of at most an hour, for a replay"`
	Until time.Time  `query:"until"`
}

const stretchMax = time.Hour

func (h API) messages(ctx context.Context, in *messagesInput) (*httpapi.Body[page.List[MessageView]], error) {
	var list []Message
	var err error
	switch {
	case !in.From.IsZero() && in.Until.After(in.From) && in.Until.Sub(in.From) <= stretchMax:
		list, err = h.Service.Between(ctx, in.ID, in.From, in.Until)
	case !in.After.IsZero():
		list, err = h.Service.After(ctx, in.ID, in.After)
	default:
		list, err = h.Service.Recent(ctx, in.ID)
	}
	return httpapi.OK(page.Whole(list, View), err)
}

// textBody is something said.
type textBody struct {
	Text string `json:"text" maxLength:"800"`
}

// SayingKey is embedded in the input of whoever says something.
type SayingKey struct {
	Key string `header:"Idempotency-Key" minLength:"8" maxLength:"128" pattern:"^[A-Za-z0-9_.:-]+$" doc:"Repeat it when repeating the request: what was said within two minutes is not said again"`
}

type sayInput struct {
	SayingKey
	room.Path
	Body textBody
}

func (h API) say(ctx context.Context, in *sayInput) (*httpapi.Body[MessageView], error) {
	user := httpapi.ActorFrom(ctx).User
	names, err := h.Service.options.People.Names(ctx, []id.User{user})
	if err != nil {
		return nil, err
	}
	m, err := h.Service.once(ctx, in.Key, Message{
		Room: in.ID, User: user, Name: names[user].DisplayName, Kind: FromViewer, Text: in.Body.Text,
	}, h.Service.Speak)
	return httpapi.OK(View(m), err)
}

type merchantSayInput struct {
	SayingKey
	room.MerchantPath
	Body textBody
}

func (h API) sayAsShop(ctx context.Context, in *merchantSayInput) (*httpapi.Body[MessageView], error) {
	names, err := h.Service.options.Shops.ShopRefs(ctx, []id.Shop{in.Shop}, lang.Chinese)
	if err != nil {
		return nil, err
	}
	m, err := h.Service.once(ctx, in.Key, Message{
		Room: in.Room, User: httpapi.ActorFrom(ctx).User, Name: names[in.Shop].Name, Kind: FromHost, Text: in.Body.Text,
	}, h.Service.Say)
	return httpapi.OK(View(m), err)
}

type staffMessagesInput struct {
	room.MerchantPath
	Filter Filter `query:"filter" enum:",all,held,questions"`
}

func (h API) list(ctx context.Context, in *staffMessagesInput) (*httpapi.Body[page.List[MessageView]], error) {
	list, err := h.Service.Messages(ctx, in.Room, in.Filter)
	return httpapi.OK(page.Whole(list, View), err)
}

// MessagePath names a message of a shop's room.
type MessagePath struct {
	room.MerchantPath
	Message id.Message `path:"message"`
}

func (h API) show(ctx context.Context, in *MessagePath) (*httpapi.Empty, error) {
	return &httpapi.Empty{}, h.Service.Decide(ctx, in.Shop, in.Room, in.Message, Shown)
}

func (h API) remove(ctx context.Context, in *MessagePath) (*httpapi.Empty, error) {
	return &httpapi.Empty{}, h.Service.Decide(ctx, in.Shop, in.Room, in.Message, Removed)
}

type silenceInput struct {
	MessagePath
	Body struct {
		Kind    string `json:"kind" enum:"mute,ban"`
		Minutes int64  `json:"minutes,omitempty" minimum:"0" maximum:"525600" doc:"0: for good"`
	}
}

func (h API) silence(ctx context.Context, in *silenceInput) (*httpapi.Empty, error) {
	x := moderation.Silence{Banned: in.Body.Kind == "ban", By: httpapi.ActorFrom(ctx).User}
	if in.Body.Minutes > 0 {
		x.Until = h.Service.db.Clock().Now().Add(time.Duration(in.Body.Minutes) * time.Minute)
	}
	return &httpapi.Empty{}, h.Service.Silence(ctx, in.Shop, in.Room, in.Message, x)
}

type pinMessageInput struct {
	room.MerchantPath
	Body struct {
		Message id.Message `json:"message_id,omitzero"`
	}
}

func (h API) pin(ctx context.Context, in *pinMessageInput) (*httpapi.Empty, error) {
	return &httpapi.Empty{}, h.Service.PinMessage(ctx, in.Shop, in.Room, in.Body.Message)
}
