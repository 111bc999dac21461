package shop

import (
	"context"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/page"
	"hawker/internal/base/permission"
	"hawker/internal/platform/httpapi"
)

// People finds people and their names.
type People interface {
	UserByEmail(ctx context.Context, email string) (id.User, error)
	DisplayNames(ctx context.Context, users []id.User) (map[id.User]string, error)
}

// API is the module's door.
type API struct {
	Service *Service
	People  People
	Trades  Trades
}

// Register adds the operations.
func (h API) Register(api *httpapi.API) {
	manage, base := httpapi.Staff(permission.StaffManage), "/merchant/{shop}/staff"
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-staff-list", Method: "GET", Path: base, Access: manage,
		Summary: "Who works here, and as what",
	}, h.list)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-staff-set", Method: "POST", Path: base, Access: manage,
		Proof:   httpapi.Recent,
		Summary: "Give somebody a role",
	}, h.appoint)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-staff-delete", Method: "DELETE", Path: base + "/{user}",
		Access: manage, Status: 204, Proof: httpapi.Recent, Summary: "Take somebody's role away",
	}, h.dismiss)
	h.registerAdmin(api)
}

// colleagueView is somebody who works for a shop.
type colleagueView struct {
	User  id.User   `json:"user_id"`
	Name  string    `json:"name"`
	Role  Role      `json:"role" enum:"owner,manager,host,moderator,support,warehouse"`
	Since time.Time `json:"since"`
	Me    bool      `json:"me"`
}

func (h API) list(ctx context.Context, in *httpapi.ShopPath) (*httpapi.Body[page.List[colleagueView]], error) {
	staff, err := h.Service.Staff(ctx, in.Shop)
	if err != nil {
		return nil, err
	}
	users := make([]id.User, len(staff))
	for i, c := range staff {
		users[i] = c.User
	}
	names, err := h.People.DisplayNames(ctx, users)
	me := httpapi.ActorFrom(ctx).User
	return httpapi.OK(page.Whole(staff, func(c Colleague) colleagueView {
		return colleagueView{c.User, names[c.User], c.Role, c.Since, c.User == me}
	}), err)
}

type appointInput struct {
	httpapi.ShopPath
	Body struct {
		Email string `json:"email" maxLength:"254"`
		Role  Role   `json:"role" enum:"manager,host,moderator,support,warehouse"`
	}
}

func (h API) appoint(ctx context.Context, in *appointInput) (*httpapi.Body[page.List[colleagueView]], error) {
	user, err := h.People.UserByEmail(ctx, in.Body.Email)
	if fault.As(err) != nil {
		return nil, fault.NotFound("shop.no_such_person")
	}
	if err != nil {
		return nil, err
	}
	if err := h.Service.Appoint(ctx, in.Shop, httpapi.ActorFrom(ctx).User, user, in.Body.Role); err != nil {
		return nil, err
	}
	return h.list(ctx, &in.ShopPath)
}

type dismissInput struct {
	httpapi.ShopPath
	User id.User `path:"user"`
}

func (h API) dismiss(ctx context.Context, in *dismissInput) (*httpapi.Empty, error) {
	return &httpapi.Empty{}, h.Service.Dismiss(ctx, in.Shop, httpapi.ActorFrom(ctx).User, in.User)
}
