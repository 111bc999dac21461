package luckybag

import (
	"context"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/base/money"
	"hawker/internal/base/page"
	"hawker/internal/base/permission"
	"hawker/internal/platform/httpapi"
)

// API is the module's door.
type API struct{ Service *Service }

// Register adds the operations.
func (h API) Register(api *httpapi.API) {
	run, room := httpapi.Staff(permission.LiveRun), "/merchant/{shop}/rooms/{room}/bags"
	httpapi.Register(api, httpapi.Operation{
		ID: "bag-list", Method: "GET", Path: "/live/rooms/{id}/bags",
		Access: httpapi.RoomVisitor, Summary: "Lucky bags of a room",
	}, h.list)
	httpapi.Register(api, httpapi.Operation{
		ID: "bag-get", Method: "GET", Path: "/live/bags/{bag}",
		Access: httpapi.Anyone, Summary: "One lucky bag",
	}, h.get)
	httpapi.Register(api, httpapi.Operation{
		ID: "bag-enter", Method: "POST",
		Path: "/live/rooms/{id}/bags/{bag}/entries", Access: httpapi.RoomVisitorSignedIn, Summary: "Take part",
	}, h.enter)
	httpapi.Register(api, httpapi.Operation{
		ID: "bag-claim", Method: "POST", Path: "/live/bags/{bag}/claim",
		Access: httpapi.SignedIn, Status: 201, Summary: "Order what I won; shipping is paid",
	}, h.claim)
	httpapi.Register(api, httpapi.Operation{
		ID: "bag-proof-get", Method: "GET", Path: "/live/bags/{bag}/proof",
		Access: httpapi.Anyone, Summary: "Everything by which the draw can be recomputed",
	}, h.proof)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-bag-list", Method: "GET", Path: room, Access: run,
		Summary: "All lucky bags of the room",
	}, h.merchantList)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-bag-create", Method: "POST", Path: room, Access: run,
		Status: 201, Summary: "Open a lucky bag; its prizes are set aside",
	}, h.create)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-bag-cancel", Method: "POST", Path: room + "/{bag}/cancel",
		Access: run, Summary: "End it before the draw",
	}, h.cancel)
}

type roomPath struct {
	ID id.Room `path:"id"`
}

const drawnShown = 10 * time.Minute

func (h API) list(ctx context.Context, in *roomPath) (*httpapi.Body[page.List[View]], error) {
	s := h.Service
	bags, err := shownBags(ctx, s.DB.Reader(), in.ID, s.DB.Clock().Now().Add(-drawnShown))
	if err == nil {
		bags, err = s.shown(ctx, s.DB.Reader(), bags)
	}
	return h.page(ctx, bags, err)
}

func (h API) page(ctx context.Context, bags []Bag, err error) (*httpapi.Body[page.List[View]], error) {
	if err != nil {
		return nil, err
	}
	views, err := h.Service.views(ctx, bags, httpapi.ActorFrom(ctx).User, httpapi.Language(ctx))
	return httpapi.OK(page.List[View]{Items: views}, err)
}

type bagPath struct {
	Bag id.Bag `path:"bag"`
}

func (h API) get(ctx context.Context, in *bagPath) (*httpapi.Body[View], error) {
	b, err := h.seen(ctx, in.Bag)
	return h.one(ctx, b, err)
}

// seen finds a bag for whom its room is open; what goes on behind the curtain is not
// found, though the bag's address does not name the room.
func (h API) seen(ctx context.Context, bag id.Bag) (Bag, error) {
	b, err := h.Service.Find(ctx, bag)
	if err != nil {
		return Bag{}, err
	}
	_, err = h.Service.Gate.Check(ctx, httpapi.RoomVisitor, httpapi.ActorFrom(ctx),
		httpapi.Subject{Room: b.Room.String()})
	return b, err
}

func (h API) one(ctx context.Context, b Bag, err error) (*httpapi.Body[View], error) {
	if err != nil {
		return nil, err
	}
	views, err := h.Service.views(ctx, []Bag{b}, httpapi.ActorFrom(ctx).User, httpapi.Language(ctx))
	if err != nil {
		return nil, err
	}
	return httpapi.OK(views[0], nil)
}

type enterInput struct {
	ID  id.Room `path:"id"`
	Bag id.Bag  `path:"bag"`
}

func (h API) enter(ctx context.Context, in *enterInput) (*httpapi.Body[View], error) {
	if err := h.Service.Enter(ctx, in.ID, in.Bag, httpapi.ActorFrom(ctx).User); err != nil {
		return nil, err
	}
	return h.get(ctx, &bagPath{in.Bag})
}

// claimBody is where a prize is sent.
type claimBody struct {
	Address id.Address `json:"address_id"`
}

type claimInput struct {
	httpapi.IdempotencyKey
	Bag  id.Bag `path:"bag"`
	Body claimBody
}

// claimedView is a prize that became an order: what is left to pay, and until when.
type claimedView struct {
	Order   id.Order    `json:"order_id"`
	Payable money.Money `json:"payable"`
	PayBy   time.Time   `json:"pay_by"`
}

func (h API) claim(ctx context.Context, in *claimInput) (*httpapi.Body[claimedView], error) {
	key, err := in.Once(ctx, "bag-claim:"+in.Bag.String(), in.Body)
	if err != nil {
		return nil, err
	}
	r, err := h.Service.Claim(ctx, key, in.Bag, httpapi.ActorFrom(ctx).User, in.Body.Address)
	if err != nil {
		return nil, err
	}
	return httpapi.OK(claimedView{r.Orders[0], money.Of(r.Payable, h.Service.Currency), r.PayBy}, nil)
}

func (h API) proof(ctx context.Context, in *bagPath) (*httpapi.Body[Proof], error) {
	if _, err := h.seen(ctx, in.Bag); err != nil {
		return nil, err
	}
	return httpapi.OK(h.Service.Proof(ctx, in.Bag))
}

// MerchantRoomPath names a room of a shop in a path.
type MerchantRoomPath struct {
	httpapi.ShopPath
	Room id.Room `path:"room"`
}

const listed = 100

func (h API) merchantList(ctx context.Context, in *MerchantRoomPath) (*httpapi.Body[page.List[View]], error) {
	q := h.Service.DB.Reader()
	shop, _, err := h.Service.Rooms.OnAir(ctx, q, in.Room)
	if err != nil || shop != in.Shop {
		return h.page(ctx, nil, err) // another shop's room has no bags of this one
	}
	bags, err := bagsOfRoom(ctx, q, in.Room, listed)
	return h.page(ctx, bags, err)
}

// prizeBody is what a bag gives: a coupon, or a unit of a SKU.
type prizeBody struct {
	Coupon id.Coupon `json:"coupon_id,omitzero"`
	SKU    id.SKU    `json:"sku_id,omitzero"`
}

// bagBody is a lucky bag as a host makes it.
type bagBody struct {
	Prize   prizeBody `json:"prize"`
	Winners int64     `json:"winners" minimum:"1" maximum:"100"`
	Word    string    `json:"word,omitempty" maxLength:"80"`
	Follow  bool      `json:"follow,omitempty"`
	Draw    int64     `json:"draw_seconds" minimum:"30" maximum:"900"`
}

type createInput struct {
	httpapi.IdempotencyKey
	MerchantRoomPath
	Body bagBody
}

func (h API) create(ctx context.Context, in *createInput) (*httpapi.Body[View], error) {
	key, err := in.Once(ctx, "bag-create:"+in.Room.String(), in.Body)
	if err != nil {
		return nil, err
	}
	b := in.Body
	bag, err := h.Service.Create(ctx, key, Bag{
		Shop: in.Shop, Room: in.Room, Coupon: b.Prize.Coupon, SKU: b.Prize.SKU, Winners: b.Winners, Word: b.Word,
		Follow: b.Follow,
	}, time.Duration(b.Draw)*time.Second)
	return h.one(ctx, bag, err)
}

type cancelInput struct {
	MerchantRoomPath
	Bag id.Bag `path:"bag"`
}

func (h API) cancel(ctx context.Context, in *cancelInput) (*httpapi.Body[View], error) {
	b, err := h.Service.Cancel(ctx, in.Shop, in.Room, in.Bag)
	return h.one(ctx, b, err)
}
