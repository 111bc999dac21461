// Package signin lets people in and out: passwords and second factors are looked at here,
// guesses are slowed, and sessions are kept, listed and ended. It keeps true that a
// session is stored only as the hash of its token, that a code counts once, and that
// whoever guesses slows themselves and not the owner. Who people are is account's, what
// they may do the door's.
package signin

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"log/slog"
	"sync"
	"time"

	"hawker/internal/account"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/device"
	"hawker/internal/naming"
	"hawker/internal/platform/audit"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/events"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/idem"
	"hawker/internal/platform/secret"
	"hawker/internal/platform/sqldb"
)

// Owners knows who owns a shop.
type Owners interface {
	Owns(ctx context.Context, q sqldb.Querier, user id.User) (bool, error)
}

// Options are what the module needs.
type Options struct {
	DB      *sqldb.DB
	Box     *secret.Box
	Log     *slog.Logger
	People  *account.Service
	Owners  Owners
	Limiter cache.Limiter
	Idle    time.Duration // after which a session that nobody used is over
	Max     time.Duration // after which it is over in any case
	// StaffFactor asks operators and owners of shops for a second factor.
	StaffFactor bool
	Issuer      string      // how authenticator programs call us
	Nodes       cache.Nodes // nil: there are none
}

// Service is the module.
type Service struct {
	Options
	db         *sqldb.DB
	cache      *cache.Linked[httpapi.Actor]
	enrolments *idem.Brief[Enrolment]

	mu   sync.Mutex
	seen map[id.Session]time.Time // not written yet
}

const (
	sessionCacheMax  = 50_000
	sessionCacheKeep = 15 * time.Second
	sessionsMax      = 50 // of one person; the one that was not used for longest ends
)

// New makes the module.
func New(o Options) *Service {
	return &Service{
		Options: o, db: o.DB, cache: cache.NewLinked[httpapi.Actor](o.Nodes, "session", sessionCacheMax, sessionCacheKeep),
		seen: map[id.Session]time.Time{}, enrolments: idem.NewBrief[Enrolment](),
	}
}

// Caller is where somebody signs in from.
type Caller struct {
	Address string
	Home    string // what callers are counted by
	Device  string // what their browser keeps of earlier sign-ins
	Agent   string
}

// Session is a signed-in browser or program. Token is known only to its holder.
type Session struct {
	User      account.User
	Token     string
	ExpiresAt time.Time
	Device    string // for the browser to keep
	MustEnrol bool
}

// Entry is how far somebody came: a session, or, with the ticket, to the question for
// their second factor.
type Entry struct {
	Session
	Ticket string
}

// SignIn looks at a password. Faults: account.bad_email, account.wrong_password (also when
// there is no such account), account.disabled, request.too_many, auth.busy.
func (s *Service) SignIn(ctx context.Context, email, password string, from Caller) (Entry, error) {
	normal, err := account.NormalEmail(email)
	if err != nil {
		return Entry{}, err
	}
	u, c, err := s.People.Credentials(ctx, normal)
	if err != nil {
		return Entry{}, err
	}
	g, err := s.guess(ctx, "password:"+normal, u.ID, from)
	if err != nil {
		return Entry{}, err
	}
	ok, err := s.People.Matches(ctx, password, c)
	if err != nil || !ok {
		return Entry{}, s.refused(ctx, err, u.ID, from, fault.Unauthorized("account.wrong_password"))
	}
	g.right(ctx)
	if !u.DisabledAt.IsZero() {
		return Entry{}, s.refused(ctx, nil, u.ID, from, fault.Forbidden("account.disabled"))
	}
	f, err := factorOf(ctx, s.db.Reader(), s.Box, u.ID)
	if err != nil {
		return Entry{}, err
	}
	if f.on() {
		return Entry{Session: Session{User: u}, Ticket: s.ticket(u.ID, c)}, nil
	}
	in, err := s.open(ctx, u, c, from, nil)
	return Entry{Session: in}, err
}

// notedRate bounds how many refusals of one address are written down: the log is not for
// whoever guesses to fill.
func notedRate() cache.Rate { return cache.Rate{Count: 20, Per: time.Minute} }

// refused says in the logs who was not let in, alike where there is no such account; the
// answer is err, or why.
func (s *Service) refused(ctx context.Context, err error, user id.User, from Caller, why *fault.Error) error {
	if err != nil {
		return err
	}
	s.Log.Info("sign-in refused", "user", user.String(), "address", from.Address, "why", why.Code)
	ok, err := s.Limiter.Allow(ctx, "noted:"+from.Home, notedRate())
	if err != nil || !ok {
		return errors.Join(err, why)
	}
	err = s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		return audit.Record(ctx, tx, audit.Entry{
			Action: "sign_in.refused", Outcome: audit.Refused, Subject: user.String(), After: why.Code,
		})
	})
	if err != nil {
		return err
	}
	return why
}

// Open makes a session for somebody who has proved who they are in another way.
func (s *Service) Open(ctx context.Context, user id.User, from Caller) (Session, error) {
	u, c, err := s.People.CredentialOf(ctx, user)
	if err != nil {
		return Session{}, err
	}
	return s.open(ctx, u, c, from, nil)
}

// open makes a session where the credential still holds; more must agree in the same
// transaction.
func (s *Service) open(ctx context.Context, u account.User, c account.Credential, from Caller,
	more func(ctx context.Context, tx *sqldb.Tx) error,
) (Session, error) {
	out := Session{User: u, Token: id.Token() + id.Token(), Device: device.Known(s.Box, from.Device, u.ID)}
	var over []ended
	err := s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		ok, err := s.People.Hold(ctx, tx, u.ID, c)
		if err == nil && !ok {
			err = fault.Unauthorized("account.wrong_password") // as of now
		}
		if err == nil && more != nil {
			err = more(ctx, tx)
		}
		if err != nil {
			return err
		}
		out.ExpiresAt = tx.Now().Add(s.Max)
		if err := insertSession(ctx, tx, s.Box, u.ID, tokenHash(out.Token), row{
			Device: naming.Browser(from.Agent), Address: from.Address, ExpiresAt: out.ExpiresAt,
		}); err != nil {
			return err
		}
		if over, err = oldest(ctx, tx, u.ID, sessionsMax); err != nil {
			return err
		}
		if out.MustEnrol, err = s.mustEnrol(ctx, tx, u.ID, u.Operator, more != nil); err != nil {
			return err
		}
		if err := s.drop(ctx, tx, u.ID, over); err != nil {
			return err
		}
		who := audit.OriginOf(ctx)
		who.Kind, who.Actor = audit.Person, u.ID // a visitor until now
		return audit.Record(ctx, tx, audit.Entry{
			Action: "sign_in.done", Origin: who, Subject: u.ID.String(),
			After: map[string]bool{"second_factor": more != nil},
		})
	})
	if err != nil {
		return Session{}, err
	}
	s.forget(over)
	s.Log.Info("signed in", "user", u.ID.String(), "address", from.Address, "second_factor", more != nil)
	return out, nil
}

// mustEnrol reports whether a person's role asks for a second factor that they lack.
func (s *Service) mustEnrol(ctx context.Context, q sqldb.Querier, user id.User, operator, factor bool) (bool, error) {
	if !s.StaffFactor || factor {
		return false, nil
	}
	if operator {
		return true, nil
	}
	return s.Owners.Owns(ctx, q, user)
}

// ticket proves for some minutes that somebody knew the password, while it is that.
type ticket struct {
	User  id.User `json:"user"`
	Until int64   `json:"until"`
	Mark  string  `json:"mark"`
}

const (
	ticketFor  = 5 * time.Minute
	ticketSeal = "sign-in ticket"
)

func mark(c account.Credential) string { return tokenHash(string(c))[:16] }

func (s *Service) ticket(user id.User, c account.Credential) string {
	raw, _ := json.Marshal(ticket{user, s.db.Clock().Now().Add(ticketFor).UnixMilli(), mark(c)}) // it always can
	return s.Box.Seal(raw, ticketSeal)
}

// SignInWith goes on with the code of a second factor, or one to recover. Faults:
// account.ticket_expired, account.wrong_code, request.too_many.
func (s *Service) SignInWith(ctx context.Context, sealed, code string, from Caller) (Session, error) {
	expired := fault.Unauthorized("account.ticket_expired")
	var t ticket
	raw, err := s.Box.Open(sealed, ticketSeal)
	if err != nil || json.Unmarshal(raw, &t) != nil || s.db.Clock().Now().UnixMilli() > t.Until {
		return Session{}, expired
	}
	u, c, err := s.People.CredentialOf(ctx, t.User)
	if err != nil {
		return Session{}, err
	}
	if mark(c) != t.Mark {
		return Session{}, expired
	}
	g, err := s.guess(ctx, "code:"+u.ID.String(), u.ID, from)
	if err != nil {
		return Session{}, err
	}
	in, err := s.open(ctx, u, c, from, func(ctx context.Context, tx *sqldb.Tx) error {
		return s.useCode(ctx, tx, u.ID, code)
	})
	if f := fault.As(err); f != nil {
		return Session{}, s.refused(ctx, nil, u.ID, from, f)
	}
	if err == nil {
		g.right(ctx)
	}
	return in, err
}

// SignOut ends a session at once; the others are not asked about anew.
func (s *Service) SignOut(ctx context.Context, a httpapi.Actor) error {
	err := s.End(ctx, a.User, a.Session)
	if fault.Code(err) == "account.no_session" {
		return nil // it had ended
	}
	return err
}

// Authenticate implements httpapi.Authenticator.
func (s *Service) Authenticate(ctx context.Context, token string) (httpapi.Actor, error) {
	return s.cache.Get(ctx, tokenHash(token), func(ctx context.Context, hash string) (httpapi.Actor, error) {
		l, err := sessionByHash(ctx, s.db.Reader(), hash)
		if errors.Is(err, sql.ErrNoRows) || err == nil && s.over(l) {
			return httpapi.Actor{}, fault.Unauthorized("auth.session_expired")
		}
		if err != nil {
			return httpapi.Actor{}, err
		}
		if l.MustEnrol, err = s.mustEnrol(ctx, s.db.Reader(), l.User, l.Operator, l.factor); err != nil {
			return httpapi.Actor{}, err
		}
		s.note(l)
		return l.Actor, nil
	})
}

// over reports whether a session has ended by itself.
func (s *Service) over(l live) bool {
	now := s.db.Clock().Now()
	s.mu.Lock()
	seen := s.seen[l.Session]
	s.mu.Unlock()
	if seen.Before(l.seen) {
		seen = l.seen
	}
	return l.disabled || !now.Before(l.expires) || !now.Before(l.created.Add(s.Max)) || now.Sub(seen) >= s.Idle
}

// Seen is written this often at the most: to know a session as idle needs no more.
const seenEvery = 5 * time.Minute

// note remembers that a session is in use, where it was not written for a while.
func (s *Service) note(l live) {
	now := s.db.Clock().Now()
	if now.Sub(l.seen) < min(seenEvery, s.Idle/4) {
		return
	}
	s.mu.Lock()
	s.seen[l.Session] = now
	s.mu.Unlock()
}

// WriteSeen writes which sessions were in use; nothing where none was.
func (s *Service) WriteSeen(ctx context.Context) error {
	s.mu.Lock()
	seen := s.seen
	s.seen = map[id.Session]time.Time{}
	s.mu.Unlock()
	if len(seen) == 0 {
		return nil
	}
	return s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error { return setSeen(ctx, tx, seen) })
}

func tokenHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

// drop deletes sessions and tells of each.
func (s *Service) drop(ctx context.Context, tx *sqldb.Tx, user id.User, list []ended) error {
	for _, e := range list {
		gone, err := deleteSession(ctx, tx, user, e.session)
		if err == nil && gone {
			err = events.Record(ctx, tx, SignedOut{user, e.session})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// forget has ended sessions be asked about at their next use.
func (s *Service) forget(list []ended) {
	for _, e := range list {
		s.cache.Forget(e.hash)
	}
}
