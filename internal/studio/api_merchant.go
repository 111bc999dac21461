package studio

import (
	"context"
	"net"
	"net/url"
	"strings"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/base/money"
	"hawker/internal/base/page"
	"hawker/internal/base/permission"
	"hawker/internal/chat"
	"hawker/internal/order"
	"hawker/internal/platform/httpapi"
	"hawker/internal/room"
	"hawker/internal/show"
	"hawker/internal/stage"
)

// Pictures answers where a picture of a shop can be seen.
type Pictures interface {
	URLOf(ctx context.Context, shop id.Shop, picture id.Media) (string, error)
}

// MerchantAPI is the control room's door.
type MerchantAPI struct {
	Stage     *stage.Service
	Views     Views
	Media     Pictures
	Orders    *order.Service
	Staff     httpapi.StaffRegister
	IngestApp string        // of the RTMP address
	RTMPPort  func() string // known once the program listens
	EdgeRTMP  string        // where to publish when another server stands in front
}

// Register adds the operations.
func (h MerchantAPI) Register(api *httpapi.API) {
	run, see := httpapi.RoomStaff(permission.LiveRun), httpapi.RoomStaff(permission.LiveModerate)
	base := "/merchant/{shop}/rooms"
	one := base + "/{room}"
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-room-list", Method: "GET", Path: base, Access: httpapi.Staff(permission.LiveModerate),
		Summary: "Rooms of the shop",
	}, h.list)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-room-create", Method: "POST", Path: base, Access: httpapi.Staff(permission.LiveRun), Status: 201,
		Summary: "Open a room",
	}, h.create)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-room-get", Method: "GET", Path: one, Access: see,
		Summary: "A room as its staff see it; its stream address for those who may send",
	}, h.get)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-room-update", Method: "PATCH", Path: one, Access: run, Summary: "Change a room and its rules",
	}, h.update)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-room-mode-set", Method: "POST", Path: one + "/mode", Access: run,
		Summary:   "Warm up, rehearse, or open to everybody",
		AtPicture: true,
	}, h.setMode)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-room-health-get", Method: "GET", Path: one + "/health", Access: see,
		Summary:   "State of the picture, numbers and alarms",
		AtPicture: true,
	}, h.health)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-unpaid-list", Method: "GET", Path: one + "/unpaid", Access: see,
		Summary: "Who holds units that are not paid, and until when",
	}, h.unpaid)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-room-key-reset", Method: "POST", Path: one + "/key", Access: run,
		Summary:   "Replace the stream key",
		AtPicture: true,
	}, h.resetKey)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-room-kick", Method: "POST", Path: one + "/kick", Access: run, Status: 204,
		Summary:   "Send the publisher away; it may come again",
		AtPicture: true,
	}, h.kick)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-room-end", Method: "POST", Path: one + "/end", Access: run, Summary: "End the show",
		AtPicture: true,
	}, h.end)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-room-cancel", Method: "POST", Path: one + "/cancel", Access: run,
		Summary:   "Call off a show that has not begun; who asked to be reminded is told",
		AtPicture: true,
	}, h.cancel)
}

// streamView is where an encoder sends a room's picture; the key is secret.
type streamView struct {
	RTMPURL    string `json:"rtmp_url"`
	Key        string `json:"key"`
	PublishURL string `json:"publish_url"`
	WHIPURL    string `json:"whip_url"`
	EdgeURL    string `json:"edge_url" doc:"Where to publish when another server stands in front, key included; empty otherwise"`
}

// numbersView is the figures of the show that is on air.
type numbersView struct {
	Viewers  int         `json:"viewers"`
	Likes    int64       `json:"likes"`
	Orders   int64       `json:"orders"`
	Revenue  money.Money `json:"revenue"`
	Messages int64       `json:"messages"`
}

// roomView is a room as its staff runs it.
type roomView struct {
	Detail
	LowLatency bool        `json:"low_latency"`
	Ladder     bool        `json:"ladder"`
	MayRun     bool        `json:"may_run" doc:"The caller may send, pin and end; others moderate"`
	Stream     *streamView `json:"stream" doc:"For those who may send"`
	Health     HealthView  `json:"health"`
	Numbers    numbersView `json:"numbers"`
}

// numbers are those of the newest show; a show that has not begun has sold nothing.
func (h MerchantAPI) numbers(ctx context.Context, st show.Standing) (numbersView, error) {
	x := st.Current()
	var orders, revenue int64
	var err error
	if !x.StartedAt.IsZero() {
		orders, revenue, err = h.Orders.SalesOfRoom(ctx, st.ID, x.StartedAt)
	}
	return numbersView{
		h.Views.News.Viewers(st.ID), x.Likes, orders, money.Of(revenue, h.Views.Currency), x.Messages,
	}, err
}

func (h MerchantAPI) view(ctx context.Context, shop id.Shop, r id.Room) (*httpapi.Body[roomView], error) {
	st, err := h.Views.Shows.OfShop(ctx, shop, r)
	if err != nil {
		return nil, err
	}
	user := httpapi.ActorFrom(ctx).User
	d, err := h.Views.detail(ctx, st, Visitor{User: user, Tag: httpapi.Language(ctx), Staff: true})
	if err != nil {
		return nil, err
	}
	n, err := h.numbers(ctx, st)
	if err != nil {
		return nil, err
	}
	v := roomView{
		Detail: d, LowLatency: st.Part > 0 && st.Part < time.Second/2, Ladder: st.Ladder, Health: h.Views.health(st),
		Numbers: n,
	}
	v.MayRun, err = h.Staff.May(ctx, user, shop, permission.LiveRun)
	if err != nil || !v.MayRun {
		return httpapi.OK(v, err)
	}
	key, err := h.Views.Rooms.Key(ctx, r)
	address := "rtmp://" + net.JoinHostPort(hostOf(httpapi.Origin(ctx)), h.RTMPPort()) + "/" + h.IngestApp
	v.Stream = &streamView{address, key, address + "/" + key, httpapi.Origin(ctx) + "/whip/" + key, ""}
	if h.EdgeRTMP != "" {
		v.Stream.EdgeURL = strings.TrimSuffix(h.EdgeRTMP, "/") + "/" + r.String() + "?key=" + url.QueryEscape(key)
	}
	return httpapi.OK(v, err)
}

// hostOf is the name by which the caller reached us: a streamer at another desk
// must not be told 127.0.0.1.
func hostOf(origin string) string {
	u, err := url.Parse(origin)
	if err != nil || u.Hostname() == "" {
		return "127.0.0.1"
	}
	return u.Hostname()
}

type listRoomsInput struct {
	httpapi.ShopPath
	httpapi.PageQuery
}

func (h MerchantAPI) list(ctx context.Context, in *listRoomsInput) (*httpapi.Body[page.Page[Card]], error) {
	return httpapi.OK(h.Views.list(ctx, in.Shop, "", page.Request(in.PageQuery), httpapi.Language(ctx)))
}

type createInput struct {
	httpapi.IdempotencyKey
	httpapi.ShopPath
	Body struct {
		Title       string       `json:"title" maxLength:"200"`
		Cover       id.Media     `json:"cover_media_id,omitzero"`
		Products    []id.Product `json:"product_ids" maxItems:"100"`
		ScheduledAt time.Time    `json:"scheduled_at,omitzero"`
		Mode        room.Mode    `json:"mode,omitempty" enum:"open,warmup,rehearsal"`
	}
}

func (h MerchantAPI) create(ctx context.Context, in *createInput) (*httpapi.Body[roomView], error) {
	b := in.Body
	key, err := in.Once(ctx, "room-create:"+in.Shop.String(), b)
	if err != nil {
		return nil, err
	}
	cover, err := h.coverURL(ctx, in.Shop, b.Cover)
	if err != nil {
		return nil, err
	}
	st, err := h.Stage.Create(ctx, key, stage.Plan{Products: b.Products, Plan: room.Plan{
		Shop: in.Shop, Host: httpapi.ActorFrom(ctx).User, Title: b.Title, CoverURL: cover, ScheduledAt: b.ScheduledAt,
		Mode: b.Mode,
	}})
	if err != nil {
		return nil, err
	}
	return h.view(ctx, in.Shop, st.ID)
}

func (h MerchantAPI) coverURL(ctx context.Context, shop id.Shop, cover id.Media) (string, error) {
	if cover.IsZero() {
		return "", nil
	}
	return h.Media.URLOf(ctx, shop, cover)
}

func (h MerchantAPI) get(ctx context.Context, in *room.MerchantPath) (*httpapi.Body[roomView], error) {
	return h.view(ctx, in.Shop, in.Room)
}

type updateInput struct {
	room.MerchantPath
	Body struct {
		Title         *string    `json:"title,omitempty" maxLength:"200"`
		Cover         id.Media   `json:"cover_media_id,omitzero"`
		ScheduledAt   *time.Time `json:"scheduled_at,omitempty"`
		SlowSeconds   *int64     `json:"slow_seconds,omitempty" minimum:"0" maximum:"600"`
		FollowersOnly *bool      `json:"followers_only,omitempty"`
		LowLatency    *bool      `json:"low_latency,omitempty" doc:"Parts of 0.2 s, from the next show on"`
		Ladder        *bool      `json:"ladder,omitempty" doc:"Smaller renditions, from the next show on"`
	}
}

func (h MerchantAPI) update(ctx context.Context, in *updateInput) (*httpapi.Body[roomView], error) {
	b := in.Body
	c := room.Change{
		Title: b.Title, ScheduledAt: b.ScheduledAt, FollowersOnly: b.FollowersOnly, LowLatency: b.LowLatency,
		Ladder: b.Ladder,
	}
	if b.SlowSeconds != nil {
		slow := time.Duration(*b.SlowSeconds) * time.Second
		c.Slow = &slow
	}
	if !b.Cover.IsZero() {
		cover, err := h.coverURL(ctx, in.Shop, b.Cover)
		if err != nil {
			return nil, err
		}
		c.CoverURL = &cover
	}
	return h.after(ctx, &in.MerchantPath, h.Stage.Update(ctx, in.Shop, in.Room, c))
}

// after shows a room once something was done to it.
func (h MerchantAPI) after(ctx context.Context, in *room.MerchantPath, err error) (*httpapi.Body[roomView], error) {
	if err != nil {
		return nil, err
	}
	return h.view(ctx, in.Shop, in.Room)
}

type modeInput struct {
	room.MerchantPath
	Body struct {
		Mode room.Mode `json:"mode" enum:"open,warmup,rehearsal"`
	}
}

func (h MerchantAPI) setMode(ctx context.Context, in *modeInput) (*httpapi.Body[roomView], error) {
	return h.after(ctx, &in.MerchantPath, h.Stage.SetMode(ctx, in.Shop, in.Room, in.Body.Mode))
}

func (h MerchantAPI) resetKey(ctx context.Context, in *room.MerchantPath) (*httpapi.Body[roomView], error) {
	return h.after(ctx, in, h.Stage.ResetKey(ctx, in.Shop, in.Room))
}

func (h MerchantAPI) end(ctx context.Context, in *room.MerchantPath) (*httpapi.Body[roomView], error) {
	return h.after(ctx, in, h.Stage.End(ctx, in.Shop, in.Room))
}

func (h MerchantAPI) cancel(ctx context.Context, in *room.MerchantPath) (*httpapi.Body[roomView], error) {
	return h.after(ctx, in, h.Stage.Cancel(ctx, in.Shop, in.Room))
}

func (h MerchantAPI) kick(ctx context.Context, in *room.MerchantPath) (*httpapi.Empty, error) {
	return &httpapi.Empty{}, h.Stage.Kick(ctx, in.Shop, in.Room)
}

// unpaidLine is goods of an order that is not paid yet.
type unpaidLine struct {
	Title    string `json:"title"`
	Options  string `json:"options_text"`
	Quantity int64  `json:"quantity"`
}

// unpaidView is an order of a room's show that is not paid yet, for the host to remind
// of.
type unpaidView struct {
	Order   id.Order     `json:"order_id"`
	Number  string       `json:"number"`
	Buyer   string       `json:"buyer_name" doc:"Masked"`
	Lines   []unpaidLine `json:"lines"`
	Payable money.Money  `json:"payable"`
	PayBy   time.Time    `json:"pay_by"`
}

func (h MerchantAPI) unpaid(
	ctx context.Context, in *room.MerchantPath,
) (*httpapi.Body[page.List[unpaidView]], error) {
	orders, err := h.Orders.UnpaidOfRoom(ctx, in.Room)
	if err != nil {
		return nil, err
	}
	var buyers []id.User
	for _, o := range orders {
		buyers = append(buyers, o.User)
	}
	names, err := h.Views.People.Names(ctx, buyers)
	tag := httpapi.Language(ctx)
	out := page.List[unpaidView]{Items: []unpaidView{}}
	for _, o := range orders {
		v := unpaidView{
			o.ID, o.Number, chat.Masked(names[o.User].DisplayName), nil, money.Of(o.Payable, o.Currency), o.DueAt,
		}
		for _, l := range o.Lines {
			v.Lines = append(v.Lines, unpaidLine{l.Title.In(tag), l.ChoiceText.In(tag), l.Quantity})
		}
		out.Items = append(out.Items, v)
	}
	return httpapi.OK(out, err)
}

// healthAnswer is how the picture does, with the figures and what is wrong.
type healthAnswer struct {
	Health  HealthView  `json:"health"`
	Numbers numbersView `json:"numbers"`
	Alarms  []AlarmView `json:"alarms"`
}

func (h MerchantAPI) health(ctx context.Context, in *room.MerchantPath) (*httpapi.Body[healthAnswer], error) {
	st, err := h.Views.Shows.OfShop(ctx, in.Shop, in.Room)
	if err != nil {
		return nil, err
	}
	n, err := h.numbers(ctx, st)
	if err != nil {
		return nil, err
	}
	health := h.Views.health(st)
	alarms, err := h.Views.alarms(ctx, st, health)
	return httpapi.OK(healthAnswer{health, n, alarms}, err)
}
