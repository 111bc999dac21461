// Package id makes and names identifiers. Inside, an id is a time-ordered int64
// (41 bits of milliseconds since 2024-01-01, 10 bits of node, 12 bits of
// sequence); outside it is always text with a prefix, `ord_` and 13 letters of
// Crockford's base 32, so that ids of two entities cannot be confused by a
// person or by the compiler.
package id

import (
	"crypto/rand"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// Kind gives an entity its prefix.
type Kind interface{ Prefix() string }

// Of is the id of one entity K. The zero value means "none".
type Of[K Kind] struct{ n int64 }

// Source hands out fresh numbers; a transaction is one.
type Source interface{ NextID() int64 }

// Make gives a fresh id: id.Make[id.Order](tx).
func Make[T ~struct{ n int64 }](src Source) T { return T(struct{ n int64 }{src.NextID()}) }

// unknownBits of an id that is not to be guessed are random: whoever knows the minute in
// which it was made has 2^38 to try, and the second is as near as such ids are in order.
const unknownBits = 32

// MakeUnguessable gives a fresh id of a thing that may be seen by whoever has its address:
// one that is not published, say.
func MakeUnguessable[T ~struct{ n int64 }](src Source) T {
	var random [8]byte
	_, _ = rand.Read(random[:]) // it does not fail: the process ends instead
	const mask = 1<<unknownBits - 1
	return T(struct{ n int64 }{src.NextID()&^mask | int64(binary.BigEndian.Uint64(random[:]))&mask})
}

// FromInt builds an id from its stored number.
func FromInt[T ~struct{ n int64 }](n int64) T { return T(struct{ n int64 }{n}) }

// Int is the stored number.
func (i Of[K]) Int() int64 { return i.n }

// IsZero reports "none"; encoding/json's omitzero uses it.
func (i Of[K]) IsZero() bool { return i.n == 0 }

const (
	alphabet = "0123456789abcdefghjkmnpqrstvwxyz"
	letters  = 13
)

// String is the outside form, "" for none.
func (i Of[K]) String() string {
	if i.n == 0 {
		return ""
	}
	var k K
	var buf [letters]byte
	n := uint64(i.n)
	for at := letters - 1; at >= 0; at-- {
		buf[at] = alphabet[n&31]
		n >>= 5
	}
	return k.Prefix() + "_" + string(buf[:])
}

// Example is what an id of the kind looks like, for descriptions.
func (i Of[K]) Example() string {
	var k K
	return k.Prefix() + "_0apcr1wkc0001"
}

// ErrMalformed is returned for text that is no id of the wanted kind.
var ErrMalformed = errors.New("malformed id")

// Parse reads the outside form.
func Parse[K Kind](text string) (Of[K], error) {
	var k K
	body, ok := strings.CutPrefix(text, k.Prefix()+"_")
	if !ok || len(body) != letters {
		return Of[K]{}, fmt.Errorf("%w: want %s_…", ErrMalformed, k.Prefix())
	}
	var n uint64
	for _, c := range []byte(body) {
		v := strings.IndexByte(alphabet, c)
		if v < 0 {
			return Of[K]{}, fmt.Errorf("%w: letter %q", ErrMalformed, c)
		}
		n = n<<5 | uint64(v)
	}
	// 13 letters hold 65 bits; the first may use only 3 of its 5, and a stored id is positive.
	if body[0] > '7' || n == 0 || int64(n) < 0 {
		return Of[K]{}, fmt.Errorf("%w: out of range", ErrMalformed)
	}
	return Of[K]{int64(n)}, nil
}

// MarshalText implements encoding.TextMarshaler.
func (i Of[K]) MarshalText() ([]byte, error) { return []byte(i.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler; "" is none.
func (i *Of[K]) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		i.n = 0
		return nil
	}
	v, err := Parse[K](string(text))
	if err != nil {
		return err
	}
	*i = v
	return nil
}

// Value implements driver.Valuer: none is stored as 0.
func (i Of[K]) Value() (driver.Value, error) { return i.n, nil }

// Scan implements sql.Scanner; NULL reads as none.
func (i *Of[K]) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		i.n = 0
	case int64:
		i.n = v
	default:
		return fmt.Errorf("scan id from %T", src)
	}
	return nil
}

// Token is an unguessable secret of 26 letters (130 bits) from crypto/rand.
func Token() string { return strings.ToLower(rand.Text()) }
