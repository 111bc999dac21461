package checkout

import (
	"cmp"
	"slices"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/base/money"
	"hawker/internal/coupon"
	"hawker/internal/order"
)

// Option is a coupon beside a group: what it would take off, or why it does not
// apply.
type Option struct {
	Coupon     id.Coupon
	Name       lang.Text
	To         time.Time
	Applied    bool
	Discount   int64
	Ineligible *fault.Error

	claim coupon.Claim
	asked bool
}

// refused is the reason why a coupon that was asked for is not applied.
func (q Quote) refused() error {
	for _, g := range q.Groups {
		for _, o := range g.Coupons {
			if o.asked && o.Ineligible != nil {
				return o.Ineligible
			}
		}
	}
	return nil
}

// coupons gives every group its options and applies at most one of them.
func (p *pricing) coupons() error {
	for _, l := range p.answer.Claims {
		if g := p.groups[l.Coupon.Shop]; g != nil {
			p.offer(g, l)
		}
	}
	for _, c := range p.command.Coupons {
		if err := p.ask(c); err != nil {
			return err
		}
	}
	for _, g := range p.groups {
		p.choose(g)
	}
	return nil
}

// offer adds a claim to a group, once per coupon.
func (p *pricing) offer(g *Group, l coupon.Claim) {
	if slices.ContainsFunc(g.Coupons, func(o Option) bool { return o.Coupon == l.Coupon.ID }) {
		return
	}
	spend := g.spend(l.Coupon)
	o := Option{Coupon: l.Coupon.ID, Name: l.Coupon.Name, To: l.Coupon.To, claim: l}
	if o.Ineligible = l.Coupon.Refusal(p.now, p.command.Room, spend, p.prices.Currency); o.Ineligible == nil {
		// Something is left to pay: no provider takes a payment of nothing.
		o.Discount = max(min(l.Coupon.Discount(spend), g.due()-1), 0)
	}
	g.Coupons = append(g.Coupons, o)
}

// ask marks a coupon as wanted, also one that the buyer does not hold.
func (p *pricing) ask(coupon id.Coupon) error {
	w, ok := p.answer.Wanted[coupon]
	if !ok {
		return fault.NotFound("promotion.no_such_coupon")
	}
	g := p.groups[w.Coupon.Shop]
	if g == nil {
		return fault.Conflict("promotion.coupon_other_shop")
	}
	i := slices.IndexFunc(g.Coupons, func(o Option) bool { return o.Coupon == coupon })
	if i < 0 {
		i = len(g.Coupons)
		missing := w.Missing
		if missing == nil { // held, but under so many others that it was not looked at
			missing = fault.Conflict("promotion.coupon_not_claimed")
		}
		g.Coupons = append(g.Coupons, Option{Coupon: coupon, Name: w.Coupon.Name, To: w.Coupon.To, Ineligible: missing})
	}
	if slices.ContainsFunc(g.Coupons, func(o Option) bool { return o.asked && o.Coupon != coupon }) {
		return fault.Invalid("promotion.one_coupon_per_shop").At("body.coupon_ids")
	}
	g.Coupons[i].asked = true
	return nil
}

// choose applies the coupon that was asked for, or the one that takes off most;
// of equals the one that expires first.
func (p *pricing) choose(g *Group) {
	slices.SortStableFunc(g.Coupons, func(a, b Option) int {
		return cmp.Or(cmp.Compare(b.Discount, a.Discount), a.To.Compare(b.To), cmp.Compare(a.Coupon.Int(),
			b.Coupon.Int()))
	})
	for i, o := range g.Coupons {
		if o.Discount > 0 && (o.asked || p.command.Coupons == nil) {
			g.Coupons[i].Applied, g.claim = true, o.claim
			g.apply(o)
			return
		}
	}
}

// apply spreads the discount over the lines that the coupon covers, by largest
// remainder: what a line gets back later is exactly what was paid for it.
func (g *Group) apply(o Option) {
	weights := make([]int64, len(g.Lines))
	for i, l := range g.Lines {
		if o.claim.Coupon.Covers(l.Product) {
			weights[i] = l.Payable
		}
	}
	for i, part := range money.Allocate(o.Discount, weights) {
		if part > 0 {
			g.Lines[i].Adjustments = append(g.Lines[i].Adjustments, order.Adjustment{
				Kind:  order.AdjustCoupon,
				Label: o.Name, Amount: -part,
			})
			g.Lines[i].Payable -= part
		}
	}
}

// spend is what the lines cost that a coupon covers.
func (g *Group) spend(c coupon.Coupon) (sum int64) {
	for _, l := range g.Lines {
		if c.Covers(l.Product) {
			sum += l.Payable
		}
	}
	return sum
}

// due is what the group costs before coupons.
func (g *Group) due() int64 {
	sum := g.Shipping
	for _, l := range g.Lines {
		sum += l.Payable
	}
	return sum
}
