package shop

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/permission"
	"hawker/internal/platform/sqldb"
)

// Roles lists every role, the most powerful first.
func Roles() []Role { return []Role{Owner, Manager, Host, Moderator, Support, Warehouse} }

// Colleague is somebody of a shop's staff.
type Colleague struct {
	User  id.User
	Role  Role
	Since time.Time
}

// StaffMax bounds a shop's staff.
const StaffMax = 200

// Staff lists who works in a shop, in the order in which they came.
func (s *Service) Staff(ctx context.Context, shop id.Shop) ([]Colleague, error) {
	return staffOf(ctx, s.db.Reader(), shop)
}

// Appoint gives somebody a role in a shop, replacing an earlier one; by is who
// says so. Only the owner makes managers, and nobody makes or unmakes an owner.
// Faults: shop.bad_role, shop.not_staff, shop.owner_stays, shop.staff_full.
func (s *Service) Appoint(ctx context.Context, shop id.Shop, by, user id.User, role Role) error {
	if !slices.Contains(Roles(), role) || role == Owner {
		return fault.Invalid("shop.bad_role").At("body.role")
	}
	return s.change(ctx, shop, by, user, role, func(ctx context.Context, tx *sqldb.Tx) error {
		if err := putStaff(ctx, tx, shop, user, role); err != nil {
			return err
		}
		staff, err := staffOf(ctx, tx, shop)
		if err == nil && len(staff) > StaffMax { // a new role for a colleague takes no new place
			err = fault.Conflict("shop.staff_full", "max", StaffMax)
		}
		return err
	})
}

// Dismiss takes somebody's role away. Faults shop.not_staff, shop.owner_stays.
func (s *Service) Dismiss(ctx context.Context, shop id.Shop, by, user id.User) error {
	return s.change(ctx, shop, by, user, "", func(ctx context.Context, tx *sqldb.Tx) error {
		return deleteStaff(ctx, tx,
			shop, user)
	})
}

// change keeps the owner and keeps managers from one another.
func (s *Service) change(ctx context.Context, shop id.Shop, by, user id.User, to Role, do func(ctx context.Context,
	tx *sqldb.Tx) error,
) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		if err := lockShop(ctx, tx, shop); err != nil {
			return err
		}
		from, err := roleOf(ctx, tx, shop, user)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		mine, err := roleOf(ctx, tx, shop, by)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if !mine.Can(permission.StaffManage) { // it was taken away since the door was passed
			return fault.Forbidden("shop.not_staff")
		}
		if from == Owner || mine != Owner && (from == Manager || to == Manager) {
			return fault.Conflict("shop.owner_stays")
		}
		if err := do(ctx, tx); err != nil {
			return err
		}
		return tellStaff(ctx, tx, StaffChanged{shop, user, from, to})
	})
}
