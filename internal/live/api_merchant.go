package live

import (
	"context"
	"net"
	"net/url"
	"strings"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/base/money"
	"hawker/internal/base/page"
	"hawker/internal/catalog"
	"hawker/internal/order"
	"hawker/internal/platform/httpapi"
)

// MerchantAPI is the control room's door.
type MerchantAPI struct {
	Service  *Service
	Views    Views
	Media    *catalog.Media
	Orders   *order.Service
	Staff    httpapi.StaffRegister
	RTMPPort func() string // known once the program listens
	EdgeRTMP string        // where to publish when another server stands in front
}

// Register adds the operations.
func (h MerchantAPI) Register(api *httpapi.API) {
	run, see, base := httpapi.Staff("live.run"), httpapi.Staff(permModerate), "/merchant/{shop}/rooms"
	one := base + "/{room}"
	httpapi.Register(api, httpapi.Operation{ID: "merchant-room-list", Method: "GET", Path: base, Access: see, Summary: "Rooms of the shop"}, h.list)
	httpapi.Register(api, httpapi.Operation{ID: "merchant-room-create", Method: "POST", Path: base, Access: run, Status: 201, Summary: "Open a room"}, h.create)
	httpapi.Register(api, httpapi.Operation{ID: "merchant-room-get", Method: "GET", Path: one, Access: see, Summary: "A room as its staff see it; its stream address for those who may send"}, h.get)
	httpapi.Register(api, httpapi.Operation{ID: "merchant-room-update", Method: "PATCH", Path: one, Access: run, Summary: "Change a room and its rules"}, h.update)
	httpapi.Register(api, httpapi.Operation{ID: "merchant-room-mode", Method: "POST", Path: one + "/mode", Access: run, Summary: "Warm up, rehearse, or open to everybody"}, h.setMode)
	httpapi.Register(api, httpapi.Operation{ID: "merchant-room-health", Method: "GET", Path: one + "/health", Access: see, Summary: "State of the picture, numbers and alarms"}, h.health)
	httpapi.Register(api, httpapi.Operation{ID: "merchant-room-unpaid", Method: "GET", Path: one + "/unpaid", Access: see, Summary: "Who holds units that are not paid, and until when"}, h.unpaid)
	httpapi.Register(api, httpapi.Operation{ID: "merchant-room-key", Method: "POST", Path: one + "/key", Access: run, Summary: "Replace the stream key"}, h.resetKey)
	httpapi.Register(api, httpapi.Operation{ID: "merchant-room-kick", Method: "POST", Path: one + "/kick", Access: run, Status: 204, Summary: "Send the publisher away; it may come again"}, h.kick)
	httpapi.Register(api, httpapi.Operation{ID: "merchant-room-end", Method: "POST", Path: one + "/end", Access: run, Summary: "End the show"}, h.end)
	httpapi.Register(api, httpapi.Operation{ID: "merchant-room-cancel", Method: "POST", Path: one + "/cancel", Access: run, Summary: "Call off a show that has not begun; who asked to be reminded is told"}, h.cancel)
	httpapi.Register(api, httpapi.Operation{ID: "merchant-room-shelf", Method: "PUT", Path: one + "/shelf", Access: run, Summary: "Replace the shelf"}, h.setShelf)
	httpapi.Register(api, httpapi.Operation{ID: "merchant-room-shelf-get", Method: "GET", Path: one + "/shelf", Access: see, Summary: "The shelf with what viewers do not see"}, h.getShelf)
	httpapi.Register(api, httpapi.Operation{ID: "merchant-room-item", Method: "PATCH", Path: one + "/shelf/{product}", Access: run, Summary: "Hide a product, or note what to say of it"}, h.editItem)
	httpapi.Register(api, httpapi.Operation{ID: "merchant-room-pin", Method: "POST", Path: one + "/pin", Access: run, Summary: "Explain a product now"}, h.pin)
	httpapi.Register(api, httpapi.Operation{ID: "merchant-room-unpin", Method: "POST", Path: one + "/unpin", Access: run, Status: 204, Summary: "Explain nothing"}, h.unpin)
	httpapi.Register(api, httpapi.Operation{ID: "merchant-room-say", Method: "POST", Path: one + "/messages", Access: see, Status: 201, Summary: "Speak as the shop"}, h.say)
}

type streamView struct {
	RTMPURL    string `json:"rtmp_url"`
	Key        string `json:"key"`
	PublishURL string `json:"publish_url"`
	WHIPURL    string `json:"whip_url"`
	EdgeURL    string `json:"edge_url" doc:"Where to publish when another server stands in front, key included; empty otherwise"`
}

type numbersView struct {
	Viewers  int         `json:"viewers"`
	Likes    int64       `json:"likes"`
	Orders   int64       `json:"orders"`
	Revenue  money.Money `json:"revenue"`
	Messages int64       `json:"messages"`
}

type roomView struct {
	Detail
	LowLatency bool        `json:"low_latency"`
	Ladder     bool        `json:"ladder"`
	MayRun     bool        `json:"may_run" doc:"The caller may send, pin and end; others moderate"`
	Stream     *streamView `json:"stream" doc:"For those who may send"`
	Health     HealthView  `json:"health"`
	Numbers    numbersView `json:"numbers"`
}

func (h MerchantAPI) numbers(ctx context.Context, r Room) (numbersView, error) {
	orders, revenue, err := h.Orders.SalesOfRoom(ctx, r.ID)
	return numbersView{h.Service.Viewers(r.ID), r.Likes, orders, money.Of(revenue, h.Views.Currency), r.Messages}, err
}

func (h MerchantAPI) view(ctx context.Context, shop id.Shop, room id.Room) (*httpapi.Body[roomView], error) {
	r, err := h.Service.OfShop(ctx, shop, room)
	if err != nil {
		return nil, err
	}
	d, err := h.Views.detail(ctx, r, staffVisitor(ctx))
	if err != nil {
		return nil, err
	}
	n, err := h.numbers(ctx, r)
	if err != nil {
		return nil, err
	}
	v := roomView{Detail: d, LowLatency: r.Part > 0 && r.Part < time.Second/2, Ladder: r.Ladder, Health: h.Views.health(r), Numbers: n}
	v.MayRun, err = h.Staff.May(ctx, httpapi.ActorFrom(ctx).User, shop, "live.run")
	if err != nil || !v.MayRun {
		return httpapi.OK(v, err)
	}
	key, err := h.Service.Key(ctx, room)
	address := "rtmp://" + net.JoinHostPort(hostOf(httpapi.Origin(ctx)), h.RTMPPort()) + "/" + ingestApp
	v.Stream = &streamView{address, key, address + "/" + key, httpapi.Origin(ctx) + "/whip/" + key, ""}
	if h.EdgeRTMP != "" {
		v.Stream.EdgeURL = strings.TrimSuffix(h.EdgeRTMP, "/") + "/" + room.String() + "?key=" + url.QueryEscape(key)
	}
	return httpapi.OK(v, err)
}

// staffVisitor is the caller, who works in the shop of the path.
func staffVisitor(ctx context.Context) Visitor {
	return Visitor{User: httpapi.ActorFrom(ctx).User, Tag: httpapi.Language(ctx), Staff: true}
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
	return h.Views.page(ctx, in.Shop, "", in.PageQuery)
}

type createInput struct {
	httpapi.ShopPath
	Body struct {
		Title       string       `json:"title" maxLength:"200"`
		Cover       id.Media     `json:"cover_media_id,omitzero"`
		Products    []id.Product `json:"product_ids" maxItems:"100"`
		ScheduledAt time.Time    `json:"scheduled_at,omitzero"`
		Mode        Mode         `json:"mode,omitempty" enum:"open,warmup,rehearsal"`
	}
}

func (h MerchantAPI) create(ctx context.Context, in *createInput) (*httpapi.Body[roomView], error) {
	b := in.Body
	p := Plan{Shop: in.Shop, Host: httpapi.ActorFrom(ctx).User, Title: b.Title, Products: b.Products, ScheduledAt: b.ScheduledAt, Mode: b.Mode}
	url, err := h.coverURL(ctx, in.Shop, b.Cover)
	if err != nil {
		return nil, err
	}
	p.CoverURL = url
	r, err := h.Service.Create(ctx, p)
	if err != nil {
		return nil, err
	}
	return h.view(ctx, in.Shop, r.ID)
}

func (h MerchantAPI) coverURL(ctx context.Context, shop id.Shop, cover id.Media) (string, error) {
	if cover.IsZero() {
		return "", nil
	}
	return h.Media.URLOf(ctx, shop, cover)
}

// MerchantRoomPath names a room of a shop in a path.
type MerchantRoomPath struct {
	httpapi.ShopPath
	Room id.Room `path:"room"`
}

func (h MerchantAPI) get(ctx context.Context, in *MerchantRoomPath) (*httpapi.Body[roomView], error) {
	return h.view(ctx, in.Shop, in.Room)
}

type updateInput struct {
	MerchantRoomPath
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
	c := Change{Title: b.Title, ScheduledAt: b.ScheduledAt, FollowersOnly: b.FollowersOnly, LowLatency: b.LowLatency, Ladder: b.Ladder}
	if b.SlowSeconds != nil {
		slow := time.Duration(*b.SlowSeconds) * time.Second
		c.Slow = &slow
	}
	if !b.Cover.IsZero() {
		url, err := h.coverURL(ctx, in.Shop, b.Cover)
		if err != nil {
			return nil, err
		}
		c.CoverURL = &url
	}
	if err := h.Service.Update(ctx, in.Shop, in.Room, c); err != nil {
		return nil, err
	}
	return h.view(ctx, in.Shop, in.Room)
}

type modeInput struct {
	MerchantRoomPath
	Body struct {
		Mode Mode `json:"mode" enum:"open,warmup,rehearsal"`
	}
}

func (h MerchantAPI) setMode(ctx context.Context, in *modeInput) (*httpapi.Body[roomView], error) {
	if err := h.Service.SetMode(ctx, in.Shop, in.Room, in.Body.Mode); err != nil {
		return nil, err
	}
	return h.view(ctx, in.Shop, in.Room)
}

type unpaidLine struct {
	Title    string `json:"title"`
	Options  string `json:"options_text"`
	Quantity int64  `json:"quantity"`
}

type unpaidView struct {
	Order   id.Order     `json:"order_id"`
	Number  string       `json:"number"`
	Buyer   string       `json:"buyer_name" doc:"Masked"`
	Lines   []unpaidLine `json:"lines"`
	Payable money.Money  `json:"payable"`
	PayBy   time.Time    `json:"pay_by"`
}

func (h MerchantAPI) unpaid(ctx context.Context, in *MerchantRoomPath) (*httpapi.Body[page.Page[unpaidView]], error) {
	if _, err := h.Service.OfShop(ctx, in.Shop, in.Room); err != nil {
		return nil, err
	}
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
	out := page.Page[unpaidView]{Items: []unpaidView{}}
	for _, o := range orders {
		v := unpaidView{o.ID, o.Number, masked(names[o.User].DisplayName), nil, money.Of(o.Payable, o.Currency), o.DueAt}
		for _, l := range o.Lines {
			v.Lines = append(v.Lines, unpaidLine{l.Title.In(tag), l.ChoiceText.In(tag), l.Quantity})
		}
		out.Items = append(out.Items, v)
	}
	return httpapi.OK(out, err)
}

func (h MerchantAPI) kick(ctx context.Context, in *MerchantRoomPath) (*httpapi.Empty, error) {
	return &httpapi.Empty{}, h.Service.Kick(ctx, in.Shop, in.Room)
}

func (h MerchantAPI) getShelf(ctx context.Context, in *MerchantRoomPath) (*httpapi.Body[page.Page[ItemView]], error) {
	if _, err := h.Service.OfShop(ctx, in.Shop, in.Room); err != nil {
		return nil, err
	}
	items, err := h.Views.shelf(ctx, in.Room, staffVisitor(ctx))
	return httpapi.OK(page.Page[ItemView]{Items: items}, err)
}

type itemInput struct {
	MerchantRoomPath
	Product id.Product `path:"product"`
	Body    struct {
		Hidden *bool   `json:"hidden,omitempty"`
		Notes  *string `json:"notes,omitempty" maxLength:"2400"`
	}
}

func (h MerchantAPI) editItem(ctx context.Context, in *itemInput) (*httpapi.Body[page.Page[ItemView]], error) {
	if err := h.Service.EditItem(ctx, in.Shop, in.Room, in.Product, in.Body.Hidden, in.Body.Notes); err != nil {
		return nil, err
	}
	return h.getShelf(ctx, &in.MerchantRoomPath)
}

type healthAnswer struct {
	Health  HealthView  `json:"health"`
	Numbers numbersView `json:"numbers"`
	Alarms  []AlarmView `json:"alarms"`
}

func (h MerchantAPI) health(ctx context.Context, in *MerchantRoomPath) (*httpapi.Body[healthAnswer], error) {
	r, err := h.Service.OfShop(ctx, in.Shop, in.Room)
	if err != nil {
		return nil, err
	}
	n, err := h.numbers(ctx, r)
	if err != nil {
		return nil, err
	}
	health := h.Views.health(r)
	alarms, err := h.Views.alarms(ctx, r, health)
	return httpapi.OK(healthAnswer{health, n, alarms}, err)
}

func (h MerchantAPI) resetKey(ctx context.Context, in *MerchantRoomPath) (*httpapi.Body[roomView], error) {
	if err := h.Service.ResetKey(ctx, in.Shop, in.Room); err != nil {
		return nil, err
	}
	return h.view(ctx, in.Shop, in.Room)
}

func (h MerchantAPI) end(ctx context.Context, in *MerchantRoomPath) (*httpapi.Body[roomView], error) {
	if err := h.Service.End(ctx, in.Shop, in.Room); err != nil {
		return nil, err
	}
	return h.view(ctx, in.Shop, in.Room)
}

func (h MerchantAPI) cancel(ctx context.Context, in *MerchantRoomPath) (*httpapi.Body[roomView], error) {
	if err := h.Service.CallOff(ctx, in.Shop, in.Room); err != nil {
		return nil, err
	}
	return h.view(ctx, in.Shop, in.Room)
}

type shelfInput struct {
	MerchantRoomPath
	Body struct {
		Products []id.Product `json:"product_ids" maxItems:"100"`
	}
}

func (h MerchantAPI) setShelf(ctx context.Context, in *shelfInput) (*httpapi.Body[page.Page[ItemView]], error) {
	if err := h.Service.SetShelf(ctx, in.Shop, in.Room, in.Body.Products); err != nil {
		return nil, err
	}
	items, err := h.Views.shelf(ctx, in.Room, staffVisitor(ctx))
	return httpapi.OK(page.Page[ItemView]{Items: items}, err)
}

type pinInput struct {
	MerchantRoomPath
	Body struct {
		Product id.Product `json:"product_id"`
	}
}

func (h MerchantAPI) pin(ctx context.Context, in *pinInput) (*httpapi.Body[PinView], error) {
	p, err := h.Service.PinProduct(ctx, in.Shop, in.Room, in.Body.Product, httpapi.ActorFrom(ctx).User)
	if err != nil {
		return nil, err
	}
	shelf, err := h.Views.shelf(ctx, in.Room, staffVisitor(ctx))
	if err != nil {
		return nil, err
	}
	for _, item := range shelf {
		if item.Product == p.Product {
			view := viewPin(p, item)
			h.Service.tell(ctx, in.Room, pinNews{newsPin, view})
			return httpapi.OK(*view, nil)
		}
	}
	return nil, fault.Conflict("live.not_on_shelf") // taken off by another hand in between
}

func (h MerchantAPI) unpin(ctx context.Context, in *MerchantRoomPath) (*httpapi.Empty, error) {
	return &httpapi.Empty{}, h.Service.Unpin(ctx, in.Shop, in.Room)
}

type merchantSayInput struct {
	MerchantRoomPath
	Body textBody
}

func (h MerchantAPI) say(ctx context.Context, in *merchantSayInput) (*httpapi.Body[MessageView], error) {
	r, err := h.Service.OfShop(ctx, in.Shop, in.Room)
	if err != nil {
		return nil, err
	}
	names, err := h.Views.Shops.ShopRefs(ctx, []id.Shop{r.Shop}, lang.Chinese)
	if err != nil {
		return nil, err
	}
	m, err := h.Service.Say(ctx, Message{Room: in.Room, User: httpapi.ActorFrom(ctx).User, Name: names[r.Shop].Name, Kind: FromHost, Text: in.Body.Text})
	return httpapi.OK(viewMessage(m), err)
}
