package account

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/platform/secret"
	"hawker/internal/platform/sqldb"
)

// Address is where goods go. An order keeps a copy of its own.
type Address struct {
	Name   string `json:"name"`
	Phone  string `json:"phone"`
	Region string `json:"region"`
	Detail string `json:"detail"`
}

// SavedAddress is an address of somebody's book.
type SavedAddress struct {
	ID id.Address
	Address
	Default bool
}

const (
	addressesMax    = 50
	addressFieldMax = 200
	phoneMax        = 32
)

// Check reports the first thing that is wrong with an address.
func (a Address) Check() error {
	for field, v := range map[string]string{"name": a.Name, "phone": a.Phone, "region": a.Region, "detail": a.Detail} {
		if v = strings.TrimSpace(v); v == "" || utf8.RuneCountInString(v) > addressFieldMax {
			return fault.Invalid("account.bad_address", "field", field).At("body." + field)
		}
	}
	if len(a.Phone) > phoneMax || strings.Trim(a.Phone, "0123456789+-() ") != "" {
		return fault.Invalid("account.bad_phone").At("body.phone")
	}
	return nil
}

// Seal hides an address under the name of its owner (a row, an order).
func (a Address) Seal(box *secret.Box, owner string) (string, error) {
	raw, err := json.Marshal(a)
	if err != nil {
		return "", err
	}
	return box.Seal(raw, "address "+owner), nil
}

// OpenAddress shows what Seal hid.
func OpenAddress(box *secret.Box, sealed, owner string) (a Address, err error) {
	raw, err := box.Open(sealed, "address "+owner)
	if err != nil {
		return a, err
	}
	return a, json.Unmarshal(raw, &a)
}

// Addresses lists a person's book, the default first.
func (s *Service) Addresses(ctx context.Context, user id.User) ([]SavedAddress, error) {
	return addressesOf(ctx, s.db.Reader(), s.box, user)
}

// AddressOf finds one of a person's addresses; fault account.no_address.
func (s *Service) AddressOf(ctx context.Context, q sqldb.Querier, user id.User, address id.Address) (SavedAddress,
	error,
) {
	a, err := addressByID(ctx, q, s.box, user, address)
	if errors.Is(err, sql.ErrNoRows) {
		return SavedAddress{}, fault.NotFound("account.no_address")
	}
	return a, err
}

// SaveAddress adds an address (zero id) or changes one.
func (s *Service) SaveAddress(ctx context.Context, user id.User, a SavedAddress) (SavedAddress, error) {
	if err := a.Check(); err != nil {
		return SavedAddress{}, err
	}
	fresh := a.ID.IsZero()
	err := s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		if fresh {
			n, err := countAddresses(ctx, tx, user)
			if err != nil {
				return err
			}
			if n >= addressesMax {
				return fault.Conflict("account.too_many_addresses", "max", addressesMax)
			}
			a.ID, a.Default = id.Make[id.Address](tx), a.Default || n == 0
		} else if _, err := s.AddressOf(ctx, tx, user, a.ID); err != nil {
			return err
		}
		return saveAddress(ctx, tx, s.box, user, a, fresh)
	})
	return a, err
}

// DropAddress forgets an address.
func (s *Service) DropAddress(ctx context.Context, user id.User, address id.Address) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		n, err := deleteAddress(ctx, tx, user, address)
		if err == nil && n == 0 {
			return fault.NotFound("account.no_address")
		}
		return err
	})
}
