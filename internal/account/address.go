package account

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/platform/idem"
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
	phoneDigitsMin  = 5  // the shortest numbers that parcels are announced to
	phoneDigitsMax  = 15 // E.164, 6
)

// named reports whether a field says something: a person and a place are called by letters,
// a street may be a number.
func named(field, text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool {
		return unicode.IsLetter(r) || field == "detail" && unicode.IsNumber(r)
	})
}

// Check reports the first thing that is wrong with an address. Every field stands on
// the label of a parcel: one line that can be read.
func (a Address) Check() error {
	for _, f := range []struct{ name, text string }{
		{"name", a.Name}, {"phone", a.Phone}, {"region", a.Region}, {"detail", a.Detail},
	} {
		said := f.name == "phone" || named(f.name, f.text)
		if !said || !lang.Line(f.text) || utf8.RuneCountInString(f.text) > addressFieldMax {
			return fault.Invalid("account.bad_address", "field", f.name).At("body." + f.name)
		}
	}
	digits := strings.NewReplacer("+", "", "-", "", "(", "", ")", "", " ", "").Replace(a.Phone)
	if n := len(digits); len(a.Phone) > phoneMax || strings.Trim(digits, "0123456789") != "" || n < phoneDigitsMin ||
		n > phoneDigitsMax {
		return fault.Invalid("account.bad_phone").At("body.phone")
	}
	return nil
}

// Plain is the address as it is kept: without blanks around, and the phone in the
// digits of telephones, whatever an input method typed.
func (a Address) Plain() Address {
	return Address{
		Name: strings.TrimSpace(a.Name), Region: strings.TrimSpace(a.Region), Detail: strings.TrimSpace(a.Detail),
		Phone: strings.TrimSpace(norm.NFKC.String(a.Phone)),
	}
}

// AddressSeal is the context in which the address of an owner is sealed.
func AddressSeal(owner string) string { return "address " + owner }

// Seal hides an address under the name of its owner (a row, an order).
func (a Address) Seal(box *secret.Box, owner string) (string, error) {
	raw, err := json.Marshal(a)
	if err != nil {
		return "", err
	}
	return box.Seal(raw, AddressSeal(owner)), nil
}

// OpenAddress shows what Seal hid.
func OpenAddress(box *secret.Box, sealed, owner string) (a Address, err error) {
	raw, err := box.Open(sealed, AddressSeal(owner))
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
func (s *Service) AddressOf(ctx context.Context, q sqldb.Querier, user id.User, of id.Address) (SavedAddress, error) {
	a, err := addressByID(ctx, q, s.box, user, of)
	if errors.Is(err, sql.ErrNoRows) {
		return SavedAddress{}, fault.NotFound("account.no_address")
	}
	return a, err
}

// SaveAddress adds an address (zero id) or changes one. A book that is not empty
// has one default: the first, until another is made it. Faults account.no_address,
// account.bad_address, account.bad_phone, account.too_many_addresses.
func (s *Service) SaveAddress(ctx context.Context, user id.User, a SavedAddress) (SavedAddress, error) {
	a.Address = a.Plain()
	if err := a.Check(); err != nil {
		return SavedAddress{}, err
	}
	var saved SavedAddress
	err := s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) (err error) {
		saved, err = s.save(ctx, tx, user, a)
		return err
	})
	return saved, err
}

// AddAddress keeps a new address, once under the key. Only its id is kept as the
// answer: an address is nowhere readable but sealed. Faults: as SaveAddress.
func (s *Service) AddAddress(ctx context.Context, key idem.Key, user id.User, a SavedAddress) (SavedAddress, error) {
	a.ID, a.Address = id.Address{}, a.Plain()
	if err := a.Check(); err != nil {
		return SavedAddress{}, err
	}
	made, err := idem.Once(ctx, s.db, key, func(ctx context.Context, tx *sqldb.Tx) (id.Address, error) {
		saved, err := s.save(ctx, tx, user, a)
		return saved.ID, err
	})
	if err != nil {
		return SavedAddress{}, err
	}
	return s.AddressOf(ctx, s.db.Reader(), user, made)
}

func (s *Service) save(ctx context.Context, tx *sqldb.Tx, user id.User, a SavedAddress) (SavedAddress, error) {
	if err := lockUser(ctx, tx, user); err != nil {
		return a, err
	}
	if !a.ID.IsZero() {
		have, err := s.AddressOf(ctx, tx, user, a.ID)
		if err != nil {
			return a, err
		}
		a.Default = a.Default || have.Default // it ends when another is made the default
		return a, saveAddress(ctx, tx, s.box, user, a, false)
	}
	n, err := countAddresses(ctx, tx, user)
	if err != nil {
		return a, err
	}
	if n >= addressesMax {
		return a, fault.Conflict("account.too_many_addresses", "max", addressesMax)
	}
	a.ID, a.Default = id.Make[id.Address](tx), a.Default || n == 0
	return a, saveAddress(ctx, tx, s.box, user, a, true)
}

// DropAddress forgets an address; of the others the oldest becomes the default if
// it was. Fault account.no_address.
func (s *Service) DropAddress(ctx context.Context, user id.User, address id.Address) error {
	return s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		if err := lockUser(ctx, tx, user); err != nil {
			return err
		}
		a, err := s.AddressOf(ctx, tx, user, address)
		if err != nil {
			return err
		}
		if _, err := deleteAddress(ctx, tx, user, address); err != nil || !a.Default {
			return err
		}
		return defaultOldest(ctx, tx, user)
	})
}
