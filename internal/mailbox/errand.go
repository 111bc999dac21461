package mailbox

import (
	"context"
	"encoding/json"
	"time"

	"hawker/internal/account"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/platform/events"
	"hawker/internal/platform/jobs"
	"hawker/internal/platform/mail"
	"hawker/internal/platform/module"
	"hawker/internal/platform/schedule"
	"hawker/internal/platform/sqldb"
	"hawker/internal/signin"
)

// Module is what the module brings.
func (h API) Module() module.Module {
	s := h.Service
	return module.Module{
		Name: "mailbox", Operations: []module.Operations{h},
		Jobs: []jobs.Kind{mail.Kind(s.box, s.Sender), {
			Name: errandKind, Options: jobs.Options{Workers: 1, Lease: time.Minute, Tries: 5}, Work: s.run,
		}},
		Subscriptions: []events.Subscription{
			events.On("mailbox", account.EventPasswordChanged, func(ctx context.Context, tx *sqldb.Tx,
				e account.PasswordChanged,
			) error {
				if err := dropCodes(ctx, tx, e.User); err != nil {
					return err
				}
				return s.tell(ctx, tx, e.User, "password")
			}),
			events.On("mailbox", signin.EventFactorChanged, func(ctx context.Context, tx *sqldb.Tx,
				e signin.FactorChanged,
			) error {
				if e.On {
					return s.tell(ctx, tx, e.User, "factor_on")
				}
				return s.tell(ctx, tx, e.User, "factor_off")
			}),
		},
		Tasks: []schedule.Task{{
			Name: "mailbox.codes", Next: sqldb.Oldest("mailbox_code", "expires_at", 0), Do: s.Sweep,
		}},
	}
}

// tell has somebody hear of what was done with their account, in case it was not they.
func (s *Service) tell(ctx context.Context, tx *sqldb.Tx, user id.User, what string) error {
	u, err := s.People.ByID(ctx, user)
	if fault.As(err) != nil {
		return nil
	}
	if err != nil {
		return err
	}
	return mail.Post(ctx, tx, s.box, s.letter(what, u.Locale, u.Email, s.Mall))
}

// run does an errand: it finds out who has the address and writes what they should read.
// Done twice it makes another code, and the first counts no more.
func (s *Service) run(ctx context.Context, r jobs.Run) error {
	var p payload
	var e errand
	if err := r.Decode(&p); err != nil {
		return err
	}
	raw, err := s.box.Open(p.Sealed, errandSeal)
	if err == nil {
		err = json.Unmarshal(raw, &e)
	}
	if err != nil {
		return err
	}
	owner, err := s.People.ByEmail(ctx, e.Email)
	if err != nil && fault.As(err) == nil {
		return err
	}
	taken := err == nil
	switch e.Purpose {
	case toRecover:
		if !taken || !owner.DisabledAt.IsZero() {
			return nil
		}
		e.User, e.Locale = owner.ID, owner.Locale
	case toRegister:
		if taken {
			return s.post(ctx, s.letter("have_account", owner.Locale, e.Email, s.Mall, e.Site+"/sign-in"))
		}
	case toChange:
		if taken {
			return nil // whoever has it has not asked, and who asked is not told
		}
	case toVerify: // nothing to find out
	}
	return s.write(ctx, e)
}

func (s *Service) post(ctx context.Context, l mail.Letter) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error { return mail.Post(ctx, tx, s.box, l) })
}

// pages are where links lead; the code stands behind the #, which no server is told.
func (p purpose) page() string {
	switch p {
	case toRegister:
		return "/welcome#"
	case toRecover:
		return "/reset-password#"
	default:
		return "/confirm-email#"
	}
}

// write makes a code and the letter that holds it.
func (s *Service) write(ctx context.Context, e errand) error {
	code := id.Token()
	return s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		if err := putCode(ctx, tx, s.box, e, codeHash(code)); err != nil {
			return err
		}
		link := e.Site + e.Purpose.page() + code
		return mail.Post(ctx, tx, s.box, s.letter(string(e.Purpose), e.Locale, e.Email, s.Mall, link))
	})
}
