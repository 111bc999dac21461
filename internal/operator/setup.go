// Package operator is what the operator of an installation does with people: the first
// set-up, which makes an operator and a shop where there is none, and afterwards who may
// come in, who invites. It keeps true that an installation is set up once, by somebody at
// the machine or with the code that it printed.
package operator

import (
	"context"
	"crypto/subtle"
	"strings"

	"hawker/internal/account"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/platform/idem"
	"hawker/internal/platform/sqldb"
	"hawker/internal/shop"
	"hawker/internal/signin"
)

// Options are what the module needs.
type Options struct {
	DB       *sqldb.DB
	People   *account.Service
	Sessions *signin.Service
	Shops    *shop.Service
}

// Service is the module.
type Service struct {
	Options
	code string // of the first set-up

	begun   *idem.Brief[*signin.Entered]
	invited *idem.Brief[invitationView]
}

// New makes the module, with a code for the first set-up.
func New(o Options) *Service {
	return &Service{
		Options: o, code: id.Token()[:codeSize], begun: idem.NewBrief[*signin.Entered](),
		invited: idem.NewBrief[invitationView](),
	}
}

const codeSize = 16 // of 32 letters and digits: 80 bits

// Beginning is how an empty installation becomes somebody's.
type Beginning struct {
	Email    string
	Password string
	Name     string // of the operator
	Shop     string
	Locale   lang.Tag
}

// Needed reports whether the installation has no operator yet.
func (s *Service) Needed(ctx context.Context) (bool, error) {
	n, err := s.People.Operators(ctx, s.DB.Reader())
	return n == 0, err
}

// Code is what to show for a set-up from elsewhere, "" where none is needed any more. It
// is printed at the start and kept nowhere.
func (s *Service) Code(ctx context.Context) (string, error) {
	needed, err := s.Needed(ctx)
	if err != nil || !needed {
		return "", err
	}
	return s.code, nil
}

// Opens reports whether a code is that of the set-up.
func (s *Service) Opens(code string) bool {
	return subtle.ConstantTimeCompare([]byte(strings.ToLower(strings.TrimSpace(code))), []byte(s.code)) == 1
}

// Begin makes the operator and their shop. Faults operator.exists, account.bad_email,
// account.bad_name, account.weak_password, account.common_password, account.email_taken,
// shop.bad_name, shop.name_taken.
func (s *Service) Begin(ctx context.Context, b Beginning) (account.User, error) {
	needed, err := s.Needed(ctx)
	if err == nil && !needed {
		err = exists()
	}
	if err != nil {
		return account.User{}, err
	}
	p, err := s.People.Vouch(ctx, account.Registration{
		Email: b.Email, Password: b.Password, DisplayName: b.Name, Locale: b.Locale, Operator: true,
	})
	if err == nil {
		err = s.People.CheckPassword(b.Password, p.Email, b.Name, b.Shop)
	}
	if err != nil {
		return account.User{}, err
	}
	var u account.User
	err = s.DB.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		if err := s.People.Claim(ctx, tx); err != nil { // of two at once one begins
			return err
		}
		n, err := s.People.Operators(ctx, tx)
		if err == nil && n > 0 {
			err = exists()
		}
		if err != nil {
			return err
		}
		if u, err = s.People.Complete(ctx, tx, p); err != nil {
			return err
		}
		_, err = s.Shops.OpenIn(ctx, tx, lang.Text{lang.Chinese: b.Shop, lang.English: b.Shop}, "", u.ID)
		return err
	})
	return u, err
}

func exists() error { return fault.Conflict("operator.exists") }

// Add makes an account because the operator says so. Faults: as account.Admit, and
// account.common_password.
func (s *Service) Add(ctx context.Context, r account.Registration) (account.User, error) {
	if err := s.People.CheckPassword(r.Password, r.Email, r.DisplayName); err != nil {
		return account.User{}, err
	}
	return s.People.Admit(ctx, r)
}

// Change is what an operator says of a person; nil is unchanged.
type Change = account.Access

// Set changes what a person may, which ends their sessions. Faults account.not_found,
// account.last_operator.
func (s *Service) Set(ctx context.Context, user id.User, c Change) error {
	return s.Sessions.Ending(ctx, user, id.Session{}, func(ctx context.Context, tx *sqldb.Tx) error {
		return s.People.SetAccess(ctx, tx, user, c)
	})
}

// SetPassword gives a person another password, which ends their sessions; a second factor
// stays. Faults account.not_found, account.weak_password, account.common_password.
func (s *Service) SetPassword(ctx context.Context, user id.User, password string) error {
	return s.Sessions.Replace(ctx, user, password, func(context.Context, *sqldb.Tx) error { return nil })
}
