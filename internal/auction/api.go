package auction

import (
	"context"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/base/page"
	"hawker/internal/base/permission"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/httpapi"
)

// API is the module's door.
type API struct{ Service *Service }

// bids is how often one person bids, in the last seconds of a lot too.
func bids() cache.Rate { return cache.Rate{Count: 60, Per: 30 * time.Second} }

// Register adds the operations.
func (h API) Register(api *httpapi.API) {
	run, room := httpapi.Staff(permission.LiveRun), "/merchant/{shop}/rooms/{room}/auctions"
	httpapi.Register(api, httpapi.Operation{
		ID: "auction-get", Method: "GET", Path: "/live/rooms/{id}/auction",
		Access: httpapi.RoomVisitor, Summary: "The auction of a room now, next or just over",
	}, h.current)
	httpapi.Register(api, httpapi.Operation{
		ID: "auction-bid", Method: "POST",
		Path: "/live/rooms/{id}/auctions/{auction}/bids", Access: httpapi.RoomVisitorSignedIn,
		Limit: bids(), Summary: "Offer what I would pay at the most",
	}, h.bid)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-auction-list", Method: "GET", Path: room, Access: run,
		Summary: "Auctions of the room",
	}, h.list)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-auction-create", Method: "POST", Path: room, Access: run,
		Status: 201, Summary: "Prepare a lot, or start it at once",
	}, h.plan)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-auction-start", Method: "POST",
		Path: room + "/{auction}/start", Access: run, Summary: "Let the clock run",
	}, h.start)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-auction-cancel", Method: "POST",
		Path: room + "/{auction}/cancel", Access: run, Summary: "End a lot without a winner",
	}, h.cancel)
}

type roomPath struct {
	ID id.Room `path:"id"`
}

// currentView is the auction of a room that runs or stands next; null when there is
// none.
type currentView struct {
	Auction *View `json:"auction"`
}

func (h API) current(ctx context.Context, in *roomPath) (*httpapi.Body[currentView], error) {
	l, err := h.Service.Current(ctx, in.ID)
	if err != nil || l == nil {
		return httpapi.OK(currentView{}, err)
	}
	v, err := h.one(ctx, *l, nil)
	if err != nil {
		return nil, err
	}
	return httpapi.OK(currentView{&v.Body}, nil)
}

func (h API) one(ctx context.Context, l Lot, err error) (*httpapi.Body[View], error) {
	if err != nil {
		return nil, err
	}
	views, err := h.Service.views(ctx, []Lot{l}, httpapi.ActorFrom(ctx).User, httpapi.Language(ctx))
	if err != nil {
		return nil, err
	}
	return httpapi.OK(views[0], nil)
}

// bidBody is how far somebody goes, in minor units; the mall bids for them no higher
// than it must.
type bidBody struct {
	Max     int64      `json:"max_amount" minimum:"1"`
	Address id.Address `json:"address_id,omitzero"`
}

type bidInput struct {
	httpapi.IdempotencyKey
	ID      id.Room    `path:"id"`
	Auction id.Auction `path:"auction"`
	Body    bidBody
}

func (h API) bid(ctx context.Context, in *bidInput) (*httpapi.Body[View], error) {
	key, err := in.Once(ctx, "auction-bid:"+in.Auction.String(), in.Body)
	if err != nil {
		return nil, err
	}
	l, err := h.Service.Bid(ctx, key, in.ID, Bid{
		Auction: in.Auction, User: httpapi.ActorFrom(ctx).User,
		Max: in.Body.Max, Address: in.Body.Address,
	})
	return h.one(ctx, l, err)
}

// MerchantRoomPath names a room of a shop in a path.
type MerchantRoomPath struct {
	httpapi.ShopPath
	Room id.Room `path:"room"`
}

const listed = 100

func (h API) list(ctx context.Context, in *MerchantRoomPath) (*httpapi.Body[page.List[View]], error) {
	s := h.Service
	if _, err := s.roomOf(ctx, s.DB.Reader(), Lot{Shop: in.Shop, Room: in.Room}); err != nil {
		return nil, err
	}
	lots, err := lotsOfRoom(ctx, s.DB.Reader(), in.Room, listed)
	if err != nil {
		return nil, err
	}
	views, err := s.views(ctx, lots, id.User{}, httpapi.Language(ctx))
	return httpapi.OK(page.List[View]{Items: views}, err)
}

// lotBody is an auction as a host makes it; amounts in minor units.
type lotBody struct {
	SKU         id.SKU `json:"sku_id"`
	StartPrice  int64  `json:"start_price" minimum:"1"`
	Reserve     int64  `json:"reserve_price,omitempty" minimum:"0"`
	Steps       []Step `json:"steps,omitempty" maxItems:"20"`
	Run         int64  `json:"run_seconds" minimum:"30" maximum:"600"`
	SuddenDeath bool   `json:"sudden_death,omitempty"`
	Start       bool   `json:"start,omitempty"`
}

type planInput struct {
	httpapi.IdempotencyKey
	MerchantRoomPath
	Body lotBody
}

func (h API) plan(ctx context.Context, in *planInput) (*httpapi.Body[View], error) {
	key, err := in.Once(ctx, "auction-create:"+in.Room.String(), in.Body)
	if err != nil {
		return nil, err
	}
	b := in.Body
	l, err := h.Service.Plan(ctx, key, Lot{
		Shop: in.Shop, Room: in.Room, SKU: b.SKU, Start: b.StartPrice, Reserve: b.Reserve, Steps: b.Steps,
		Run: time.Duration(b.Run) * time.Second, SuddenDeath: b.SuddenDeath,
	}, b.Start)
	return h.one(ctx, l, err)
}

type lotPath struct {
	MerchantRoomPath
	Auction id.Auction `path:"auction"`
}

func (h API) start(ctx context.Context, in *lotPath) (*httpapi.Body[View], error) {
	l, err := h.Service.Start(ctx, in.Shop, in.Room, in.Auction)
	return h.one(ctx, l, err)
}

func (h API) cancel(ctx context.Context, in *lotPath) (*httpapi.Body[View], error) {
	l, err := h.Service.Cancel(ctx, in.Shop, in.Room, in.Auction)
	return h.one(ctx, l, err)
}
