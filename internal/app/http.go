package app

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"

	"hawker/internal/account"
	"hawker/internal/analytics"
	"hawker/internal/auction"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/money"
	"hawker/internal/cart"
	"hawker/internal/catalog"
	"hawker/internal/checkout"
	"hawker/internal/distribution"
	"hawker/internal/fulfilment"
	"hawker/internal/ledger"
	"hawker/internal/live"
	"hawker/internal/luckybag"
	"hawker/internal/media/hooks"
	"hawker/internal/media/record"
	"hawker/internal/moderation"
	"hawker/internal/notify"
	"hawker/internal/order"
	"hawker/internal/payment"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/httpapi"
	"hawker/internal/promotion"
	"hawker/internal/shop"
	"hawker/internal/social"
	"hawker/internal/video"
	"hawker/web"
)

// mount registers every module's operations and what is served beside them.
func (a *App) mount(context.Context) error {
	cookies := httpapi.CookiePolicy{Secure: a.cfg.Secure()}
	a.api = httpapi.New(httpapi.Deps{
		Log: a.log, Clock: a.clock, Limiter: cache.NewMemoryLimiter(a.clock), Sign: a.Accounts, Staff: a.Shops,
		Cookies: cookies, Metrics: a.metrics,
		Guard:          a.guardRooms,
		PictureOrigins: origins(a.cfg.Live.SRSHLS, a.cfg.Live.NginxHLS),
	})
	names, currency := shops{a}, a.cfg.Mall.Currency
	orders := order.Views{
		Service: a.Orders, Shops: names, Payments: a.Payments, Shipments: a.Fulfilment,
		Replays: a.Live,
	}
	rooms := live.Views{
		Service: a.Live, Shops: names, People: a.Accounts, Promoters: promoters{a},
		Prices: a.Promotions, Ladders: a.ladder, Currency: currency,
	}
	goods := &catalog.API{
		Service: a.Catalog, DB: a.db, Shops: names, Live: a.Live, Videos: a.Videos,
		Currency: currency,
	}
	for _, door := range []interface{ Register(api *httpapi.API) }{
		account.API{Service: a.Accounts, Shops: names, Came: a.Distribution, Cookies: cookies},
		goods,
		catalog.MerchantAPI{Service: a.Catalog, Media: a.Pictures, DB: a.db, Currency: currency},
		cart.API{Service: a.Cart, Shops: names, Currency: currency},
		checkout.API{Service: a.Checkout, DB: a.db, Orders: a.Orders, Views: orders, Shops: names},
		order.API{Service: a.Orders, Views: orders},
		payment.API{Service: a.Payments},
		fulfilment.API{Service: a.Fulfilment, Orders: a.Orders, Views: orders},
		distribution.API{Service: a.Distribution, Clock: a.clock, Log: a.log, Secure: a.cfg.Secure()},
		live.API{Service: a.Live, Views: rooms, Links: links{a}, Staff: a.Shops},
		live.MerchantAPI{
			Service: a.Live, Views: rooms, Media: a.Pictures, Orders: a.Orders, Staff: a.Shops,
			EdgeRTMP: a.cfg.Live.EdgeRTMP, RTMPPort: func() string { return a.port(a.lnRTMP, a.cfg.RTMP) },
		},
		live.ModerateAPI{Service: a.Live},
		promotion.API{Service: a.Promotions},
		promotion.MerchantAPI{Service: a.Promotions},
		auction.API{Service: a.Auctions},
		luckybag.API{Service: a.Bags},
		live.RestreamAPI{Service: a.Live},
		shop.API{Service: a.Shops, People: people{a.Accounts}},
		social.API{Service: a.Social},
		notify.API{Service: a.Notices},
		moderation.API{Service: a.Words, People: people{a.Accounts}},
		analytics.API{Service: a.Analytics, Shows: shows{a.Live}, Currency: currency},
		video.API{Service: a.Videos, Links: links{a}, Views: video.Views{
			Service: a.Videos, Shops: names,
			People: a.Accounts, Goods: goods, Rooms: onAir{a.Live},
		}},
		systemAPI{a},
	} {
		door.Register(a.api)
	}
	a.measure()
	a.mountRest()
	return a.mountUploads()
}

// mountRest serves what is no operation: sockets, uploads, media, pages, health.
func (a *App) mountRest() {
	r := a.api.Router()
	a.news.Mount(func(pattern string, h http.Handler) { r.Handle(pattern, h) })
	r.Handle(catalog.MediaPrefix+"*", a.blobs.Handler(catalog.MediaPrefix))
	r.HandleFunc("/replay/{room}/*", a.replay)
	rtc := a.rtc.Handler()
	for _, path := range []string{"/whip", "/whip/*", "/whep/*"} {
		r.Handle(path, rtc)
	}
	edge := hooks.Server{Secret: a.cfg.Live.HookSecret, Log: a.log, Handler: live.Edge{
		Service: a.Live, Playlists: map[string]string{
			hooks.SRS:       a.cfg.Live.SRSHLS,
			hooks.NginxRTMP: a.cfg.Live.NginxHLS,
		},
	}}
	r.HandleFunc("/hooks/srs", edge.ServeSRS)
	r.HandleFunc("/hooks/nginx-rtmp", edge.ServeNginxRTMP)
	r.Get("/healthz", func(w http.ResponseWriter, _ *http.Request) { a.writeText(w, "ok\n") })
	r.Get("/readyz", a.ready)
	r.Handle("/metrics", a.metrics.Handler())
	pages := newPages(web.Dist(), a)
	picture := a.hub.Handler()
	// A page /live/{room} and its picture /live/{room}/index.m3u8 share a folder.
	r.HandleFunc("/live/{room}/*", func(w http.ResponseWriter, r *http.Request) {
		if a.mayWatch(w, r) {
			picture.ServeHTTP(w, r)
		}
	})
	r.Get("/*", pages.ServeHTTP)
	r.Head("/*", pages.ServeHTTP)
}

// origins are where players may fetch pictures beside here.
func origins(playlists ...string) (out []string) {
	for _, p := range playlists {
		if u, err := url.Parse(p); err == nil && u.Host != "" {
			out = append(out, u.Scheme+"://"+u.Host)
		}
	}
	return out
}

func (a *App) writeText(w http.ResponseWriter, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if _, err := w.Write([]byte(text)); err != nil {
		a.log.Debug("answer not written", "error", err)
	}
}

// ready says whether this node can serve: its database answers.
func (a *App) ready(w http.ResponseWriter, r *http.Request) {
	if err := a.db.Ping(r.Context()); err != nil {
		a.api.WriteProblem(w, r, fault.Unavailable("system.not_ready").Because(err))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(map[string]string{"database": "ok"}); err != nil {
		a.log.Debug("answer not written", "error", err)
	}
}

// replay serves the newest show of a room from its recordings.
func (a *App) replay(w http.ResponseWriter, r *http.Request) {
	var room id.Room
	if err := room.UnmarshalText([]byte(r.PathValue("room"))); err != nil || room.IsZero() {
		a.api.WriteProblem(w, r, fault.NotFound("live.no_replay"))
		return
	}
	show, err := a.Live.Find(r.Context(), room)
	if err != nil {
		a.api.WriteProblem(w, r, err)
		return
	}
	if !a.mayWatch(w, r) {
		return
	}
	marks, err := a.Live.StreamMarks(r.Context(), show)
	if err != nil {
		a.api.WriteProblem(w, r, err)
		return
	}
	record.Show{Root: a.recordings(), StreamID: room.String(), Since: show.StartedAt, Marks: marks}.Serve(w, r,
		r.PathValue("*"))
}

// systemAPI is what belongs to no module.
type systemAPI struct{ a *App }

// Register adds the operations.
func (s systemAPI) Register(api *httpapi.API) {
	httpapi.Register(api, httpapi.Operation{
		ID: "config-get", Method: "GET", Path: "/config", Access: httpapi.Anyone,
		Summary: "What a client needs to know of the installation",
	}, s.config)
	httpapi.Register(api, httpapi.Operation{
		ID: "admin-ledger", Method: "GET", Path: "/admin/ledger",
		Access: httpapi.OperatorOnly, Summary: "The trial balance",
	}, s.ledger)
}

type configView struct {
	Name             string   `json:"name"`
	Currency         string   `json:"currency"`
	CurrencyExponent int      `json:"currency_exponent"`
	AfterSaleDays    float64  `json:"after_sale_days"`
	PayMinutes       float64  `json:"pay_minutes"`
	Sandbox          bool     `json:"sandbox"`
	UploadMax        int64    `json:"max_upload_bytes"`
	Languages        []string `json:"languages"`
	TimeZone         string   `json:"time_zone" doc:"Whose midnight begins a day in figures"`
}

func (s systemAPI) config(context.Context, *struct{}) (*httpapi.Body[configView], error) {
	c := s.a.cfg
	return httpapi.OK(configView{
		Name: c.Mall.Name, Currency: string(c.Mall.Currency), CurrencyExponent: c.Mall.Currency.Exponent(),
		AfterSaleDays: c.Distribution.AfterSale.Hours() / 24, PayMinutes: c.Order.PayWithin.Minutes(),
		Sandbox:   c.Payment.Sandbox,
		UploadMax: c.Video.UploadMax, Languages: []string{"zh-CN", "en"}, TimeZone: c.Mall.TimeZone,
	}, nil)
}

type accountView struct {
	Code    int    `json:"code"`
	Kind    string `json:"kind"`
	Debits  int64  `json:"debits"`
	Credits int64  `json:"credits"`
	Balance int64  `json:"balance"`
}

type currencyView struct {
	Currency money.Currency `json:"currency"`
	Accounts []accountView  `json:"accounts"`
	Debits   int64          `json:"debits"`
	Credits  int64          `json:"credits"`
}

type ledgerView struct {
	Currencies []currencyView `json:"currencies"`
	Balanced   bool           `json:"balanced"`
}

func (s systemAPI) ledger(ctx context.Context, _ *struct{}) (*httpapi.Body[ledgerView], error) {
	books, err := ledger.TrialBalance(ctx, s.a.db.Reader())
	v := ledgerView{Currencies: []currencyView{}, Balanced: true}
	for _, b := range books {
		c := currencyView{Currency: b.Currency, Debits: b.Debits, Credits: b.Credits}
		for _, t := range b.Accounts {
			c.Accounts = append(c.Accounts, accountView{int(t.Kind), t.Kind.Name(), t.Debits, t.Credits, t.Balance})
		}
		v.Currencies, v.Balanced = append(v.Currencies, c), v.Balanced && b.Balanced()
	}
	return httpapi.OK(v, err)
}
