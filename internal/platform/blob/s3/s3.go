// Package s3 is a blob.Store in a bucket of S3-compatible storage. What the port promises
// is what S3 gives: an object is there whole or not at all, and is found and listed as
// soon as it was put. Each piece is sent with its SHA-256, which the server compares.
//
// The bucket is ours alone and private: whoever may list or read it by another way is
// asked nothing by the program.
package s3

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"path"
	"strings"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"

	"hawker/internal/base/span"
	"hawker/internal/platform/blob"
	"hawker/internal/platform/config"
)

// Bounds of one request. A caller's own limit holds besides.
const (
	dialWithin    = 2 * time.Second
	answerWithin  = 15 * time.Second // after the last byte that was sent
	idleFor       = time.Minute
	connectionsOf = 64 // kept open when nobody uses them
	tries         = 3
)

// Bucket is a part of a bucket.
type Bucket struct {
	core   minio.Core
	name   string
	prefix string // of all keys; empty or with a slash at its end
	pipes  *http.Transport
}

// Of is the bucket of the settings. It connects when something is first asked.
func Of(o config.Objects) (*Bucket, error) {
	server, name, prefix, ok := o.Bucket()
	if !ok {
		return nil, errors.New("objects.url names no bucket")
	}
	secret, err := o.OfSecret()
	if err != nil {
		return nil, err
	}
	lookup := minio.BucketLookupAuto
	if o.HostStyle {
		lookup = minio.BucketLookupDNS
	}
	pipes := &http.Transport{
		Proxy:       http.ProxyFromEnvironment,
		DialContext: (&net.Dialer{Timeout: dialWithin}).DialContext, TLSHandshakeTimeout: 2 * dialWithin,
		ResponseHeaderTimeout: answerWithin, ExpectContinueTimeout: dialWithin,
		MaxIdleConns: connectionsOf, MaxIdleConnsPerHost: connectionsOf, IdleConnTimeout: idleFor,
		DisableCompression: true, // what is kept compressed comes as it is kept
		ForceAttemptHTTP2:  true,
	}
	client, err := minio.New(server.Host, &minio.Options{
		Creds:  credentials.NewStaticV4(o.KeyID, secret, ""),
		Secure: server.Scheme == "https", Transport: span.Transport{Base: pipes, Name: "object storage"}, Region: o.Region, BucketLookup: lookup,
		MaxRetries: tries,
	})
	if err != nil {
		return nil, fmt.Errorf("s3: %w", err)
	}
	client.SetAppInfo("hawker", "1")
	return &Bucket{core: minio.Core{Client: client}, name: name, prefix: prefix, pipes: pipes}, nil
}

// Below is the part of the bucket whose keys begin so, over the same connections.
func (b *Bucket) Below(folder string) *Bucket {
	below := *b
	below.prefix += folder + "/"
	return &below
}

// Host is where the server is, without what opens it.
func (b *Bucket) Host() string { return b.core.EndpointURL().Host }

// Origin is what a browser calls the place of signed addresses.
func (b *Bucket) Origin() string {
	u, err := b.Signed(context.Background(), "a.txt", time.Minute) // computed here: nobody is asked
	if err != nil {
		return ""
	}
	at, err := url.Parse(u)
	if err != nil {
		return ""
	}
	return at.Scheme + "://" + at.Host
}

// Close lets go of connections.
func (b *Bucket) Close() error {
	b.pipes.CloseIdleConnections()
	return nil
}

// errNoBucket is said of a server that answers and has no such bucket.
var errNoBucket = errors.New("s3: there is no such bucket")

// Ping asks whether the bucket is there and ours; blob.ErrAway.
func (b *Bucket) Ping(ctx context.Context) error {
	there, err := b.core.BucketExists(ctx, b.name)
	if err == nil && !there {
		err = errNoBucket
	}
	return told(ctx, err)
}

// Stat implements blob.Store.
func (b *Bucket) Stat(ctx context.Context, key string) (blob.Info, error) {
	if err := blob.CheckKey(key); err != nil {
		return blob.Info{}, err
	}
	o, err := b.core.StatObject(ctx, b.name, b.prefix+key, minio.StatObjectOptions{})
	if err != nil {
		return blob.Info{}, fmt.Errorf("stat blob %s: %w", key, told(ctx, err))
	}
	return blob.Info{Key: key, Size: o.Size, At: o.LastModified.UTC()}, nil
}

// Delete implements blob.Store.
func (b *Bucket) Delete(ctx context.Context, key string) error {
	if strings.HasSuffix(key, "/") {
		return b.deleteBelow(ctx, key)
	}
	if err := blob.CheckKey(key); err != nil {
		return err
	}
	err := told(ctx, b.core.RemoveObject(ctx, b.name, b.prefix+key, minio.RemoveObjectOptions{}))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("delete blob %s: %w", key, err)
	}
	return nil
}

// Signed is an address by which anybody may read a blob for a while, without asking here.
func (b *Bucket) Signed(ctx context.Context, key string, while time.Duration) (string, error) {
	if err := blob.CheckKey(key); err != nil {
		return "", err
	}
	u, err := b.core.PresignedGetObject(ctx, b.name, b.prefix+key, while, nil)
	if err != nil {
		return "", fmt.Errorf("sign blob %s: %w", path.Base(key), err)
	}
	return u.String(), nil
}

// told gives what the port calls an error of the server, or of the way to it.
func told(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil {
		return err // who asked is gone; that says nothing of the server
	}
	var r minio.ErrorResponse
	switch errors.As(err, &r); {
	case r.Code == minio.NoSuchKey:
		return fmt.Errorf("%w: %w", fs.ErrNotExist, err)
	case r.StatusCode == http.StatusRequestedRangeNotSatisfiable || r.Code == minio.InvalidRange:
		return fmt.Errorf("%w: %w", blob.ErrBadRange, err)
	}
	return fmt.Errorf("%w: %w", blob.ErrAway, err)
}
