// Package luckybag draws prizes among those who said a word in a live room or
// follow its shop. It keeps true that prizes are set aside before anybody enters,
// that nobody enters twice, and that the draw can be recomputed by everybody:
//
//   - When a bag is opened, 32 random bytes (the seed) are drawn and the SHA-256 of
//     them is shown. Nobody can choose another seed afterwards.
//   - Each entrant has an alias in the bag, drawn at random and told to them.
//   - At the draw the aliases are sorted by their bytes and joined by line feeds;
//     the SHA-256 of that, in hex, is the entrants' hash.
//   - For i = 0, 1, … until there are winners enough or no entrants left:
//     m = HMAC-SHA256(key: seed, message: bag id "|" entrants' hash "|" i in decimal);
//     the first 8 bytes of m, as a big-endian number, modulo the number of aliases
//     that are left, is the index of the next winner in the sorted list, who is
//     then taken out of it.
//   - Then the seed, the list, its hash and the winners are public (Proof), and
//     Verify or a few lines of any language check them.
//
// What this cannot rule out is a shop that enters with invented accounts; the
// list of aliases tells how many there were. Deciding who follows whom, and what
// is said in the chat, is others'.
package luckybag

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"hawker/internal/base/changes"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/money"
	"hawker/internal/checkout"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/secret"
	"hawker/internal/platform/sqldb"
)

// State is where a bag is.
type State string

// The states.
const (
	Open      State = "open"
	Drawn     State = "drawn"
	Cancelled State = "cancelled"
)

// Limits on a bag.
const (
	DrawMin    = 30 * time.Second
	DrawMax    = 15 * time.Minute
	WinnersMax = 100
	WordMax    = 20
	ClaimFor   = 24 * time.Hour
)

// Bag is one draw.
type Bag struct {
	ID       id.Bag
	Shop     id.Shop
	Room     id.Room
	State    State
	Coupon   id.Coupon // the prize: a coupon,
	SKU      id.SKU    // or a unit of this
	Slice    id.Slice
	Winners  int64 // at the most
	Word     string
	Follow   bool
	SeedHash string
	Seed     string // hex, after the draw
	Entrants int64
	ListHash string // of the entrants, after the draw
	OpenedAt time.Time
	DrawsAt  time.Time
	DrawnAt  time.Time
	ClaimBy  time.Time

	sealed string
}

// Entry is somebody in a bag. EnteredAt is zero while a gate is closed to them,
// Place counts winners from 1.
type Entry struct {
	Bag       id.Bag
	User      id.User
	Alias     string
	Said      bool
	EnteredAt time.Time
	Place     int64
	Order     id.Order
}

func (b Bag) check() error {
	field := ""
	switch {
	case b.Coupon.IsZero() == b.SKU.IsZero():
		field = "prize"
	case b.Winners < 1 || b.Winners > WinnersMax:
		field = "winners"
	case b.Word == "" && !b.Follow:
		field = "follow"
	case utf8.RuneCountInString(b.Word) > WordMax:
		field = "word"
	}
	if run := b.DrawsAt.Sub(b.OpenedAt); run < DrawMin || run > DrawMax {
		field = "draw_seconds"
	}
	if field != "" {
		return fault.Invalid("luckybag.bad_bag", "field", field).At("body." + field)
	}
	return nil
}

// plain makes what was typed comparable with a bag's word.
func plain(text string) string { return strings.ToLower(strings.Join(strings.Fields(text), " ")) }

// ListHash is the hash of a sorted list of aliases.
func ListHash(sorted []string) string {
	sum := sha256.Sum256([]byte(strings.Join(sorted, "\n")))
	return hex.EncodeToString(sum[:])
}

// Draw picks winners as the package comment says. aliases need not be sorted.
func Draw(bag string, seed []byte, aliases []string, winners int64) []string {
	left := slices.Sorted(slices.Values(aliases))
	hash := ListHash(left)
	var out []string
	for i := 0; int64(i) < winners && len(left) > 0; i++ {
		mac := hmac.New(sha256.New, seed)
		fmt.Fprintf(mac, "%s|%s|%d", bag, hash, i)
		at := binary.BigEndian.Uint64(mac.Sum(nil)[:8]) % uint64(len(left))
		out = append(out, left[at])
		left = slices.Delete(left, int(at), int(at)+1)
	}
	return out
}

// Proof is everything by which a draw can be recomputed.
type Proof struct {
	Bag      id.Bag   `json:"bag_id"`
	SeedHash string   `json:"seed_hash" doc:"Public since the bag was opened"`
	Seed     string   `json:"seed"`
	ListHash string   `json:"entrants_hash"`
	Entrants []string `json:"entrants" doc:"Aliases, sorted by their bytes"`
	Winners  []string `json:"winners" doc:"Aliases, in the order of the draw"`
	Method   string   `json:"method"`
}

// Method says in a sentence how to recompute a proof.
const Method = "seed_hash = SHA-256(seed); entrants_hash = hex SHA-256 of the sorted aliases joined by line feeds; " +
	"winner i = remaining[first 8 bytes, big-endian, of HMAC-SHA256(seed, bag_id + \"|\" + entrants_hash + \"|\" + " +
	"i) modulo their number], taken out of the list"

// ErrProof is returned by Verify.
var ErrProof = errors.New("the proof does not hold")

// Verify recomputes a draw.
func Verify(p Proof) error {
	seed, err := hex.DecodeString(p.Seed)
	if err != nil {
		return fmt.Errorf("%w: the seed is no hex", ErrProof)
	}
	sum := sha256.Sum256(seed)
	switch {
	case hex.EncodeToString(sum[:]) != p.SeedHash:
		return fmt.Errorf("%w: the seed is not the one that was committed to", ErrProof)
	case !slices.IsSorted(p.Entrants) || ListHash(p.Entrants) != p.ListHash:
		return fmt.Errorf("%w: the list of entrants has another hash", ErrProof)
	case !slices.Equal(Draw(p.Bag.String(), seed, p.Entrants, int64(len(p.Winners))), p.Winners):
		return fmt.Errorf("%w: other winners", ErrProof)
	}
	return nil
}

// Rooms answers whose a room is and whether it is on air.
type Rooms interface {
	OnAir(ctx context.Context, q sqldb.Querier, room id.Room) (shop id.Shop, onAir bool, err error)
	// Aired tells whether a show of a room was on air at a time, or a rehearsal that is
	// not forgotten.
	Aired(ctx context.Context, q sqldb.Querier, room id.Room, at time.Time) (bool, error)
}

// Follows answers who follows a shop.
type Follows interface {
	Follows(ctx context.Context, user id.User, shop id.Shop) (bool, error)
}

// Names gives display names.
type Names interface {
	DisplayNames(ctx context.Context, users []id.User) (map[id.User]string, error)
}

// Publisher carries news to whoever is in a room.
type Publisher interface {
	Publish(ctx context.Context, channel string, v any) error
}

// OrderPlacer makes the order by which a winner claims a unit.
type OrderPlacer interface {
	PlaceFixed(ctx context.Context, tx *sqldb.Tx, f checkout.Fixed) (checkout.Result, error)
}

// Deps are what the module stands on.
type Deps struct {
	DB       *sqldb.DB
	Box      *secret.Box
	Log      *slog.Logger
	Orders   OrderPlacer
	Rooms    Rooms
	Follows  Follows
	Names    Names
	News     Publisher
	Notices  Notices
	Gate     Gate
	Currency money.Currency
}

// Gate decides who may see a room.
type Gate interface {
	Check(ctx context.Context, access httpapi.Access, actor httpapi.Actor, s httpapi.Subject) (httpapi.Pass, error)
}

// Notices writes to people's inboxes.
type Notices interface {
	Send(ctx context.Context, users []id.User, kind, ref string, payload any) error
}

// Service is the module.
type Service struct {
	Deps
	entered changes.Set[id.Bag] // bags that somebody entered since their room was told
}

// New makes the module.
func New(d Deps) *Service { return &Service{Deps: d} }
