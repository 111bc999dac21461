package coupon

import (
	"context"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/base/money"
	"hawker/internal/catalog"
)

// CouponView is a coupon as screens show it.
type CouponView struct {
	ID        id.Coupon       `json:"id"`
	Shop      catalog.ShopRef `json:"shop"`
	Name      string          `json:"name"`
	Names     lang.Text       `json:"names"`
	Kind      string          `json:"kind" enum:"amount,percent"`
	Value     int64           `json:"value" doc:"Minor units off, or basis points off"`
	Cap       *money.Money    `json:"cap"`
	MinSpend  money.Money     `json:"min_spend"`
	Scope     string          `json:"scope" enum:"all,listed"`
	Products  []id.Product    `json:"product_ids"`
	Room      id.Room         `json:"room_id"`
	Total     int64           `json:"total"`
	Claimed   int64           `json:"claimed"`
	Used      int64           `json:"used"`
	Left      int64           `json:"left"`
	PerUser   int64           `json:"per_user"`
	From      time.Time       `json:"valid_from"`
	To        time.Time       `json:"valid_to"`
	Active    bool            `json:"active"`
	Mine      int64           `json:"mine" doc:"How many the caller has claimed"`
	Claimable bool            `json:"claimable"`
}

func (s *Service) views(ctx context.Context, coupons []Coupon, user id.User, tag lang.Tag) ([]CouponView, error) {
	ids, shops := make([]id.Coupon, len(coupons)), make([]id.Shop, len(coupons))
	for i, c := range coupons {
		ids[i], shops[i] = c.ID, c.Shop
	}
	names, err := s.Shops.ShopRefs(ctx, shops, tag)
	if err != nil {
		return nil, err
	}
	mine, err := s.Mine(ctx, user, ids)
	now := s.DB.Clock().Now()
	out := make([]CouponView, 0, len(coupons))
	for _, c := range coupons {
		v := CouponView{
			ID: c.ID, Shop: names[c.Shop], Name: c.Name.In(tag), Names: c.Name, Kind: c.Kind, Value: c.Value,
			MinSpend: money.Of(c.MinSpend, s.Currency),
			Scope:    c.Scope, Products: append([]id.Product{}, c.Products...), Room: c.Room, Total: c.Total,
			Claimed: c.Claimed, Used: c.Used,
			Left: max(c.Total-c.Claimed, 0), PerUser: c.PerUser, From: c.From, To: c.To, Active: c.Active,
			Mine: mine[c.ID],
		}
		if c.Cap > 0 {
			most := money.Of(c.Cap, s.Currency)
			v.Cap = &most
		}
		v.Claimable = c.Active && v.Left > 0 && now.Before(c.To) && v.Mine < c.PerUser
		out = append(out, v)
	}
	return out, err
}

// ClaimView is a coupon in a wallet.
type ClaimView struct {
	ID        id.Claim   `json:"id"`
	Coupon    CouponView `json:"coupon"`
	State     string     `json:"state" enum:"usable,used,expired"`
	ClaimedAt time.Time  `json:"claimed_at"`
	UsedAt    time.Time  `json:"used_at,omitzero"`
	Order     id.Order   `json:"order_id"`
}
