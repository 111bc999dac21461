package signin

import (
	"context"
	"net/http"
	"time"

	"hawker/internal/account"
	"hawker/internal/base/id"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/httpapi"
)

// Joined is told when somebody has come in, with the code of the link by which
// they came ("" for none).
type Joined interface {
	CameBy(ctx context.Context, user id.User, refCode string) error
}

// API is the module's door.
type API struct {
	Service *Service
	People  account.API
	Came    Joined
	Cookies httpapi.CookiePolicy
}

// States of an entry.
const (
	In          = "signed_in"
	WantsFactor = "second_factor"
	MailSent    = "mail_sent"
)

// EntryView says how far somebody came. Signed in there are user, token and expires_at;
// second_factor comes with a ticket, for /auth/login/second-factor; mail_sent asks them to
// look into their mail.
type EntryView struct {
	State     string            `json:"state" enum:"signed_in,second_factor,mail_sent"`
	User      *account.UserView `json:"user,omitempty"`
	Token     string            `json:"token,omitempty" doc:"For programs: Authorization: Bearer"`
	ExpiresAt *time.Time        `json:"expires_at,omitempty"`
	Ticket    string            `json:"ticket,omitempty"`
}

// Entered is an answer that signs a browser in.
type Entered struct {
	SetCookie []http.Cookie `header:"Set-Cookie"`
	Body      EntryView
}

// DoorRate bounds how often one network address may try to come in; many
// shoppers can stand behind one address, a password guesser behind few.
func DoorRate() cache.Rate { return cache.Rate{Count: 1200, Per: time.Minute} }

// Register adds the operations.
func (h API) Register(api *httpapi.API) {
	httpapi.Register(api, httpapi.Operation{
		ID: "auth-login", Method: "POST", Path: "/auth/login",
		Access: httpapi.Anyone, Limit: DoorRate(), Summary: "Sign in",
	}, h.login)
	httpapi.Register(api, httpapi.Operation{
		ID: "auth-second-factor-login", Method: "POST", Path: "/auth/login/second-factor",
		Access: httpapi.Anyone, Limit: DoorRate(), Summary: "Go on with the code of a second factor",
	}, h.loginFactor)
	httpapi.Register(api, httpapi.Operation{
		ID: "auth-logout", Method: "POST", Path: "/auth/logout",
		Access: httpapi.Enrolling, Status: 204, Summary: "Sign out",
	}, h.logout)
	httpapi.Register(api, httpapi.Operation{
		ID: "auth-reauthenticate", Method: "POST", Path: "/auth/reauthenticate", Access: httpapi.Enrolling,
		Status: 204, Proof: httpapi.PasswordGiven,
		Summary: "Show once more who I am, by password or code, for what asks for it",
	}, h.reauthenticate)
	httpapi.Register(api, httpapi.Operation{
		ID: "me-password-set", Method: "PUT", Path: "/me/password", Access: httpapi.SignedIn, Status: 204,
		Proof: httpapi.PasswordGiven, Summary: "Change my password, which ends my other sessions",
	}, h.password)
	h.registerSessions(api)
	h.registerFactor(api)
}

// From is where the caller of an operation signs in from.
func From(ctx context.Context) Caller {
	return Caller{
		Address: httpapi.Address(ctx), Home: httpapi.Home(ctx), Device: httpapi.Device(ctx), Agent: httpapi.Agent(ctx),
	}
}

type loginInput struct {
	Body struct {
		Email    string `json:"email" maxLength:"254"`
		Password string `json:"password" maxLength:"256"`
	}
}

func (h API) login(ctx context.Context, in *loginInput) (*Entered, error) {
	return h.SignIn(ctx, in.Body.Email, in.Body.Password)
}

// SignIn answers whoever knows a password.
func (h API) SignIn(ctx context.Context, email, password string) (*Entered, error) {
	e, err := h.Service.SignIn(ctx, email, password, From(ctx))
	if err == nil && e.Ticket != "" {
		return &Entered{Body: EntryView{State: WantsFactor, Ticket: e.Ticket}}, nil
	}
	return h.Enter(ctx, e.Session, err)
}

type loginFactorInput struct {
	Body struct {
		Ticket string `json:"ticket" maxLength:"1024"`
		Code   string `json:"code" maxLength:"32" doc:"Six digits, or a recovery code"`
	}
}

func (h API) loginFactor(ctx context.Context, in *loginFactorInput) (*Entered, error) {
	s, err := h.Service.SignInWith(ctx, in.Body.Ticket, in.Body.Code, From(ctx))
	return h.Enter(ctx, s, err)
}

// Enter answers with a session that has begun.
func (h API) Enter(ctx context.Context, s Session, err error) (*Entered, error) {
	if err != nil {
		return nil, err
	}
	if err := h.Came.CameBy(ctx, s.User.ID, httpapi.RefCode(ctx)); err != nil {
		return nil, err
	}
	view, err := h.People.View(ctx, s.User, s.MustEnrol)
	if err != nil {
		return nil, err
	}
	return &Entered{
		SetCookie: []http.Cookie{h.Cookies.Session(s.Token, s.ExpiresAt), h.Cookies.Known(s.Device)},
		Body:      EntryView{State: In, User: &view, Token: s.Token, ExpiresAt: &s.ExpiresAt},
	}, nil
}

type signedOut struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
}

func (h API) logout(ctx context.Context, _ *struct{}) (*signedOut, error) {
	if err := h.Service.SignOut(ctx, httpapi.ActorFrom(ctx)); err != nil {
		return nil, err
	}
	return &signedOut{h.Cookies.Session("", time.Time{})}, nil
}

type proofInput struct {
	Body struct {
		Password string `json:"password,omitempty" maxLength:"256"`
		Code     string `json:"code,omitempty" maxLength:"32" doc:"Of the second factor, in place of the password"`
	}
}

func (h API) reauthenticate(ctx context.Context, in *proofInput) (*httpapi.Empty, error) {
	return httpapi.Done(h.Service.Prove(ctx, httpapi.ActorFrom(ctx), in.Body.Password, in.Body.Code, From(ctx)))
}

type passwordInput struct {
	Body struct {
		Old string `json:"old_password" maxLength:"256"`
		New string `json:"password" maxLength:"256"`
	}
}

func (h API) password(ctx context.Context, in *passwordInput) (*httpapi.Empty, error) {
	return httpapi.Done(h.Service.ChangePassword(ctx, httpapi.ActorFrom(ctx), in.Body.Old, in.Body.New, From(ctx)))
}
