package operator

import (
	"context"
	"time"

	"hawker/internal/account"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/page"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/idem"
	"hawker/internal/platform/module"
	"hawker/internal/signin"
)

// API is the module's door.
type API struct {
	Service *Service
	Door    signin.API // which answers with sessions
}

// Module is what the module brings.
func (h API) Module() module.Module {
	return module.Module{Name: "operator", Operations: []module.Operations{h}}
}

// setupRate bounds how often one network address may try a code.
func setupRate() cache.Rate { return cache.Rate{Count: 10, Per: time.Minute} }

// Register adds the operations.
func (h API) Register(api *httpapi.API) {
	httpapi.Register(api, httpapi.Operation{
		ID: "setup-get", Method: "GET", Path: "/setup", Access: httpapi.Anyone,
		Summary: "Whether this installation waits for its operator",
	}, h.setup)
	httpapi.Register(api, httpapi.Operation{
		ID: "setup-create", Method: "POST", Path: "/setup", Access: httpapi.Anyone, Status: 201, Limit: setupRate(),
		Summary: "Make the operator and their shop, at this machine or with the code that the program printed",
	}, h.begin)
	httpapi.Register(api, httpapi.Operation{
		ID: "admin-user-list", Method: "GET", Path: "/admin/users", Access: httpapi.OperatorOnly,
		Summary: "Accounts, newest first; by the begin of a name, or by a whole e-mail address",
	}, h.users)
	httpapi.Register(api, httpapi.Operation{
		ID: "admin-user-update", Method: "PATCH", Path: "/admin/users/{user}", Access: httpapi.OperatorOnly,
		Proof:   httpapi.Recent,
		Summary: "Let somebody in or not, make an operator or unmake one; their sessions end",
	}, h.update)
	httpapi.Register(api, httpapi.Operation{
		ID: "admin-session-delete", Method: "DELETE", Path: "/admin/users/{user}/sessions", Status: 204,
		Access: httpapi.OperatorOnly, Proof: httpapi.Recent, Summary: "End all sessions of somebody",
	}, h.endSessions)
	httpapi.Register(api, httpapi.Operation{
		ID: "admin-second-factor-delete", Method: "DELETE", Path: "/admin/users/{user}/second-factor", Status: 204,
		Access: httpapi.OperatorOnly, Proof: httpapi.Recent,
		Summary: "Take away the second factor that somebody has lost; their sessions end",
	}, h.dropFactor)
	h.registerInvitations(api)
}

// setupView says whether an installation waits for its operator.
type setupView struct {
	Needed bool `json:"needed"`
	Code   bool `json:"code_needed" doc:"The code that the program printed has to be shown: the caller is not at this machine"`
}

func (h API) setup(ctx context.Context, _ *struct{}) (*httpapi.Body[setupView], error) {
	needed, err := h.Service.Needed(ctx)
	return httpapi.OK(setupView{needed, needed && !httpapi.Local(ctx)}, err)
}

type setupInput struct {
	httpapi.IdempotencyKey
	Body struct {
		Code        string `json:"code,omitempty" maxLength:"64"`
		Email       string `json:"email" maxLength:"254"`
		Password    string `json:"password" maxLength:"256"`
		DisplayName string `json:"display_name" maxLength:"64"`
		ShopName    string `json:"shop_name" maxLength:"80"`
	}
}

func (h API) begin(ctx context.Context, in *setupInput) (*signin.Entered, error) {
	key, err := idem.NewKey("setup-create", httpapi.Home(ctx), in.Key, in.Body)
	if err != nil {
		return nil, err
	}
	return h.Service.begun.Once(ctx, key, func(ctx context.Context) (*signin.Entered, error) {
		return h.beginOnce(ctx, in)
	})
}

func (h API) beginOnce(ctx context.Context, in *setupInput) (*signin.Entered, error) {
	needed, err := h.Service.Needed(ctx)
	if err == nil && !needed {
		err = exists()
	}
	if err == nil && !httpapi.Local(ctx) && !h.Service.Opens(in.Body.Code) {
		err = fault.Forbidden("operator.wrong_code")
	}
	if err != nil {
		return nil, err
	}
	u, err := h.Service.Begin(ctx, Beginning{
		Email: in.Body.Email, Password: in.Body.Password, Name: in.Body.DisplayName, Shop: in.Body.ShopName,
		Locale: httpapi.Language(ctx),
	})
	if err != nil {
		return nil, err
	}
	s, err := h.Service.Sessions.Open(ctx, u.ID, signin.From(ctx))
	return h.Door.Enter(ctx, s, err)
}

// userView is a user as operators see them.
type userView struct {
	ID          id.User    `json:"id"`
	Email       string     `json:"email"`
	Verified    bool       `json:"email_verified"`
	DisplayName string     `json:"display_name"`
	Operator    bool       `json:"operator"`
	CreatedAt   time.Time  `json:"created_at"`
	DisabledAt  *time.Time `json:"disabled_at,omitempty"`
}

func show(u account.User) userView {
	v := userView{
		ID: u.ID, Email: u.Email, Verified: !u.VerifiedAt.IsZero(), DisplayName: u.DisplayName, Operator: u.Operator,
		CreatedAt: u.CreatedAt,
	}
	if !u.DisabledAt.IsZero() {
		v.DisabledAt = &u.DisabledAt
	}
	return v
}

type usersInput struct {
	httpapi.PageQuery
	Text string `query:"q" maxLength:"254" doc:"The begin of a name, or a whole e-mail address"`
}

func (h API) users(ctx context.Context, in *usersInput) (*httpapi.Body[page.Page[userView]], error) {
	p, err := h.Service.People.Users(ctx, account.Find{Request: page.Request(in.PageQuery), Text: in.Text})
	return httpapi.OK(page.Map(p, show), err)
}

// UserPath names a user.
type UserPath struct {
	User id.User `path:"user"`
}

type updateInput struct {
	UserPath
	Body struct {
		Disabled *bool `json:"disabled,omitempty"`
		Operator *bool `json:"operator,omitempty"`
	}
}

func (h API) update(ctx context.Context, in *updateInput) (*httpapi.Body[userView], error) {
	err := h.Service.Set(ctx, in.User, Change{Disabled: in.Body.Disabled, Operator: in.Body.Operator})
	if err != nil {
		return nil, err
	}
	u, err := h.Service.People.ByID(ctx, in.User)
	return httpapi.OK(show(u), err)
}

func (h API) endSessions(ctx context.Context, in *UserPath) (*httpapi.Empty, error) {
	return httpapi.Done(h.Service.Sessions.EndOthers(ctx, in.User, id.Session{}))
}

func (h API) dropFactor(ctx context.Context, in *UserPath) (*httpapi.Empty, error) {
	return httpapi.Done(h.Service.Sessions.DropFactor(ctx, in.User, id.Session{}))
}
