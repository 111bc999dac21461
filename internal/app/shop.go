package app

import (
	"hawker/internal/account"
	"hawker/internal/cart"
	"hawker/internal/catalog"
	"hawker/internal/checkout"
	"hawker/internal/commission"
	"hawker/internal/counter"
	"hawker/internal/distribution"
	"hawker/internal/fulfilment"
	"hawker/internal/inventory"
	"hawker/internal/ledger"
	"hawker/internal/moderation"
	"hawker/internal/payment"
	"hawker/internal/picture"
	"hawker/internal/platform/module"
	"hawker/internal/referral"
	"hawker/internal/rights"
	"hawker/internal/shop"
	"hawker/internal/social"
)

// shopModules are what selling and buying bring.
func (a *App) shopModules(goods *catalog.API, orders counter.Views) []module.Module {
	currency := a.cfg.Mall.Currency
	return []module.Module{
		inventory.Module(),
		ledger.API{DB: a.db}.Module(),
		account.API{Service: a.accounts, Shops: a.shops, Came: a.referrals, Cookies: a.cookies()}.Module(),
		shop.API{Service: a.shops, People: a.accounts}.Module(),
		picture.API{Service: a.pictures}.Module(),
		catalog.Module(goods, catalog.MerchantAPI{Service: a.catalog, DB: a.db, Currency: currency}),
		social.API{Service: a.social}.Module(),
		moderation.API{Service: a.words, People: a.accounts}.Module(),
		rights.Module(a.news, a.rooms),
		a.notices.Module(),
		cart.API{Service: a.cart, Shops: a.shops, Currency: currency}.Module(),
		a.coupons.Module(),
		a.promotions.Module(),
		a.orders.Module(),
		counter.API{Views: orders, DB: a.db}.Module(),
		referral.API{Service: a.referrals, Clock: a.clock, Log: a.log, Secure: a.cfg.Secure()}.Module(),
		distribution.API{Service: a.distribution, Clock: a.clock}.Module(),
		checkout.API{
			Service: a.checkout, DB: a.db, Orders: a.orders, Views: orders, Shops: a.shops,
			PerMinute: a.cfg.Order.PerMinute,
		}.Module(),
		a.auctions.Module(),
		a.bags.Module(),
		payment.API{Service: a.payments}.Module(),
		fulfilment.API{Service: a.fulfilment, Orders: a.orders, Views: orders}.Module(),
	}
}

func distributionSettings(p *platform) distribution.Settings {
	c := p.cfg.Distribution
	return distribution.Settings{
		Policy:  commission.Policy{Levels: c.Levels, LineCap: 5000, Fee: c.Fee},
		Default: commission.Percent(c.Level1, c.Level2, c.Level3), AfterSale: c.AfterSale,
		Currency: p.cfg.Mall.Currency, Zone: p.zone,
	}
}
