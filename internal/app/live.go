package app

import (
	"hawker/internal/base/permission"
	"hawker/internal/ingest"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/module"
	"hawker/internal/platform/realtime"
	"hawker/internal/replay"
	"hawker/internal/room"
	"hawker/internal/shelf"
	"hawker/internal/studio"
)

// liveModules are what rooms bring.
func (a *App) liveModules() []module.Module {
	return []module.Module{
		a.rooms.Module(), a.shows.Module(), a.shelf.Module(a.shelfViews(), a.shows), a.chat.Module(),
		a.audience.Module(), a.stage.Module(), a.studio(), a.ingest.Module(a.restreams),
		a.engine(),
		a.replays().Module(), a.sockets(),
	}
}

func (a *App) replays() replay.API {
	return replay.API{Archive: a.archive(), Shows: a.shows, Shelf: a.shelf, Problem: a.api.WriteProblem}
}

func (a *App) shelfViews() shelf.Views {
	return shelf.Views{Service: a.shelf, Prices: a.promotions, Currency: a.cfg.Mall.Currency}
}

// studio is how rooms look as a whole.
func (a *App) studio() module.Module {
	views := studio.Views{
		Clock: a.clock, Rooms: a.rooms, Shows: a.shows, Shelf: a.shelfViews(), Chat: a.chat,
		News: room.News{Publisher: a.news, Log: a.log}, Follows: a.social, Words: a.words, Shops: a.shops,
		People: a.accounts, Picture: a.hub, Promoters: a.referrals, Ladders: a.ladder,
		Currency: a.cfg.Mall.Currency,
	}
	return studio.Module(studio.API{Views: views, Links: a.referrals}, studio.MerchantAPI{
		Stage: a.stage, Views: views, Media: a.pictures, Orders: a.orders, Staff: a.shops, IngestApp: ingest.App,
		EdgeRTMP: a.cfg.Live.EdgeRTMP, RTMPPort: a.rtmpPort,
	})
}

// engine is what the pictures of rooms bring.
func (a *App) engine() module.Module {
	return ingest.Engine{
		Service: a.ingest, Hub: a.hub, WebRTC: a.rtc, Ladder: a.ladder, Relays: a.relays,
		HookSecret: a.cfg.Live.HookSecret, Listeners: a.news, Log: a.log,
	}.Module()
}

// sockets are the door to news, and the channels that belong to no room: a shop's,
// for its staff, and each person's own.
func (a *App) sockets() module.Module {
	return module.Module{Name: "realtime", Routes: a.news.Routes(), Channels: []realtime.Channel{
		{
			Name: "shop", Access: httpapi.Staff(permission.OrdersRead),
			Subject: func(id string) httpapi.Subject { return httpapi.Subject{Shop: id} },
		},
		{
			Name: "user", Access: httpapi.Self,
			Subject: func(id string) httpapi.Subject { return httpapi.Subject{User: id} },
		},
	}}
}
