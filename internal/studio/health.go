package studio

import (
	"context"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/media/ladder"
	"hawker/internal/media/stream"
	"hawker/internal/shelf"
	"hawker/internal/show"
)

// HealthView is the state of the picture for its host: one cause at a time, the
// one to mend first.
type HealthView struct {
	State         string    `json:"state" enum:"waiting,receiving,unstable,ended"`
	Reason        string    `json:"reason" enum:",no_publisher,no_video,no_audio,video_codec,audio_codec,parameter_sets,broken_media,keyframe_gap,late_frames,record_failed,disk_low"`
	Codec         string    `json:"codec" doc:"What is not taken, with video_codec and audio_codec"`
	BFrames       bool      `json:"b_frames" doc:"Viewers by WebRTC watch by HLS instead"`
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
	// Ladder is how the smaller renditions do; empty when none are wanted.
	Ladder       string   `json:"ladder" enum:",unfit,waiting,starting,running,retrying" doc:"unfit: the picture is small already or not H.264; waiting: for room on this node"`
	LadderReason string   `json:"ladder_reason" enum:",slow,missing,lost" doc:"Why it failed last"`
	Renditions   []string `json:"renditions" doc:"That can be played now, such as 720p"`
}

// Ladders tells how the smaller renditions of a stream do; false if it has none
// to make.
type Ladders interface {
	Status(streamID string) (ladder.Status, bool)
}

const keyframeGapMax = 4 * time.Second // above it, joining and cutting segments take too long

func (v Views) health(st show.Standing) HealthView {
	h, ok := v.Picture.Stream(st.ID.String())
	if !ok || !h.Live {
		state := "waiting"
		if now := st.State(); now == show.Ended || now == show.Cancelled {
			state = "ended"
		}
		out := HealthView{State: state, Reason: "no_publisher", Renditions: []string{}}
		if state == "waiting" { // whoever was sent away for it comes again and again
			out.media(h.VideoTrouble, "video_codec", "no_publisher")
		}
		return out
	}
	out := HealthView{
		State: "receiving", BitrateKbps: h.BitRate / 1000, FPS: h.FPS, KeyframeGapMs: h.KeyframeGap.Milliseconds(),
		Width: h.Width, Height: h.Height,
		VideoCodec: h.VideoCodec, AudioCodec: h.AudioCodec, Since: h.Since, Recording: h.Recording.Active,
		Protocol: h.Protocol, BFrames: h.Reordered, Dropped: h.Dropped, Readers: h.Readers, OriginBytes: h.OriginBytes,
	}
	switch {
	case h.VideoCodec == "" || h.VideoTrouble.Cause != "":
		out.media(h.VideoTrouble, "video_codec", "no_video")
	case h.AudioTrouble.Cause != "":
		out.media(h.AudioTrouble, "audio_codec", "no_audio")
	case h.Recording.Full:
		out.Reason = "disk_low"
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
	v.renditions(&out, h)
	return out
}

// media names why a track cannot be played, or what there is to say when nothing of it came.
func (h *HealthView) media(t stream.Trouble, codec, silent string) {
	switch t.Cause {
	case stream.CauseCodec:
		h.Reason, h.Codec = codec, t.Codec
	case stream.CauseSets:
		h.Reason = "parameter_sets"
	case stream.CauseBroken:
		h.Reason = "broken_media"
	default:
		h.Reason = silent
	}
}

// renditions fills in the ladder, which is never a cause of trouble.
func (v Views) renditions(out *HealthView, h stream.Health) {
	out.Renditions = append([]string{}, h.Renditions...)
	if len(h.Ladder) == 0 || v.Ladders == nil {
		return
	}
	out.Ladder = "unfit"
	if h.BitRate == 0 {
		out.Ladder = string(ladder.Starting) // the picture is not known well enough yet
	}
	if s, ok := v.Ladders.Status(h.StreamID); ok {
		out.Ladder, out.LadderReason = string(s.State), s.Reason
	}
}

// AlarmView is something that a host must see to while on air.
type AlarmView struct {
	Code    string     `json:"code" enum:"no_publisher,no_video,no_audio,video_codec,audio_codec,parameter_sets,broken_media,keyframe_gap,late_frames,record_failed,disk_low,bitrate_low,stock_low,sold_out"`
	Codec   string     `json:"codec,omitempty" doc:"What is not taken, with video_codec and audio_codec"`
	Product id.Product `json:"product_id,omitzero"`
	Number  int        `json:"number,omitempty" doc:"On the shelf"`
	Left    int64      `json:"left"`
}

const (
	bitrateLow = 300 // kbit/s: a picture that viewers complain of
	stockLow   = 5
)

// alarms is empty while the room is not on air.
func (v Views) alarms(ctx context.Context, st show.Standing, h HealthView) ([]AlarmView, error) {
	out := []AlarmView{}
	if !st.OnAir() {
		return out, nil
	}
	if h.Reason != "" {
		out = append(out, AlarmView{Code: h.Reason, Codec: h.Codec})
	} else if h.BitrateKbps > 0 && h.BitrateKbps < bitrateLow {
		out = append(out, AlarmView{Code: "bitrate_low"})
	}
	items, err := v.Shelf.Items(ctx, st.ID, shelf.Reader{Staff: true})
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
