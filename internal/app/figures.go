package app

import (
	"hawker/internal/base/id"
	"hawker/internal/platform/telemetry"
)

// measure adds what the operator of a mall with live rooms wants to see.
func (a *App) measure() {
	a.metrics.Table("room", []telemetry.Figure{
		{Name: "hawker_stream_bits_per_second", Help: "What the publisher of a stream sends."},
		{Name: "hawker_stream_frames_per_second", Help: "Frames per second of a stream."},
		{Name: "hawker_stream_keyframe_gap_seconds", Help: "Distance of the last two key frames of a stream."},
		{Name: "hawker_stream_dropped_frames", Help: "Frames of the present publisher that were left out as unusable."},
		{Name: "hawker_stream_readers", Help: "FLV, RTMP and WHEP players and restreams of a stream."},
		{Name: "hawker_stream_origin_bytes", Help: "What went out of this node by HTTP for a stream."},
		{Name: "hawker_room_viewers", Help: "Who is in a room."},
	}, a.streamRows)
	a.metrics.Gauge("hawker_streams", "Streams on air.", func() float64 {
		n := 0
		for _, h := range a.hub.Streams() {
			if h.Live {
				n++
			}
		}
		return float64(n)
	})
	a.metrics.Gauge("hawker_webrtc_publishers", "Browsers that publish by WHIP.", func() float64 {
		n, _ := a.rtc.Counts()
		return float64(n)
	})
	a.metrics.Gauge("hawker_webrtc_viewers", "Viewers by WHEP.", func() float64 {
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
			viewers = a.Live.Viewers(room)
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
