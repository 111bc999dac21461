package account

import (
	"context"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/naming"
	"hawker/internal/password"
	"hawker/internal/platform/audit"
	"hawker/internal/platform/events"
	"hawker/internal/platform/idem"
	"hawker/internal/platform/sqldb"
)

// Registration is what a newcomer says.
type Registration struct {
	Email       string
	Password    string
	DisplayName string
	Locale      lang.Tag
	Invitation  string // code of an invitation, where one is asked for
	Operator    bool   // only Admit looks at it
}

// Pending is a registration that was checked, and holds no password any more.
type Pending struct {
	Email      string   `json:"email"`
	Name       string   `json:"name"`
	Hash       string   `json:"hash"`
	Locale     lang.Tag `json:"locale"`
	Invitation string   `json:"invitation,omitempty"`
	Verified   bool     `json:"-"` // they showed that the mailbox is theirs
	operator   bool
}

// Register makes an account. Faults: as Prepare and Complete.
func (s *Service) Register(ctx context.Context, r Registration) (User, error) {
	p, err := s.Prepare(ctx, r)
	if err != nil {
		return User{}, err
	}
	return s.complete(ctx, p)
}

// RegisterOnce is Register, once under the key that the newcomer's client chose; again
// says that the account was made before, which proves nothing of who asks now.
func (s *Service) RegisterOnce(ctx context.Context, value string, r Registration) (u User, again bool, err error) {
	p, err := s.Prepare(ctx, r)
	if err != nil {
		return u, false, err
	}
	// Neither the address nor what follows from the password is written down for it.
	key, err := idem.NewKey("auth-register", s.box.Index(p.Email, "register"), value, []string{p.Name, p.Invitation})
	if err != nil {
		return u, false, err
	}
	made, err := idem.Once(ctx, s.db, key, func(ctx context.Context, tx *sqldb.Tx) (id.User, error) {
		u, err = s.Complete(ctx, tx, p)
		return u.ID, err
	})
	return u, err == nil && made != u.ID, err
}

// Admit makes an account because the installation's operator says so: registration may be
// closed, the name may be anything that can be read, and of the password only the length
// counts. Faults account.bad_email, account.bad_name, account.weak_password,
// account.email_taken.
func (s *Service) Admit(ctx context.Context, r Registration) (User, error) {
	p, err := s.Vouch(ctx, r)
	if err != nil {
		return User{}, err
	}
	return s.complete(ctx, p)
}

// Vouch checks what Admit checks, for a transaction of the caller's.
func (s *Service) Vouch(ctx context.Context, r Registration) (Pending, error) {
	email, err := NormalEmail(r.Email)
	if err != nil {
		return Pending{}, err
	}
	name, err := naming.Clean(r.DisplayName)
	if err != nil {
		return Pending{}, err
	}
	if err := password.Check(r.Password); fault.Code(err) == "account.weak_password" {
		return Pending{}, err
	}
	hash, err := s.hasher.Hash(ctx, r.Password)
	return Pending{Email: email, Name: name, Hash: hash, Locale: r.Locale, operator: r.Operator}, err
}

func (s *Service) complete(ctx context.Context, p Pending) (u User, err error) {
	err = s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) (err error) {
		u, err = s.Complete(ctx, tx, p)
		return err
	})
	return u, err
}

// Prepare checks what a newcomer says, in the same time whether or not there is such an
// account. Faults: account.bad_email, account.bad_name, account.name_not_yours,
// account.weak_password, account.common_password, account.registration_closed,
// account.bad_invitation, auth.busy.
func (s *Service) Prepare(ctx context.Context, r Registration) (Pending, error) {
	if s.Registration == Closed {
		return Pending{}, fault.Forbidden("account.registration_closed")
	}
	email, err := NormalEmail(r.Email)
	if err != nil {
		return Pending{}, err
	}
	name, err := s.checkName(r.DisplayName)
	if err == nil {
		err = s.unprotected(ctx, s.db.Reader(), name, id.User{})
	}
	if err == nil {
		err = s.checkPassword(r.Password, email, name)
	}
	if err == nil && s.Registration == ByInvite {
		err = s.invited(ctx, s.db.Reader(), r.Invitation)
	}
	if err != nil {
		return Pending{}, err
	}
	hash, err := s.hasher.Hash(ctx, r.Password)
	return Pending{Email: email, Name: name, Hash: hash, Locale: r.Locale, Invitation: r.Invitation}, err
}

// Complete makes the account of a registration. Faults account.email_taken,
// account.bad_invitation, account.name_not_yours.
func (s *Service) Complete(ctx context.Context, tx *sqldb.Tx, p Pending) (User, error) {
	u := User{
		ID: id.Make[id.User](tx), Email: p.Email, DisplayName: p.Name, Locale: p.Locale, Operator: p.operator,
		CreatedAt: tx.Now(),
	}
	if p.Verified {
		u.VerifiedAt = tx.Now()
	}
	if p.Invitation != "" && s.Registration == ByInvite {
		if err := useInvitation(ctx, tx, p.Invitation); err != nil {
			return u, err
		}
	}
	fresh, err := insertUser(ctx, tx, s.box, u, p.Hash)
	if err == nil && !fresh {
		return u, fault.Conflict("account.email_taken").At("body.email")
	}
	if err != nil {
		return u, err
	}
	if err := audit.Record(ctx, tx, audit.Entry{
		Action: "account.created", Subject: u.ID.String(), After: map[string]bool{"operator": u.Operator},
	}); err != nil {
		return u, err
	}
	return u, events.Record(ctx, tx, Registered{u.ID})
}

// checkName wants a name that others can see and that nobody takes for the mall's. Faults
// account.bad_name, account.name_not_yours.
func (s *Service) checkName(text string) (string, error) {
	name, err := naming.Clean(text)
	if err == nil && naming.Pretends(name, s.Mall) {
		err = notYours()
	}
	return name, err
}

func notYours() error { return fault.Invalid("account.name_not_yours").At("body.display_name") }

// unprotected refuses a name that looks like a shop's or like that of somebody who works
// here. Fault account.name_not_yours.
func (s *Service) unprotected(ctx context.Context, q sqldb.Querier, name string, user id.User) error {
	if s.Protected == nil {
		return nil
	}
	taken, err := s.Protected.Protects(ctx, q, naming.Key(name), user)
	if err == nil && taken {
		err = notYours()
	}
	return err
}

// CheckPassword looks at a password that somebody chooses. Faults account.weak_password,
// account.common_password.
func (s *Service) CheckPassword(text string, words ...string) error {
	return s.checkPassword(text, words...)
}

// checkPassword wants one that few would try of this person in this mall.
func (s *Service) checkPassword(text string, words ...string) error {
	return password.Check(text, append(append([]string{"hawker"}, s.Mall...), words...)...)
}
