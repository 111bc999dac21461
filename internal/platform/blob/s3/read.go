package s3

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"

	"hawker/internal/platform/blob"
)

// Open implements blob.Store.
func (b *Bucket) Open(ctx context.Context, key string, r blob.Range) (*blob.Blob, error) {
	if err := blob.CheckKey(key); err != nil {
		return nil, err
	}
	if r.Offset < 0 || r.Length < 0 {
		return nil, fmt.Errorf("%w: %d from %d", blob.ErrBadRange, r.Length, r.Offset)
	}
	var o minio.GetObjectOptions
	if text := asked(r); text != "" {
		o.Set("Range", text)
	}
	body, info, header, err := b.core.GetObject(ctx, b.name, b.prefix+key, o)
	if err = told(ctx, err); errors.Is(err, blob.ErrBadRange) {
		return b.atEnd(ctx, key, r)
	}
	if err != nil {
		return nil, fmt.Errorf("open blob %s: %w", key, err)
	}
	size, err := sizeOf(info.Size, header)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open blob %s: %w", key, err), body.Close())
	}
	return &blob.Blob{Info: blob.Info{Key: key, Size: size, At: info.LastModified.UTC()}, ReadCloser: body}, nil
}

// asked is a range as HTTP says it, "" for all.
func asked(r blob.Range) string {
	switch {
	case r == blob.Range{}:
		return ""
	case r.Length == 0:
		return fmt.Sprintf("bytes=%d-", r.Offset)
	}
	return fmt.Sprintf("bytes=%d-%d", r.Offset, r.Offset+r.Length-1)
}

// atEnd answers for a range that HTTP does not know: of nothing, at the very end.
func (b *Bucket) atEnd(ctx context.Context, key string, r blob.Range) (*blob.Blob, error) {
	info, err := b.Stat(ctx, key)
	if err == nil && r.Offset > info.Size {
		err = fmt.Errorf("%w: %d from %d of %d", blob.ErrBadRange, r.Length, r.Offset, info.Size)
	}
	if err != nil {
		return nil, err
	}
	return &blob.Blob{Info: info, ReadCloser: io.NopCloser(strings.NewReader(""))}, nil
}

// sizeOf is the size of the blob of which an answer has length bytes.
func sizeOf(length int64, h http.Header) (int64, error) {
	text := h.Get("Content-Range")
	if text == "" {
		return length, nil
	}
	_, total, _ := strings.Cut(text, "/")
	size, err := strconv.ParseInt(total, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("s3: the server answers with the range %q", text)
	}
	return size, nil
}

// listStep is how much a server lists and deletes at once.
const listStep = 1000

// List implements blob.Store. What else lies in the bucket is passed over.
func (b *Bucket) List(ctx context.Context, prefix, after string, limit int) (out []blob.Info, err error) {
	if err := blob.CheckPrefix(prefix); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx) // of a page that is not asked for to its end
	defer cancel()
	o := minio.ListObjectsOptions{Prefix: b.prefix + prefix, Recursive: true, MaxKeys: min(limit, listStep)}
	if after != "" {
		o.StartAfter = b.prefix + after
	}
	for i := range b.core.ListObjectsIter(ctx, b.name, o) {
		if len(out) >= limit {
			break
		}
		if i.Err != nil {
			return nil, fmt.Errorf("list blobs below %s: %w", prefix, told(ctx, i.Err))
		}
		key := strings.TrimPrefix(i.Key, b.prefix)
		if blob.CheckKey(key) == nil {
			out = append(out, blob.Info{Key: key, Size: i.Size, At: i.LastModified.UTC()})
		}
	}
	return out, nil
}

// deleteBelow forgets all below a prefix, some at a time.
func (b *Bucket) deleteBelow(ctx context.Context, prefix string) error {
	if err := blob.CheckPrefix(prefix); err != nil {
		return err
	}
	for {
		found, err := b.List(ctx, prefix, "", listStep)
		if err != nil || len(found) == 0 {
			return err
		}
		gone := make(chan minio.ObjectInfo, len(found))
		for _, i := range found {
			gone <- minio.ObjectInfo{Key: b.prefix + i.Key}
		}
		close(gone)
		var errs []error
		for e := range b.core.RemoveObjects(ctx, b.name, gone, minio.RemoveObjectsOptions{}) {
			errs = append(errs, e.Err)
		}
		if err := errors.Join(errs...); err != nil {
			return fmt.Errorf("delete blobs below %s: %w", prefix, err)
		}
	}
}

// Tidy forgets pieces of blobs that nobody completed, if they were begun before then.
func (b *Bucket) Tidy(ctx context.Context, before time.Time) (removed int, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	for u := range b.core.ListIncompleteUploads(ctx, b.name, b.prefix, true) {
		if u.Err != nil {
			return removed, fmt.Errorf("list unfinished uploads: %w", u.Err)
		}
		if u.Initiated.After(before) {
			continue
		}
		if err := b.core.AbortMultipartUpload(ctx, b.name, u.Key, u.UploadID); err != nil {
			return removed, fmt.Errorf("forget an unfinished upload: %w", err)
		}
		removed++
	}
	return removed, nil
}
