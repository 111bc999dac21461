package blob

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"path"
	"strings"
	"time"
)

// SharedUploads are finished uploads in a store of blobs: upload.Shared.
type SharedUploads struct{ Blobs Store }

const (
	sharedEnd  = ".upload"
	sharedPage = 1000
)

// Put implements upload.Shared.
func (s SharedUploads) Put(ctx context.Context, upload string, r io.Reader) error {
	_, err := s.Blobs.Put(ctx, upload+sharedEnd, r)
	return err
}

// Has implements upload.Shared.
func (s SharedUploads) Has(ctx context.Context, upload string) (bool, error) {
	_, err := s.Blobs.Stat(ctx, upload+sharedEnd)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil, err
}

// Local implements upload.Shared.
func (s SharedUploads) Local(ctx context.Context, upload, file string) error {
	return Local(ctx, s.Blobs, upload+sharedEnd, file)
}

// Delete implements upload.Shared.
func (s SharedUploads) Delete(ctx context.Context, upload string) error {
	return s.Blobs.Delete(ctx, upload+sharedEnd)
}

// Before implements upload.Shared.
func (s SharedUploads) Before(ctx context.Context, then time.Time) (uploads []string, err error) {
	for after := ""; ; {
		all, err := s.Blobs.List(ctx, "", after, sharedPage)
		if err != nil {
			return nil, err
		}
		for _, i := range all {
			after = i.Key
			if path.Ext(i.Key) == sharedEnd && i.At.Before(then) {
				uploads = append(uploads, strings.TrimSuffix(i.Key, sharedEnd))
			}
		}
		if len(all) < sharedPage {
			return uploads, nil
		}
	}
}
