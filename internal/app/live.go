package app

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/permission"
	"hawker/internal/ingest"
	"hawker/internal/media/record"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/module"
	"hawker/internal/platform/realtime"
	"hawker/internal/room"
	"hawker/internal/shelf"
	"hawker/internal/show"
	"hawker/internal/studio"
)

// liveModules are what rooms bring.
func (a *App) liveModules() []module.Module {
	return []module.Module{
		a.rooms.Module(), a.shows.Module(), a.shelf.Module(a.shelfViews(), a.shows), a.chat.Module(),
		a.audience.Module(), a.stage.Module(), a.studio(), a.ingest.Module(a.restreams, a.recorded), a.engine(),
		a.replays(), a.sockets(),
	}
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

// replays are served from recordings.
func (a *App) replays() module.Module {
	return module.Module{Name: "replay", Routes: []httpapi.Route{{
		Pattern: "/replay/{room}/*", Access: httpapi.RoomVisitor, Handler: http.HandlerFunc(a.replay),
	}}}
}

// recorded tells whether a recording of a show is there.
func (a *App) recorded(x show.Show) bool {
	recs, err := a.recording(x).Recordings()
	return err == nil && len(recs) > 0
}

// recording is where a show is kept. The first show of a room, of before shows had
// folders, bears the room's number.
func (a *App) recording(x show.Show) record.Show {
	r := record.Show{From: os.DirFS(a.recordings()), StreamID: x.Room.String(), Show: x.ID.String(), Since: x.StartedAt}
	if x.ID.Int() == x.Room.Int() {
		r.Show = ""
	}
	return r
}

// replay serves a show of a room from its recordings, the newest if none is named.
func (a *App) replay(w http.ResponseWriter, r *http.Request) {
	x, name, err := a.replayed(r)
	if err != nil {
		a.api.WriteProblem(w, r, err)
		return
	}
	marks, err := a.shelf.StreamMarks(r.Context(), x.ID)
	if err != nil {
		a.api.WriteProblem(w, r, err)
		return
	}
	rec := a.recording(x)
	rec.Marks, rec.Private = marks, httpapi.PassFrom(r.Context()).Room.Private()
	rec.Serve(w, r, name)
}

func (a *App) replayed(r *http.Request) (x show.Show, name string, err error) {
	var of id.Room
	if err := of.UnmarshalText([]byte(r.PathValue("room"))); err != nil {
		return x, "", fault.NotFound("live.no_replay")
	}
	name = r.PathValue("*")
	if first, rest, ok := strings.Cut(name, "/"); ok {
		var named id.Show
		if named.UnmarshalText([]byte(first)) == nil && !named.IsZero() {
			x, err = a.shows.Find(r.Context(), of, named)
			return x, rest, err
		}
	}
	st, err := a.shows.Standing(r.Context(), of)
	if x = st.Current(); err == nil && (x.ID.IsZero() || x.Rehearsal) {
		err = fault.NotFound("live.no_replay")
	}
	return x, name, err
}

// archive is where recordings lie.
type archive struct{ root string }

// Remove implements show.Archive.
func (a archive) Remove(room id.Room, show id.Show, folder string) error {
	if !filepath.IsLocal(folder) {
		return fmt.Errorf("recording %q is not below its room", folder)
	}
	below := filepath.Join(a.root, room.String())
	if show.IsZero() || show.Int() == room.Int() { // of before shows had folders
		return os.RemoveAll(filepath.Join(below, folder))
	}
	if err := os.RemoveAll(filepath.Join(below, show.String(), folder)); err != nil {
		return err
	}
	if err := os.Remove(filepath.Join(below, show.String())); err != nil && !errors.Is(err, syscall.ENOTEMPTY) &&
		!errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}
