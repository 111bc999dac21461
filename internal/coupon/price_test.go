package coupon_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"hawker/internal/base/id"
	"hawker/internal/coupon"
)

// What a coupon takes off is never more than what the goods cost, never less than
// nothing, never beyond its cap, and grows with what is bought.
func TestADiscountStaysWithinItsGoods(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		c := coupon.Coupon{Kind: coupon.AmountOff, Value: rapid.Int64Range(1, 1<<40).Draw(rt, "off")}
		if rapid.Bool().Draw(rt, "percent") {
			c = coupon.Coupon{
				Kind: coupon.PercentOff, Value: rapid.Int64Range(1, 10_000).Draw(rt, "bp"),
				Cap: rapid.Int64Range(0, 1<<40).Draw(rt, "cap"),
			}
		}
		spend := rapid.Int64Range(0, 1<<52).Draw(rt, "spend")
		more := rapid.Int64Range(0, 1<<20).Draw(rt, "more")
		off := c.Discount(spend)
		want := min(c.Value, spend)
		if c.Kind == coupon.PercentOff {
			// floor(spend·bp/10000) without a product that might not fit.
			want = spend/10_000*c.Value + spend%10_000*c.Value/10_000
			if c.Cap > 0 {
				want = min(want, c.Cap)
			}
		}
		if off != want || off < 0 || off > spend || c.Discount(spend+more) < off {
			rt.Fatalf("%+v takes %d off %d, want %d", c, off, spend, want)
		}
	})
}

// TestTheMomentsOfACoupon: it begins at its first instant and is over at its last.
func TestTheMomentsOfACoupon(t *testing.T) {
	t.Parallel()
	from := time.Date(2026, 11, 11, 0, 0, 0, 0, time.FixedZone("CST", 8*3600))
	room, other := id.FromInt[id.Room](7), id.FromInt[id.Room](8)
	c := coupon.Coupon{From: from.UTC(), To: from.Add(time.Hour).UTC(), MinSpend: 1000, Room: room}
	for name, v := range map[string]struct {
		now   time.Time
		room  id.Room
		spend int64
		code  string
	}{
		"an instant too early":      {from.Add(-time.Nanosecond), room, 1000, "promotion.coupon_not_yet"},
		"at its first instant":      {from, room, 1000, ""},
		"at its last but one":       {from.Add(time.Hour - time.Nanosecond), room, 1000, ""},
		"at its end":                {from.Add(time.Hour), room, 1000, "promotion.coupon_expired"},
		"in another room":           {from, other, 1000, "promotion.coupon_other_room"},
		"in no room":                {from, id.Room{}, 1000, "promotion.coupon_other_room"},
		"of nothing that it covers": {from, room, 0, "promotion.coupon_other_products"},
		"a cent short":              {from, room, 999, "promotion.coupon_min_spend"},
	} {
		got := ""
		if f := c.Refusal(v.now, v.room, v.spend, "CNY"); f != nil {
			got = f.Code
		}
		if got != v.code {
			t.Errorf("%s: %q, want %q", name, got, v.code)
		}
	}
}

// TestWhereAClaimIs: a claim that was used is used for ever, whatever the clock says.
func TestWhereAClaimIs(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for name, v := range map[string]struct {
		claim coupon.Claim
		want  string
	}{
		"before it begins": {coupon.Claim{Coupon: coupon.Coupon{From: now.Add(1), To: now.Add(2)}}, coupon.ClaimUsable},
		"while it holds":   {coupon.Claim{Coupon: coupon.Coupon{From: now, To: now.Add(1)}}, coupon.ClaimUsable},
		"at its end":       {coupon.Claim{Coupon: coupon.Coupon{To: now}}, coupon.ClaimExpired},
		"used, and expired": {
			coupon.Claim{Order: id.FromInt[id.Order](1), Coupon: coupon.Coupon{To: now.Add(-1)}}, coupon.ClaimUsed,
		},
	} {
		if got := v.claim.State(now); got != v.want {
			t.Errorf("%s: %s, want %s", name, got, v.want)
		}
	}
}
