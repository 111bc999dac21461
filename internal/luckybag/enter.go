package luckybag

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/catalog"
	"hawker/internal/coupon"
	"hawker/internal/inventory"
	"hawker/internal/platform/idem"
	"hawker/internal/platform/sqldb"
)

const (
	seedSize  = 32
	aliasSize = 16 // letters of a token: 80 bits
)

// Create opens a bag: its prizes are set aside and its seed is committed to.
// Faults luckybag.bad_bag, luckybag.not_found for another shop's room,
// promotion.room_not_on_air, promotion.no_such_coupon, promotion.coupon_gone,
// inventory.insufficient_stock.
func (s *Service) Create(ctx context.Context, key idem.Key, b Bag, draw time.Duration) (Bag, error) {
	b.Word = plain(b.Word)
	seed := make([]byte, seedSize)
	rand.Read(seed) // never fails: it ends the program instead
	sum := sha256.Sum256(seed)
	bag, err := idem.Once(ctx, s.DB, key, func(ctx context.Context, tx *sqldb.Tx) (id.Bag, error) {
		b.ID, b.State, b.OpenedAt, b.DrawsAt = id.Make[id.Bag](tx), Open, tx.Now(), tx.Now().Add(draw)
		if err := b.check(); err != nil {
			return id.Bag{}, err
		}
		if err := s.checkRoom(ctx, tx, b); err != nil {
			return id.Bag{}, err
		}
		if err := s.setAside(ctx, tx, &b); err != nil {
			return id.Bag{}, err
		}
		b.SeedHash, b.sealed = hex.EncodeToString(sum[:]), s.Box.Seal(seed, sealName(b.ID))
		return b.ID, insertBag(ctx, tx, b)
	})
	if err != nil {
		return Bag{}, err
	}
	return s.told(ctx, bag)
}

func sealName(bag id.Bag) string { return "lucky bag seed " + bag.String() }

func (s *Service) checkRoom(ctx context.Context, q sqldb.Querier, b Bag) error {
	shop, onAir, err := s.Rooms.OnAir(ctx, q, b.Room)
	switch {
	case err != nil:
		return err
	case shop.IsZero() || shop != b.Shop:
		return fault.NotFound("luckybag.not_found")
	case !onAir:
		return fault.Conflict("promotion.room_not_on_air")
	}
	return nil
}

// setAside takes the prizes from where they are.
func (s *Service) setAside(ctx context.Context, tx *sqldb.Tx, b *Bag) (err error) {
	if !b.Coupon.IsZero() {
		_, err = coupon.Hold(ctx, tx, b.Shop, b.Coupon, b.Winners)
		return err
	}
	offers, err := catalog.Offers(ctx, tx, []id.SKU{b.SKU})
	if err != nil {
		return err
	}
	if o := offers[b.SKU]; o.Product.Shop != b.Shop || !o.Buyable() {
		return fault.Invalid("luckybag.bad_bag", "field", "prize").At("body.prize")
	}
	b.Slice, err = inventory.Allot(ctx, tx, b.ID.String(), b.SKU, b.Winners)
	return err
}

// Enter takes part. Entering twice is the same as once. Faults
// luckybag.not_found, luckybag.over, luckybag.say_first, luckybag.follow_first.
func (s *Service) Enter(ctx context.Context, room id.Room, bag id.Bag, user id.User) error {
	b, err := s.Find(ctx, bag)
	if err != nil {
		return err
	}
	if b.Room != room {
		return fault.NotFound("luckybag.not_found")
	}
	if b.Follow {
		ok, err := s.Follows.Follows(ctx, user, b.Shop)
		if err != nil {
			return err
		}
		if !ok {
			return fault.Conflict("luckybag.follow_first")
		}
	}
	return s.enter(ctx, b, user, false)
}

// Said tells of a line in a room's chat: who says an open bag's word enters by
// it, if no other gate is closed to them.
func (s *Service) Said(ctx context.Context, room id.Room, user id.User, text string) error {
	bags, err := openBags(ctx, s.DB.Reader(), room, s.DB.Clock().Now())
	if err != nil || len(bags) == 0 {
		return err
	}
	text = plain(text)
	for _, b := range bags {
		if b.Word == "" || b.Word != text {
			continue
		}
		if err := s.say(ctx, b, user); err != nil {
			return err
		}
	}
	return nil
}

func (s *Service) say(ctx context.Context, b Bag, user id.User) error {
	if b.Follow {
		ok, err := s.Follows.Follows(ctx, user, b.Shop)
		if err != nil {
			return err
		}
		if !ok { // remembered: following later is all that is left to do
			return s.DB.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
				return errors.Join(touch(ctx, tx, b.ID), putSaid(ctx, tx, b.ID, user, alias()))
			})
		}
	}
	err := s.enter(ctx, b, user, true)
	if fault.Code(err) == "luckybag.over" {
		return nil
	}
	return err
}

func alias() string { return id.Token()[:aliasSize] }

// enter writes the entry, in a transaction that sees the bag still open.
func (s *Service) enter(ctx context.Context, b Bag, user id.User, said bool) error {
	fresh := false
	err := s.DB.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		fresh = false
		// The bag's row comes first: entries and the draw meet on it, in one order.
		if err := touch(ctx, tx, b.ID); err != nil {
			return err
		}
		e, err := entryOf(ctx, tx, b.ID, user)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if !e.EnteredAt.IsZero() {
			return nil
		}
		if b.Word != "" && !said && !e.Said {
			return fault.Conflict("luckybag.say_first", "word", b.Word)
		}
		if said {
			if err := putSaid(ctx, tx, b.ID, user, alias()); err != nil {
				return err
			}
		} else if err := putEntry(ctx, tx, b.ID, user, alias()); err != nil {
			return err
		}
		open, err := countEntrant(ctx, tx, b.ID)
		if err != nil {
			return err
		}
		if !open {
			return fault.Conflict("luckybag.over")
		}
		fresh = true
		return setEntered(ctx, tx, b.ID, user)
	})
	if err == nil && fresh {
		s.entered.Note(b.ID)
	}
	return err
}

// Find reads a bag. Fault luckybag.not_found.
func (s *Service) Find(ctx context.Context, bag id.Bag) (Bag, error) {
	return find(ctx, s.DB.Reader(), bag)
}

func find(ctx context.Context, q sqldb.Querier, bag id.Bag) (Bag, error) {
	b, err := bagByID(ctx, q, bag)
	if errors.Is(err, sql.ErrNoRows) {
		return Bag{}, fault.NotFound("luckybag.not_found")
	}
	return b, err
}
