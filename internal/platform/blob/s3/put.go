package s3

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/minio/minio-go/v7"

	"hawker/internal/platform/blob"
)

// piece is how much of a blob is sent at once, and kept in memory meanwhile; S3 takes
// 10,000 pieces of a blob.
const piece = 8 << 20

// Put implements blob.Store: a small blob in one request, others in pieces that are seen
// when the last has come.
//
// minio-go's own PutObject is not used: it takes a reader's io.ErrUnexpectedEOF for the end
// and keeps half a blob, and it sends over http in signed chunks, of which versitygw 1.8.0
// leaves a rest on the connection that the next request then begins with (7.4.1).
func (b *Bucket) Put(ctx context.Context, key string, r io.Reader) (int64, error) {
	if err := blob.CheckKey(key); err != nil {
		return 0, err
	}
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	first, err := next(r)
	if err != nil {
		return 0, fmt.Errorf("put blob %s: %w", key, err)
	}
	size := int64(len(first))
	if size < piece {
		err = b.putWhole(ctx, key, first)
	} else {
		size, err = b.putPieces(ctx, key, first, r)
	}
	if err != nil {
		return 0, fmt.Errorf("put blob %s: %w", key, err)
	}
	return size, nil
}

// next reads a piece; the last one is shorter, or empty.
func next(r io.Reader) ([]byte, error) { return io.ReadAll(io.LimitReader(r, piece)) }

func sumOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// conflictTries is how often a blob is sent that another request is in the way of: servers
// that keep keys as folders refuse it then (versitygw 1.8.0 while one is emptied).
const conflictTries = 20

func (b *Bucket) putWhole(ctx context.Context, key string, all []byte) (err error) {
	sum := sumOf(all) // stands in a header, so the body needs no chunks with sums of their own
	o := minio.PutObjectOptions{ContentType: blob.TypeOf(key), DisableContentSha256: true}
	for range conflictTries {
		_, err = b.core.PutObject(ctx, b.name, b.prefix+key, bytes.NewReader(all), int64(len(all)), "", sum, o)
		if r := minio.ToErrorResponse(err); err == nil || r.StatusCode != http.StatusConflict {
			break
		}
	}
	return told(ctx, err)
}

// abandonWithin bounds the forgetting of pieces that were sent for nothing. What is left
// all the same Tidy finds.
const abandonWithin = 5 * time.Second

func (b *Bucket) putPieces(ctx context.Context, key string, first []byte, r io.Reader) (size int64, err error) {
	o := minio.PutObjectOptions{ContentType: blob.TypeOf(key)}
	upload, err := b.core.NewMultipartUpload(ctx, b.name, b.prefix+key, o)
	if err != nil {
		return 0, told(ctx, err)
	}
	defer func() {
		if err == nil {
			return
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), abandonWithin)
		defer cancel()
		err = errors.Join(err, b.core.AbortMultipartUpload(ctx, b.name, b.prefix+key, upload))
	}()
	var sent []minio.CompletePart
	for p := first; len(p) > 0; {
		part, err := b.core.PutObjectPart(ctx, b.name, b.prefix+key, upload, len(sent)+1, bytes.NewReader(p),
			int64(len(p)), minio.PutObjectPartOptions{Sha256Hex: sumOf(p), DisableContentSha256: true})
		if err != nil {
			return 0, told(ctx, err)
		}
		sent = append(sent, minio.CompletePart{PartNumber: part.PartNumber, ETag: part.ETag})
		size += int64(len(p))
		if p, err = next(r); err != nil {
			return 0, err
		}
	}
	_, err = b.core.CompleteMultipartUpload(ctx, b.name, b.prefix+key, upload, sent, minio.PutObjectOptions{})
	return size, told(ctx, err)
}
