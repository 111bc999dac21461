package operator

import (
	"context"
	"time"

	"hawker/internal/account"
	"hawker/internal/base/id"
	"hawker/internal/base/page"
	"hawker/internal/platform/httpapi"
)

func (h API) registerInvitations(api *httpapi.API) {
	base := "/admin/invitations"
	httpapi.Register(api, httpapi.Operation{
		ID: "admin-invitation-list", Method: "GET", Path: base, Access: httpapi.OperatorOnly,
		Summary: "Invitations that are left, the newest first",
	}, h.invitations)
	httpapi.Register(api, httpapi.Operation{
		ID: "admin-invitation-create", Method: "POST", Path: base, Access: httpapi.OperatorOnly, Status: 201,
		Proof: httpapi.Recent, Summary: "Make an invitation; its code is shown once",
	}, h.invite)
	httpapi.Register(api, httpapi.Operation{
		ID: "admin-invitation-delete", Method: "DELETE", Path: base + "/{id}", Access: httpapi.OperatorOnly,
		Status: 204, Proof: httpapi.Recent, Summary: "Take an invitation back",
	}, h.uninvite)
}

// invitationView is an invitation; the code is there when it is made.
type invitationView struct {
	ID        id.Invitation `json:"id"`
	Note      string        `json:"note"`
	UsesLeft  int           `json:"uses_left"`
	ExpiresAt time.Time     `json:"expires_at"`
	CreatedAt time.Time     `json:"created_at"`
	Code      string        `json:"code,omitempty"`
}

func showInvitation(i account.Invitation) invitationView {
	return invitationView{i.ID, i.Note, i.Uses, i.ExpiresAt, i.CreatedAt, ""}
}

func (h API) invitations(ctx context.Context, _ *struct{}) (*httpapi.Body[page.List[invitationView]], error) {
	list, err := h.Service.People.Invitations(ctx)
	return httpapi.OK(page.Whole(list, showInvitation), err)
}

type inviteInput struct {
	httpapi.IdempotencyKey
	Body struct {
		Note      string    `json:"note,omitempty" maxLength:"100"`
		Uses      int       `json:"uses" minimum:"1" maximum:"10000"`
		ExpiresAt time.Time `json:"expires_at"`
	}
}

func (h API) invite(ctx context.Context, in *inviteInput) (*httpapi.Body[invitationView], error) {
	key, err := in.Once(ctx, "admin-invitation-create", in.Body)
	if err != nil {
		return nil, err
	}
	return httpapi.OK(h.Service.invited.Once(ctx, key, func(ctx context.Context) (invitationView, error) {
		i, code, err := h.Service.People.Invite(ctx, account.Invitation{
			Note: in.Body.Note, Uses: in.Body.Uses, By: httpapi.ActorFrom(ctx).User, ExpiresAt: in.Body.ExpiresAt,
		})
		v := showInvitation(i)
		v.Code = code
		return v, err
	}))
}

type invitationPath struct {
	ID id.Invitation `path:"id"`
}

func (h API) uninvite(ctx context.Context, in *invitationPath) (*httpapi.Empty, error) {
	return httpapi.Done(h.Service.People.Uninvite(ctx, in.ID))
}
