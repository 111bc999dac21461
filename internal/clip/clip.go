// Package clip turns what was explained in a show into short videos: each
// stretch of at least five seconds is cut from the recording at its key frames
// and handed to package video as a draft, with its product tied to it. It is done
// by jobs, minutes may pass or crashes lie between: a pin gives one clip.
package clip

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/catalog"
	"hawker/internal/media/record"
	"hawker/internal/media/upload"
	"hawker/internal/platform/events"
	"hawker/internal/platform/jobs"
	"hawker/internal/platform/module"
	"hawker/internal/platform/sqldb"
	"hawker/internal/replay"
	"hawker/internal/room"
	"hawker/internal/shelf"
	"hawker/internal/show"
	"hawker/internal/video"
)

// Options are what the module needs of others.
type Options struct {
	DB      *sqldb.DB
	Log     *slog.Logger
	Archive replay.Archive
	Uploads *upload.Store
	Videos  *video.Service
	Catalog *catalog.Service
	Rooms   *room.Service
	Max     time.Duration // longest clip; what is longer keeps its beginning
}

// Service is the module.
type Service struct{ Options }

// New makes the module.
func New(o Options) *Service { return &Service{o} }

const (
	jobKind = "clip.cut"
	tries   = 6
	// The segment that holds the end of a stretch is on the disk when it is
	// complete: at most TARGETDURATION later.
	wait      = 12 * time.Second
	lookEvery = 500 * time.Millisecond
)

// Module is what the module brings: what was explained is cut.
func (s *Service) Module() module.Module {
	return module.Module{
		Name: "clip",
		Subscriptions: []events.Subscription{
			events.On("clip.cut", shelf.EventExplained, func(ctx context.Context, tx *sqldb.Tx,
				e shelf.Explained,
			) error {
				return jobs.Enqueue(ctx, tx, jobs.Job{Kind: jobKind, Key: "clip:" + e.Pin.String(), Payload: e})
			}),
		},
		Jobs: []jobs.Kind{{
			Name: jobKind, Options: jobs.Options{Workers: 1, Lease: time.Minute, Tries: tries},
			Work: func(ctx context.Context, r jobs.Run) error {
				var e shelf.Explained
				if err := r.Decode(&e); err != nil {
					return err
				}
				return s.cut(ctx, e)
			},
		}},
	}
}

// cut makes a clip of a stretch. A room that records nothing, or a shop that
// wants no clips, gets none.
func (s *Service) cut(ctx context.Context, e shelf.Explained) error {
	room, err := s.Rooms.Find(ctx, e.Room)
	if err != nil {
		return err
	}
	settings, err := s.Rooms.SettingsOf(ctx, e.Shop)
	if err != nil || !room.Recorded || !settings.Clips {
		return err
	}
	if done, err := s.Videos.Clipped(ctx, e.Pin); err != nil || done {
		return err
	}
	if s.Max > 0 && e.Until.Sub(e.From) > s.Max {
		e.Until = e.From.Add(s.Max)
	}
	span, err := s.span(ctx, e)
	if err != nil {
		return err
	}
	if span.End.IsZero() {
		s.Log.Info("nothing was recorded of what was explained", "pin", e.Pin.String())
		return nil
	}
	return s.post(ctx, e, span)
}

// span waits for the recording to reach the end of the stretch and gives the
// longest piece of it in one file: players take no change of format in a clip.
func (s *Service) span(ctx context.Context, e shelf.Explained) (longest record.Span, err error) {
	clock := s.DB.Clock()
	for until := clock.Now().Add(wait); ; {
		longest = record.Span{}
		recs, err := s.Archive.Of(ctx, show.Show{ID: e.Show, Room: e.Room, StartedAt: e.From}).Recordings()
		if err != nil {
			return longest, err
		}
		whole := false
		for _, rec := range recs {
			for _, span := range rec.Cut(e.From, e.Until) {
				if span.End.Sub(span.Start) > longest.End.Sub(longest.Start) {
					longest = span
				}
				whole = whole || !span.End.Before(e.Until)
			}
		}
		if whole || !clock.Now().Before(until) {
			return longest, nil
		}
		timer := clock.NewTimer(lookEvery)
		select {
		case <-ctx.Done():
			timer.Stop()
			return longest, ctx.Err()
		case <-timer.C():
		}
	}
}

// post hands the media over. The caption is the product's name.
func (s *Service) post(ctx context.Context, e shelf.Explained, span record.Span) (err error) {
	media, err := span.Open()
	if err != nil {
		return fmt.Errorf("cut clip: %w", err)
	}
	defer func() { err = errors.Join(err, media.Close()) }()
	products, err := s.Catalog.ProductsByID(ctx, []id.Product{e.Product})
	if err != nil {
		return err
	}
	caption := []rune(products[e.Product].Title.In(lang.Chinese))
	up, err := s.Uploads.Import(ctx, e.Host.String(), "clip.mp4", media)
	if err != nil {
		return err
	}
	_, err = s.Videos.PostClip(ctx, video.Clip{
		Room: e.Room, Pin: e.Pin, Shop: e.Shop, Host: e.Host, Product: e.Product, Upload: up,
		Caption: string(caption[:min(len(caption), video.CaptionMax)]),
	})
	if fault.Code(err) == "video.already_posted" { // by a try before a crash
		return s.Uploads.Remove(ctx, up)
	}
	if err == nil {
		err = s.Uploads.HandOver(up)
	}
	return err
}
