package video

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/media/ffmpeg"
	"hawker/internal/platform/blob"
	"hawker/internal/platform/events"
	"hawker/internal/platform/jobs"
	"hawker/internal/platform/sqldb"
)

const (
	jobKind   = "video.transcode"
	clipKind  = "video.clip" // a queue of its own: a host waits for it, and it is cheap
	inputName = "in"
	outName   = "out"
	tries     = 3
	leaseFor  = 30 * time.Second
	stepsMin  = 5 // percent between two notes of progress
	progress0 = 2 // probed
	progress1 = 95
	patience  = 12 * time.Hour // with accidents of the machine
)

var errUploadGone = errors.New("video: the upload is not there any more")

func jobKey(video id.Video) string { return "video:" + video.String() }

// enqueue asks for a film's transcoding.
func enqueue(ctx context.Context, tx *sqldb.Tx, v Video) error {
	kind := jobKind
	if v.clip() {
		kind = clipKind
	}
	return jobs.Enqueue(ctx, tx, jobs.Job{Kind: kind, Key: jobKey(v.ID), Payload: jobPayload{v.ID}})
}

type jobPayload struct {
	Video id.Video `json:"video"`
}

// Jobs are the kinds of work that the module has done.
func (s *Service) Jobs() []jobs.Kind {
	o := jobs.Options{Workers: s.Workers, Lease: leaseFor, Tries: tries}
	work := func(ctx context.Context, r jobs.Run) error { return s.transcode(ctx, r, r.Last(o)) }
	return []jobs.Kind{
		{Name: jobKind, Options: o, Work: work},
		{Name: clipKind, Options: jobs.Options{Workers: 1, Lease: leaseFor, Tries: tries}, Work: work},
	}
}

// reason is why a film can never be shown, "" for what may pass by itself.
func reason(err error) string {
	switch {
	case errors.Is(err, ffmpeg.ErrNotVideo):
		return CodeNotAVideo
	case errors.Is(err, ffmpeg.ErrTooLong):
		return CodeTooLong
	case errors.Is(err, ffmpeg.ErrTooLarge):
		return CodeTooLarge
	case errors.Is(err, errUploadGone):
		return CodeUploadGone
	}
	return ""
}

// transcode makes a film of an upload. It stands being done twice: each try has
// a folder of its own and writes the same names. A file that can never be a film
// fails at once; what happened to the machine (no descriptors, a full disk, a child that somebody killed) is put
// off for hours and tells the author that the film waits; what else goes wrong is tried again before it fails.
func (s *Service) transcode(ctx context.Context, r jobs.Run, last bool) error {
	var p jobPayload
	if err := r.Decode(&p); err != nil {
		return err
	}
	v, err := s.Find(ctx, p.Video)
	if err != nil {
		return err
	}
	if v.State != Processing { // done before a crash
		return s.Uploads.Remove(ctx, v.Upload)
	}
	film, err := s.render(ctx, v)
	if ctx.Err() != nil {
		return ctx.Err() // stopping, or the lease is lost: nothing is decided
	}
	if err != nil {
		code := reason(err)
		switch accident := code == "" && (ffmpeg.Accident(err) || errors.Is(err, blob.ErrAway)); {
		case accident && s.db.Clock().Now().Sub(r.Since) < patience:
			return jobs.Later(errors.Join(err, s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
				return setWork(ctx, tx, v.ID, Processing, CodeWaiting)
			})))
		case code == "" && !accident && !last:
			return err
		}
		if code == "" {
			code = CodeProcessing
		}
		s.Log.Warn("video failed", "video", v.ID.String(), "code", code, "error", err)
		return s.fail(ctx, v, code)
	}
	err = s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error { return done(ctx, tx, v.ID, film) })
	return errors.Join(err, s.Uploads.Remove(ctx, v.Upload))
}

// done shows a film that was rendered, as its author describes it by now.
func done(ctx context.Context, tx *sqldb.Tx, video id.Video, film ffmpeg.Film) error {
	v, err := lock(ctx, tx, video)
	if err != nil || v.State != Processing {
		return err
	}
	v.Duration, v.Width, v.Height = film.Duration, film.Width, film.Height
	if err := setMeasured(ctx, tx, v); err != nil {
		return err
	}
	if !v.clip() {
		return publish(ctx, tx, v)
	}
	v.State = Ready // a draft: somebody looks at it first
	if err := setState(ctx, tx, v); err != nil {
		return err
	}
	return events.Record(ctx, tx, Drafted{Video: v.ID, Shop: v.Shop, Room: v.Room, Product: v.Product})
}

func (s *Service) fail(ctx context.Context, v Video, code string) error {
	err := s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error { return setFailed(ctx, tx, v.ID, code) })
	if err != nil || code == CodeProcessing { // it may be asked for again, for as long as uploads are kept
		return err
	}
	return s.Uploads.Remove(ctx, v.Upload)
}

// Retry has a film tried again now that waits for an accident to pass, or failed by one and has its upload
// still. Faults: video.not_found, video.nothing_to_retry, video.upload_gone.
func (s *Service) Retry(ctx context.Context, user id.User, operator bool, video id.Video) (Video, error) {
	v, err := s.Find(ctx, video)
	if err != nil {
		return v, err
	}
	if !operator {
		if err := s.mayRun(ctx, user, v); err != nil {
			return Video{}, err
		}
	}
	if v.Failure == CodeProcessing {
		if err := s.Uploads.There(ctx, v.Upload); err != nil {
			if fault.As(err) != nil {
				err = fault.Conflict(CodeUploadGone)
			}
			return Video{}, err
		}
	}
	return s.move(ctx, video, func(ctx context.Context, tx *sqldb.Tx, v Video) error {
		switch {
		case v.State == Failed && v.Failure == CodeProcessing:
			if err := setWork(ctx, tx, v.ID, Failed, ""); err != nil {
				return err
			}
			return enqueue(ctx, tx, v)
		case v.State == Processing && v.Failure == CodeWaiting:
			_, err := jobs.Hasten(ctx, tx, jobKey(v.ID)) // none: it is being tried
			return err
		}
		return fault.Conflict("video.nothing_to_retry")
	})
}

// render works in a folder that holds nothing but this try's own files.
func (s *Service) render(ctx context.Context, v Video) (film ffmpeg.Film, err error) {
	if err := os.MkdirAll(s.WorkDir, 0o700); err != nil {
		return film, err
	}
	dir, err := os.MkdirTemp(s.WorkDir, v.ID.String()+"-")
	if err != nil {
		return film, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := s.Uploads.Take(ctx, v.Upload, filepath.Join(dir, inputName)); err != nil {
		if fault.As(err) != nil {
			err = errors.Join(errUploadGone, err)
		}
		return film, fmt.Errorf("take the upload: %w", err)
	}
	info, err := s.Tool.Probe(ctx, dir, inputName)
	if err != nil {
		return film, err
	}
	if info.Duration > s.DurationMax {
		return film, fmt.Errorf("%w: %s", ffmpeg.ErrTooLong, info.Duration)
	}
	job := ffmpeg.Job{
		Dir: dir, Input: inputName, Out: outName, Info: info, Max: s.DurationMax,
		Progress: s.reporter(ctx, v.ID),
	}
	cover, render := s.Tool.Cover, s.Tool.Render
	if v.clip() {
		cover, render = s.Tool.Portrait, s.Tool.Clip
	}
	if err := cover(ctx, job); err != nil {
		return film, err
	}
	if film, err = render(ctx, job); err != nil {
		return film, err
	}
	return film, s.store(ctx, v.ID, filepath.Join(dir, outName))
}

// reporter notes progress in the film's row, seldom enough to cost nothing.
func (s *Service) reporter(ctx context.Context, video id.Video) func(float64) {
	noted := 0
	return func(done float64) {
		percent := progress0 + int(done*(progress1-progress0))
		if percent < noted+stepsMin {
			return
		}
		noted = percent
		err := s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
			return setProgress(ctx, tx, video, percent)
		})
		if err != nil && ctx.Err() == nil {
			s.Log.Warn("progress not noted", "video", video.String(), "error", err)
		}
	}
}

// prefix is where a film's files are kept.
func prefix(video id.Video) string { return folder + "/" + video.String() + "/" }

// store puts the result away, the playlist that names all else last.
func (s *Service) store(ctx context.Context, video id.Video, dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() == ffmpeg.MasterName || strings.HasPrefix(e.Name(), ".") {
			continue
		}
		if err := s.put(ctx, prefix(video)+e.Name(), filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return s.put(ctx, prefix(video)+ffmpeg.MasterName, filepath.Join(dir, ffmpeg.MasterName))
}

func (s *Service) put(ctx context.Context, key, path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	_, err = s.Blobs.Put(ctx, key, f)
	return errors.Join(err, f.Close())
}

// Claims answers which uploads are in use, before there is a Service.
type Claims struct{ DB *sqldb.DB }

// UploadClaimed implements upload.Claims.
func (c Claims) UploadClaimed(ctx context.Context, upload string) (bool, error) {
	return uploadClaimed(ctx, c.DB.Reader(), upload)
}
