// Package account knows people: how they register, what they are called, and their
// addresses. It keeps true that a password is stored only as an argon2id hash, that
// e-mail and addresses are sealed, and that nobody is called like a shop or its staff.
// Signing in (signin), proof of a mailbox (mailbox) and what people may do in a shop
// (shop) are not its job.
package account

import (
	"context"
	"database/sql"
	"errors"
	"strings"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/base/page"
	"hawker/internal/password"
	"hawker/internal/platform/events"
	"hawker/internal/platform/secret"
	"hawker/internal/platform/sqldb"
)

// User is a person with an account.
type User struct {
	ID          id.User
	Email       string
	DisplayName string
	AvatarURL   string
	Locale      lang.Tag
	Operator    bool
	CreatedAt   time.Time
	// VerifiedAt is when they showed that the mailbox is theirs, DisabledAt since when they
	// may not come in; zero: not yet, and they may.
	VerifiedAt, DisabledAt time.Time
}

// Modes of registration.
const (
	Open     = "open"
	ByInvite = "invite" // with the code of an invitation
	Closed   = "closed" // operators make accounts
)

// Protected knows names that are not anybody's: those of shops and of who works in them.
type Protected interface {
	// Protects reports whether a name, by its key, is one of these and not the user's own.
	Protects(ctx context.Context, q sqldb.Querier, key string, user id.User) (bool, error)
}

// Options are what the module needs.
type Options struct {
	DB        *sqldb.DB
	Box       *secret.Box
	Protected Protected // nil protects no name
	// Mall are the names of the installation: nobody is called so, and no password is
	// taken that is little more.
	Mall []string
	// Registration is Open, ByInvite or Closed.
	Registration string
}

// Service is the module.
type Service struct {
	Options
	db     *sqldb.DB
	box    *secret.Box
	hasher *password.Hasher
}

// New makes the module.
func New(o Options) *Service {
	return &Service{Options: o, db: o.DB, box: o.Box, hasher: password.NewHasher()}
}

// ByID finds a person.
func (s *Service) ByID(ctx context.Context, user id.User) (User, error) {
	u, err := userByID(ctx, s.db.Reader(), s.box, user)
	if errors.Is(err, sql.ErrNoRows) {
		return User{}, fault.NotFound("account.not_found")
	}
	return u, err
}

// ByEmail finds a person; fault account.not_found.
func (s *Service) ByEmail(ctx context.Context, email string) (User, error) {
	normal, err := NormalEmail(email)
	if err != nil {
		return User{}, err
	}
	u, _, err := userByEmail(ctx, s.db.Reader(), s.box, normal)
	if errors.Is(err, sql.ErrNoRows) {
		return User{}, fault.NotFound("account.not_found")
	}
	return u, err
}

// DisplayNames gives display names; unknown people are left out.
func (s *Service) DisplayNames(ctx context.Context, users []id.User) (map[id.User]string, error) {
	found, err := s.Names(ctx, users)
	out := make(map[id.User]string, len(found))
	for u, a := range found {
		out[u] = a.DisplayName
	}
	return out, err
}

// UserByEmail finds a person's id; fault account.not_found.
func (s *Service) UserByEmail(ctx context.Context, email string) (id.User, error) {
	u, err := s.ByEmail(ctx, email)
	return u.ID, err
}

// Names gives display names; unknown people are left out.
func (s *Service) Names(ctx context.Context, users []id.User) (map[id.User]User, error) {
	return usersByID(ctx, s.db.Reader(), s.box, users)
}

// Change is what a person may change of their account; nil is unchanged.
type Change struct {
	DisplayName *string
	Locale      *lang.Tag
	AvatarURL   *string
}

// Update changes a person's account. Faults account.bad_name, account.name_not_yours.
func (s *Service) Update(ctx context.Context, user id.User, c Change) (User, error) {
	if c.DisplayName != nil {
		name, err := s.checkName(*c.DisplayName)
		if err != nil {
			return User{}, err
		}
		c.DisplayName = &name
	}
	err := s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		if c.DisplayName != nil {
			if err := s.unprotected(ctx, tx, *c.DisplayName, user); err != nil {
				return err
			}
		}
		if err := updateUser(ctx, tx, user, c); err != nil {
			return err
		}
		return events.Record(ctx, tx, Changed{user})
	})
	if err != nil {
		return User{}, err
	}
	return s.ByID(ctx, user)
}

// Find says which accounts are listed: those whose name begins with Text, or the one whose
// address it is; all where there is none.
type Find struct {
	page.Request
	Text string
}

// Users lists accounts, newest first.
func (s *Service) Users(ctx context.Context, f Find) (page.Page[User], error) {
	var before id.User
	if err := page.Decode(f.Cursor, &before); err != nil {
		return page.Page[User]{}, err
	}
	if strings.Contains(f.Text, "@") {
		u, err := s.ByEmail(ctx, f.Text)
		if fault.As(err) != nil {
			return page.Page[User]{Items: []User{}}, nil
		}
		return page.Page[User]{Items: []User{u}}, err
	}
	rows, err := usersBefore(ctx, s.db.Reader(), s.box, f, before)
	return page.Cut(rows, f.Size(), func(u User) any { return u.ID }), err
}
