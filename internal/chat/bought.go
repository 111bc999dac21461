package chat

import (
	"context"
	"errors"
	"fmt"

	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/order"
	"hawker/internal/platform/sqldb"
	"hawker/internal/show"
)

// A purchase in a room on air is a line of its chat with a masked name. Its row is
// written together with what else follows from the order, so that no crash loses
// it; those of one moment are told together, many as one line.

const (
	boughtSingly = 3 // more orders in one moment are told as one line
	boughtMax    = 500
)

// purchase is what the row of a purchase holds until it is told.
type purchase struct {
	Product  id.Product `json:"product"`
	Quantity int64      `json:"quantity"`
}

// keepBought writes a purchase that is to be told.
func keepBought(ctx context.Context, tx *sqldb.Tx, f order.Payload) error {
	if f.Room.IsZero() || len(f.Lines) == 0 {
		return nil
	}
	st, err := show.Of(ctx, tx, f.Room)
	if err != nil || !st.OnAir() {
		return err
	}
	return insertPurchase(ctx, tx, Message{
		ID: id.Make[id.Message](tx), Room: f.Room, Show: st.Now.ID, User: f.User, Kind: FromOrder, At: tx.Now(),
		State: gathered,
	}, purchase{f.Lines[0].Product, f.Lines[0].Quantity})
}

// errTold is a purchase that another node has told in this moment.
var errTold = errors.New("told elsewhere")

// TellBought makes lines of the purchases that wait and shows them.
func (s *Service) TellBought(ctx context.Context, x show.Show) error {
	waiting, err := purchasesOf(ctx, s.db.Reader(), x, boughtMax)
	if err != nil || len(waiting) == 0 {
		return err
	}
	lines, err := s.boughtLines(ctx, waiting)
	if err != nil {
		return err
	}
	rows := make([]id.Message, len(waiting))
	for i, w := range waiting {
		rows[i] = w.message.ID
	}
	err = s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		n, err := takePurchases(ctx, tx, rows)
		if err != nil {
			return err
		}
		if n != int64(len(rows)) {
			return errTold
		}
		for i := range lines {
			lines[i].ID, lines[i].At = id.Make[id.Message](tx), tx.Now()
			if err := insertMessage(ctx, tx, lines[i]); err != nil {
				return err
			}
			if _, err := show.CountMessage(ctx, tx, x.ID); err != nil {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, errTold) {
		return nil
	}
	if err == nil {
		for _, m := range lines {
			s.news.Tell(ctx, x.Room, messageNews{newsMessage, View(m)})
		}
	}
	return err
}

func (s *Service) boughtLines(ctx context.Context, waiting []waitingPurchase) ([]Message, error) {
	first, others := waiting, 0
	if len(waiting) > boughtSingly {
		first, others = waiting[:1], len(waiting)-1
	}
	var users []id.User
	var products []id.Product
	for _, w := range first {
		users, products = append(users, w.message.User), append(products, w.Product)
	}
	names, err := s.options.People.Names(ctx, users)
	if err != nil {
		return nil, err
	}
	goods, err := s.options.Catalog.ProductsByID(ctx, products)
	out := make([]Message, len(first))
	for i, w := range first {
		m := w.message
		m.Name, m.State, m.Texts = Masked(names[m.User].DisplayName), Shown, lang.Text{}
		for _, tag := range lang.All() {
			m.Texts[tag] = fmt.Sprintf("%s × %d", goods[w.Product].Title.In(tag), w.Quantity)
		}
		if others > 0 {
			m.Texts = lang.Text{
				lang.Chinese: fmt.Sprintf("等 %d 人下单：%s", others+1, m.Texts.In(lang.Chinese)),
				lang.English: fmt.Sprintf("and %d others bought: %s", others, m.Texts.In(lang.English)),
			}
		}
		m.Text = m.Texts.In(lang.Chinese)
		out[i] = m
	}
	return out, err
}
