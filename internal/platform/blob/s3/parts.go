package s3

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/minio/minio-go/v7"

	"hawker/internal/platform/blob"
)

// Part is a piece of a blob that somebody else sends.
type Part struct {
	Number int // from 1 on
	Size   int64
	ETag   string
}

// Begin opens a blob that somebody sends in parts by signed addresses. Nothing is there
// until End.
func (b *Bucket) Begin(ctx context.Context, key string) (sending string, err error) {
	if err := blob.CheckKey(key); err != nil {
		return "", err
	}
	o := minio.PutObjectOptions{ContentType: blob.TypeOf(key)}
	sending, err = b.core.NewMultipartUpload(ctx, b.name, b.prefix+key, o)
	return sending, told(ctx, err)
}

// SignPart is an address to which anybody may PUT one part for a while: of this size and no
// other, for its length is part of what is signed.
func (b *Bucket) SignPart(ctx context.Context, key, sending string, p Part, while time.Duration) (string, error) {
	query := url.Values{"partNumber": {strconv.Itoa(p.Number)}, "uploadId": {sending}}
	header := http.Header{"Content-Length": {strconv.FormatInt(p.Size, 10)}}
	u, err := b.core.PresignHeader(ctx, http.MethodPut, b.name, b.prefix+key, while, query, header)
	if err != nil {
		return "", fmt.Errorf("sign part %d of %s: %w", p.Number, key, err)
	}
	return u.String(), nil
}

// Parts lists what has come of a blob, in order; fs.ErrNotExist where it was ended, given up
// or never begun.
func (b *Bucket) Parts(ctx context.Context, key, sending string) (out []Part, err error) {
	for marker := 0; ; {
		page, err := b.core.ListObjectParts(ctx, b.name, b.prefix+key, sending, marker, listStep)
		if err != nil {
			return nil, toldSending(ctx, err)
		}
		for _, p := range page.ObjectParts {
			out = append(out, Part{p.PartNumber, p.Size, p.ETag})
		}
		if !page.IsTruncated {
			return out, nil
		}
		marker = page.NextPartNumberMarker
	}
}

// End makes a blob of its parts; fs.ErrNotExist as for Parts.
func (b *Bucket) End(ctx context.Context, key, sending string, parts []Part) error {
	of := make([]minio.CompletePart, len(parts))
	for i, p := range parts {
		of[i] = minio.CompletePart{PartNumber: p.Number, ETag: p.ETag}
	}
	_, err := b.core.CompleteMultipartUpload(ctx, b.name, b.prefix+key, sending, of, minio.PutObjectOptions{})
	return toldSending(ctx, err)
}

// GiveUp forgets what has come of a blob that was not ended; nothing is no error.
func (b *Bucket) GiveUp(ctx context.Context, key, sending string) error {
	err := toldSending(ctx, b.core.AbortMultipartUpload(ctx, b.name, b.prefix+key, sending))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func toldSending(ctx context.Context, err error) error {
	if r := minio.ToErrorResponse(err); r.Code == minio.NoSuchUpload {
		return fmt.Errorf("%w: %w", fs.ErrNotExist, err)
	}
	return told(ctx, err)
}
