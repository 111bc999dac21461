package account

import (
	"context"
	"net/http"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/base/page"
	"hawker/internal/platform/cache"
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

// Joined is told when somebody has come in, with the code of the link by which
// they came ("" for none).
type Joined interface {
	CameBy(ctx context.Context, user id.User, refCode string) error
}

// API is the module's door.
type API struct {
	Service *Service
	Shops   Memberships
	Came    Joined
	Cookies httpapi.CookiePolicy
}

// userView is the signed-in user, and the shops they work for.
type userView struct {
	ID          id.User      `json:"id"`
	Email       string       `json:"email"`
	DisplayName string       `json:"display_name"`
	AvatarURL   string       `json:"avatar_url"`
	Locale      lang.Tag     `json:"locale" enum:"zh-CN,en"`
	Roles       []string     `json:"roles" enum:"shopper,creator,operator"`
	Shops       []Membership `json:"shops"`
}

// sessionView is a session that has begun; the token is for programs, browsers keep the
// cookie.
type sessionView struct {
	User      userView  `json:"user"`
	Token     string    `json:"token" doc:"For programs: Authorization: Bearer"`
	ExpiresAt time.Time `json:"expires_at"`
}

// savedAddressView is an address in a user's book.
type savedAddressView struct {
	ID id.Address `json:"id"`
	Address
	Default bool `json:"is_default"`
}

type signedIn struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
	Body      sessionView
}

// doorRate bounds how often one network address may try to come in; many
// shoppers can stand behind one address, a password guesser behind few.
func doorRate() cache.Rate { return cache.Rate{Count: 1200, Per: time.Minute} }

// Register adds the operations.
func (h API) Register(api *httpapi.API) {
	httpapi.Register(api, httpapi.Operation{
		ID: "auth-register", Method: "POST", Path: "/auth/register",
		Access: httpapi.Anyone, Status: 201, Limit: doorRate(), Summary: "Make an account and sign in",
	}, h.register)
	httpapi.Register(api, httpapi.Operation{
		ID: "auth-login", Method: "POST", Path: "/auth/login",
		Access: httpapi.Anyone, Limit: doorRate(), Summary: "Sign in",
	}, h.login)
	httpapi.Register(api, httpapi.Operation{
		ID: "auth-logout", Method: "POST", Path: "/auth/logout",
		Access: httpapi.SignedIn, Status: 204, Summary: "Sign out",
	}, h.logout)
	httpapi.Register(api, httpapi.Operation{
		ID: "me-get", Method: "GET", Path: "/me", Access: httpapi.SignedIn,
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
	httpapi.Register(api, httpapi.Operation{
		ID: "admin-user-list", Method: "GET", Path: "/admin/users",
		Access: httpapi.OperatorOnly, Summary: "All accounts, newest first",
	}, h.users)
}

type registerInput struct {
	Body struct {
		Email       string `json:"email" maxLength:"254"`
		Password    string `json:"password" maxLength:"256"`
		DisplayName string `json:"display_name" maxLength:"64"`
	}
}

func (h API) register(ctx context.Context, in *registerInput) (*signedIn, error) {
	u, err := h.Service.Register(ctx, Registration{
		Email: in.Body.Email, Password: in.Body.Password, DisplayName: in.Body.DisplayName,
		Locale: httpapi.Language(ctx),
	})
	if err != nil {
		return nil, err
	}
	s, err := h.Service.Open(ctx, u)
	return h.signedIn(ctx, s, err)
}

type loginInput struct {
	Body struct {
		Email    string `json:"email" maxLength:"254"`
		Password string `json:"password" maxLength:"256"`
	}
}

func (h API) login(ctx context.Context, in *loginInput) (*signedIn, error) {
	s, err := h.Service.SignIn(ctx, in.Body.Email, in.Body.Password)
	return h.signedIn(ctx, s, err)
}

func (h API) signedIn(ctx context.Context, s Session, err error) (*signedIn, error) {
	if err != nil {
		return nil, err
	}
	if err := h.Came.CameBy(ctx, s.User.ID, httpapi.RefCode(ctx)); err != nil {
		return nil, err
	}
	view, err := h.view(ctx, s.User)
	if err != nil {
		return nil, err
	}
	return &signedIn{SetCookie: h.Cookies.Session(s.Token, s.ExpiresAt), Body: sessionView{view, s.Token, s.ExpiresAt}},
		nil
}

func (h API) view(ctx context.Context, u User) (userView, error) {
	shops, err := h.Shops.MembershipsOf(ctx, u.ID, httpapi.Language(ctx))
	if err != nil {
		return userView{}, err
	}
	roles := []string{"shopper", "creator"} // everybody may publish videos; review comes with moderation
	if u.Operator {
		roles = append(roles, "operator")
	}
	return userView{
		ID: u.ID, Email: u.Email, DisplayName: u.DisplayName, AvatarURL: u.AvatarURL, Locale: u.Locale,
		Roles: roles, Shops: shops,
	}, nil
}

type signedOut struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
}

func (h API) logout(ctx context.Context, _ *struct{}) (*signedOut, error) {
	if err := h.Service.SignOut(ctx, httpapi.ActorFrom(ctx).Session); err != nil {
		return nil, err
	}
	return &signedOut{h.Cookies.Session("", time.Time{})}, nil
}

func (h API) me(ctx context.Context, _ *struct{}) (*httpapi.Body[userView], error) {
	u, err := h.Service.ByID(ctx, httpapi.ActorFrom(ctx).User)
	if err != nil {
		return nil, err
	}
	return httpapi.OK(h.view(ctx, u))
}

type updateMeInput struct {
	Body struct {
		DisplayName *string   `json:"display_name,omitempty" maxLength:"64"`
		Locale      *lang.Tag `json:"locale,omitempty" enum:"zh-CN,en"`
	}
}

func (h API) updateMe(ctx context.Context, in *updateMeInput) (*httpapi.Body[userView], error) {
	u, err := h.Service.Update(ctx, httpapi.ActorFrom(ctx).User, Change{
		DisplayName: in.Body.DisplayName,
		Locale:      in.Body.Locale,
	})
	if err != nil {
		return nil, err
	}
	return httpapi.OK(h.view(ctx, u))
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

// adminUserView is a user as operators see them.
type adminUserView struct {
	ID          id.User   `json:"id"`
	Email       string    `json:"email"`
	DisplayName string    `json:"display_name"`
	Operator    bool      `json:"operator"`
	CreatedAt   time.Time `json:"created_at"`
}

type usersInput struct{ httpapi.PageQuery }

func (h API) users(ctx context.Context, in *usersInput) (*httpapi.Body[page.Page[adminUserView]], error) {
	p, err := h.Service.Users(ctx, page.Request(in.PageQuery))
	return httpapi.OK(page.Map(p, func(u User) adminUserView {
		return adminUserView{u.ID, u.Email, u.DisplayName, u.Operator, u.CreatedAt}
	}), err)
}
