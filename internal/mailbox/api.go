package mailbox

import (
	"context"

	"hawker/internal/account"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/httpapi"
	"hawker/internal/signin"
)

// API is the module's door.
type API struct {
	Service *Service
	Door    signin.API // which answers with sessions
}

// codeRate bounds how often one network address may show codes or ask for letters.
func codeRate() cache.Rate { return cache.Rate{Count: 60, Per: signin.DoorRate().Per} }

// Register adds the operations.
func (h API) Register(api *httpapi.API) {
	httpapi.Register(api, httpapi.Operation{
		ID: "auth-register", Method: "POST", Path: "/auth/register",
		Access: httpapi.Anyone, Status: 201, Limit: signin.DoorRate(),
		Summary: "Make an account and sign in, or be sent a letter that does",
	}, h.register)
	httpapi.Register(api, httpapi.Operation{
		ID: "auth-registration-confirm", Method: "POST", Path: "/auth/register/confirm",
		Access: httpapi.Anyone, Limit: codeRate(), Summary: "Make the account of a letter's code and sign in",
	}, h.confirm)
	httpapi.Register(api, httpapi.Operation{
		ID: "auth-password-recover", Method: "POST", Path: "/auth/password/recover",
		Access: httpapi.Anyone, Status: 204, Limit: codeRate(),
		Summary: "Be sent a letter to choose another password; the answer is the same for every address",
	}, h.recover)
	httpapi.Register(api, httpapi.Operation{
		ID: "auth-password-reset", Method: "POST", Path: "/auth/password/reset", Access: httpapi.Anyone, Status: 204,
		Limit: codeRate(), Proof: httpapi.PasswordGiven,
		Summary: "Choose another password by a letter's code, which ends all sessions",
	}, h.reset)
	httpapi.Register(api, httpapi.Operation{
		ID: "auth-email-confirm", Method: "POST", Path: "/auth/email/confirm", Access: httpapi.Anyone, Status: 204,
		Limit: codeRate(), Proof: httpapi.PasswordGiven,
		Summary: "Show by a letter's code that an address is mine",
	}, h.confirmEmail)
	httpapi.Register(api, httpapi.Operation{
		ID: "me-email-verify", Method: "POST", Path: "/me/email/verify", Access: httpapi.SignedIn, Status: 204,
		Summary: "Be sent a letter that shows that my address is mine",
	}, h.verify)
	httpapi.Register(api, httpapi.Operation{
		ID: "me-email-set", Method: "PUT", Path: "/me/email", Access: httpapi.SignedIn, Status: 204,
		Proof:   httpapi.PasswordGiven,
		Summary: "Be sent a letter to a new address, which is mine when I show its code",
	}, h.change)
}

type registerInput struct {
	httpapi.IdempotencyKey
	Body struct {
		Email       string `json:"email" maxLength:"254"`
		Password    string `json:"password" maxLength:"256"`
		DisplayName string `json:"display_name" maxLength:"64"`
		Invitation  string `json:"invitation,omitempty" maxLength:"64" doc:"Where one is asked for (config)"`
	}
}

func (h API) register(ctx context.Context, in *registerInput) (*signin.Entered, error) {
	u, made, err := h.Service.Register(ctx, in.Key, account.Registration{
		Email: in.Body.Email, Password: in.Body.Password, DisplayName: in.Body.DisplayName,
		Locale: httpapi.Language(ctx), Invitation: in.Body.Invitation,
	}, httpapi.Origin(ctx))
	switch {
	case err != nil || made == MadeNow:
		return h.enter(ctx, u, err)
	case made == MadeBefore: // whoever has the password may come in, as at any time
		return h.Door.SignIn(ctx, in.Body.Email, in.Body.Password)
	}
	return &signin.Entered{Body: signin.EntryView{State: signin.MailSent}}, nil
}

func (h API) enter(ctx context.Context, u account.User, err error) (*signin.Entered, error) {
	if err != nil {
		return nil, err
	}
	s, err := h.Service.Sessions.Open(ctx, u.ID, signin.From(ctx))
	return h.Door.Enter(ctx, s, err)
}

type codeInput struct {
	Body struct {
		Code string `json:"code" maxLength:"64"`
	}
}

func (h API) confirm(ctx context.Context, in *codeInput) (*signin.Entered, error) {
	u, err := h.Service.Confirm(ctx, in.Body.Code)
	return h.enter(ctx, u, err)
}

type recoverInput struct {
	Body struct {
		Email string `json:"email" maxLength:"254"`
	}
}

func (h API) recover(ctx context.Context, in *recoverInput) (*httpapi.Empty, error) {
	return httpapi.Done(h.Service.Recover(ctx, in.Body.Email, httpapi.Language(ctx), httpapi.Origin(ctx)))
}

type resetInput struct {
	Body struct {
		Code     string `json:"code" maxLength:"64"`
		Password string `json:"password" maxLength:"256"`
	}
}

func (h API) reset(ctx context.Context, in *resetInput) (*httpapi.Empty, error) {
	return httpapi.Done(h.Service.Reset(ctx, in.Body.Code, in.Body.Password))
}

func (h API) confirmEmail(ctx context.Context, in *codeInput) (*httpapi.Empty, error) {
	return httpapi.Done(h.Service.ConfirmEmail(ctx, httpapi.ActorFrom(ctx), in.Body.Code))
}

func (h API) verify(ctx context.Context, _ *struct{}) (*httpapi.Empty, error) {
	return httpapi.Done(h.Service.Verify(ctx, httpapi.ActorFrom(ctx).User, httpapi.Origin(ctx)))
}

type emailInput struct {
	Body struct {
		Email    string `json:"email" maxLength:"254"`
		Password string `json:"password" maxLength:"256"`
	}
}

func (h API) change(ctx context.Context, in *emailInput) (*httpapi.Empty, error) {
	return httpapi.Done(h.Service.Change(ctx, httpapi.ActorFrom(ctx), in.Body.Email, in.Body.Password,
		httpapi.Origin(ctx), signin.From(ctx)))
}
