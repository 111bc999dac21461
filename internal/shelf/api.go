package shelf

import (
	"context"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/page"
	"hawker/internal/base/permission"
	"hawker/internal/platform/httpapi"
	"hawker/internal/room"
	"hawker/internal/show"
)

// API is the module's door, for viewers and for the control room.
type API struct {
	Views Views
	Shows *show.Service
}

// Register adds the operations.
func (h API) Register(api *httpapi.API) {
	run, see := httpapi.RoomStaff(permission.LiveRun), httpapi.RoomStaff(permission.LiveModerate)
	base := "/merchant/{shop}/rooms/{room}"
	httpapi.Register(api, httpapi.Operation{
		ID: "room-shelf-list", Method: "GET", Path: "/live/rooms/{id}/shelf", Access: httpapi.RoomLobby,
		Summary: "What the room sells",
	}, h.shelf)
	httpapi.Register(api, httpapi.Operation{
		ID: "room-mark-list", Method: "GET", Path: "/live/rooms/{id}/marks", Access: httpapi.RoomLobby,
		Summary: "What was explained when, on the stream's clock",
	}, h.marks)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-shelf-set", Method: "PUT", Path: base + "/shelf", Access: run, Summary: "Replace the shelf",
	}, h.set)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-shelf-list", Method: "GET", Path: base + "/shelf", Access: see,
		Summary: "The shelf with what viewers do not see",
	}, h.get)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-shelf-item-update", Method: "PATCH", Path: base + "/shelf/{product}", Access: run,
		Summary: "Hide a product, or note what to say of it",
	}, h.edit)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-room-pin", Method: "POST", Path: base + "/pin", Access: run, Summary: "Explain a product now",
		AtPicture: true,
	}, h.pin)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-room-unpin", Method: "POST", Path: base + "/unpin", Access: run, Status: 204,
		Summary:   "Explain nothing",
		AtPicture: true,
	}, h.unpin)
}

func (h API) shelf(ctx context.Context, in *room.Path) (*httpapi.Body[page.List[ItemView]], error) {
	items, err := h.Views.Items(ctx, in.ID, Reader{Tag: httpapi.Language(ctx)})
	return httpapi.OK(page.List[ItemView]{Items: items}, err)
}

// markView is a product and when it was explained.
type markView struct {
	Item  ItemView   `json:"item"`
	From  time.Time  `json:"from" doc:"PROGRAM-DATE-TIME of the picture"`
	Until *time.Time `json:"until" doc:"null while it is explained"`
}

type marksInput struct {
	room.Path
	Show id.Show `query:"show" doc:"Of an earlier show"`
}

func (h API) marks(ctx context.Context, in *marksInput) (*httpapi.Body[page.List[markView]], error) {
	of, err := h.showOf(ctx, in)
	if err != nil {
		return nil, err
	}
	items, err := h.Views.Items(ctx, in.ID, Reader{Tag: httpapi.Language(ctx)})
	if err != nil {
		return nil, err
	}
	byProduct := map[id.Product]ItemView{}
	for _, i := range items {
		byProduct[i.Product] = i
	}
	pins, err := h.Views.Service.Marks(ctx, of)
	out := page.List[markView]{Items: []markView{}}
	for _, p := range pins {
		item, ok := byProduct[p.Product]
		if !ok || p.StreamAt.IsZero() {
			continue
		}
		m := markView{Item: item, From: p.StreamAt}
		if !p.StreamUntil.IsZero() {
			m.Until = &p.StreamUntil
		}
		out.Items = append(out.Items, m)
	}
	return httpapi.OK(out, err)
}

// showOf is the show that is asked for, or the room's newest.
func (h API) showOf(ctx context.Context, in *marksInput) (id.Show, error) {
	if !in.Show.IsZero() {
		x, err := h.Shows.Find(ctx, in.ID, in.Show)
		return x.ID, err
	}
	st, err := h.Shows.Standing(ctx, in.ID)
	return st.Now.ID, err
}

func (h API) get(ctx context.Context, in *room.MerchantPath) (*httpapi.Body[page.List[ItemView]], error) {
	items, err := h.Views.Items(ctx, in.Room, Reader{Tag: httpapi.Language(ctx), Staff: true})
	return httpapi.OK(page.List[ItemView]{Items: items}, err)
}

type itemInput struct {
	room.MerchantPath
	Product id.Product `path:"product"`
	Body    struct {
		Hidden *bool   `json:"hidden,omitempty"`
		Notes  *string `json:"notes,omitempty" maxLength:"2400"`
	}
}

func (h API) edit(ctx context.Context, in *itemInput) (*httpapi.Body[page.List[ItemView]], error) {
	c := Edit{Hidden: in.Body.Hidden, Notes: in.Body.Notes}
	if err := h.Views.Service.Edit(ctx, in.Shop, in.Room, in.Product, c); err != nil {
		return nil, err
	}
	return h.get(ctx, &in.MerchantPath)
}

type shelfInput struct {
	room.MerchantPath
	Body struct {
		Products []id.Product `json:"product_ids" maxItems:"100"`
	}
}

func (h API) set(ctx context.Context, in *shelfInput) (*httpapi.Body[page.List[ItemView]], error) {
	if err := h.Views.Service.Set(ctx, in.Shop, in.Room, in.Body.Products); err != nil {
		return nil, err
	}
	return h.get(ctx, &in.MerchantPath)
}

type pinInput struct {
	room.MerchantPath
	Body struct {
		Product id.Product `json:"product_id"`
	}
}

func (h API) pin(ctx context.Context, in *pinInput) (*httpapi.Body[PinView], error) {
	s := h.Views.Service
	p, err := s.Pin(ctx, in.Shop, in.Room, in.Body.Product, httpapi.ActorFrom(ctx).User)
	if err != nil {
		return nil, err
	}
	items, err := h.Views.Items(ctx, in.Room, Reader{Tag: httpapi.Language(ctx), Staff: true})
	if err != nil {
		return nil, err
	}
	view := viewPin(p, items)
	if view == nil {
		return nil, fault.NotFound("live.not_on_shelf") // taken off by another hand in between
	}
	s.news.Tell(ctx, in.Room, pinNews{newsPin, view.public()})
	return httpapi.OK(*view, nil)
}

func (h API) unpin(ctx context.Context, in *room.MerchantPath) (*httpapi.Empty, error) {
	return &httpapi.Empty{}, h.Views.Service.Unpin(ctx, in.Shop, in.Room)
}
