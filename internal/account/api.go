package account

import (
	"context"

	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/base/page"
	"hawker/internal/platform/httpapi"
)

// Membership is a role in a shop, as the shop module tells it.
type Membership struct {
	ID   id.Shop `json:"id"`
	Name string  `json:"name"`
	Role string  `json:"role" enum:"owner,manager,host,moderator,support,warehouse"`
}

// Memberships answers where a person works.
type Memberships interface {
	MembershipsOf(ctx context.Context, user id.User, tag lang.Tag) ([]Membership, error)
}

// API is the module's door.
type API struct {
	Service *Service
	Shops   Memberships
}

// UserView is the signed-in user, and the shops they work for.
type UserView struct {
	ID          id.User      `json:"id"`
	Email       string       `json:"email"`
	Verified    bool         `json:"email_verified"`
	DisplayName string       `json:"display_name"`
	AvatarURL   string       `json:"avatar_url"`
	Locale      lang.Tag     `json:"locale" enum:"zh-CN,en"`
	Roles       []string     `json:"roles" enum:"shopper,creator,operator"`
	Shops       []Membership `json:"shops"`
	MustEnrol   bool         `json:"must_enrol" doc:"Their role asks for a second factor that they do not have yet: nothing else lets them in"`
}

// savedAddressView is an address in a user's book.
type savedAddressView struct {
	ID id.Address `json:"id"`
	Address
	Default bool `json:"is_default"`
}

// Register adds the operations.
func (h API) Register(api *httpapi.API) {
	httpapi.Register(api, httpapi.Operation{
		ID: "me-get", Method: "GET", Path: "/me", Access: httpapi.Enrolling,
		Summary: "Who am I",
	}, h.me)
	httpapi.Register(api, httpapi.Operation{
		ID: "me-update", Method: "PATCH", Path: "/me", Access: httpapi.SignedIn,
		Summary: "Change my account",
	}, h.updateMe)
	httpapi.Register(api, httpapi.Operation{
		ID: "address-list", Method: "GET", Path: "/me/addresses",
		Access: httpapi.SignedIn, Summary: "My addresses",
	}, h.addresses)
	httpapi.Register(api, httpapi.Operation{
		ID: "address-create", Method: "POST", Path: "/me/addresses",
		Access: httpapi.SignedIn, Status: 201, Summary: "Add an address",
	}, h.addAddress)
	httpapi.Register(api, httpapi.Operation{
		ID: "address-update", Method: "PATCH", Path: "/me/addresses/{id}",
		Access: httpapi.SignedIn, Summary: "Change an address",
	}, h.updateAddress)
	httpapi.Register(api, httpapi.Operation{
		ID: "address-delete", Method: "DELETE", Path: "/me/addresses/{id}",
		Access: httpapi.SignedIn, Status: 204, Summary: "Forget an address",
	}, h.deleteAddress)
}

// View shows somebody their account.
func (h API) View(ctx context.Context, u User, mustEnrol bool) (UserView, error) {
	shops, err := h.Shops.MembershipsOf(ctx, u.ID, httpapi.Language(ctx))
	if err != nil {
		return UserView{}, err
	}
	roles := []string{"shopper", "creator"} // everybody may publish videos; review comes with moderation
	if u.Operator {
		roles = append(roles, "operator")
	}
	return UserView{
		ID: u.ID, Email: u.Email, DisplayName: u.DisplayName, AvatarURL: u.AvatarURL, Locale: u.Locale,
		Roles: roles, Shops: shops, Verified: !u.VerifiedAt.IsZero(), MustEnrol: mustEnrol,
	}, nil
}

func (h API) me(ctx context.Context, _ *struct{}) (*httpapi.Body[UserView], error) {
	u, err := h.Service.ByID(ctx, httpapi.ActorFrom(ctx).User)
	if err != nil {
		return nil, err
	}
	return httpapi.OK(h.View(ctx, u, httpapi.ActorFrom(ctx).MustEnrol))
}

type updateMeInput struct {
	Body struct {
		DisplayName *string   `json:"display_name,omitempty" maxLength:"64"`
		Locale      *lang.Tag `json:"locale,omitempty" enum:"zh-CN,en"`
	}
}

func (h API) updateMe(ctx context.Context, in *updateMeInput) (*httpapi.Body[UserView], error) {
	u, err := h.Service.Update(ctx, httpapi.ActorFrom(ctx).User, Change{
		DisplayName: in.Body.DisplayName,
		Locale:      in.Body.Locale,
	})
	if err != nil {
		return nil, err
	}
	return httpapi.OK(h.View(ctx, u, httpapi.ActorFrom(ctx).MustEnrol))
}

func addressOut(a SavedAddress) savedAddressView { return savedAddressView(a) }

func (h API) addresses(ctx context.Context, _ *struct{}) (*httpapi.Body[page.List[savedAddressView]], error) {
	list, err := h.Service.Addresses(ctx, httpapi.ActorFrom(ctx).User)
	return httpapi.OK(page.Whole(list, addressOut), err)
}

// addressBody is an address as a user writes it.
type addressBody struct {
	Address
	Default bool `json:"is_default,omitempty"`
}

type addressInput struct {
	httpapi.IdempotencyKey
	Body addressBody
}

func (h API) addAddress(ctx context.Context, in *addressInput) (*httpapi.Body[savedAddressView], error) {
	key, err := in.Once(ctx, "address-create", in.Body)
	if err != nil {
		return nil, err
	}
	a, err := h.Service.AddAddress(ctx, key, httpapi.ActorFrom(ctx).User, SavedAddress{
		Address: in.Body.Address,
		Default: in.Body.Default,
	})
	return httpapi.OK(addressOut(a), err)
}

type updateAddressInput struct {
	ID   id.Address `path:"id"`
	Body addressBody
}

func (h API) updateAddress(ctx context.Context, in *updateAddressInput) (*httpapi.Body[savedAddressView], error) {
	a, err := h.Service.SaveAddress(ctx, httpapi.ActorFrom(ctx).User, SavedAddress{
		ID: in.ID, Address: in.Body.Address,
		Default: in.Body.Default,
	})
	return httpapi.OK(addressOut(a), err)
}

type addressPath struct {
	ID id.Address `path:"id"`
}

func (h API) deleteAddress(ctx context.Context, in *addressPath) (*httpapi.Empty, error) {
	return &httpapi.Empty{}, h.Service.DropAddress(ctx, httpapi.ActorFrom(ctx).User, in.ID)
}
