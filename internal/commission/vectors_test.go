package commission_test

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hawker/internal/base/id"
	"hawker/internal/base/money"
	"hawker/internal/commission"
)

// TestCommissionVectors runs every row of the table of worked examples.
func TestCommissionVectors(t *testing.T) {
	t.Parallel()
	f, err := os.Open("testdata/commission-vectors.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) < 2 {
		t.Fatal("no vectors")
	}
	for _, row := range rows[1:] {
		t.Run(row[0], func(t *testing.T) {
			t.Logf("%s: %s", row[2], row[5])
			runVector(t, []byte(row[3]), []byte(row[4]))
		})
	}
}

func runVector(t *testing.T, input, expected []byte) {
	t.Helper()
	var kind struct{ Kind string }
	decode(t, input, &kind)
	switch kind.Kind {
	case "rate":
		runRateVector(t, input, expected)
	case "withdraw":
		runWithdrawVector(t, input, expected)
	case "", "order":
		runOrderVector(t, input, expected)
	default:
		t.Fatalf("unknown kind %q", kind.Kind)
	}
}

func decode(t *testing.T, raw []byte, into any) {
	t.Helper()
	if err := json.Unmarshal(raw, into); err != nil {
		t.Fatalf("%v in %s", err, raw)
	}
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

func runRateVector(t *testing.T, input, expected []byte) {
	var in struct {
		GlobalBP   *money.BasisPoints `json:"global_bp"`
		GradeBP    *money.BasisPoints `json:"grade_bp"`
		CategoryBP *money.BasisPoints `json:"category_bp"`
		ProductBP  *money.BasisPoints `json:"product_bp"`
		SKUBP      *money.BasisPoints `json:"sku_bp"`
		Targeted   *struct {
			BP      money.BasisPoints
			FromDay int `json:"from_day"`
			ToDay   int `json:"to_day"`
		}
		Lock *struct {
			OldBP          money.BasisPoints `json:"old_bp"`
			CutDay         int               `json:"cut_day"`
			PromotingSince int               `json:"promoting_since"`
			LockDays       int               `json:"lock_days"`
		}
		OrderDay int `json:"order_day"`
	}
	var want struct {
		RateBP money.BasisPoints `json:"rate_bp"`
		Source commission.RateSource
	}
	decode(t, input, &in)
	decode(t, expected, &want)
	day := func(n int) time.Time { return time.Date(2026, 1, 1+n, 0, 0, 0, 0, time.UTC) }
	rates := commission.Rates{
		SKU: in.SKUBP, Product: in.ProductBP, Category: in.CategoryBP, Grade: in.GradeBP,
		Global: in.GlobalBP,
	}
	if p := in.Targeted; p != nil {
		rates.Targeted = &commission.Plan{Rate: p.BP, From: day(p.FromDay), To: day(p.ToDay)}
	}
	if l := in.Lock; l != nil {
		rates.Lock = &commission.RateLock{
			Old: l.OldBP, CutAt: day(l.CutDay), PromotingSince: day(l.PromotingSince),
			ProtectedFor: time.Duration(l.LockDays) * 24 * time.Hour,
		}
	}
	rate, source := rates.Resolve(day(in.OrderDay))
	same(t, "rate", rate, want.RateBP)
	same(t, "source", source, want.Source)
}

func runWithdrawVector(t *testing.T, input, expected []byte) {
	var in struct {
		Amount int64
		FeeBP  money.BasisPoints `json:"fee_bp"`
	}
	var want struct{ Fee, Net int64 }
	decode(t, input, &in)
	decode(t, expected, &want)
	fee, net := commission.WithdrawalFee(in.Amount, in.FeeBP)
	same(t, "fee", fee, want.Fee)
	same(t, "net", net, want.Net)
}

type vectorCoupon struct {
	Amount int64
	Lines  []string
	Shop   string
}

type vectorOrder struct {
	Lines []struct {
		ID          string
		Shop        string
		Unit        int64
		Qty         int64
		ItemDisc    int64               `json:"item_disc"`
		RatesBP     []money.BasisPoints `json:"rates_bp"`
		Fixed       []int64
		PoolBP      money.BasisPoints `json:"pool_bp"`
		PoolWeights []int64           `json:"pool_weights"`
	}
	Buyer             string
	Attributed        string
	Parents           map[string]string
	Ineligible        []string
	SelfPurchase      string            `json:"self_purchase"`
	MaxLevels         int               `json:"max_levels"`
	CapBP             money.BasisPoints `json:"cap_bp"`
	OrderCap          int64             `json:"order_cap"`
	FeeBP             money.BasisPoints `json:"fee_bp"`
	ShopCoupons       []vectorCoupon    `json:"shop_coupons"`
	PlatformCoupons   []vectorCoupon    `json:"platform_coupons"`
	PointsValue       int64             `json:"points_value"`
	Shipping          map[string]int64
	CouponReducesBase *bool `json:"platform_coupon_reduces_base"`
	PointsReduceBase  *bool `json:"points_reduce_base"`
	Events            []vectorEvent
	names             map[string]int64
}

type vectorEvent struct {
	ID, Type, Line, Shop, Who string
	Qty, Amount               int64
}

type vectorBalance struct{ Frozen, Available, Debt int64 }

type vectorStep struct {
	Cash, Points, Platform int64
	FeeRev                 int64 `json:"fee_rev"`
	Rev                    []int64
	Duplicate              bool
	Error                  string
}

type vectorExpected struct {
	Base           map[string]int64
	Benef          map[string]string
	C              map[string][]int64
	Cash           int64
	Fee            map[string]int64
	Merchant       map[string]int64
	PlatformCoupon map[string]int64 `json:"platform_coupon"`
	PlatformFunded int64            `json:"platform_funded"`
	Points         map[string]int64
	ShopCoupon     map[string]int64 `json:"shop_coupon"`
	Steps          []vectorStep
	Kept           map[string][]int64
	MerchantEnd    map[string]int64 `json:"merchant_end"`
	Balances       map[string]vectorBalance
}

// number gives each name of the vector its own id; no name, no id.
func (v *vectorOrder) number(name string) int64 {
	if name == "" {
		return 0
	}
	if v.names == nil {
		v.names = map[string]int64{}
	}
	if _, ok := v.names[name]; !ok {
		v.names[name] = int64(len(v.names) + 1)
	}
	return v.names[name]
}

func (v *vectorOrder) user(name string) id.User { return id.FromInt[id.User](v.number(name)) }
func (v *vectorOrder) line(name string) id.OrderLine {
	return id.FromInt[id.OrderLine](v.number("line " + name))
}

func (v *vectorOrder) shop(name string) id.Shop { return id.FromInt[id.Shop](v.number("shop " + name)) }

func (v *vectorOrder) coupons(from []vectorCoupon) []commission.Coupon {
	var out []commission.Coupon
	for _, c := range from {
		coupon := commission.Coupon{Amount: c.Amount}
		for _, l := range v.Lines {
			named := slices.Contains(c.Lines, l.ID)
			if named || (c.Lines == nil && c.Shop != "" && c.Shop == l.Shop) {
				coupon.Lines = append(coupon.Lines, v.line(l.ID))
			}
		}
		out = append(out, coupon)
	}
	return out
}

// levels is two where the row does not say.
func (v *vectorOrder) levels() int {
	if v.MaxLevels == 0 {
		return 2
	}
	return v.MaxLevels
}

func (v *vectorOrder) input() commission.Input {
	in := commission.Input{
		ShopCoupons: v.coupons(v.ShopCoupons), PlatformCoupons: v.coupons(v.PlatformCoupons),
		Points: v.PointsValue, Shipping: map[id.Shop]int64{},
		Buyer: v.user(v.Buyer), Attributed: v.user(v.Attributed),
		Policy: commission.Policy{
			Levels: v.levels(), SelfPurchase: v.SelfPurchase == "on", LineCap: v.CapBP, OrderCap: v.OrderCap,
			Fee:                   v.FeeBP,
			BaseHasPlatformCoupon: v.CouponReducesBase != nil && !*v.CouponReducesBase,
			BaseHasPoints:         v.PointsReduceBase != nil && !*v.PointsReduceBase,
		},
	}
	parents := map[id.User]id.User{}
	for child, parent := range v.Parents {
		parents[v.user(child)] = v.user(parent)
	}
	disabled := map[id.User]bool{}
	for _, who := range v.Ineligible {
		disabled[v.user(who)] = true
	}
	in.Tree.Parent = func(u id.User) id.User { return parents[u] }
	in.Tree.Disabled = func(u id.User) bool { return disabled[u] }
	for _, l := range v.Lines {
		rule := commission.Percent(l.RatesBP...)
		switch {
		case l.Fixed != nil:
			rule = commission.Rule{Kind: commission.RuleFixed, Amounts: l.Fixed}
		case l.PoolWeights != nil:
			rule = commission.Rule{Kind: commission.RulePool, Pool: l.PoolBP, Weights: l.PoolWeights}
		}
		in.Lines = append(in.Lines, commission.Line{
			ID: v.line(l.ID), Shop: v.shop(l.Shop), Unit: l.Unit, Quantity: l.Qty, ItemDiscount: l.ItemDisc, Rule: rule,
		})
	}
	for shop, amount := range v.Shipping {
		in.Shipping[v.shop(shop)] = amount
	}
	return in
}

func runOrderVector(t *testing.T, input, expected []byte) {
	var v vectorOrder
	var want vectorExpected
	decode(t, input, &v)
	decode(t, expected, &want)
	r, err := commission.Calculate(v.input())
	if err != nil {
		t.Fatal(err)
	}
	got := vectorExpected{
		Base: map[string]int64{}, Benef: map[string]string{}, C: map[string][]int64{}, Cash: r.Cash,
		Fee:      map[string]int64{},
		Merchant: map[string]int64{}, PlatformCoupon: map[string]int64{}, PlatformFunded: r.PlatformCoupon,
		Points: map[string]int64{}, ShopCoupon: map[string]int64{},
	}
	users := map[id.User]string{}
	for name, n := range v.names {
		users[id.FromInt[id.User](n)] = name
	}
	for i, level := range []string{"L1", "L2", "L3"} {
		if u := r.Chain.At(i + 1); !u.IsZero() {
			got.Benef[level] = users[u]
		}
	}
	for i, s := range r.Lines {
		name := v.Lines[i].ID
		got.Base[name], got.Fee[name] = s.Base, s.Fee
		got.PlatformCoupon[name], got.Points[name], got.ShopCoupon[name] = s.PlatformCoupon, s.Points, s.ShopCoupon
		got.C[name] = []int64{}
		for _, share := range s.Shares {
			got.C[name] = append(got.C[name], share.Amount)
		}
		got.Merchant[v.Lines[i].Shop] = r.Shops[s.Shop]
	}
	if v.Events != nil {
		replay(t, &v, r, users, &got)
	}
	padSteps(want.Steps)
	padSteps(got.Steps)
	same(t, "vector", got, want)
}

// padSteps makes the reversals of all levels equally long: a step that touches
// no line has none to show.
func padSteps(steps []vectorStep) {
	for i := range steps {
		for len(steps[i].Rev) < commission.LevelsMax {
			steps[i].Rev = append(steps[i].Rev, 0)
		}
	}
}
