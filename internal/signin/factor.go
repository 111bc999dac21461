package signin

import (
	"context"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/platform/audit"
	"hawker/internal/platform/events"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/sqldb"
	"hawker/internal/totp"
)

// factor is somebody's second factor.
type factor struct {
	secret    string
	sealed    string // as it lies there
	confirmed time.Time
}

func (f factor) on() bool { return !f.confirmed.IsZero() }

// Factor is what its owner is told of a second factor.
type Factor struct {
	On        bool
	Required  bool // their role asks for one
	CodesLeft int  // to recover
}

// FactorOf tells of somebody's second factor.
func (s *Service) FactorOf(ctx context.Context, a httpapi.Actor) (out Factor, err error) {
	q := s.db.Reader()
	f, err := factorOf(ctx, q, s.Box, a.User)
	if err != nil {
		return out, err
	}
	out.On = f.on()
	if out.Required, err = s.mustEnrol(ctx, q, a.User, a.Operator, false); err != nil {
		return out, err
	}
	out.CodesLeft, err = countCodes(ctx, q, a.User)
	return out, err
}

// Enrolment is what an authenticator program has to know.
type Enrolment struct {
	Secret string // base32
	URI    string
}

// Enrol makes a secret that counts from the first right code on. Fault
// account.factor_is_on.
func (s *Service) Enrol(ctx context.Context, user id.User) (Enrolment, error) {
	u, err := s.People.ByID(ctx, user)
	if err != nil {
		return Enrolment{}, err
	}
	key := totp.NewSecret()
	err = s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		fresh, err := putFactor(ctx, tx, s.Box, user, key)
		if err == nil && !fresh {
			err = fault.Conflict("account.factor_is_on")
		}
		return err
	})
	return Enrolment{key, totp.URI(s.Issuer, u.Email, key)}, err
}

// Confirm turns a second factor on by its first code, ends the person's other sessions and
// answers the codes to recover. Faults account.no_enrolment, account.wrong_code,
// request.too_many.
func (s *Service) Confirm(ctx context.Context, a httpapi.Actor, code string, from Caller) ([]string, error) {
	g, err := s.guess(ctx, "enrol:"+a.User.String(), a.User, from)
	if err != nil {
		return nil, err
	}
	codes := totp.RecoveryCodes()
	err = s.Ending(ctx, a.User, a.Session, func(ctx context.Context, tx *sqldb.Tx) error {
		f, err := factorOf(ctx, tx, s.Box, a.User)
		if err != nil {
			return err
		}
		if f.secret == "" || f.on() {
			return fault.Conflict("account.no_enrolment")
		}
		step, ok := totp.StepOf(f.secret, totp.Plain(code), tx.Now())
		if !ok {
			return fault.Invalid("account.wrong_code").At("body.code")
		}
		if err := confirmFactor(ctx, tx, a.User, step); err != nil {
			return err
		}
		if err := setCodes(ctx, tx, a.User, codes); err != nil {
			return err
		}
		return tellFactor(ctx, tx, FactorChanged{a.User, true})
	})
	if err != nil {
		return nil, err
	}
	g.right(ctx)
	return codes, s.again(ctx, a)
}

// again has a session be looked at anew.
func (s *Service) again(ctx context.Context, a httpapi.Actor) error {
	list, err := sessionsOf(ctx, s.db.Reader(), a.User, id.Session{})
	s.forget(list)
	return err
}

// DropFactor takes a second factor away, and ends the sessions but one.
func (s *Service) DropFactor(ctx context.Context, user id.User, keep id.Session) error {
	err := s.Ending(ctx, user, keep, func(ctx context.Context, tx *sqldb.Tx) error {
		return s.RemoveFactor(ctx, tx, user)
	})
	if err != nil {
		return err
	}
	return s.again(ctx, httpapi.Actor{User: user})
}

// RemoveFactor takes a second factor away and tells of it; ending sessions is the
// caller's.
func (s *Service) RemoveFactor(ctx context.Context, tx *sqldb.Tx, user id.User) error {
	had, err := deleteFactor(ctx, tx, user)
	if err != nil || !had {
		return err
	}
	return tellFactor(ctx, tx, FactorChanged{user, false})
}

func tellFactor(ctx context.Context, tx *sqldb.Tx, e FactorChanged) error {
	action := audit.Action("second_factor.off")
	if e.On {
		action = "second_factor.on"
	}
	if err := audit.Record(ctx, tx, audit.Entry{Action: action, Subject: e.User.String()}); err != nil {
		return err
	}
	return events.Record(ctx, tx, e)
}

// NewCodes replaces the codes to recover. Fault account.no_factor.
func (s *Service) NewCodes(ctx context.Context, user id.User) ([]string, error) {
	codes := totp.RecoveryCodes()
	err := s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		f, err := factorOf(ctx, tx, s.Box, user)
		if err != nil {
			return err
		}
		if !f.on() {
			return fault.Conflict("account.no_factor")
		}
		return setCodes(ctx, tx, user, codes)
	})
	return codes, err
}

// useCode takes a code of the second factor, or one to recover; each counts once. Fault
// account.wrong_code.
func (s *Service) useCode(ctx context.Context, tx *sqldb.Tx, user id.User, code string) error {
	f, err := factorOf(ctx, tx, s.Box, user)
	if err != nil {
		return err
	}
	ok := false
	plain := totp.Plain(code)
	if step, right := totp.StepOf(f.secret, plain, tx.Now()); right && f.on() {
		ok, err = takeStep(ctx, tx, user, step)
	} else if f.on() && len(plain) == totp.RecoverySize {
		ok, err = takeCode(ctx, tx, user, plain)
	}
	if err == nil && !ok {
		err = fault.Invalid("account.wrong_code").At("body.code")
	}
	return err
}
