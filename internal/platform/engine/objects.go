package engine

import (
	"context"
	"fmt"
	"path"
	"time"

	"hawker/internal/platform/blob"
	"hawker/internal/platform/blob/s3"
	"hawker/internal/platform/blob/spool"
	"hawker/internal/platform/config"
)

// objects are where files are kept.
type objects struct {
	cfg    config.Config
	bucket *s3.Bucket // nil: the data folder
	disks  []*blob.Disk
	spools []*spool.Store
}

func openObjects(cfg config.Config) (o objects, err error) {
	o.cfg = cfg
	if cfg.Objects.URL != "" {
		if o.bucket, err = s3.Of(cfg.Objects); err != nil {
			err = fmt.Errorf("objects.url: %w", err)
		}
	}
	return o, err
}

// Blobs are the files below one folder: of the data folder, or of the bucket.
func (s *Set) Blobs(folder string) (blob.Store, error) {
	if s.objects.bucket == nil {
		return s.objects.disk(folder)
	}
	b := s.objects.bucket.Below(folder)
	if s.objects.cfg.Objects.Redirect {
		return blob.Elsewhere{Store: b, Signer: b}, nil
	}
	return b, nil
}

// Recordings are the files below one folder, of a kind that comes without end and cannot be
// asked for again: what is put waits in the data folder where the bucket does not take it.
func (s *Set) Recordings(folder string) (blob.Store, error) {
	if s.objects.bucket == nil {
		return s.objects.disk(folder)
	}
	near, err := s.objects.disk(path.Join("spool", folder))
	if err != nil {
		return nil, err
	}
	b := s.objects.bucket.Below(folder)
	sp := spool.New(near, b, s.clock, s.log)
	s.objects.spools = append(s.objects.spools, sp)
	if s.objects.cfg.Objects.Redirect {
		return blob.Elsewhere{Store: sp, Signer: arrived{sp, b}}, nil
	}
	return sp, nil
}

// Shared is a folder of the bucket; nil where all have the data folder.
func (s *Set) Shared(folder string) blob.Store {
	if s.objects.bucket == nil {
		return nil
	}
	return s.objects.bucket.Below(folder)
}

// Direct is a folder of the bucket to which browsers send by themselves; nil where they send
// all through here.
func (s *Set) Direct(folder string) *s3.Bucket {
	if s.objects.bucket == nil || !s.objects.cfg.Objects.Direct {
		return nil
	}
	return s.objects.bucket.Below(folder)
}

// arrived signs what is in the bucket already.
type arrived struct {
	spool *spool.Store
	blob.Signer
}

// Signed implements blob.Signer.
func (a arrived) Signed(ctx context.Context, key string, while time.Duration) (string, error) {
	if a.spool.Here(ctx, key) {
		return "", nil
	}
	return a.Signer.Signed(ctx, key, while)
}

// Origins are where clients are sent, for files or with them.
func (s *Set) Origins() []string {
	if o := s.objects.cfg.Objects; s.objects.bucket == nil || !o.Redirect && !o.Direct {
		return nil
	}
	return []string{s.objects.bucket.Origin()}
}

func (o *objects) disk(folder string) (*blob.Disk, error) {
	d, err := blob.NewDisk(o.cfg.Path(folder))
	if err == nil {
		o.disks = append(o.disks, d)
	}
	return d, err
}

// Of unfinished uploads to the bucket those are forgotten that nobody can be at any more.
const (
	tidyEvery = 24 * time.Hour
	tidyAfter = 24 * time.Hour
)

// watchBucket tells when the bucket goes away and comes back, and keeps it tidy.
func (s *Set) watchBucket(ctx context.Context) error {
	if s.objects.bucket == nil {
		<-ctx.Done()
		return nil
	}
	away, tidied := false, time.Time{}
	for {
		timer := s.clock.NewTimer(lookEvery)
		select {
		case <-ctx.Done():
			timer.Stop()
			return nil
		case <-timer.C():
		}
		err := s.pingBucket(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil && !away:
			s.log.Warn("object storage is away: nothing can be uploaded, what is recorded waits here",
				"host", s.objects.bucket.Host(), "error", err)
		case err == nil && away:
			s.log.Info("object storage is back", "host", s.objects.bucket.Host())
		}
		if away = err != nil; away || s.clock.Now().Sub(tidied) < tidyEvery {
			continue
		}
		tidied = s.clock.Now()
		if n, err := s.objects.bucket.Tidy(ctx, tidied.Add(-tidyAfter)); n > 0 || err != nil {
			s.log.Info("unfinished uploads to object storage were forgotten", "uploads", n, "error", err)
		}
	}
}

// pingWithin is how long an answer may take that is worth something.
const pingWithin = time.Second

func (s *Set) pingBucket(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, pingWithin)
	defer cancel()
	return s.objects.bucket.Ping(ctx)
}
