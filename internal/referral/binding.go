package referral

import (
	"context"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/commission"
	"hawker/internal/platform/sqldb"
)

// Where a binding came from.
const (
	SourceRegister = "register"
	SourceSignIn   = "sign_in"
	SourceOrder    = "order"
)

// Faults of Bind.
const (
	CodeNoSuchCode   = "distribution.no_such_code"
	CodeSelfBind     = "distribution.self_bind"
	CodeAlreadyBound = "distribution.already_bound"
	CodeBindLoop     = "distribution.bind_loop"
)

// Bind ties a user to the owner of a link. The first valid binding stays until
// it ends. Nobody is bound to himself, nor to anybody he has brought, directly
// or not. Faults: CodeNoSuchCode, CodeSelfBind, CodeAlreadyBound, CodeBindLoop.
func (r *Service) Bind(ctx context.Context, tx *sqldb.Tx, user id.User, code, source string) error {
	s := store{tx}
	promoter, err := s.ownerOf(ctx, code)
	if err != nil {
		return err
	}
	if promoter.IsZero() {
		return fault.NotFound(CodeNoSuchCode)
	}
	if promoter == user {
		return fault.Conflict(CodeSelfBind)
	}
	// Most who come by a link are bound already: they must not queue for the tree.
	was, err := s.distributor(ctx, user)
	if err != nil {
		return err
	}
	if !was.boundTo(tx.Now()).IsZero() {
		return fault.Conflict(CodeAlreadyBound)
	}
	if err := s.lockTree(ctx); err != nil {
		return err
	}
	for _, who := range []id.User{user, promoter} {
		if err := s.ensureDistributor(ctx, who); err != nil {
			return err
		}
	}
	if was, err = s.distributor(ctx, user); err != nil { // as it is under the lock
		return err
	}
	if err := r.noLoop(ctx, s, user, promoter); err != nil {
		return err
	}
	var until time.Time
	if r.settings.BindFor > 0 {
		until = tx.Now().Add(r.settings.BindFor)
	}
	bound, err := s.setParent(ctx, user, promoter, until, source)
	if err != nil {
		return err
	}
	if !bound {
		return fault.Conflict(CodeAlreadyBound)
	}
	return s.insertBindEvent(ctx, user, was.parent, promoter, source)
}

// walkMax bounds the walk up the tree. A branch deeper than this is refused:
// only three levels are ever paid.
const walkMax = 1000

// noLoop walks all the way up. Ended bindings count, too: they may be renewed
// by the same code and must not close a circle then.
func (r *Service) noLoop(ctx context.Context, s store, user, promoter id.User) error {
	up := promoter
	for range walkMax {
		if up == user {
			return fault.Conflict(CodeBindLoop)
		}
		next, err := s.distributor(ctx, up)
		if err != nil {
			return err
		}
		if next.parent.IsZero() {
			return nil
		}
		up = next.parent
	}
	return fault.Conflict(CodeBindLoop)
}

// Welcome is called where a user comes in with a link's code (registers, signs
// in): it binds where that is possible and never stands in the way.
func (r *Service) Welcome(ctx context.Context, tx *sqldb.Tx, user id.User, code, source string) error {
	if code == "" {
		return nil
	}
	err := r.Bind(ctx, tx, user, code, source)
	if fault.As(err) != nil {
		return nil
	}
	return err
}

// CameBy is Welcome in a transaction of its own, for the door of account.
func (r *Service) CameBy(ctx context.Context, user id.User, code string) error {
	if code == "" {
		return nil
	}
	return r.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		return r.Welcome(ctx, tx, user, code, SourceSignIn)
	})
}

// Chain is who may earn on what a buyer buys now.
type Chain struct {
	Promoter id.User // the owner of the link by which the buyer came; none without one
	Tree     commission.Tree
}

// Trace finds who may earn on an order, in the transaction that makes it. It binds
// a buyer who has no promoter yet to the owner of the link.
func (r *Service) Trace(ctx context.Context, tx *sqldb.Tx, buyer id.User, code string) (c Chain, err error) {
	s := store{tx}
	if c.Promoter, err = s.ownerOf(ctx, code); err != nil {
		return c, err
	}
	if !c.Promoter.IsZero() {
		if err := r.Welcome(ctx, tx, buyer, code, SourceOrder); err != nil {
			return c, err
		}
	}
	c.Tree, err = s.tree(ctx, buyer, c.Promoter)
	return c, err
}

// tree reads the people above the buyer and the attributed promoter.
func (s store) tree(ctx context.Context, from ...id.User) (commission.Tree, error) {
	parents, disabled := map[id.User]id.User{}, map[id.User]bool{}
	for _, user := range from {
		for range commission.LevelsMax + 1 {
			if _, seen := parents[user]; seen || user.IsZero() {
				break
			}
			one, err := s.distributor(ctx, user)
			if err != nil {
				return commission.Tree{}, err
			}
			disabled[user] = one.disabled
			parents[user] = one.boundTo(s.tx.Now())
			user = parents[user]
		}
	}
	return commission.Tree{
		Parent:   func(u id.User) id.User { return parents[u] },
		Disabled: func(u id.User) bool { return disabled[u] },
	}, nil
}

// distributor is a user's place in the tree; the zero value is a user without one.
type distributor struct {
	parent     id.User
	boundAt    time.Time
	boundUntil time.Time // zero: for ever
	disabled   bool
}

func (p distributor) boundTo(now time.Time) id.User {
	if !p.boundUntil.IsZero() && !now.Before(p.boundUntil) {
		return id.User{}
	}
	return p.parent
}

// Disable stops or restarts paying a user; his shares are void meanwhile.
func (r *Service) Disable(ctx context.Context, tx *sqldb.Tx, user id.User, disabled bool) error {
	s := store{tx}
	if err := s.ensureDistributor(ctx, user); err != nil {
		return err
	}
	return s.setDisabled(ctx, user, disabled)
}
