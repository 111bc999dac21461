package app

import (
	"context"
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
	"hawker/internal/media/hooks"
	"hawker/internal/media/record"
	"hawker/internal/media/stream"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/module"
	"hawker/internal/platform/realtime"
	"hawker/internal/platform/telemetry"
	"hawker/internal/room"
	"hawker/internal/shelf"
	"hawker/internal/shop"
	"hawker/internal/show"
	"hawker/internal/studio"
)

// liveModules are what rooms bring.
func (a *App) liveModules() []module.Module {
	return []module.Module{
		a.rooms.Module(), a.shows.Module(), a.shelf.Module(a.shelfViews(), a.shows), a.chat.Module(),
		a.audience.Module(), a.stage.Module(), a.studio(), a.ingest.Module(a.restreams, a.recorded), a.engine(),
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
		People: a.accounts, Picture: a.hub, Promoters: promoters{a.distribution}, Ladders: a.ladder,
		Currency: a.cfg.Mall.Currency,
	}
	return studio.Module(studio.API{Views: views, Links: a.distribution}, studio.MerchantAPI{
		Stage: a.stage, Views: views, Media: a.pictures, Orders: a.orders, Staff: a.shops, IngestApp: ingest.App,
		EdgeRTMP: a.cfg.Live.EdgeRTMP, RTMPPort: a.rtmpPort,
	})
}

// engine is what the pictures of rooms bring.
func (a *App) engine() module.Module {
	return module.Module{
		Name: "live", Routes: a.liveRoutes(), Channels: []realtime.Channel{shopChannel(), userChannel()},
		Runners: []module.Runner{{Name: "live.ladder", Run: a.ladder.Run}}, Measure: a.measure,
		Close: func(ctx context.Context) error {
			err := a.rtc.Close(ctx)
			a.relays.Close()
			return errors.Join(err, a.hub.Shutdown(ctx))
		},
	}
}

func shopChannel() realtime.Channel {
	return realtime.Channel{
		Name: "shop", Access: httpapi.Staff(permission.OrdersRead),
		Subject: func(id string) httpapi.Subject { return httpapi.Subject{Shop: id} },
	}
}

func userChannel() realtime.Channel {
	return realtime.Channel{
		Name: "user", Access: httpapi.Self,
		Subject: func(id string) httpapi.Subject { return httpapi.Subject{User: id} },
	}
}

func (a *App) liveRoutes() []httpapi.Route {
	edge := hooks.Server{Secret: a.cfg.Live.HookSecret, Log: a.log, Handler: ingest.Edge{Service: a.ingest}}
	rtc := a.rtc.Handler()
	return append(a.news.Routes(),
		// A page /live/{room} and its picture /live/{room}/index.m3u8 share a folder.
		httpapi.Route{
			Pattern: "/live/{room}/*", Access: httpapi.RoomVisitor, Unlisted: true, Handler: a.hub.Handler(),
			Note: func(ctx context.Context, s httpapi.Subject) context.Context { return a.hub.Asking(ctx, s.Room) },
		},
		httpapi.Route{
			Pattern: "/replay/{room}/*", Access: httpapi.RoomVisitor, Handler: http.HandlerFunc(a.replay),
		},
		httpapi.Route{Pattern: "/whip", Access: httpapi.Signed, Handler: rtc},
		httpapi.Route{Pattern: "/whip/*", Access: httpapi.Signed, Handler: rtc},
		httpapi.Route{Pattern: "/whep/{room}", Access: httpapi.RoomVisitor, Unlisted: true, Handler: rtc},
		httpapi.Route{Pattern: "/whep/{room}/*", Access: httpapi.RoomVisitor, Unlisted: true, Handler: rtc},
		httpapi.Route{Pattern: "/hooks/srs", Access: httpapi.Signed, Handler: http.HandlerFunc(edge.ServeSRS)},
		httpapi.Route{
			Pattern: "/hooks/nginx-rtmp", Access: httpapi.Signed, Handler: http.HandlerFunc(edge.ServeNginxRTMP),
		},
	)
}

// recorded tells whether a recording of a show is there.
func (a *App) recorded(x show.Show) bool {
	recs, err := a.recording(x).Recordings()
	return err == nil && len(recs) > 0
}

// recording is where a show is kept. The first show of a room, of before shows had
// folders, bears the room's number.
func (a *App) recording(x show.Show) record.Show {
	r := record.Show{Root: a.recordings(), StreamID: x.Room.String(), Show: x.ID.String(), Since: x.StartedAt}
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

// watching guards the pictures of rooms that nobody reaches through the door: in
// RTMP nobody signs in, and WHEP asks by the stream.
type watching struct {
	rooms *room.Service
	staff *shop.Service
}

// MayPlay implements stream.Playback.
func (p watching) MayPlay(ctx context.Context, r stream.PlayRequest) error {
	return p.MayPlayRTC(ctx, r.StreamID, nil)
}

// MayPlayRTC guards WHEP.
func (p watching) MayPlayRTC(ctx context.Context, streamID string, _ *http.Request) error {
	var room id.Room
	if room.UnmarshalText([]byte(streamID)) != nil {
		return nil // an unlisted stream of open publishing
	}
	auth := httpapi.Authorizer{Staff: p.staff, Rooms: p.rooms}
	_, err := auth.Check(ctx, httpapi.RoomVisitor, httpapi.ActorFrom(ctx), httpapi.Subject{Room: streamID})
	return err
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

// measure adds what the operator of a mall with live rooms wants to see.
func (a *App) measure(m *telemetry.Metrics) {
	m.Table("room", []telemetry.Figure{
		{Name: "hawker_stream_bits_per_second", Help: "What the publisher of a stream sends."},
		{Name: "hawker_stream_frames_per_second", Help: "Frames per second of a stream."},
		{Name: "hawker_stream_keyframe_gap_seconds", Help: "Distance of the last two key frames of a stream."},
		{Name: "hawker_stream_dropped_frames", Help: "Frames of the present publisher that were left out as unusable."},
		{Name: "hawker_stream_readers", Help: "FLV, RTMP and WHEP players and restreams of a stream."},
		{Name: "hawker_stream_origin_bytes", Help: "What went out of this node by HTTP for a stream."},
		{Name: "hawker_room_viewers", Help: "Who is in a room."},
	}, a.streamRows)
	m.Gauge("hawker_streams", "Streams on air.", func() float64 {
		n := 0
		for _, h := range a.hub.Streams() {
			if h.Live {
				n++
			}
		}
		return float64(n)
	})
	m.Gauge("hawker_webrtc_publishers", "Browsers that publish by WHIP.", func() float64 {
		n, _ := a.rtc.Counts()
		return float64(n)
	})
	m.Gauge("hawker_webrtc_viewers", "Viewers by WHEP.", func() float64 {
		_, n := a.rtc.Counts()
		return float64(n)
	})
}

func (a *App) streamRows() (rows []telemetry.Row) {
	for _, h := range a.hub.Streams() {
		if !h.Live {
			continue
		}
		viewers := 0
		var room id.Room
		if room.UnmarshalText([]byte(h.StreamID)) == nil {
			viewers = a.news.Listeners(realtime.RoomChannel(room))
		}
		for i, v := range []float64{
			float64(h.BitRate), h.FPS, h.KeyframeGap.Seconds(), float64(h.Dropped), float64(h.Readers),
			float64(h.OriginBytes), float64(viewers),
		} {
			rows = append(rows, telemetry.Row{Figure: i, Label: h.StreamID, Value: v})
		}
	}
	return rows
}
