// Package shop knows the stalls of the mall and who works in them. It answers
// one question for the whole program: may this person do that in this shop.
package shop

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"

	"hawker/internal/account"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/base/permission"
	"hawker/internal/platform/audit"
	"hawker/internal/platform/events"
	"hawker/internal/platform/sqldb"
)

// Shop is a stall.
type Shop struct {
	ID      id.Shop
	Name    lang.Text
	LogoURL string
	Owner   id.User
}

// Role is what somebody is in a shop.
type Role string

// The roles.
const (
	Owner     Role = "owner"
	Manager   Role = "manager"
	Host      Role = "host"
	Warehouse Role = "warehouse"
	Support   Role = "support"
	Moderator Role = "moderator"
)

// Can reports whether a role has a permission.
func (r Role) Can(p permission.Permission) bool {
	switch r {
	case Owner, Manager:
		return true
	case Host:
		return slices.Contains([]permission.Permission{
			permission.CatalogRead, permission.LiveRun,
			permission.LiveModerate, permission.VideoRun, permission.FiguresRead, permission.OrdersRead,
		}, p)
	case Warehouse:
		return slices.Contains([]permission.Permission{
			permission.CatalogRead, permission.StockWrite,
			permission.OrdersRead, permission.OrdersShip,
		}, p)
	case Support:
		return slices.Contains([]permission.Permission{
			permission.CatalogRead, permission.OrdersRead,
			permission.FiguresRead, permission.LiveModerate,
		}, p)
	case Moderator: // nothing to do
	}
	if r == Moderator {
		return p == permission.LiveModerate || p == permission.CatalogRead
	}
	return false
}

// Member is somebody's role in a shop.
type Member struct {
	Shop Shop
	Role Role
}

// Service is the module.
type Service struct{ db *sqldb.DB }

// New makes the module.
func New(db *sqldb.DB) *Service { return &Service{db} }

// NameMax is how many characters a shop's name may have in each language.
const NameMax = 40

// Open makes a shop with its owner on the staff. Faults as OpenIn.
func (s *Service) Open(ctx context.Context, name lang.Text, logoURL string, owner id.User) (sh Shop, err error) {
	err = s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) (err error) {
		sh, err = s.OpenIn(ctx, tx, name, logoURL, owner)
		return err
	})
	return sh, err
}

// OpenIn makes a shop in a transaction of the caller's. Faults shop.bad_name,
// shop.name_taken: no two shops look alike.
func (s *Service) OpenIn(ctx context.Context, tx *sqldb.Tx, name lang.Text, logoURL string, owner id.User) (Shop,
	error,
) {
	sh := Shop{ID: id.Make[id.Shop](tx), Name: lang.Text{}, LogoURL: logoURL, Owner: owner}
	for tag, text := range name {
		sh.Name[tag] = strings.Join(strings.Fields(norm.NFKC.String(text)), " ")
	}
	if !sh.Name.Within(NameMax) || !sh.Name.Lines() {
		return sh, fault.Invalid("shop.bad_name", "max", NameMax).At("body.shop_name")
	}
	ok, err := takeNames(ctx, tx, sh)
	if err == nil && !ok {
		err = fault.Conflict("shop.name_taken").At("body.shop_name")
	}
	if err == nil {
		err = insertShop(ctx, tx, sh)
	}
	if err == nil {
		err = putStaff(ctx, tx, sh.ID, owner, Owner)
	}
	if err != nil {
		return sh, err
	}
	return sh, events.Record(ctx, tx, Opened{sh.ID, owner})
}

// Protects implements account.Protected: names of shops and of who works in them are not
// anybody's.
func (s *Service) Protects(ctx context.Context, q sqldb.Querier, key string, user id.User) (bool, error) {
	return protects(ctx, q, key, user)
}

// Owns reports whether somebody owns a shop.
func (s *Service) Owns(ctx context.Context, q sqldb.Querier, user id.User) (bool, error) {
	return owns(ctx, q, user)
}

// keepNames keeps the looks of names of before; of two that look alike the older has it.
func (s *Service) keepNames(ctx context.Context) error {
	list, err := nameless(ctx, s.db.Reader())
	for _, sh := range list {
		if err != nil {
			return err
		}
		err = s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
			_, err := takeNames(ctx, tx, sh)
			return err
		})
	}
	return err
}

// Hire gives somebody a role, replacing an earlier one.
func (s *Service) Hire(ctx context.Context, shop id.Shop, user id.User, role Role) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		if err := lockShop(ctx, tx, shop); err != nil {
			return err
		}
		from, err := roleOf(ctx, tx, shop, user)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if err := putStaff(ctx, tx, shop, user, role); err != nil {
			return err
		}
		return tellStaff(ctx, tx, StaffChanged{shop, user, from, role})
	})
}

func tellStaff(ctx context.Context, tx *sqldb.Tx, e StaffChanged) error {
	if e.From == e.To {
		return nil
	}
	if err := audit.Changed(ctx, tx, "role.changed", e.Shop, e.User, e.From, e.To); err != nil {
		return err
	}
	return events.Record(ctx, tx, e)
}

// ByID finds a shop; fault shop.not_found.
func (s *Service) ByID(ctx context.Context, shop id.Shop) (Shop, error) {
	found, err := shopsByID(ctx, s.db.Reader(), []id.Shop{shop})
	if err == nil && len(found) == 0 {
		return Shop{}, fault.NotFound("shop.not_found")
	}
	return found[shop], err
}

// Named gives the shops of a list of ids; unknown ones are left out.
func (s *Service) Named(ctx context.Context, shops []id.Shop) (map[id.Shop]Shop, error) {
	return shopsByID(ctx, s.db.Reader(), shops)
}

// OwnersOf gives the owners of shops, each once.
func (s *Service) OwnersOf(ctx context.Context, shops []id.Shop) (out []id.User, err error) {
	found, err := s.Named(ctx, shops)
	for _, sh := range found {
		if !slices.Contains(out, sh.Owner) {
			out = append(out, sh.Owner)
		}
	}
	return out, err
}

// Ref names a shop to whoever reads.
type Ref struct {
	ID   id.Shop `json:"id"`
	Name string  `json:"name"`
}

// ShopRefs names shops in one language; unknown ones are left out.
func (s *Service) ShopRefs(ctx context.Context, shops []id.Shop, tag lang.Tag) (map[id.Shop]Ref, error) {
	found, err := s.Named(ctx, shops)
	out := make(map[id.Shop]Ref, len(found))
	for _, sh := range found {
		out[sh.ID] = Ref{ID: sh.ID, Name: sh.Name.In(tag)}
	}
	return out, err
}

// Exists is nil for a shop that there is; fault shop.not_found.
func (s *Service) Exists(ctx context.Context, shop id.Shop) error {
	_, err := s.ByID(ctx, shop)
	return err
}

// MembershipsOf tells where somebody works and as what.
func (s *Service) MembershipsOf(ctx context.Context, user id.User, tag lang.Tag) ([]account.Membership, error) {
	members, err := s.MembersOf(ctx, user)
	out := make([]account.Membership, len(members))
	for i, m := range members {
		out[i] = account.Membership{ID: m.Shop.ID, Name: m.Shop.Name.In(tag), Role: string(m.Role)}
	}
	return out, err
}

// MembersOf lists where somebody works.
func (s *Service) MembersOf(ctx context.Context, user id.User) ([]Member, error) {
	return membersOf(ctx, s.db.Reader(), user)
}

// May implements httpapi.StaffRegister.
func (s *Service) May(ctx context.Context, user id.User, shop id.Shop, p permission.Permission) (bool, error) {
	role, err := roleOf(ctx, s.db.Reader(), shop, user)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil && role.Can(p), err
}
