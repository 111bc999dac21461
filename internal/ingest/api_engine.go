package ingest

import (
	"context"
	"errors"
	"log/slog"
	"net/http"

	"hawker/internal/base/id"
	"hawker/internal/media/hooks"
	"hawker/internal/media/ladder"
	"hawker/internal/media/relay"
	"hawker/internal/media/stream"
	"hawker/internal/media/whip"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/module"
	"hawker/internal/platform/realtime"
	"hawker/internal/platform/telemetry"
	"hawker/internal/room"
)

// Engine is the machinery of the picture: where it comes in, how it goes out, and
// what watches it. Rooms ask it, it asks nobody but Service.
type Engine struct {
	Service    *Service
	Hub        *stream.Hub
	Enter      func(streamID string) http.Handler // what answers for /live/{room}/
	WebRTC     *whip.Server
	Ladder     *ladder.Ladder
	Relays     *relay.Relay
	HookSecret string
	Listeners  interface{ Listeners(channel string) int }
	Log        *slog.Logger
}

// Module is what the engine brings.
func (e Engine) Module() module.Module {
	return module.Module{
		Name: "live", Routes: e.routes(), Runners: []module.Runner{{Name: "live.ladder", Run: e.Ladder.Run}},
		Measure: e.measure,
		Close: func(ctx context.Context) error {
			err := e.WebRTC.Close(ctx)
			e.Relays.Close()
			return errors.Join(err, e.Hub.Shutdown(ctx))
		},
	}
}

func (e Engine) routes() []httpapi.Route {
	edge := hooks.Server{
		Secret: e.HookSecret, Log: e.Log, Handler: Edge{Service: e.Service}, Guesses: NewGuesses(e.Service.db.Clock()),
	}
	rtc := e.WebRTC.Handler()
	return []httpapi.Route{
		// A page /live/{room} and its picture /live/{room}/index.m3u8 share a folder.
		{
			Pattern: "/live/{room}/*", Access: httpapi.RoomVisitor, Unlisted: true, Direct: true,
			Enter: func(s httpapi.Subject) http.Handler { return e.Enter(s.Room) },
		},
		{Pattern: "/whip", Access: httpapi.Signed, Handler: rtc},
		{Pattern: "/whip/*", Access: httpapi.Signed, Handler: rtc},
		{Pattern: "/whep/{room}", Access: httpapi.RoomVisitor, Unlisted: true, AtPicture: true, Handler: rtc},
		{Pattern: "/whep/{room}/*", Access: httpapi.RoomVisitor, Unlisted: true, AtPicture: true, Handler: rtc},
		{Pattern: "/hooks/srs", Access: httpapi.Signed, Handler: http.HandlerFunc(edge.ServeSRS)},
		{
			Pattern: "/hooks/nginx-rtmp", Access: httpapi.Signed, Handler: http.HandlerFunc(edge.ServeNginxRTMP),
		},
	}
}

// Watching guards the pictures of rooms that nobody reaches through the door: in
// RTMP nobody signs in, and WHEP asks by the stream.
type Watching struct {
	Rooms *room.Service
	Staff httpapi.StaffRegister
}

// MayPlay implements stream.Playback.
func (p Watching) MayPlay(ctx context.Context, r stream.PlayRequest) error {
	return p.MayPlayRTC(ctx, r.StreamID, nil)
}

// MayPlayRTC guards WHEP.
func (p Watching) MayPlayRTC(ctx context.Context, streamID string, _ *http.Request) error {
	var room id.Room
	if room.UnmarshalText([]byte(streamID)) != nil {
		return nil // an unlisted stream of open publishing
	}
	auth := httpapi.Authorizer{Staff: p.Staff, Rooms: p.Rooms}
	_, err := auth.Check(ctx, httpapi.RoomVisitor, httpapi.ActorFrom(ctx), httpapi.Subject{Room: streamID})
	return err
}

// measure adds what the operator of a mall with live rooms wants to see.
func (e Engine) measure(m *telemetry.Metrics) {
	m.Table("room", []telemetry.Figure{
		{Name: "hawker_stream_bits_per_second", Help: "What the publisher of a stream sends."},
		{Name: "hawker_stream_frames_per_second", Help: "Frames per second of a stream."},
		{Name: "hawker_stream_keyframe_gap_seconds", Help: "Distance of the last two key frames of a stream."},
		{Name: "hawker_stream_dropped_frames", Help: "Frames of the present publisher that were left out as unusable."},
		{Name: "hawker_stream_readers", Help: "FLV, RTMP and WHEP players and restreams of a stream."},
		{Name: "hawker_stream_origin_bytes", Help: "What went out of this node by HTTP for a stream."},
		{Name: "hawker_room_viewers", Help: "Who is in a room."},
	}, e.streamRows)
	m.Gauge("hawker_streams", "Streams on air.", func() float64 {
		n := 0
		for _, h := range e.Hub.Streams() {
			if h.Live {
				n++
			}
		}
		return float64(n)
	})
	m.Gauge("hawker_webrtc_publishers", "Browsers that publish by WHIP.", func() float64 {
		n, _ := e.WebRTC.Counts()
		return float64(n)
	})
	m.Gauge("hawker_webrtc_viewers", "Viewers by WHEP.", func() float64 {
		_, n := e.WebRTC.Counts()
		return float64(n)
	})
}

func (e Engine) streamRows() (rows []telemetry.Row) {
	for _, h := range e.Hub.Streams() {
		if !h.Live {
			continue
		}
		viewers := 0
		var room id.Room
		if room.UnmarshalText([]byte(h.StreamID)) == nil {
			viewers = e.Listeners.Listeners(realtime.RoomChannel(room))
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
