// Package mailbox proves that somebody holds a mailbox: it registers newcomers, verifies
// and changes addresses, and lets people back in who forgot their password, all by a code
// that was sent there and counts once. It keeps true that an answer tells nobody who has
// an account, neither by its words nor by its time: who is asked for is looked up by a job
// after the answer.
package mailbox

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"time"

	"hawker/internal/account"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/jobs"
	"hawker/internal/platform/mail"
	"hawker/internal/platform/secret"
	"hawker/internal/platform/sqldb"
	"hawker/internal/signin"
)

// Options are what the module needs.
type Options struct {
	DB       *sqldb.DB
	Box      *secret.Box
	Log      *slog.Logger
	People   *account.Service
	Sessions *signin.Service
	Limiter  cache.Limiter
	Mall     string // the installation's name
	// Prove has newcomers show that the mailbox is theirs before there is an account.
	Prove  bool
	Sender mail.Sender
}

// Service is the module.
type Service struct {
	Options
	db  *sqldb.DB
	box *secret.Box
}

// New makes the module.
func New(o Options) *Service { return &Service{Options: o, db: o.DB, box: o.Box} }

// purpose is what a code is for.
type purpose string

const (
	toRegister purpose = "register"
	toVerify   purpose = "verify"
	toChange   purpose = "change"
	toRecover  purpose = "recover"
)

// codeFor is how long a code counts.
func (p purpose) codeFor() time.Duration {
	if p == toRecover {
		return 30 * time.Minute
	}
	return 24 * time.Hour
}

// errand is what is to be found out and written, after the answer.
type errand struct {
	Purpose purpose          `json:"purpose"`
	Email   string           `json:"email"`
	User    id.User          `json:"user"` // who asked; zero: whoever has the address
	Locale  lang.Tag         `json:"locale"`
	Site    string           `json:"site"` // where links lead
	New     *account.Pending `json:"new,omitempty"`
}

// lettersRate bounds how often one mailbox is written to because somebody asks for it.
func lettersRate() cache.Rate { return cache.Rate{Count: 4, Per: time.Hour} }

const (
	errandKind = "mailbox.errand"
	errandSeal = "mailbox errand"
)

type payload struct {
	Sealed string `json:"sealed"`
}

// send has an errand done soon. Beyond the rate of a mailbox nothing is done, and nothing
// else is answered.
func (s *Service) send(ctx context.Context, e errand) error {
	ok, err := s.Limiter.Allow(ctx, "letters:"+string(e.Purpose)+":"+e.Email, lettersRate())
	if err != nil || !ok {
		return err
	}
	raw, err := json.Marshal(e)
	if err != nil {
		return err
	}
	return s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		return jobs.Enqueue(ctx, tx, jobs.Job{Kind: errandKind, Payload: payload{s.box.Seal(raw, errandSeal)}})
	})
}

// Made says how far a registration came.
type Made int

// What a registration came to.
const (
	NotYet     Made = iota // a letter is on its way
	MadeNow                // and whoever asked is in
	MadeBefore             // by the same request, whose answer may have been lost
)

// Register makes an account, or, where newcomers show that a mailbox is theirs, sends a
// letter there: then made is false and the answer the same whoever has the address.
// Faults: as account.Prepare, and account.email_taken where no letters are sent.
func (s *Service) Register(ctx context.Context, key string, r account.Registration, site string) (u account.User,
	made Made, err error,
) {
	if !s.Prove {
		u, again, err := s.People.RegisterOnce(ctx, key, r)
		if again {
			return u, MadeBefore, err
		}
		return u, MadeNow, err
	}
	p, err := s.People.Prepare(ctx, r)
	if err != nil {
		return u, NotYet, err
	}
	return u, NotYet, s.send(ctx, errand{Purpose: toRegister, Email: p.Email, Locale: r.Locale, Site: site, New: &p})
}

// Confirm makes the account of a newcomer who shows the code. Faults account.code_expired,
// account.email_taken, account.bad_invitation.
func (s *Service) Confirm(ctx context.Context, code string) (u account.User, err error) {
	err = s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		c, err := s.take(ctx, tx, code, toRegister)
		if err != nil {
			return err
		}
		if c.New == nil {
			return expired()
		}
		p := *c.New
		p.Verified = true
		u, err = s.People.Complete(ctx, tx, p)
		return err
	})
	return u, err
}

// Verify sends somebody a letter by which they show that their mailbox is theirs.
func (s *Service) Verify(ctx context.Context, user id.User, site string) error {
	u, err := s.People.ByID(ctx, user)
	if err != nil {
		return err
	}
	return s.send(ctx, errand{Purpose: toVerify, Email: u.Email, User: user, Locale: u.Locale, Site: site})
}

// Change sends a letter to the address that somebody wants to have, whoever has it. Faults
// account.bad_email, account.wrong_proof, request.too_many.
func (s *Service) Change(ctx context.Context, a httpapi.Actor, email, password, site string, from signin.Caller) error {
	normal, err := account.NormalEmail(email)
	if err != nil {
		return err
	}
	if err := s.Sessions.CheckPassword(ctx, a, password, from); err != nil {
		return err
	}
	u, err := s.People.ByID(ctx, a.User)
	if err != nil {
		return err
	}
	return s.send(ctx, errand{Purpose: toChange, Email: normal, User: a.User, Locale: u.Locale, Site: site})
}

// ConfirmEmail takes the code of a letter of Verify or Change. A changed address ends the
// person's sessions but the one that shows the code, and the old mailbox is told. Faults
// account.code_expired, account.email_taken.
func (s *Service) ConfirmEmail(ctx context.Context, a httpapi.Actor, code string) error {
	c, err := s.peek(ctx, code)
	if err != nil {
		return err
	}
	if c.purpose == toVerify {
		return s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
			c, err := s.take(ctx, tx, code, toVerify)
			if err != nil {
				return err
			}
			return s.People.Verify(ctx, tx, c.user, c.Email)
		})
	}
	keep := a.Session
	if a.User != c.user {
		keep = id.Session{}
	}
	old, err := s.People.ByID(ctx, c.user)
	if err != nil {
		return err
	}
	return s.Sessions.Ending(ctx, c.user, keep, func(ctx context.Context, tx *sqldb.Tx) error {
		c, err := s.take(ctx, tx, code, toChange)
		if err != nil {
			return err
		}
		if err := s.People.SetEmail(ctx, tx, c.user, c.Email); err != nil {
			return err
		}
		if err := dropCodes(ctx, tx, c.user); err != nil { // those that lie in the old mailbox
			return err
		}
		return mail.Post(ctx, tx, s.box, s.letter("moved", old.Locale, old.Email, s.Mall, hint(c.Email)))
	})
}

// hint shows enough of an address for its owner.
func hint(email string) string {
	local, domain, _ := strings.Cut(email, "@")
	for _, r := range local {
		return string(r) + "***@" + domain
	}
	return email
}

// Recover sends a letter by which whoever has the address may choose another password; the
// answer is the same where nobody has it. Fault account.bad_email.
func (s *Service) Recover(ctx context.Context, email string, tag lang.Tag, site string) error {
	normal, err := account.NormalEmail(email)
	if err != nil {
		return err
	}
	return s.send(ctx, errand{Purpose: toRecover, Email: normal, Locale: tag, Site: site})
}

// Reset gives who shows the code another password, and ends all their sessions. Faults
// account.code_expired, account.weak_password, account.common_password, auth.busy.
func (s *Service) Reset(ctx context.Context, code, wanted string) error {
	c, err := s.peek(ctx, code)
	if err != nil {
		return err
	}
	if c.purpose != toRecover {
		return expired()
	}
	return s.Sessions.Replace(ctx, c.user, wanted, func(ctx context.Context, tx *sqldb.Tx) error {
		c, err := s.take(ctx, tx, code, toRecover)
		if err != nil {
			return err
		}
		return s.People.Verify(ctx, tx, c.user, c.Email)
	})
}

// sent is what a letter's link holds, as it is kept.
type sent struct {
	errand
	purpose purpose
	user    id.User
}

func expired() error { return fault.Invalid("account.code_expired") }

// peek looks at a code without taking it. Fault account.code_expired.
func (s *Service) peek(ctx context.Context, code string) (sent, error) {
	c, err := codeByHash(ctx, s.db.Reader(), s.box, codeHash(code), s.db.Clock().Now())
	if errors.Is(err, errNoCode) {
		err = expired()
	}
	return c, err
}

// take takes a code: of many who show it, one. Fault account.code_expired.
func (s *Service) take(ctx context.Context, tx *sqldb.Tx, code string, p purpose) (sent, error) {
	c, err := codeByHash(ctx, tx, s.box, codeHash(code), tx.Now())
	if errors.Is(err, errNoCode) || err == nil && c.purpose != p {
		return c, expired()
	}
	if err != nil {
		return c, err
	}
	ok, err := deleteCode(ctx, tx, codeHash(code))
	if err == nil && !ok {
		err = expired()
	}
	return c, err
}

func codeHash(code string) string {
	sum := sha256.Sum256([]byte(strings.ToLower(strings.TrimSpace(code))))
	return hex.EncodeToString(sum[:])
}

// Sweep deletes codes that do not count any more.
func (s *Service) Sweep(ctx context.Context) error {
	return sqldb.Prune(ctx, s.db, "mailbox_code", "expires_at", s.db.Clock().Now())
}
