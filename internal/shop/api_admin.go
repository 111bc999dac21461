package shop

import (
	"context"
	"strings"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/page"
	"hawker/internal/platform/httpapi"
)

// Trade is what a shop does.
type Trade struct {
	OnSale int64 // products
	Orders int64 // that were paid
}

// Trades knows what shops do.
type Trades interface {
	TradeOf(ctx context.Context, shops []id.Shop) (map[id.Shop]Trade, error)
}

func (h API) registerAdmin(api *httpapi.API) {
	httpapi.Register(api, httpapi.Operation{
		ID: "admin-shop-list", Method: "GET", Path: "/admin/shops", Access: httpapi.OperatorOnly,
		Summary: "Shops, newest first; by a part of a name, or by the e-mail address of the owner",
	}, h.shops)
}

// shopView is a shop as operators see it.
type shopView struct {
	ID        id.Shop   `json:"id"`
	Name      string    `json:"name"`
	LogoURL   string    `json:"logo_url"`
	Owner     id.User   `json:"owner_id"`
	OwnerName string    `json:"owner_name"`
	CreatedAt time.Time `json:"created_at"`
	OnSale    int64     `json:"on_sale" doc:"Products that can be bought"`
	Orders    int64     `json:"orders" doc:"That were paid, since the beginning"`
}

type shopsInput struct {
	httpapi.PageQuery
	Text string `query:"q" maxLength:"254" doc:"A part of a name, or the whole e-mail address of the owner"`
}

func (h API) shops(ctx context.Context, in *shopsInput) (*httpapi.Body[page.Page[shopView]], error) {
	find := Find{Request: page.Request(in.PageQuery), Text: in.Text}
	if strings.Contains(in.Text, "@") {
		owner, err := h.People.UserByEmail(ctx, in.Text)
		if fault.As(err) != nil {
			return httpapi.OK(page.Page[shopView]{Items: []shopView{}}, nil)
		}
		if err != nil {
			return nil, err
		}
		find.Text, find.Owner = "", owner
	}
	p, err := h.Service.List(ctx, find)
	if err != nil {
		return nil, err
	}
	var shops []id.Shop
	var owners []id.User
	for _, l := range p.Items {
		shops, owners = append(shops, l.ID), append(owners, l.Owner)
	}
	names, err := h.People.DisplayNames(ctx, owners)
	if err != nil {
		return nil, err
	}
	trades, err := h.Trades.TradeOf(ctx, shops)
	tag := httpapi.Language(ctx)
	return httpapi.OK(page.Map(p, func(l Listed) shopView {
		return shopView{
			ID: l.ID, Name: l.Name.In(tag), LogoURL: l.LogoURL, Owner: l.Owner, OwnerName: names[l.Owner],
			CreatedAt: l.CreatedAt, OnSale: trades[l.ID].OnSale, Orders: trades[l.ID].Orders,
		}
	}), err)
}
