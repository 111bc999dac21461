package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/page"
	"hawker/internal/base/permission"
	"hawker/internal/live"
	"hawker/internal/media/hooks"
	"hawker/internal/media/record"
	"hawker/internal/media/stream"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/module"
	"hawker/internal/platform/realtime"
	"hawker/internal/platform/schedule"
	"hawker/internal/platform/telemetry"
	"hawker/internal/shop"
)

// liveModule is what rooms and their pictures bring.
func (a *App) liveModule() module.Module {
	views := live.Views{
		Service: a.rooms, Shops: a.shops, People: a.accounts, Promoters: promoters{a.distribution},
		Prices:  a.promotions,
		Ladders: a.ladder, Currency: a.cfg.Mall.Currency,
	}
	announce, jobs := a.rooms.Announcements(a.notices)
	return module.Module{
		Name: "live",
		Operations: []module.Operations{
			live.API{Service: a.rooms, Views: views, Links: a.distribution, Staff: a.shops},
			live.MerchantAPI{
				Service: a.rooms, Views: views, Media: a.pictures, Orders: a.orders, Staff: a.shops,
				EdgeRTMP: a.cfg.Live.EdgeRTMP, RTMPPort: a.rtmpPort,
			},
			live.ModerateAPI{Service: a.rooms},
			live.RestreamAPI{Service: a.rooms},
		},
		Routes:        a.liveRoutes(),
		Channels:      []realtime.Channel{a.rooms.Channel(a.shops), shopChannel(), userChannel()},
		Subscriptions: append(announce, a.rooms.Subscriptions(a.accounts)...),
		Jobs:          jobs,
		Tasks: []schedule.Task{
			{Name: "live.paused", Every: 5 * time.Second, Do: a.rooms.Sweep},
			{Name: "live.recordings", Every: 10 * time.Minute, Do: func(ctx context.Context) error {
				return a.rooms.SweepRecordings(ctx, archive{a.recordings()})
			}},
			{Name: "live.reminders", Every: 20 * time.Second, Do: func(ctx context.Context) error {
				return a.rooms.SweepReminders(ctx, a.notices)
			}},
		},
		Runners: []module.Runner{
			{Name: "live.ladder", Run: a.ladder.Run}, {Name: "live.stats", Run: a.rooms.RunStats},
		},
		Measure: a.measure,
		Recover: a.recoverLive,
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
	edge := hooks.Server{Secret: a.cfg.Live.HookSecret, Log: a.log, Handler: live.Edge{
		Service: a.rooms, Playlists: map[string]string{
			hooks.SRS: a.cfg.Live.SRSHLS, hooks.NginxRTMP: a.cfg.Live.NginxHLS,
		},
	}}
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

// recoverLive takes up what a crash left: shows that were on air.
func (a *App) recoverLive(ctx context.Context) error {
	err := a.rooms.Recover(ctx, func(room id.Room) bool {
		recs, err := record.Scan(a.recordings(), room.String())
		return err == nil && len(recs) > 0
	})
	return errors.Join(err, a.rooms.StartRelays(ctx))
}

// replay serves the newest show of a room from its recordings.
func (a *App) replay(w http.ResponseWriter, r *http.Request) {
	var room id.Room
	if err := room.UnmarshalText([]byte(r.PathValue("room"))); err != nil {
		a.api.WriteProblem(w, r, fault.NotFound("live.no_replay"))
		return
	}
	show, err := a.rooms.Find(r.Context(), room)
	if err != nil {
		a.api.WriteProblem(w, r, err)
		return
	}
	marks, err := a.rooms.StreamMarks(r.Context(), show)
	if err != nil {
		a.api.WriteProblem(w, r, err)
		return
	}
	record.Show{
		Root: a.recordings(), StreamID: room.String(), Since: show.StartedAt, Marks: marks,
	}.Serve(w, r, r.PathValue("*"))
}

// watching guards the pictures of rooms that nobody reaches through the door: in
// RTMP nobody signs in, and WHEP asks by the stream.
type watching struct {
	rooms *live.Service
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

func (a archive) Remove(room id.Room, folder string) error {
	if !filepath.IsLocal(folder) {
		return fmt.Errorf("recording %q is not below its room", folder)
	}
	return os.RemoveAll(filepath.Join(a.root, room.String(), folder))
}

// onAir tells which shops are live.
type onAir struct{ rooms *live.Service }

// RoomsOnAir implements video.LiveRooms.
func (o onAir) RoomsOnAir(ctx context.Context, shops []id.Shop) (map[id.Shop]id.Room, error) {
	out := map[id.Shop]id.Room{}
	for _, shop := range shops {
		if _, asked := out[shop]; asked {
			continue
		}
		p, err := o.rooms.List(ctx, shop, live.Live, false, page.Request{Limit: 1})
		if err != nil {
			return nil, err
		}
		out[shop] = id.Room{}
		if len(p.Items) > 0 {
			out[shop] = p.Items[0].ID
		}
	}
	return out, nil
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
			viewers = a.rooms.Viewers(room)
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
