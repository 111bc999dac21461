package signin

import (
	"context"

	"hawker/internal/platform/httpapi"
)

func (h API) registerFactor(api *httpapi.API) {
	base := "/me/second-factor"
	httpapi.Register(api, httpapi.Operation{
		ID: "second-factor-get", Method: "GET", Path: base, Access: httpapi.Enrolling,
		Summary: "Whether I have a second factor",
	}, h.factor)
	httpapi.Register(api, httpapi.Operation{
		ID: "second-factor-create", Method: "POST", Path: base, Access: httpapi.Enrolling, Status: 201,
		Proof: httpapi.Recent, Summary: "Begin with a second factor; it counts from its first code on",
	}, h.enrol)
	httpapi.Register(api, httpapi.Operation{
		ID: "second-factor-confirm", Method: "POST", Path: base + "/confirm", Access: httpapi.Enrolling,
		Proof: httpapi.Recent, Summary: "Turn my second factor on by its first code",
	}, h.confirm)
	httpapi.Register(api, httpapi.Operation{
		ID: "second-factor-delete", Method: "DELETE", Path: base, Access: httpapi.SignedIn, Status: 204,
		Proof: httpapi.Recent, Summary: "Do without a second factor",
	}, h.dropFactor)
	httpapi.Register(api, httpapi.Operation{
		ID: "recovery-code-set", Method: "POST", Path: base + "/recovery-codes", Access: httpapi.SignedIn,
		Proof: httpapi.Recent, Summary: "Replace the codes by which I come in without my second factor",
	}, h.newCodes)
}

// factorView tells of a second factor.
type factorView struct {
	On        bool `json:"on"`
	Required  bool `json:"required" doc:"My role asks for one"`
	CodesLeft int  `json:"recovery_codes_left"`
}

func (h API) factor(ctx context.Context, _ *struct{}) (*httpapi.Body[factorView], error) {
	f, err := h.Service.FactorOf(ctx, httpapi.ActorFrom(ctx))
	return httpapi.OK(factorView(f), err)
}

// enrolmentView is what an authenticator program has to know.
type enrolmentView struct {
	Secret string `json:"secret" doc:"Base32, to be typed"`
	URI    string `json:"uri" doc:"otpauth://…, to be drawn as a QR code"`
}

func (h API) enrol(ctx context.Context, in *httpapi.IdempotencyKey) (*httpapi.Body[enrolmentView], error) {
	key, err := in.Once(ctx, "second-factor-create", nil)
	if err != nil {
		return nil, err
	}
	e, err := h.Service.enrolments.Once(ctx, key, func(ctx context.Context) (Enrolment, error) {
		return h.Service.Enrol(ctx, httpapi.ActorFrom(ctx).User)
	})
	return httpapi.OK(enrolmentView(e), err)
}

type codeInput struct {
	Body struct {
		Code string `json:"code" maxLength:"32"`
	}
}

// recoveryView holds codes that are shown once.
type recoveryView struct {
	Codes []string `json:"recovery_codes"`
}

func (h API) confirm(ctx context.Context, in *codeInput) (*httpapi.Body[recoveryView], error) {
	codes, err := h.Service.Confirm(ctx, httpapi.ActorFrom(ctx), in.Body.Code, From(ctx))
	return httpapi.OK(recoveryView{codes}, err)
}

func (h API) dropFactor(ctx context.Context, _ *struct{}) (*httpapi.Empty, error) {
	a := httpapi.ActorFrom(ctx)
	return httpapi.Done(h.Service.DropFactor(ctx, a.User, a.Session))
}

func (h API) newCodes(ctx context.Context, _ *struct{}) (*httpapi.Body[recoveryView], error) {
	codes, err := h.Service.NewCodes(ctx, httpapi.ActorFrom(ctx).User)
	return httpapi.OK(recoveryView{codes}, err)
}
