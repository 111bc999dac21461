package account

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/events"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/sqldb"
)

// Session is a signed-in browser or program. Token is known only to its holder.
type Session struct {
	User      User
	Token     string
	ExpiresAt time.Time
}

const sessionFor = 30 * 24 * time.Hour

// signInRate bounds guesses at one account's password, from wherever they come.
func signInRate() cache.Rate { return cache.Rate{Count: 20, Per: time.Minute} }

// SignIn opens a session. Faults: account.wrong_password (also when there is no
// such account), request.too_many.
func (s *Service) SignIn(ctx context.Context, email, password string) (Session, error) {
	normal, err := normalEmail(email)
	if err != nil {
		return Session{}, err
	}
	if ok, err := s.limiter.Allow(ctx, "sign-in:"+normal, signInRate()); err != nil || !ok {
		return Session{}, errors.Join(err, fault.TooMany("request.too_many"))
	}
	u, hash, err := userByEmail(ctx, s.db.Reader(), s.box, normal)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return Session{}, err
	}
	ok, err := s.hasher.matches(ctx, password, hash)
	if err != nil {
		return Session{}, err
	}
	if !ok {
		return Session{}, fault.Unauthorized("account.wrong_password")
	}
	return s.Open(ctx, u)
}

// Open makes a session for somebody who has proved who they are.
func (s *Service) Open(ctx context.Context, u User) (Session, error) {
	out := Session{User: u, Token: id.Token() + id.Token()}
	err := s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		out.ExpiresAt = tx.Now().Add(sessionFor)
		return insertSession(ctx, tx, u.ID, tokenHash(out.Token), out.ExpiresAt)
	})
	return out, err
}

// SignOut ends a session at once; the others are not asked about anew.
func (s *Service) SignOut(ctx context.Context, session id.Session) error {
	var hash string
	err := s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) (err error) {
		var user id.User
		hash, user, err = deleteSession(ctx, tx, session)
		if err != nil || hash == "" {
			return err
		}
		return events.Record(ctx, tx, SignedOut{user, session})
	})
	s.sessions.Forget(hash)
	return err
}

// Authenticate implements httpapi.Authenticator.
func (s *Service) Authenticate(ctx context.Context, token string) (httpapi.Actor, error) {
	return s.sessions.Get(ctx, tokenHash(token), func(ctx context.Context, hash string) (httpapi.Actor, error) {
		a, expires, err := sessionByHash(ctx, s.db.Reader(), hash)
		if errors.Is(err, sql.ErrNoRows) || (err == nil && !s.db.Clock().Now().Before(expires)) {
			return httpapi.Actor{}, fault.Unauthorized("auth.session_expired")
		}
		return a, err
	})
}

// SweepSessions deletes what has expired.
func (s *Service) SweepSessions(ctx context.Context) error {
	return sqldb.Prune(ctx, s.db, "account_session", "expires_at", s.db.Clock().Now())
}

func tokenHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
