package live

import (
	"context"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/page"
	"hawker/internal/base/permission"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/realtime"
)

// API is the viewers' door.
type API struct {
	Service *Service
	Views   Views
	Links   Links
	Staff   httpapi.StaffRegister
}

// Links makes the link by which somebody shares a room.
type Links interface {
	RoomLink(ctx context.Context, user id.User, room id.Room) (code, url string, err error)
}

func chatRate() cache.Rate  { return cache.Rate{Count: 20, Per: 10 * time.Second} }
func shareRate() cache.Rate { return cache.Rate{Count: 20, Per: time.Minute} }
func likeRate() cache.Rate  { return cache.Rate{Count: 30, Per: 10 * time.Second} }

// Register adds the operations.
func (h API) Register(api *httpapi.API) {
	httpapi.Register(api, httpapi.Operation{ID: "room-list", Method: "GET", Path: "/live/rooms", Access: httpapi.Anyone, Summary: "Rooms, newest first"}, h.list)
	httpapi.Register(api, httpapi.Operation{ID: "room-get", Method: "GET", Path: "/live/rooms/{id}", Access: httpapi.RoomLobby, Summary: "Enter a room"}, h.get)
	httpapi.Register(api, httpapi.Operation{ID: "room-shelf", Method: "GET", Path: "/live/rooms/{id}/shelf", Access: httpapi.RoomLobby, Summary: "What the room sells"}, h.shelf)
	httpapi.Register(api, httpapi.Operation{ID: "room-messages", Method: "GET", Path: "/live/rooms/{id}/messages", Access: httpapi.RoomLobby, Summary: "The newest messages, or those of a stretch of time, the newest last"}, h.messages)
	httpapi.Register(api, httpapi.Operation{ID: "room-marks", Method: "GET", Path: "/live/rooms/{id}/marks", Access: httpapi.RoomLobby, Summary: "What was explained when, on the stream's clock"}, h.marks)
	httpapi.Register(api, httpapi.Operation{ID: "room-remind", Method: "POST", Path: "/live/rooms/{id}/reminder", Access: httpapi.RoomLobbySignedIn, Status: 204, Limit: shareRate(), Summary: "Tell me when it begins"}, h.remind)
	httpapi.Register(api, httpapi.Operation{ID: "room-forget", Method: "DELETE", Path: "/live/rooms/{id}/reminder", Access: httpapi.RoomLobbySignedIn, Status: 204, Limit: shareRate(), Summary: "Do not tell me"}, h.forget)
	httpapi.Register(api, httpapi.Operation{ID: "room-say", Method: "POST", Path: "/live/rooms/{id}/messages", Access: httpapi.RoomLobbySignedIn, Status: 201, Limit: chatRate(), Summary: "Say something"}, h.say)
	httpapi.Register(api, httpapi.Operation{ID: "room-like", Method: "POST", Path: "/live/rooms/{id}/likes", Access: httpapi.RoomLobby, Limit: likeRate(), Summary: "Like, several times at once"}, h.like)
	httpapi.Register(api, httpapi.Operation{ID: "room-share", Method: "POST", Path: "/live/rooms/{id}/share", Access: httpapi.RoomLobbySignedIn, Limit: shareRate(), Summary: "Get the link by which to share a room"}, h.share)
}

type listInput struct {
	httpapi.PageQuery
	State State `query:"state" enum:",live,ended,scheduled"`
}

func (h API) list(ctx context.Context, in *listInput) (*httpapi.Body[page.Page[Card]], error) {
	return h.Views.page(ctx, id.Shop{}, in.State, in.PageQuery)
}

// page draws a page of rooms; those of one shop are for its staff.
func (v Views) page(ctx context.Context, shop id.Shop, state State, q httpapi.PageQuery) (*httpapi.Body[page.Page[Card]], error) {
	p, err := v.Service.List(ctx, shop, state, !shop.IsZero(), page.Request(q))
	if err != nil {
		return nil, err
	}
	cards, err := v.cards(ctx, p.Items, httpapi.Language(ctx))
	return httpapi.OK(page.Page[Card]{Items: cards, NextCursor: p.NextCursor}, err)
}

// RoomPath names a room in a path.
type RoomPath struct {
	ID id.Room `path:"id"`
}

// seen finds a room that the caller may see. A rehearsal is there for staff only.
func (h API) seen(ctx context.Context, room id.Room) (Room, Visitor, error) {
	actor := httpapi.ActorFrom(ctx)
	who := Visitor{User: actor.User, RefCode: httpapi.RefCode(ctx), Tag: httpapi.Language(ctx)}
	r, err := h.Service.Find(ctx, room)
	if err != nil || r.Mode == Open {
		return r, who, err
	}
	staff := false
	if actor.SignedIn() {
		if staff, err = h.Staff.May(ctx, actor.User, r.Shop, permModerate); err != nil {
			return Room{}, who, err
		}
	}
	if r.Mode == Rehearsal && !staff {
		return Room{}, who, fault.NotFound("live.not_found")
	}
	return r, who, nil
}

const permModerate = "live.moderate"

func (h API) get(ctx context.Context, in *RoomPath) (*httpapi.Body[Detail], error) {
	r, who, err := h.seen(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return httpapi.OK(h.Views.detail(ctx, r, who))
}

func (h API) shelf(ctx context.Context, in *RoomPath) (*httpapi.Body[page.Page[ItemView]], error) {
	_, who, err := h.seen(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	items, err := h.Views.shelf(ctx, in.ID, who)
	return httpapi.OK(page.Page[ItemView]{Items: items}, err)
}

type messagesInput struct {
	RoomPath
	After id.Message `query:"after" doc:"Those after this one, for who was away"`
	From  time.Time  `query:"from" doc:"With until: those of a stretch of at most an hour, for a replay"`
	Until time.Time  `query:"until"`
}

const stretchMax = time.Hour

func (h API) messages(ctx context.Context, in *messagesInput) (*httpapi.Body[page.Page[MessageView]], error) {
	r, _, err := h.seen(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	var list []Message
	switch {
	case !in.From.IsZero() && in.Until.After(in.From) && in.Until.Sub(in.From) <= stretchMax:
		list, err = h.Service.Said(ctx, r.ID, in.From, in.Until)
	case !in.After.IsZero():
		list, err = h.Service.SaidAfter(ctx, r.ID, in.After)
	default:
		list, err = h.Service.Recent(ctx, r.ID)
	}
	return httpapi.OK(page.Map(page.Page[Message]{Items: list}, viewMessage), err)
}

type markView struct {
	Item  ItemView   `json:"item"`
	From  time.Time  `json:"from" doc:"PROGRAM-DATE-TIME of the picture"`
	Until *time.Time `json:"until" doc:"null while it is explained"`
}

func (h API) marks(ctx context.Context, in *RoomPath) (*httpapi.Body[page.Page[markView]], error) {
	r, who, err := h.seen(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	items, err := h.Views.shelf(ctx, r.ID, who)
	if err != nil {
		return nil, err
	}
	byProduct := map[id.Product]ItemView{}
	for _, i := range items {
		byProduct[i.Product] = i
	}
	pins, err := h.Service.Marks(ctx, r)
	out := page.Page[markView]{Items: []markView{}}
	for _, p := range pins {
		if item, ok := byProduct[p.Product]; ok && !p.StreamAt.IsZero() {
			out.Items = append(out.Items, markView{item, p.StreamAt, optional(p.StreamUntil)})
		}
	}
	return httpapi.OK(out, err)
}

func (h API) remind(ctx context.Context, in *RoomPath) (*httpapi.Empty, error) {
	return &httpapi.Empty{}, h.Service.Remind(ctx, in.ID, httpapi.ActorFrom(ctx).User, true)
}

func (h API) forget(ctx context.Context, in *RoomPath) (*httpapi.Empty, error) {
	return &httpapi.Empty{}, h.Service.Remind(ctx, in.ID, httpapi.ActorFrom(ctx).User, false)
}

type textBody struct {
	Text string `json:"text" maxLength:"800"`
}

type sayInput struct {
	RoomPath
	Body textBody
}

func (h API) say(ctx context.Context, in *sayInput) (*httpapi.Body[MessageView], error) {
	user := httpapi.ActorFrom(ctx).User
	if _, _, err := h.seen(ctx, in.ID); err != nil {
		return nil, err
	}
	names, err := h.Views.People.Names(ctx, []id.User{user})
	if err != nil {
		return nil, err
	}
	m, err := h.Service.Speak(ctx, Message{Room: in.ID, User: user, Name: names[user].DisplayName, Kind: FromViewer, Text: in.Body.Text})
	return httpapi.OK(viewMessage(m), err)
}

type likeInput struct {
	RoomPath
	Body struct {
		Count int64 `json:"count" minimum:"1" maximum:"50"`
	}
}

type likesView struct {
	Likes int64 `json:"likes"`
}

func (h API) like(ctx context.Context, in *likeInput) (*httpapi.Body[likesView], error) {
	if _, _, err := h.seen(ctx, in.ID); err != nil {
		return nil, err
	}
	n, err := h.Service.Like(ctx, in.ID, in.Body.Count)
	return httpapi.OK(likesView{n}, err)
}

type shareView struct {
	URL  string `json:"url"`
	Code string `json:"code"`
}

func (h API) share(ctx context.Context, in *RoomPath) (*httpapi.Body[shareView], error) {
	r, _, err := h.seen(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	code, url, err := h.Links.RoomLink(ctx, httpapi.ActorFrom(ctx).User, r.ID)
	return httpapi.OK(shareView{url, code}, err)
}

// Door implements httpapi.RoomGate.
func (s *Service) Door(ctx context.Context, room id.Room) (httpapi.RoomDoor, error) {
	r, err := s.Find(ctx, room)
	return httpapi.RoomDoor{Shop: r.Shop, Mode: string(r.Mode)}, err
}

// Channel is where rooms talk.
func (s *Service) Channel(staff httpapi.StaffRegister) realtime.Channel {
	g := gate{s, staff}
	return realtime.Channel{
		Name: "room", Access: httpapi.RoomLobby,
		Subject: func(id string) httpapi.Subject { return httpapi.Subject{Room: id} },
		Enter:   g.enter, Stay: g.stay,
	}
}

// gate decides who of those that may listen to a room is let in and counted.
type gate struct {
	service *Service
	staff   httpapi.StaffRegister
}

func (g gate) enter(ctx context.Context, actor httpapi.Actor, text string, _ httpapi.Pass) (realtime.Entry, error) {
	entry, room, err := g.look(ctx, actor, text)
	if entry == realtime.Counted {
		g.service.entered(room, actor.User)
	}
	return entry, err
}

func (g gate) stay(ctx context.Context, actor httpapi.Actor, text string) (bool, error) {
	entry, _, err := g.look(ctx, actor, text)
	return entry != realtime.Refused, err
}

func (g gate) look(ctx context.Context, actor httpapi.Actor, text string) (realtime.Entry, id.Room, error) {
	var room id.Room
	if err := room.UnmarshalText([]byte(text)); err != nil {
		return realtime.Refused, room, nil
	}
	r, err := g.service.Find(ctx, room)
	if err != nil || !actor.SignedIn() {
		if fault.Code(err) == "live.not_found" {
			return realtime.Refused, room, nil
		}
		return realtime.Counted, room, err
	}
	staff, err := g.staff.May(ctx, actor.User, r.Shop, permission.LiveModerate)
	if err != nil {
		return realtime.Refused, room, err
	}
	if staff {
		return realtime.Uncounted, room, nil
	}
	x, silenced, err := g.service.Words.Silenced(ctx, r.Shop, actor.User)
	if err != nil || silenced && x.Banned {
		return realtime.Refused, room, err
	}
	return realtime.Counted, room, nil
}
