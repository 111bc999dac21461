package live

import (
	"context"
	"net"
	"net/url"

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
	RTMPPort func() string // known once the program listens
}

// Register adds the operations.
func (h MerchantAPI) Register(api *httpapi.API) {
	run, base := httpapi.Staff("live.run"), "/merchant/{shop}/rooms"
	httpapi.Register(api, httpapi.Operation{ID: "merchant-room-list", Method: "GET", Path: base, Access: run, Summary: "Rooms of the shop"}, h.list)
	httpapi.Register(api, httpapi.Operation{ID: "merchant-room-create", Method: "POST", Path: base, Access: run, Status: 201, Summary: "Open a room"}, h.create)
	httpapi.Register(api, httpapi.Operation{ID: "merchant-room-get", Method: "GET", Path: base + "/{room}", Access: run, Summary: "A room with its stream address"}, h.get)
	httpapi.Register(api, httpapi.Operation{ID: "merchant-room-update", Method: "PATCH", Path: base + "/{room}", Access: run, Summary: "Rename a room"}, h.update)
	httpapi.Register(api, httpapi.Operation{ID: "merchant-room-health", Method: "GET", Path: base + "/{room}/health", Access: run, Summary: "State of the picture, and numbers"}, h.health)
	httpapi.Register(api, httpapi.Operation{ID: "merchant-room-key", Method: "POST", Path: base + "/{room}/key", Access: run, Summary: "Replace the stream key"}, h.resetKey)
	httpapi.Register(api, httpapi.Operation{ID: "merchant-room-end", Method: "POST", Path: base + "/{room}/end", Access: run, Summary: "End the show"}, h.end)
	httpapi.Register(api, httpapi.Operation{ID: "merchant-room-shelf", Method: "PUT", Path: base + "/{room}/shelf", Access: run, Summary: "Replace the shelf"}, h.setShelf)
	httpapi.Register(api, httpapi.Operation{ID: "merchant-room-pin", Method: "POST", Path: base + "/{room}/pin", Access: run, Summary: "Explain a product now"}, h.pin)
	httpapi.Register(api, httpapi.Operation{ID: "merchant-room-unpin", Method: "POST", Path: base + "/{room}/unpin", Access: run, Status: 204, Summary: "Explain nothing"}, h.unpin)
	httpapi.Register(api, httpapi.Operation{ID: "merchant-room-say", Method: "POST", Path: base + "/{room}/messages", Access: run, Status: 201, Summary: "Speak as the shop"}, h.say)
}

type streamView struct {
	RTMPURL    string `json:"rtmp_url"`
	Key        string `json:"key"`
	PublishURL string `json:"publish_url"`
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
	Stream  streamView  `json:"stream"`
	Health  HealthView  `json:"health"`
	Numbers numbersView `json:"numbers"`
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
	d, err := h.Views.detail(ctx, r, httpapi.Language(ctx))
	if err != nil {
		return nil, err
	}
	key, err := h.Service.Key(ctx, room)
	if err != nil {
		return nil, err
	}
	n, err := h.numbers(ctx, r)
	address := "rtmp://" + net.JoinHostPort(hostOf(httpapi.Origin(ctx)), h.RTMPPort()) + "/" + ingestApp
	return httpapi.OK(roomView{d, streamView{address, key, address + "/" + key}, h.Views.health(r), n}, err)
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
		Title    string       `json:"title" maxLength:"200"`
		Cover    id.Media     `json:"cover_media_id,omitzero"`
		Products []id.Product `json:"product_ids" maxItems:"100"`
	}
}

func (h MerchantAPI) create(ctx context.Context, in *createInput) (*httpapi.Body[roomView], error) {
	p := Plan{Shop: in.Shop, Host: httpapi.ActorFrom(ctx).User, Title: in.Body.Title, Products: in.Body.Products}
	if !in.Body.Cover.IsZero() {
		url, err := h.Media.URLOf(ctx, in.Shop, in.Body.Cover)
		if err != nil {
			return nil, err
		}
		p.CoverURL = url
	}
	r, err := h.Service.Create(ctx, p)
	if err != nil {
		return nil, err
	}
	return h.view(ctx, in.Shop, r.ID)
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
		Title string `json:"title" maxLength:"200"`
	}
}

func (h MerchantAPI) update(ctx context.Context, in *updateInput) (*httpapi.Body[roomView], error) {
	if err := h.Service.Rename(ctx, in.Shop, in.Room, in.Body.Title); err != nil {
		return nil, err
	}
	return h.view(ctx, in.Shop, in.Room)
}

type healthAnswer struct {
	Health  HealthView  `json:"health"`
	Numbers numbersView `json:"numbers"`
}

func (h MerchantAPI) health(ctx context.Context, in *MerchantRoomPath) (*httpapi.Body[healthAnswer], error) {
	r, err := h.Service.OfShop(ctx, in.Shop, in.Room)
	if err != nil {
		return nil, err
	}
	n, err := h.numbers(ctx, r)
	return httpapi.OK(healthAnswer{h.Views.health(r), n}, err)
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
	items, err := h.Views.shelf(ctx, in.Room, httpapi.Language(ctx))
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
	shelf, err := h.Views.shelf(ctx, in.Room, httpapi.Language(ctx))
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
