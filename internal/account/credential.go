package account

import (
	"context"
	"database/sql"
	"errors"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/platform/audit"
	"hawker/internal/platform/events"
	"hawker/internal/platform/sqldb"
)

// Credential is what somebody's password is compared with; it opens nothing.
type Credential string

// Credentials finds a person by e-mail with their credential, the zero ones where there is
// none: Matches takes as long with either.
func (s *Service) Credentials(ctx context.Context, email string) (User, Credential, error) {
	u, hash, err := userByEmail(ctx, s.db.Reader(), s.box, email)
	if errors.Is(err, sql.ErrNoRows) {
		return User{}, "", nil
	}
	return u, Credential(hash), err
}

// CredentialOf is a person's; fault account.not_found.
func (s *Service) CredentialOf(ctx context.Context, user id.User) (User, Credential, error) {
	u, err := s.ByID(ctx, user)
	if err != nil {
		return u, "", err
	}
	hash, err := hashOf(ctx, s.db.Reader(), user)
	return u, Credential(hash), err
}

// Matches compares a password. Fault auth.busy.
func (s *Service) Matches(ctx context.Context, password string, c Credential) (bool, error) {
	return s.hasher.Matches(ctx, password, string(c))
}

// NewCredential checks a password that a person chooses. Faults account.weak_password,
// account.common_password, auth.busy.
func (s *Service) NewCredential(ctx context.Context, u User, password string) (Credential, error) {
	if err := s.checkPassword(password, u.Email, u.DisplayName); err != nil {
		return "", err
	}
	hash, err := s.hasher.Hash(ctx, password)
	return Credential(hash), err
}

// Hold keeps others who change a person waiting, and is false where the credential is
// another by now or the person may not come in: whoever was let in by an old password
// meanwhile is not.
func (s *Service) Hold(ctx context.Context, tx *sqldb.Tx, user id.User, c Credential) (bool, error) {
	return holdUser(ctx, tx, user, string(c))
}

// SetCredential keeps a new password. Ending the sessions that the old one opened is the
// caller's, in the same transaction.
func (s *Service) SetCredential(ctx context.Context, tx *sqldb.Tx, user id.User, c Credential) error {
	if err := setUser(ctx, tx, user, "password_hash", string(c)); err != nil {
		return err
	}
	if err := audit.Record(ctx, tx, audit.Entry{Action: "password.changed", Subject: user.String()}); err != nil {
		return err
	}
	return events.Record(ctx, tx, PasswordChanged{user})
}

// SetEmail gives a person another address, which they have shown to be theirs. Fault
// account.email_taken.
func (s *Service) SetEmail(ctx context.Context, tx *sqldb.Tx, user id.User, email string) error {
	fresh, err := setEmail(ctx, tx, s.box, user, email)
	if err == nil && !fresh {
		err = fault.Conflict("account.email_taken").At("body.email")
	}
	if err != nil {
		return err
	}
	if err := audit.Record(ctx, tx, audit.Entry{Action: "email.changed", Subject: user.String()}); err != nil {
		return err
	}
	return events.Record(ctx, tx, EmailChanged{user})
}

// Verify notes that a mailbox is a person's, if it is still their address.
func (s *Service) Verify(ctx context.Context, tx *sqldb.Tx, user id.User, email string) error {
	return setVerified(ctx, tx, s.box, user, email)
}

// Access is what an operator says of a person; nil is unchanged.
type Access struct {
	Disabled *bool
	Operator *bool
}

// SetAccess lets somebody in or not, and makes an operator or unmakes one; the last one
// stays. Faults account.not_found, account.last_operator.
func (s *Service) SetAccess(ctx context.Context, tx *sqldb.Tx, user id.User, a Access) error {
	if err := lockOperators(ctx, tx); err != nil {
		return err
	}
	u, err := userByID(ctx, tx, s.box, user)
	if errors.Is(err, sql.ErrNoRows) {
		return fault.NotFound("account.not_found")
	}
	if err != nil {
		return err
	}
	e := AccessChanged{User: user, Disabled: !u.DisabledAt.IsZero(), Operator: u.Operator}
	if a.Disabled != nil && *a.Disabled != e.Disabled {
		e.Disabled = *a.Disabled
		at := int64(0)
		if e.Disabled {
			at = sqldb.Millis(tx.Now())
		}
		if err := setUser(ctx, tx, user, "disabled_at", at); err != nil {
			return err
		}
	}
	if a.Operator != nil {
		e.Operator = *a.Operator
		if err := setUser(ctx, tx, user, "operator", e.Operator); err != nil {
			return err
		}
	}
	if e.Disabled == !u.DisabledAt.IsZero() && e.Operator == u.Operator {
		return nil
	}
	if u.Operator && (e.Disabled || !e.Operator) {
		if n, err := countOperators(ctx, tx); err != nil || n == 0 {
			return errors.Join(err, fault.Conflict("account.last_operator"))
		}
	}
	return tellAccess(ctx, tx, e, u)
}

// tellAccess says what an operator changed, in the log for each thing by itself.
func tellAccess(ctx context.Context, tx *sqldb.Tx, e AccessChanged, before User) error {
	was := !before.DisabledAt.IsZero()
	for _, c := range []struct {
		action   audit.Action
		from, to bool
		told     bool
	}{
		{"account.disabled", was, true, e.Disabled && !was},
		{"account.enabled", was, false, was && !e.Disabled},
		{"operator.changed", before.Operator, e.Operator, before.Operator != e.Operator},
	} {
		if !c.told {
			continue
		}
		if err := audit.Record(ctx, tx, audit.Entry{
			Action: c.action, Subject: e.User.String(), Before: c.from, After: c.to,
		}); err != nil {
			return err
		}
	}
	return events.Record(ctx, tx, e)
}

// Operators counts who may run the installation. Within a transaction that calls Claim
// nobody becomes one meanwhile.
func (s *Service) Operators(ctx context.Context, q sqldb.Querier) (int, error) {
	return countOperators(ctx, q)
}

// Claim makes others who make or unmake operators wait until the transaction is over.
func (s *Service) Claim(ctx context.Context, tx *sqldb.Tx) error { return lockOperators(ctx, tx) }
