package account

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/platform/sqldb"
)

// Invitation lets people register where that is not open. Its code is known when it is
// made, and to whom it was given.
type Invitation struct {
	ID        id.Invitation
	Note      string // for whom it is
	Uses      int    // that are left
	By        id.User
	ExpiresAt time.Time
	CreatedAt time.Time
}

// Limits on invitations.
const (
	InvitationUsesMax = 10_000
	invitationNoteMax = 100
	invitationsMax    = 200
	invitationFor     = 365 * 24 * time.Hour
)

// Invite makes an invitation and answers its code, which is not kept. Faults
// account.bad_invitation, account.too_many_invitations.
func (s *Service) Invite(ctx context.Context, i Invitation) (Invitation, string, error) {
	now := s.db.Clock().Now()
	if i.Uses < 1 || i.Uses > InvitationUsesMax || !i.ExpiresAt.After(now) ||
		i.ExpiresAt.After(now.Add(invitationFor)) || utf8.RuneCountInString(i.Note) > invitationNoteMax {
		return i, "", fault.Invalid("account.bad_invitation")
	}
	code := id.Token()[:codeSize]
	err := s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		i.ID, i.CreatedAt = id.Make[id.Invitation](tx), tx.Now()
		if err := insertInvitation(ctx, tx, i, codeHash(code)); err != nil {
			return err
		}
		list, err := invitations(ctx, tx, invitationsMax+1)
		if err == nil && len(list) > invitationsMax {
			err = fault.Conflict("account.too_many_invitations", "max", invitationsMax)
		}
		return err
	})
	return i, code, err
}

const codeSize = 16 // of 32 letters and digits: 80 bits

// Invitations lists those that are left, the newest first.
func (s *Service) Invitations(ctx context.Context) ([]Invitation, error) {
	return invitations(ctx, s.db.Reader(), invitationsMax)
}

// Uninvite takes an invitation back.
func (s *Service) Uninvite(ctx context.Context, i id.Invitation) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error { return deleteInvitation(ctx, tx, i) })
}

// invited reports whether a code would let somebody register; fault
// account.bad_invitation.
func (s *Service) invited(ctx context.Context, q sqldb.Querier, code string) error {
	ok, err := invitationStands(ctx, q, codeHash(code), s.db.Clock().Now())
	if err == nil && !ok {
		err = badInvitation()
	}
	return err
}

// useInvitation takes one use of an invitation.
func useInvitation(ctx context.Context, tx *sqldb.Tx, code string) error {
	ok, err := takeInvitation(ctx, tx, codeHash(code), tx.Now())
	if err == nil && !ok {
		err = badInvitation()
	}
	return err
}

func badInvitation() error { return fault.Invalid("account.bad_invitation").At("body.invitation") }

// codeHash is what is kept of a code; people may type it in capitals.
func codeHash(code string) string { return hashOfText(strings.ToLower(strings.TrimSpace(code))) }
