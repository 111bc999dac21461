package signin

import (
	"context"
	"slices"
	"time"

	"hawker/internal/account"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/platform/audit"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/sqldb"
)

// Place is a session as its owner sees it.
type Place struct {
	ID        id.Session
	Device    string // in words
	Address   string
	SeenAt    time.Time // to some minutes
	CreatedAt time.Time
	ExpiresAt time.Time
}

// Places lists a person's sessions, the last used first.
func (s *Service) Places(ctx context.Context, user id.User) ([]Place, error) {
	list, err := placesOf(ctx, s.db.Reader(), s.Box, user)
	now := s.db.Clock().Now()
	list = slices.DeleteFunc(list, func(p Place) bool {
		return s.over(live{
			Actor: httpapi.Actor{Session: p.ID}, seen: p.SeenAt, created: p.CreatedAt, expires: p.ExpiresAt,
		})
	})
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range list {
		if at := s.seen[list[i].ID]; at.After(list[i].SeenAt) && !at.After(now) {
			list[i].SeenAt = at
		}
	}
	slices.SortStableFunc(list, func(a, b Place) int { return b.SeenAt.Compare(a.SeenAt) })
	return list, err
}

// End ends one of a person's sessions. Fault account.no_session.
func (s *Service) End(ctx context.Context, user id.User, session id.Session) error {
	return s.end(ctx, func(ctx context.Context, tx *sqldb.Tx) ([]ended, error) {
		list, err := sessionsOf(ctx, tx, user, id.Session{})
		list = slices.DeleteFunc(list, func(e ended) bool { return e.session != session })
		if err == nil && len(list) == 0 {
			err = fault.NotFound("account.no_session")
		}
		if err != nil {
			return nil, err
		}
		return list, s.endTold(ctx, tx, user, list)
	})
}

// EndOthers ends all of a person's sessions but one; the zero one is none of theirs.
func (s *Service) EndOthers(ctx context.Context, user id.User, keep id.Session) error {
	return s.Ending(ctx, user, keep, func(context.Context, *sqldb.Tx) error { return nil })
}

// Ending does something in a transaction that ends all of a person's sessions but one: a
// session that opens meanwhile by what holds no more is ended with them or not let in.
func (s *Service) Ending(ctx context.Context, user id.User, keep id.Session,
	do func(ctx context.Context, tx *sqldb.Tx) error,
) error {
	return s.end(ctx, func(ctx context.Context, tx *sqldb.Tx) ([]ended, error) {
		if err := account.Lock(ctx, tx, user); err != nil {
			return nil, err
		}
		if err := do(ctx, tx); err != nil {
			return nil, err
		}
		list, err := sessionsOf(ctx, tx, user, keep)
		if err != nil {
			return nil, err
		}
		return list, s.endTold(ctx, tx, user, list)
	})
}

// endTold ends sessions and says so in the log, where there were any.
func (s *Service) endTold(ctx context.Context, tx *sqldb.Tx, user id.User, list []ended) error {
	if err := s.drop(ctx, tx, user, list); err != nil || len(list) == 0 {
		return err
	}
	return audit.Record(ctx, tx, audit.Entry{
		Action: "sessions.ended", Subject: user.String(), After: map[string]int{"sessions": len(list)},
	})
}

func (s *Service) end(ctx context.Context, do func(ctx context.Context, tx *sqldb.Tx) ([]ended, error)) error {
	var list []ended
	err := s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) (err error) {
		list, err = do(ctx, tx)
		return err
	})
	if err == nil {
		s.forget(list)
	}
	return err
}

// Prove notes that the holder of a session has shown who they are, by their password or a
// code of their second factor. Faults account.wrong_proof, request.too_many, auth.busy.
func (s *Service) Prove(ctx context.Context, a httpapi.Actor, password, code string, from Caller) error {
	err := s.checkProof(ctx, a, password, code, from)
	if err != nil {
		return err
	}
	return s.end(ctx, func(ctx context.Context, tx *sqldb.Tx) ([]ended, error) { // so that it is looked at anew
		return proveSession(ctx, tx, a.User, a.Session)
	})
}

func (s *Service) checkProof(ctx context.Context, a httpapi.Actor, password, code string, from Caller) error {
	g, err := s.guess(ctx, "proof:"+a.User.String(), a.User, from)
	if err != nil {
		return err
	}
	wrong := fault.Invalid("account.wrong_proof")
	if code != "" {
		err = s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
			return s.useCode(ctx, tx, a.User, code)
		})
		if fault.As(err) != nil {
			err = s.refused(ctx, nil, a.User, from, wrong)
		}
	} else {
		_, err = s.checkPassword(ctx, a.User, password, from, wrong)
	}
	if err == nil {
		g.right(ctx)
	}
	return err
}

func (s *Service) checkPassword(ctx context.Context, user id.User, password string, from Caller, wrong *fault.Error) (
	account.Credential, error,
) {
	_, c, err := s.People.CredentialOf(ctx, user)
	if err != nil {
		return "", err
	}
	ok, err := s.People.Matches(ctx, password, c)
	if err != nil || !ok {
		return "", s.refused(ctx, err, user, from, wrong)
	}
	return c, nil
}

// ChangePassword gives somebody another password for their old one, and ends their other
// sessions. Faults account.wrong_proof, account.weak_password, account.common_password,
// account.changed_meanwhile, request.too_many, auth.busy.
func (s *Service) ChangePassword(ctx context.Context, a httpapi.Actor, old, wanted string, from Caller) error {
	g, err := s.guess(ctx, "proof:"+a.User.String(), a.User, from)
	if err != nil {
		return err
	}
	have, err := s.checkPassword(ctx, a.User, old, from, fault.Invalid("account.wrong_proof").At("body.old_password"))
	if err != nil {
		return err
	}
	g.right(ctx)
	u, err := s.People.ByID(ctx, a.User)
	if err != nil {
		return err
	}
	c, err := s.People.NewCredential(ctx, u, wanted)
	if err != nil {
		return err
	}
	return s.Ending(ctx, a.User, a.Session, func(ctx context.Context, tx *sqldb.Tx) error {
		ok, err := s.People.Hold(ctx, tx, a.User, have)
		if err == nil && !ok {
			err = fault.Conflict("account.changed_meanwhile")
		}
		if err != nil {
			return err
		}
		return s.People.SetCredential(ctx, tx, a.User, c)
	})
}

// CheckPassword looks at somebody's password before something that asks for it. Faults
// account.wrong_proof, request.too_many, auth.busy.
func (s *Service) CheckPassword(ctx context.Context, a httpapi.Actor, password string, from Caller) error {
	g, err := s.guess(ctx, "proof:"+a.User.String(), a.User, from)
	if err != nil {
		return err
	}
	_, err = s.checkPassword(ctx, a.User, password, from, fault.Invalid("account.wrong_proof").At("body.password"))
	if err == nil {
		g.right(ctx)
	}
	return err
}

// Replace gives somebody a password that they did not have to know the old one for, and
// ends all their sessions. Faults account.not_found, account.weak_password,
// account.common_password, auth.busy. More is done in the same transaction, first.
func (s *Service) Replace(ctx context.Context, user id.User, wanted string,
	more func(ctx context.Context, tx *sqldb.Tx) error,
) error {
	u, err := s.People.ByID(ctx, user)
	if err != nil {
		return err
	}
	c, err := s.People.NewCredential(ctx, u, wanted)
	if err != nil {
		return err
	}
	return s.Ending(ctx, user, id.Session{}, func(ctx context.Context, tx *sqldb.Tx) error {
		if err := more(ctx, tx); err != nil {
			return err
		}
		return s.People.SetCredential(ctx, tx, user, c)
	})
}
