// Package account knows people: how they register and sign in, their sessions
// and their addresses. It keeps true that a password is stored only as an
// argon2id hash, a session only as the hash of its token, and that e-mail and
// addresses are sealed. What people may do in a shop is not its job (shop).
package account

import (
	"context"
	"database/sql"
	"errors"
	"net/mail"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/base/page"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/events"
	"hawker/internal/platform/httpapi"
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
}

// Limits on input, in characters.
const (
	PasswordMin = 8
	PasswordMax = 256
	NameMax     = 32
	emailMax    = 254
)

// Service is the module.
type Service struct {
	db       *sqldb.DB
	box      *secret.Box
	hasher   *hasher
	sessions *cache.Map[string, httpapi.Actor]
	limiter  cache.Limiter
}

const (
	sessionCacheMax  = 50_000
	sessionCacheKeep = 15 * time.Second
)

// New makes the module.
func New(db *sqldb.DB, box *secret.Box, limiter cache.Limiter) *Service {
	return &Service{
		db: db, box: box, hasher: newHasher(), limiter: limiter,
		sessions: cache.NewMap[string, httpapi.Actor](sessionCacheMax, sessionCacheKeep),
	}
}

// Registration is what a newcomer says.
type Registration struct {
	Email       string
	Password    string
	DisplayName string
	Locale      lang.Tag
	Operator    bool // only the installation's own set-up may say so
}

// Register makes an account. Faults: account.bad_email, account.bad_name,
// account.weak_password, account.email_taken.
func (s *Service) Register(ctx context.Context, r Registration) (User, error) {
	email, err := normalEmail(r.Email)
	if err != nil {
		return User{}, err
	}
	name, err := checkName(r.DisplayName)
	if err != nil {
		return User{}, err
	}
	if n := utf8.RuneCountInString(typed(r.Password)); n < PasswordMin || n > PasswordMax {
		return User{}, fault.Invalid("account.weak_password", "min", PasswordMin).At("body.password")
	}
	hash, err := s.hasher.hash(ctx, r.Password)
	if err != nil {
		return User{}, err
	}
	u := User{Email: email, DisplayName: name, Locale: r.Locale, Operator: r.Operator}
	err = s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		u.ID, u.CreatedAt = id.Make[id.User](tx), tx.Now()
		fresh, err := insertUser(ctx, tx, s.box, u, hash)
		if err == nil && !fresh {
			return fault.Conflict("account.email_taken").At("body.email")
		}
		if err != nil {
			return err
		}
		return events.Record(ctx, tx, Registered{u.ID})
	})
	return u, err
}

// checkName wants a name that others can see and tell apart from what stands around
// it. Fault account.bad_name.
func checkName(text string) (string, error) {
	name := strings.TrimSpace(text)
	if utf8.RuneCountInString(name) > NameMax || !lang.Line(name) {
		return "", fault.Invalid("account.bad_name", "max", NameMax).At("body.display_name")
	}
	return name, nil
}

// normalEmail gives the one form of an address in which it is stored and looked up.
// A quoted name in front of the @, which nobody has, would lose its quotes.
func normalEmail(text string) (string, error) {
	a, err := mail.ParseAddress(norm.NFC.String(strings.TrimSpace(text)))
	if err != nil || a.Name != "" || len(a.Address) > emailMax || strings.Count(a.Address, "@") != 1 ||
		!lang.Line(a.Address) {
		return "", fault.Invalid("account.bad_email").At("body.email")
	}
	// Composed once more: a capital that is two signs may be one as a small letter.
	return norm.NFC.String(strings.ToLower(a.Address)), nil
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
	normal, err := normalEmail(email)
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

// Update changes a person's account.
func (s *Service) Update(ctx context.Context, user id.User, c Change) (User, error) {
	if c.DisplayName != nil {
		name, err := checkName(*c.DisplayName)
		if err != nil {
			return User{}, err
		}
		c.DisplayName = &name
	}
	err := s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
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

// Users lists all accounts, newest first.
func (s *Service) Users(ctx context.Context, r page.Request) (page.Page[User], error) {
	var before id.User
	if err := page.Decode(r.Cursor, &before); err != nil {
		return page.Page[User]{}, err
	}
	rows, err := usersBefore(ctx, s.db.Reader(), s.box, before, r.Size()+1)
	return page.Cut(rows, r.Size(), func(u User) any { return u.ID }), err
}
