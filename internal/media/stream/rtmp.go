package stream

import (
	"context"
	"errors"
	"fmt"

	"hawker/internal/media/rtmp"
)

// RTMP lets an rtmp.Server publish into the hub.
func (h *Hub) RTMP() rtmp.Handler { return rtmpHandler{h} }

type rtmpHandler struct{ hub *Hub }

// Publish implements rtmp.Handler.
func (a rtmpHandler) Publish(ctx context.Context, r rtmp.PublishRequest, kick func(error)) (rtmp.Sink, error) {
	p, err := a.hub.Publish(ctx, PublishRequest{
		App: r.App, Name: r.Name, Query: r.Query, RemoteAddr: r.RemoteAddr, Protocol: "rtmp",
	}, kick)
	if err != nil {
		return nil, err
	}
	return p.Sink(), nil
}

// Sink takes what comes by RTMP or FLV.
func (p *Publication) Sink() rtmp.Sink { return rtmpSink{p} }

// rtmpSink hides errors that concern one tag: the publisher goes on, the host
// sees the count in Health.
type rtmpSink struct{ p *Publication }

func fatalOnly(err error) error {
	if errors.Is(err, ErrUnplayable) {
		return fmt.Errorf("%w: %w", rtmp.ErrMedia, err)
	}
	if Fatal(err) {
		return err
	}
	return nil
}

func (s rtmpSink) FrameRate(fps float64) error        { return fatalOnly(s.p.FrameRate(fps)) }
func (s rtmpSink) Video(ts uint32, body []byte) error { return fatalOnly(s.p.Video(ts, body)) }
func (s rtmpSink) Audio(ts uint32, body []byte) error { return fatalOnly(s.p.Audio(ts, body)) }
func (s rtmpSink) Close(reason error)                 { s.p.Close(reason) }

// Play implements rtmp.Handler: rtmp://host/live/{streamID}.
func (a rtmpHandler) Play(ctx context.Context, r rtmp.PlayRequest) (rtmp.Source, error) {
	stage := a.hub.StageNumber(r.Name)
	if p := a.hub.cfg.Playback; p != nil {
		err := p.MayPlay(ctx, PlayRequest{StreamID: r.Name, Query: r.Query, RemoteAddr: r.RemoteAddr, Protocol: "rtmp"})
		if err != nil {
			return nil, err
		}
	}
	t, err := a.hub.tapAt(ctx, r.Name, stage)
	if err != nil {
		return nil, err
	}
	return rtmpSource{t}, nil
}

type rtmpSource struct{ *Tap }

// Next implements rtmp.Source.
func (s rtmpSource) Next(ctx context.Context) (rtmp.Tag, error) {
	p, err := s.Tap.Next(ctx)
	return rtmp.Tag{Type: p.tagType(), Timestamp: p.Time, Body: p.Body}, err
}
