package live

import (
	"context"
	"time"

	"hawker/internal/base/id"
)

// HealthView is the state of the picture for its host: one cause at a time, the
// one to mend first.
type HealthView struct {
	State         string    `json:"state" enum:"waiting,receiving,unstable,ended"`
	Reason        string    `json:"reason" enum:",no_publisher,no_video,no_audio,keyframe_gap,late_frames,record_failed"`
	BitrateKbps   int64     `json:"bitrate_kbps"`
	FPS           float64   `json:"fps"`
	KeyframeGapMs int64     `json:"keyframe_gap_ms"`
	Width         int       `json:"width"`
	Height        int       `json:"height"`
	VideoCodec    string    `json:"video_codec"`
	AudioCodec    string    `json:"audio_codec"`
	Since         time.Time `json:"since,omitzero"`
	Recording     bool      `json:"recording"`
	Protocol      string    `json:"protocol" enum:",rtmp,whip,srs,nginx-rtmp"`
	Dropped       int64     `json:"dropped" doc:"Frames left out as unusable"`
	Readers       int       `json:"readers" doc:"FLV, RTMP and WHEP players, restreams"`
	OriginBytes   int64     `json:"origin_bytes" doc:"Sent to HLS players by this node"`
}

const keyframeGapMax = 4 * time.Second // above it, joining and cutting segments take too long

func (v Views) health(r Room) HealthView {
	h, ok := v.Service.Health(r.ID)
	if !ok || !h.Live {
		state := "waiting"
		if r.State == Ended {
			state = "ended"
		}
		return HealthView{State: state, Reason: "no_publisher"}
	}
	out := HealthView{
		State: "receiving", BitrateKbps: h.BitRate / 1000, FPS: h.FPS, KeyframeGapMs: h.KeyframeGap.Milliseconds(), Width: h.Width, Height: h.Height,
		VideoCodec: h.VideoCodec, AudioCodec: h.AudioCodec, Since: h.Since, Recording: h.Recording.Active,
		Protocol: h.Protocol, Dropped: h.Dropped, Readers: h.Readers, OriginBytes: h.OriginBytes,
	}
	switch {
	case h.VideoCodec == "":
		out.Reason = "no_video"
	case h.Recording.Err != "":
		out.Reason = "record_failed"
	case h.Late > 0:
		out.Reason = "late_frames"
	case h.KeyframeGap > keyframeGapMax:
		out.Reason = "keyframe_gap"
	case h.AudioCodec == "":
		out.Reason = "no_audio"
	}
	if out.Reason != "" {
		out.State = "unstable"
	}
	return out
}

// AlarmView is something that a host must see to while on air.
type AlarmView struct {
	Code    string     `json:"code" enum:"no_publisher,no_video,no_audio,keyframe_gap,late_frames,record_failed,bitrate_low,stock_low,sold_out"`
	Product id.Product `json:"product_id,omitzero"`
	Number  int        `json:"number,omitempty" doc:"On the shelf"`
	Left    int64      `json:"left"`
}

const (
	bitrateLow = 300 // kbit/s: a picture that viewers complain of
	stockLow   = 5
)

// alarms is empty while the room is not on air.
func (v Views) alarms(ctx context.Context, r Room, h HealthView) ([]AlarmView, error) {
	out := []AlarmView{}
	if r.State != Live && r.State != Paused {
		return out, nil
	}
	if h.Reason != "" {
		out = append(out, AlarmView{Code: h.Reason})
	} else if h.BitrateKbps > 0 && h.BitrateKbps < bitrateLow {
		out = append(out, AlarmView{Code: "bitrate_low"})
	}
	items, err := v.shelf(ctx, r.ID, Visitor{Staff: true})
	for _, i := range items {
		if i.Hidden || i.Available > stockLow {
			continue
		}
		a := AlarmView{Code: "stock_low", Product: i.Product, Number: i.Number, Left: i.Available}
		if i.Available == 0 {
			a.Code = "sold_out"
		}
		out = append(out, a)
	}
	return out, err
}
