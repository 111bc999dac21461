package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"

	"hawker/internal/base/event"
	"hawker/internal/base/id"
	"hawker/internal/base/page"
	"hawker/internal/clip"
	"hawker/internal/demo"
	"hawker/internal/distribution"
	"hawker/internal/live"
	"hawker/internal/media/ffmpeg"
	"hawker/internal/media/upload"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/realtime"
	"hawker/internal/video"
)

func (a *App) makeVideos(context.Context) (err error) {
	if a.files, err = upload.NewStore(a.cfg.Path("uploads"), a.clock, video.Claims{DB: a.db}); err != nil {
		return fmt.Errorf("upload folder: %w", err)
	}
	a.films = ffmpeg.New(a.cfg.Live.FFmpeg, a.clock)
	a.Videos = video.New(video.Options{
		DB: a.db, Log: a.log, Uploads: a.files, Blobs: a.blobs, Tool: a.films, Catalog: a.Catalog, Staff: a.Shops,
		WorkDir: a.cfg.Path("work"), DurationMax: a.cfg.Video.DurationMax, Workers: a.cfg.Video.Workers,
	})
	a.Videos.Jobs(a.queue)
	a.Clips = clip.New(clip.Options{
		DB: a.db, Log: a.log, Recordings: a.recordings(), Uploads: a.files, Videos: a.Videos, Catalog: a.Catalog,
		Rooms: a.Live, Max: a.cfg.Video.DurationMax,
	})
	return nil
}

type draftNews struct {
	Type  string   `json:"type"`
	Video id.Video `json:"video_id"`
	Room  id.Room  `json:"room_id"`
}

// tellDraft rings at the shop's counter: a clip waits to be published.
func (a *App) tellDraft(ctx context.Context, env event.Envelope) error {
	f, err := event.Decode[video.DraftedFact](env)
	if err != nil {
		return err
	}
	return a.news.Publish(ctx, realtime.ShopChannel(f.Shop), draftNews{"clip", f.Video, f.Room})
}

// archive is where recordings lie.
type archive struct{ root string }

func (a archive) Remove(room id.Room, folder string) error {
	if !filepath.IsLocal(folder) {
		return fmt.Errorf("recording %q is not below its room", folder)
	}
	return os.RemoveAll(filepath.Join(a.root, room.String(), folder))
}

const uploadsPath = httpapi.Prefix + "/uploads"

func (a *App) mountUploads() error {
	h, err := a.files.Handler(upload.Door{
		Prefix: uploadsPath + "/", SizeMax: a.cfg.Video.UploadMax, Refuse: a.api.WriteProblem,
		Owner: func(r *http.Request) string { return httpapi.ActorFrom(r.Context()).User.String() },
	})
	if err != nil {
		return err
	}
	a.api.Router().Handle(uploadsPath, h)
	a.api.Router().Handle(uploadsPath+"/*", h)
	return nil
}

func (a *App) sweepUploads(ctx context.Context) error {
	_, err := a.files.Sweep(ctx)
	return err
}

// links makes the links by which rooms and films are shared.
type links struct{ a *App }

// RoomLink implements live.Links.
func (l links) RoomLink(ctx context.Context, user id.User, room id.Room) (code, url string, err error) {
	return l.to(ctx, user, distribution.Target{Room: room})
}

// VideoLink implements video.Links.
func (l links) VideoLink(ctx context.Context, user id.User, v id.Video) (code, url string, err error) {
	return l.to(ctx, user, distribution.Target{Video: v})
}

func (l links) to(ctx context.Context, user id.User, t distribution.Target) (code, url string, err error) {
	link, err := l.a.Distribution.LinkTo(ctx, user, t)
	if l.a.cfg.PublicURL == "" {
		link.URL = httpapi.Origin(ctx) + link.URL
	}
	return link.Code, link.URL, err
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

// demoVideos posts the demo clips as their author would; they are transcoded
// while the mall is open already.
func (a *App) demoVideos(ctx context.Context, shop id.Shop, author id.User, products []id.Product) error {
	for i, g := range demo.Goods() {
		if err := a.demoVideo(ctx, author, g, video.Draft{Caption: g.Caption, Product: products[i], Shop: shop}); err !=
			nil {
			return fmt.Errorf("%s: %w", g.Name, err)
		}
	}
	return nil
}

func (a *App) demoVideo(ctx context.Context, author id.User, g demo.Good, d video.Draft) error {
	name := g.Name + ".mp4"
	f, err := demo.Open(name)
	if err != nil {
		return err
	}
	d.Upload, err = a.files.Import(ctx, author.String(), name, f)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	_, err = a.Videos.Post(ctx, author, d)
	return err
}
