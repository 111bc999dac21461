package analytics

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
)

// Report is what a show came to, minute by minute.
type Report struct {
	Room        id.Room
	Show        id.Show // zero: none has begun
	Title       string
	State       string
	StartedAt   time.Time
	EndedAt     time.Time // zero while it goes on
	ViewersPeak int64
	Entries     int64
	Follows     int64
	Likes       int64
	Messages    int64
	Placed      int64 // orders
	Paid        int64
	Buyers      int64 // who paid
	Revenue     int64 // of paid orders, minor units
	Minutes     []Minute
	Stretches   []Stretch
	Products    []ProductSales
}

// Minute is one point of the curve.
type Minute struct {
	At       time.Time
	Viewers  int64
	Likes    int64 // in this minute
	Messages int64
	Placed   int64
	Paid     int64
	Revenue  int64 // of orders that were paid in this minute
}

// Stretch is a time in which a product was explained, and what was ordered of it
// then.
type Stretch struct {
	Product id.Product
	Title   lang.Text
	From    time.Time
	Until   time.Time // zero while it goes on
	Orders  int64
	Units   int64
	Revenue int64
}

// ProductSales is what a show sold of a product.
type ProductSales struct {
	Product id.Product
	Title   lang.Text
	Orders  int64
	Units   int64
	Revenue int64
}

// minutesMax bounds a curve: a day and a night.
const minutesMax = 36 * 60

// bought is a paid or placed line of an order made in a room.
type bought struct {
	order    id.Order
	user     id.User
	product  id.Product
	title    lang.Text
	units    int64
	payable  int64
	placedAt time.Time
	paidAt   time.Time // zero: not paid
}

// Report reads what a show came to, the newest of its room if none is named. A
// rehearsal is none. Faults: live.not_found, live.no_such_show.
func (s *Service) Report(ctx context.Context, shop id.Shop, room id.Room, show id.Show) (Report, error) {
	q := s.db.Reader()
	r, err := showOf(ctx, q, shop, room, show)
	if errors.Is(err, sql.ErrNoRows) {
		if show.IsZero() {
			return r, fault.NotFound("live.not_found")
		}
		return r, fault.NotFound("live.no_such_show")
	}
	if err != nil || r.StartedAt.IsZero() {
		return r, err
	}
	until := r.EndedAt
	if until.IsZero() {
		until = s.db.Clock().Now()
	}
	tallies, err := minutesOf(ctx, q, r.Show, minutesMax)
	if err != nil {
		return r, err
	}
	lines, err := boughtIn(ctx, q, r)
	if err != nil {
		return r, err
	}
	if r.Stretches, err = stretchesOf(ctx, q, r.Show); err != nil {
		return r, err
	}
	r.curve(tallies, until)
	r.count(lines)
	return r, nil
}

// curve makes a point of every minute, also of those without a row; rows count
// from the beginning of the show.
func (r *Report) curve(tallies []Minute, until time.Time) {
	byTime := map[time.Time]Minute{}
	for _, t := range tallies {
		byTime[t.At] = t
	}
	var likes, messages int64
	for at := r.StartedAt.Truncate(time.Minute); !at.After(until) &&
		len(r.Minutes) < minutesMax; at = at.Add(time.Minute) {
		m := Minute{At: at}
		if t, ok := byTime[at]; ok {
			m.Viewers, m.Likes, m.Messages = t.Viewers, max(t.Likes-likes, 0), max(t.Messages-messages, 0)
			likes, messages = t.Likes, t.Messages
		}
		r.Minutes = append(r.Minutes, m)
	}
}

// at finds the minute of a moment; what came before or after belongs to the
// first or the last.
func (r *Report) at(t time.Time) *Minute {
	i := int(t.Sub(r.Minutes[0].At) / time.Minute)
	return &r.Minutes[min(max(i, 0), len(r.Minutes)-1)]
}

func (r *Report) count(lines []bought) {
	placed, paid, buyers := map[id.Order]bool{}, map[id.Order]bool{}, map[id.User]bool{}
	sales := map[id.Product]int{}
	for _, l := range lines {
		if !placed[l.order] {
			placed[l.order] = true
			r.at(l.placedAt).Placed++
		}
		if l.paidAt.IsZero() {
			continue
		}
		m := r.at(l.paidAt)
		if !paid[l.order] {
			paid[l.order] = true
			m.Paid++
		}
		buyers[l.user] = true
		m.Revenue += l.payable
		r.Revenue += l.payable
		i, ok := sales[l.product]
		if !ok {
			i = len(r.Products)
			sales[l.product] = i
			r.Products = append(r.Products, ProductSales{Product: l.product, Title: l.title})
		}
		p := &r.Products[i]
		p.Orders, p.Units, p.Revenue = p.Orders+1, p.Units+l.units, p.Revenue+l.payable
		for j := range r.Stretches {
			r.Stretches[j].add(l)
		}
	}
	r.Placed, r.Paid, r.Buyers = int64(len(placed)), int64(len(paid)), int64(len(buyers))
}

// add counts a line that was ordered while its product was explained.
func (x *Stretch) add(l bought) {
	if l.product != x.Product || l.placedAt.Before(x.From) || !x.Until.IsZero() && !l.placedAt.Before(x.Until) {
		return
	}
	x.Orders, x.Units, x.Revenue = x.Orders+1, x.Units+l.units, x.Revenue+l.payable
}
