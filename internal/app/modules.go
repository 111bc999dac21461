package app

import (
	"slices"

	"hawker/internal/account"
	"hawker/internal/analytics"
	"hawker/internal/auction"
	"hawker/internal/audience"
	"hawker/internal/auditlog"
	"hawker/internal/card"
	"hawker/internal/cart"
	"hawker/internal/catalog"
	"hawker/internal/category"
	"hawker/internal/chat"
	"hawker/internal/checkout"
	"hawker/internal/clip"
	"hawker/internal/counter"
	"hawker/internal/coupon"
	"hawker/internal/deadletter"
	"hawker/internal/demo"
	"hawker/internal/direct"
	"hawker/internal/distribution"
	"hawker/internal/front"
	"hawker/internal/fulfilment"
	"hawker/internal/home"
	"hawker/internal/ingest"
	"hawker/internal/inventory"
	"hawker/internal/ledger"
	"hawker/internal/luckybag"
	"hawker/internal/mailbox"
	"hawker/internal/media/ffmpeg"
	"hawker/internal/media/ladder"
	"hawker/internal/media/relay"
	"hawker/internal/media/rtmp"
	"hawker/internal/media/stream"
	"hawker/internal/media/upload"
	"hawker/internal/media/whip"
	"hawker/internal/moderation"
	"hawker/internal/notify"
	"hawker/internal/operator"
	"hawker/internal/order"
	"hawker/internal/payment"
	"hawker/internal/picture"
	"hawker/internal/platform/blob"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/module"
	"hawker/internal/promotion"
	"hawker/internal/referral"
	"hawker/internal/replay"
	"hawker/internal/rights"
	"hawker/internal/room"
	"hawker/internal/sandbox"
	"hawker/internal/shelf"
	"hawker/internal/shop"
	"hawker/internal/show"
	"hawker/internal/signin"
	"hawker/internal/site"
	"hawker/internal/social"
	"hawker/internal/stage"
	"hawker/internal/storeroom"
	"hawker/internal/studio"
	"hawker/internal/video"
	"hawker/web"
)

// services are the modules' rules, in the order in which each finds its ports.
type services struct {
	shops        *shop.Service
	accounts     *account.Service
	signin       *signin.Service
	mailbox      *mailbox.Service
	operator     *operator.Service
	pictures     *picture.Service
	categories   *category.Service
	catalog      *catalog.Service
	social       *social.Service
	words        *moderation.Service
	notices      *notify.Service
	rooms        *room.Service
	shows        *show.Service
	coupons      *coupon.Service
	promotions   *promotion.Service
	orders       *order.Service
	cart         *cart.Service
	referrals    *referral.Service
	distribution *distribution.Distribution
	checkout     *checkout.Service
	auctions     *auction.Service
	bags         *luckybag.Service
	hub          *stream.Hub
	homes        *home.Service // nil where there is one node
	ladder       *ladder.Ladder
	relays       *relay.Relay
	rtc          *whip.Server
	shelf        *shelf.Service
	chat         *chat.Service
	audience     *audience.Service
	restreams    *ingest.Restreams
	stage        *stage.Service
	ingest       *ingest.Service
	bank         *sandbox.Keeper
	payments     *payment.Service
	fulfilment   *fulfilment.Service
	uploads      *upload.Store
	videos       *video.Service
	clips        *clip.Service
	analytics    *analytics.Service
}

func newServices(p *platform, localURL func() string) (s services, err error) {
	currency := p.cfg.Mall.Currency
	s.openPeople(p)
	s.pictures = picture.New(p.db, p.blobs)
	s.categories, s.cart, s.catalog = category.New(p.db), cart.New(p.db), catalog.New(p.db, s.pictures)
	s.social, s.words = social.New(p.db, s.shops), moderation.New(p.db)
	s.notices = notify.New(p.db, p.log, p.news)
	s.rooms = room.New(room.Options{
		DB: p.db, Box: p.box, Notices: s.notices, Part: p.cfg.Live.Part,
		Ladder: ladder.Affordable(), Renditions: p.cfg.Live.Ladder.Renditions,
	})
	s.shows = show.New(show.Options{DB: p.db, Rooms: s.rooms, Staff: s.shops, Archive: p.archive, CDN: p.cfg.CDN})
	s.coupons = coupon.New(coupon.Deps{
		DB: p.db, Log: p.log, Catalog: s.catalog, Shops: s.shops, Rooms: s.shows, News: p.news, Currency: currency,
	})
	s.promotions = promotion.New(promotion.Deps{
		DB: p.db, Log: p.log, Catalog: s.catalog, Coupons: s.coupons, Rooms: s.shows, News: p.news, Currency: currency,
		Terms: promotion.Terms{HoldDeal: p.cfg.Order.PayDealWithin},
	})
	s.orders = order.New(p.db, p.box, order.TermsOf(p.cfg.Order, p.zone), coupon.Book(), promotion.Book(),
		luckybag.Book())
	links := referral.Settings{BindFor: p.cfg.Distribution.BindFor, PublicURL: p.cfg.PublicURL}
	s.referrals = referral.New(p.db, links, s.accounts)
	s.distribution, err = distribution.New(p.db, distribution.SettingsOf(p.cfg, p.zone), s.referrals,
		distribution.Goods{Products: s.catalog, Draw: &catalog.API{DB: p.db, Shops: s.shops, Currency: currency}})
	if err != nil {
		return s, err
	}
	s.checkout = checkout.New(checkout.Options{
		DB: p.db, Orders: s.orders, Addresses: s.accounts, Attribution: s.distribution,
		Prices: checkout.Prices{Currency: currency, Shipping: p.cfg.Mall.Shipping},
		Tools: checkout.Tools{
			Promotions: s.promotions, HoldDeal: s.promotions.Terms.HoldDeal, Evidence: shelf.Evidence{},
			Proofs: s.proofs(p),
		},
	})
	s.auctions = auction.New(auction.Deps{
		DB: p.db, Log: p.log, Orders: s.checkout, Rooms: s.shows, Staff: s.shops, Addresses: s.accounts,
		Names: s.accounts, News: p.news, Notices: s.notices, Currency: currency,
	})
	s.bags = luckybag.New(luckybag.Deps{
		DB: p.db, Box: p.box, Log: p.log, Orders: s.checkout, Rooms: s.shows, Follows: s.social, Names: s.accounts,
		News: p.news, Notices: s.notices, Gate: httpapi.Authorizer{Staff: s.shops, Rooms: s.rooms}, Currency: currency,
	})
	s.openLive(p)
	s.openPayments(p, localURL)
	s.fulfilment, s.analytics = fulfilment.New(p.db, s.orders), analytics.New(p.db, p.zone)
	return s, s.openVideos(p)
}

func (s *services) openLive(p *platform) {
	c := p.cfg.Live
	kept := replay.Within{Archive: p.recordings, Reserve: p.reserve}
	s.hub = stream.NewHub(stream.Config{Clock: p.clock, Log: p.log, Archive: kept, StreamsMax: c.StreamsMax})
	s.ladder = ladder.New(ladder.Config{
		Hub: s.hub, Clock: p.clock, Log: p.log, Program: c.FFmpeg, StreamsMax: c.Ladder.StreamsMax,
	})
	caller := rtmp.Dialer{Connect: p.calls.DialContext}
	s.relays = relay.New(relay.Config{Hub: s.hub, Clock: p.clock, Log: p.log, Dialer: caller})
	s.homes = home.New(home.Options{
		DB: p.db, Log: p.log, Hub: s.hub, Nodes: p.nodes(), Trusted: p.cfg.TrustedNetworks(), Memory: p.cfg.Edge.Memory,
	})
	s.openRooms(p, room.News{Publisher: p.news, Log: p.log})
	watching := ingest.Watching{Rooms: s.rooms, Staff: s.shops}
	s.hub.Open(stream.Callbacks{Admission: s.ingest, Observer: s.ingest, Store: s.ingest, Playback: watching})
	s.rtc = whip.New(whip.Config{
		Hub: s.hub, Log: p.log, Clock: p.clock, FFmpeg: c.FFmpeg, UDP: c.WebRTCUDP, TCP: c.WebRTCTCP,
		PublicIPs: c.WebRTCIPs, MayPlay: watching.MayPlayRTC, Caller: ingest.Caller,
		Allow: ingest.SessionsAtARate(p.engines.Limiter("whip")),
	})
}

// openRooms makes what happens in rooms, over the engine that they ask.
func (s *services) openRooms(p *platform, news room.News) {
	s.shelf = shelf.New(shelf.Options{DB: p.db, Log: p.log, Catalog: s.catalog, News: news, Picture: s.hub})
	s.chat = chat.New(chat.Options{
		DB: p.db, Log: p.log, Shows: s.shows, Catalog: s.catalog, Shops: s.shops, Staff: s.shops, News: news,
		Words: s.words, Follows: s.social, Limiter: p.engines.Limiter("chat"), People: s.accounts,
		Listener: s.bags, Sockets: p.news,
	})
	s.audience = audience.New(audience.Options{
		DB: p.db, Log: p.log, Shows: s.shows, News: news, Words: s.words, People: s.accounts, Chat: s.chat,
	})
	s.restreams = ingest.NewRestreams(p.db, p.box, s.rooms, s.relays, p.calls)
	fronts := front.New(front.Options{
		DB: p.db, Log: p.log, Guard: p.guard, Hub: s.hub, Live: p.cfg.Live, App: ingest.App,
	})
	s.stage = stage.New(stage.Options{
		DB: p.db, Log: p.log, Rooms: s.rooms, Shows: s.shows, Shelf: s.shelf, News: news, Picture: s.hub,
		Sender: s.restreams, Sockets: p.news, Nodes: p.nodes(), Followers: s.social, Notices: s.notices, Fronts: fronts,
	})
	s.ingest = ingest.New(ingest.Options{
		DB: p.db, Log: p.log, Rooms: s.rooms, Shows: s.shows, Shelf: s.shelf, Stage: s.stage,
		Anyone: p.cfg.Live.OpenPublish, Part: p.cfg.Live.Part, Moved: s.homes.Moved, Fronts: fronts,
	})
}

func (s *services) openPayments(p *platform, localURL func() string) {
	s.bank = sandbox.NewKeeper(sandbox.KeeperConfig{
		Addr: p.cfg.Payment.SandboxAddr, Dir: p.cfg.Path("sandbox"), PID: p.cfg.Path("sandbox.pid"),
		Clock: p.clock, Log: p.log,
	})
	providers := map[string]payment.Provider{}
	if p.cfg.Payment.Sandbox {
		providers[payment.SandboxName] = payment.NewSandbox(payment.SandboxOptions{
			DB: p.db, Box: p.box, BaseURL: s.bank.URL(), Transport: s.bank,
			NotifyURL: func() string { return localURL() + payment.SandboxNotify },
		})
	}
	s.payments = payment.New(p.db, p.log, s.orders, s.distribution, providers)
}

func (s *services) openVideos(p *platform) (err error) {
	if s.uploads, err = upload.NewStore(p.cfg.Path("uploads"), p.clock, video.Claims{DB: p.db}); err != nil {
		return err
	}
	if shared := p.engines.Shared("uploads"); shared != nil {
		s.uploads.ShareBy(blob.SharedUploads{Blobs: shared})
	}
	s.videos = video.New(video.Options{
		DB: p.db, Log: p.log, Uploads: s.uploads, Blobs: p.blobs, Tool: ffmpeg.New(p.cfg.Live.FFmpeg, p.clock),
		Catalog: s.catalog, Staff: s.shops, WorkDir: p.node.Dir(), DurationMax: p.cfg.Video.DurationMax,
		Workers: p.cfg.Video.Workers, Seal: p.box, Base: p.cfg.CDN.Videos,
	})
	s.clips = clip.New(clip.Options{
		DB: p.db, Log: p.log, Archive: p.archive, Uploads: s.uploads, Videos: s.videos, Catalog: s.catalog,
		Rooms: s.rooms, Max: p.cfg.Video.DurationMax,
	})
	return nil
}

// list is what the modules bring, in the order in which they are recovered; they
// are closed the other way round.
func (a *App) list(withDemo bool) ([]module.Module, error) {
	cur, c := a.cfg.Mall.Currency, a.cfg.Video
	orders := counter.Views{
		Service: a.orders, Shops: a.shops, Payments: a.payments, Shipments: a.fulfilment, Replays: a.shows,
	}
	goods := &catalog.API{Service: a.catalog, DB: a.db, Shops: a.shops, Live: a.shelf, Videos: a.videos, Currency: cur}
	films := video.Views{Service: a.videos, Shops: a.shops, People: a.accounts, Goods: goods, Rooms: a.shows}
	uploads, err := video.UploadModule(a.uploads, upload.Door{
		SizeMax: c.UploadMax, Refuse: a.api.WriteProblem, Space: a.reserve.ForUpload, Quota: direct.Quota(c),
	})
	return slices.Concat(a.people(), a.selling(goods, orders), a.live(), []module.Module{
		video.API{Service: a.videos, Links: a.referrals, News: a.news, Views: films}.Module(),
		uploads, direct.New(a.db, a.engines.Direct("uploads"), a.uploads, c).Module(),
		a.clips.Module(), deadletter.API{DB: a.db}.Module(), Vault(a.cfg, a.log, a.clock).Module(a.db),
		auditlog.API{DB: a.db, People: a.accounts}.Module(), a.watch(), a.bank.Module(a.cfg.Payment.Sandbox, withDemo),
		analytics.API{
			Service: a.analytics, Shows: analytics.Sessions{Rooms: a.shows, Listeners: a.news}, Currency: cur,
			Log: a.log,
		}.Module(),
		demo.Player{On: withDemo, Addr: a.RTMPAddr, Turn: demo.TurnIn(a.db), Clock: a.clock, Log: a.log}.Module(),
		site.API{
			Config: a.cfg, DB: a.db, Log: a.log, Dist: web.Dist(), Metrics: a.metrics.Handler(),
			Problem: a.api.WriteProblem, Providers: a.payments.Providers(), Degraded: a.engines.Degraded,
			Cards: card.Things{
				DB: a.db, Catalog: a.catalog, Rooms: a.rooms, Videos: a.videos, Shops: a.shops, Mall: a.cfg.Mall.Name,
				Currency: cur,
			}.Tellers(),
		}.Module(),
	}), err
}

// selling is what selling and buying bring.
func (a *App) selling(goods *catalog.API, orders counter.Views) []module.Module {
	currency := a.cfg.Mall.Currency
	return []module.Module{
		inventory.Module(), ledger.API{DB: a.db}.Module(),
		shop.API{Service: a.shops, People: a.accounts, Trades: a.analytics}.Module(),
		picture.API{Service: a.pictures, Guards: a.videos.Guards()}.Module(),
		category.API{Service: a.categories}.Module(), a.notices.Module(),
		goods.Module(), storeroom.API{Service: a.catalog, DB: a.db, Currency: currency}.Module(),
		social.API{Service: a.social}.Module(), rights.Module(a.news, a.rooms), a.auctions.Module(), a.bags.Module(),
		moderation.API{Service: a.words, People: a.accounts}.Module(),
		cart.API{Service: a.cart, Shops: a.shops, Currency: currency}.Module(),
		a.coupons.Module(), a.promotions.Module(), a.orders.Module(),
		counter.API{Views: orders, DB: a.db, Notices: a.notices}.Module(),
		referral.API{Service: a.referrals, Clock: a.clock, Log: a.log, Secure: a.cfg.Secure()}.Module(),
		distribution.API{Service: a.distribution, Clock: a.clock}.Module(),
		checkout.API{
			Service: a.checkout, DB: a.db, Orders: a.orders, Views: orders, Shops: a.shops,
			PerMinute: a.cfg.Order.PerMinute,
		}.Module(),
		payment.API{Service: a.payments, Notices: a.notices, Owners: a.shops}.Module(),
		fulfilment.API{Service: a.fulfilment, Orders: a.orders, Views: orders}.Module(),
	}
}

// live is what rooms and their pictures bring.
func (a *App) live() []module.Module {
	shown := shelf.Views{Service: a.shelf, Prices: a.promotions, Currency: a.cfg.Mall.Currency}
	views := studio.Views{
		Clock: a.clock, Rooms: a.rooms, Shows: a.shows, Shelf: shown, Chat: a.chat,
		News: room.News{Publisher: a.news, Log: a.log}, Follows: a.social, Words: a.words, Shops: a.shops,
		People: a.accounts, Picture: a.hub, Promoters: a.referrals, Ladders: a.ladder, Currency: a.cfg.Mall.Currency,
	}
	return []module.Module{
		a.rooms.Module(), a.shows.Module(), a.shelf.Module(shown, a.shows), a.chat.Module(), a.audience.Module(),
		a.stage.Module(), a.ingest.Module(a.restreams),
		studio.Module(studio.API{Views: views, Links: a.referrals}, studio.MerchantAPI{
			Stage: a.stage, Views: views, Media: a.pictures, Orders: a.orders, Staff: a.shops,
			IngestApp: ingest.App, EdgeRTMP: a.cfg.Live.EdgeRTMP, RTMPPort: a.rtmpPort,
		}),
		ingest.Engine{
			Service: a.ingest, Hub: a.hub, WebRTC: a.rtc, Ladder: a.ladder, Relays: a.relays,
			HookSecret: a.cfg.Live.HookSecret, Listeners: a.news, Log: a.log, Enter: a.homes.Or(a.hub.Enter),
		}.Module(),
		replay.API{Archive: a.archive, Shows: a.shows, Shelf: a.shelf, Problem: a.api.WriteProblem}.Module(),
	}
}
