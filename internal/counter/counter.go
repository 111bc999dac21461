// Package counter is how an order looks from both sides of the counter: its lines and
// sums, its payment, parcels and history, what could be seen of the goods, and what
// the caller may do now. It keeps nothing; what holds of an order is order's, and
// payment, fulfilment and show answer the rest.
package counter

import (
	"context"
	"slices"
	"time"

	"hawker/internal/account"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/base/money"
	"hawker/internal/catalog"
	"hawker/internal/order"
)

// LineView is a line as the API shows it; quote and order share it.
type LineView struct {
	ID          id.OrderLine     `json:"id,omitzero"`
	SKU         id.SKU           `json:"sku_id"`
	Product     id.Product       `json:"product_id"`
	Title       string           `json:"title"`
	Options     string           `json:"options_text"`
	PictureURL  string           `json:"picture_url"`
	Quantity    int64            `json:"quantity"`
	UnitPrice   money.Money      `json:"unit_price"`
	Subtotal    money.Money      `json:"subtotal"`
	Adjustments []AdjustmentView `json:"adjustments"`
	Payable     money.Money      `json:"payable"`
}

// AdjustmentView is one reason for a difference in price.
type AdjustmentView struct {
	Kind   string      `json:"kind" enum:"deal,room_price,coupon,auction,lucky_bag"`
	Label  string      `json:"label"`
	Labels lang.Text   `json:"labels"`
	Amount money.Money `json:"amount"`
}

// EvidenceView is when and where the buyer could see the product explained, and
// at which price.
type EvidenceView struct {
	Product   id.Product  `json:"product_id"`
	Room      id.Room     `json:"room_id"`
	From      time.Time   `json:"stream_from" doc:"PROGRAM-DATE-TIME of the picture"`
	To        time.Time   `json:"stream_to,omitzero" doc:"Absent: it was still being explained"`
	Price     money.Money `json:"price"`
	ReplayURL string      `json:"replay_url,omitempty"`
	show      id.Show
}

// PaymentView is what an order shows of its payment.
type PaymentView struct {
	ID        id.Payment  `json:"id"`
	Provider  string      `json:"provider"`
	Status    string      `json:"status" enum:"pending,succeeded,failed,closed"`
	Amount    money.Money `json:"amount"`
	Orders    []id.Order  `json:"order_ids"`
	ExpiresAt time.Time   `json:"expires_at"`
	Action    ActionView  `json:"action"`

	// Money that came too late or twice goes back by itself.
	Refunded    money.Money `json:"refunded" doc:"What went back to the payer, or is on its way"`
	RefundState string      `json:"refund_state" enum:",pending,done" doc:"Empty: nothing goes back"`
}

// States of what goes back to a payer.
const (
	RefundPending = "pending"
	RefundDone    = "done"
)

// ActionView says how the buyer goes on to pay.
type ActionView struct {
	Type string `json:"type" enum:"redirect,none"`
	URL  string `json:"url"`
}

// ShipmentView is a parcel.
type ShipmentView struct {
	ID             id.Shipment `json:"id"`
	Carrier        string      `json:"carrier"`
	TrackingNumber string      `json:"tracking_number"`
	ShippedAt      time.Time   `json:"shipped_at"`
}

// StepView is a line of the timeline.
type StepView struct {
	Status order.Status `json:"status"`
	At     time.Time    `json:"at"`
	By     string       `json:"by" enum:"buyer,shop,system"`
}

// View is an order as the API shows it.
type View struct {
	ID            id.Order        `json:"id"`
	Number        string          `json:"number"`
	Status        order.Status    `json:"status"`
	CloseReason   string          `json:"close_reason" enum:",unpaid,cancelled"`
	Shop          catalog.ShopRef `json:"shop"`
	Lines         []LineView      `json:"lines"`
	GoodsTotal    money.Money     `json:"goods_total"`
	DiscountTotal money.Money     `json:"discount_total"`
	ShippingTotal money.Money     `json:"shipping_total"`
	Payable       money.Money     `json:"payable"`
	Address       account.Address `json:"address"`
	Note          string          `json:"note"`
	Payment       *PaymentView    `json:"payment"`
	Shipments     []ShipmentView  `json:"shipments"`
	Timeline      []StepView      `json:"timeline"`
	PayBy         time.Time       `json:"pay_by,omitzero" doc:"Only while it waits for money"`
	DueAt         time.Time       `json:"due_at,omitzero" doc:"When the order moves by itself"`
	Room          id.Room         `json:"room_id"`
	Evidence      []EvidenceView  `json:"evidence"`
	CreatedAt     time.Time       `json:"created_at"`
	Actions       []string        `json:"actions" enum:"pay,cancel,confirm,ship" doc:"What the caller may do now"`
}

// Payments answers the newest payment of checkouts.
type Payments interface {
	PaymentViews(ctx context.Context, checkouts []id.Checkout) (map[id.Checkout]PaymentView, error)
}

// Shipments answers the parcels of orders.
type Shipments interface {
	ShipmentViews(ctx context.Context, orders []id.Order) (map[id.Order][]ShipmentView, error)
}

// Replays answers where the recordings of shows can be played; shows without one
// are left out.
type Replays interface {
	ReplayURLs(ctx context.Context, shows []id.Show) (map[id.Show]string, error)
}

// Views draws orders for the API of this and other modules.
type Views struct {
	Service   *order.Service
	Shops     catalog.ShopNames
	Payments  Payments
	Shipments Shipments
	Replays   Replays // nil: evidence has no address
}

// Side is from which side of the counter an order is looked at.
type Side bool

// The sides.
const (
	BuyerSide Side = false
	ShopSide  Side = true
)

// Draw makes views of orders.
func (v Views) Draw(ctx context.Context, list []order.Order, side Side, tag lang.Tag) ([]View, error) {
	orders, checkouts, shops := make([]id.Order, len(list)), make([]id.Checkout, len(list)), make([]id.Shop, len(list))
	var sent []id.Order // of others no parcel has left
	for i, o := range list {
		orders[i], checkouts[i], shops[i] = o.ID, o.Checkout, o.Shop
		if o.Status != order.StatusPendingPayment && o.Status != order.StatusPaid {
			sent = append(sent, o.ID)
		}
	}
	names, err := v.Shops.ShopRefs(ctx, shops, tag)
	if err != nil {
		return nil, err
	}
	payments, err := v.Payments.PaymentViews(ctx, checkouts)
	if err != nil {
		return nil, err
	}
	parcels := map[id.Order][]ShipmentView{}
	if len(sent) > 0 {
		if parcels, err = v.Shipments.ShipmentViews(ctx, sent); err != nil {
			return nil, err
		}
	}
	steps, err := v.Service.Timeline(ctx, orders)
	if err != nil {
		return nil, err
	}
	out := make([]View, len(list))
	for i, o := range list {
		out[i] = draw(o, side, tag)
		out[i].Shop = names[o.Shop]
		if p, ok := payments[o.Checkout]; ok {
			out[i].Payment = &p
		}
		out[i].Shipments = append(out[i].Shipments, parcels[o.ID]...)
		for _, s := range steps[o.ID] {
			out[i].Timeline = append(out[i].Timeline, StepView(s))
		}
	}
	return out, v.addReplays(ctx, out)
}

// addReplays gives evidence the address where it can be watched.
func (v Views) addReplays(ctx context.Context, out []View) error {
	var shows []id.Show
	for _, o := range out {
		for _, e := range o.Evidence {
			if !slices.Contains(shows, e.show) {
				shows = append(shows, e.show)
			}
		}
	}
	if v.Replays == nil || len(shows) == 0 {
		return nil
	}
	urls, err := v.Replays.ReplayURLs(ctx, shows)
	for _, o := range out {
		for i := range o.Evidence {
			o.Evidence[i].ReplayURL = urls[o.Evidence[i].show]
		}
	}
	return err
}

// DrawOne is Draw for one order and an error before it.
func (v Views) DrawOne(ctx context.Context, o order.Order, err error, side Side, tag lang.Tag) (View, error) {
	if err != nil {
		return View{}, err
	}
	list, err := v.Draw(ctx, []order.Order{o}, side, tag)
	if err != nil {
		return View{}, err
	}
	return list[0], nil
}

func draw(o order.Order, side Side, tag lang.Tag) View {
	in := func(amount int64) money.Money { return money.Of(amount, o.Currency) }
	v := View{
		ID: o.ID, Number: o.Number, Status: o.Status, CloseReason: o.CloseReason, Lines: Lines(o.Lines, o.Currency,
			tag),
		GoodsTotal: in(o.GoodsTotal), DiscountTotal: in(o.DiscountTotal), ShippingTotal: in(o.ShippingTotal),
		Payable: in(o.Payable),
		Address: o.Address, Note: o.Note, Shipments: []ShipmentView{}, Timeline: []StepView{}, DueAt: o.DueAt,
		Room:     o.Room,
		Evidence: []EvidenceView{}, CreatedAt: o.CreatedAt, Actions: actions(o, side),
	}
	if o.Status == order.StatusPendingPayment {
		v.PayBy = o.DueAt
	}
	for _, e := range o.Evidence {
		if e.Show.IsZero() { // of before shows had ids: the first show of a room bears the room's number
			e.Show = id.FromInt[id.Show](e.Room.Int())
		}
		v.Evidence = append(v.Evidence, EvidenceView{
			Product: e.Product, Room: e.Room, From: e.From, To: e.Until, Price: in(e.Price), show: e.Show,
		})
	}
	return v
}

func actions(o order.Order, side Side) []string {
	switch {
	case side == ShopSide && o.Status == order.StatusPaid:
		return []string{"ship"}
	case side == BuyerSide && o.Status == order.StatusPendingPayment:
		return []string{"pay", "cancel"}
	case side == BuyerSide && o.Status == order.StatusShipped:
		return []string{"confirm"}
	}
	return []string{}
}

// Lines draws lines of an order or a quote.
func Lines(lines []order.Line, c money.Currency, tag lang.Tag) []LineView {
	out := make([]LineView, len(lines))
	for i, l := range lines {
		out[i] = LineView{
			ID: l.ID, SKU: l.SKU, Product: l.Product, Title: l.Title.In(tag), Options: l.ChoiceText.In(tag),
			PictureURL: l.PictureURL,
			Quantity:   l.Quantity, UnitPrice: money.Of(l.UnitPrice, c), Subtotal: money.Of(l.Subtotal, c),
			Adjustments: []AdjustmentView{},
			Payable:     money.Of(l.Payable, c),
		}
		for _, a := range l.Adjustments {
			out[i].Adjustments = append(out[i].Adjustments, AdjustmentView{
				a.Kind, a.Label.In(tag), a.Label,
				money.Of(a.Amount, c),
			})
		}
	}
	return out
}
