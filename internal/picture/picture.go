// Package picture keeps what a shop shows of its goods. Each picture is decoded within
// limits and encoded anew, so that nothing but a picture is ever stored and its
// metadata (a place, a camera) is gone; it stands the way its camera was held, and
// belongs to the shop that sent it.
package picture

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	_ "image/png" // pictures that merchants send
	"io"

	"golang.org/x/image/draw"
	_ "golang.org/x/image/webp"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/platform/blob"
	"hawker/internal/platform/idem"
	"hawker/internal/platform/sqldb"
)

// Limits on a picture.
const (
	BytesMax = 10 << 20
	sideMax  = 1440
	quality  = 84
)

// Object is a stored picture.
type Object struct {
	ID          id.Media
	Shop        id.Shop
	Key         string
	ContentType string
	Size        int64
	Width       int
	Height      int
}

// Prefix stands before a blob's key in its address.
const Prefix = "/media/"

const folder = "pictures" // of their keys

// URL is the address of the picture.
func (o Object) URL() string { return Prefix + o.Key }

// Picture is a media object and its address.
type Picture struct {
	ID  id.Media `json:"id"`
	URL string   `json:"url"`
}

// Service takes pictures in.
type Service struct {
	db    *sqldb.DB
	store blob.Store
	slots chan struct{} // a large picture takes hundreds of MiB while it is decoded
}

// New makes the module.
func New(db *sqldb.DB, store blob.Store) *Service {
	return &Service{db, store, make(chan struct{}, decodingMax)}
}

// Add stores a picture of a shop. Faults: those of AddOnce.
func (m *Service) Add(ctx context.Context, shop id.Shop, r io.Reader) (Object, error) {
	raw, err := read(r)
	if err != nil {
		return Object{}, err
	}
	return m.AddOnce(ctx, idem.Fresh("picture-create"), shop, raw)
}

// read takes no more than a picture may have; fault catalog.picture_too_large.
func read(r io.Reader) ([]byte, error) {
	raw, err := io.ReadAll(io.LimitReader(r, BytesMax+1))
	if err == nil && len(raw) > BytesMax {
		err = tooLarge()
	}
	return raw, err
}

// AddOnce stores a picture of a shop, once under the key. Faults:
// catalog.picture_too_large, catalog.not_a_picture.
func (m *Service) AddOnce(ctx context.Context, key idem.Key, shop id.Shop, raw []byte) (Object, error) {
	out, size, err := m.reencode(ctx, raw)
	if err != nil {
		return Object{}, err
	}
	o := Object{
		ID: id.Make[id.Media](m.db), Shop: shop, ContentType: "image/jpeg", Size: int64(len(out)),
		Width: size.X, Height: size.Y,
	}
	o.Key = fmt.Sprintf(folder+"/%s.jpg", o.ID)
	if _, err := m.store.Put(ctx, o.Key, bytes.NewReader(out)); err != nil {
		return Object{}, err
	}
	kept, err := idem.Once(ctx, m.db, key, func(ctx context.Context, tx *sqldb.Tx) (Object, error) {
		return o, insert(ctx, tx, o)
	})
	if err != nil || kept.ID != o.ID { // nobody knows the blob that was written just now
		err = errors.Join(err, m.store.Delete(ctx, o.Key))
	}
	return kept, err
}

// formats are those that are taken. Which can be decoded is up to whatever else the
// program is linked with.
func formats() []string { return []string{"jpeg", "png", "webp"} }

// reencode waits for one of the slots, which it gives back whatever happens.
func (m *Service) reencode(ctx context.Context, raw []byte) ([]byte, image.Point, error) {
	select {
	case m.slots <- struct{}{}:
		defer func() { <-m.slots }()
	case <-ctx.Done():
		return nil, image.Point{}, ctx.Err()
	}
	src, err := decode(ctx, raw)
	if err != nil {
		return nil, image.Point{}, err
	}
	src = upright(src, orientation(raw))
	size := src.Bounds().Size()
	if long := max(size.X, size.Y); long > sideMax {
		size = image.Pt(max(1, size.X*sideMax/long), max(1, size.Y*sideMax/long))
	}
	dst := image.NewRGBA(image.Rectangle{Max: size}) // RGBA: the JPEG encoder has a fast path for it
	draw.Draw(dst, dst.Bounds(), image.White, image.Point{}, draw.Src)
	draw.ApproxBiLinear.Scale(dst, dst.Bounds(), src, src.Bounds(), draw.Over, nil)
	var out bytes.Buffer
	if err := jpeg.Encode(&out, dst, &jpeg.Options{Quality: quality}); err != nil {
		return nil, image.Point{}, err
	}
	return out.Bytes(), size, nil
}

// Of turns ids into addresses, all of this shop; fault catalog.no_such_picture.
func (m *Service) Of(ctx context.Context, q sqldb.Querier, shop id.Shop, media []id.Media) ([]Picture, error) {
	found, err := byID(ctx, q, shop, media)
	if err != nil {
		return nil, err
	}
	out := make([]Picture, 0, len(media))
	for _, want := range media {
		o, ok := found[want]
		if !ok {
			return nil, fault.Invalid("catalog.no_such_picture").At("body.pictures")
		}
		out = append(out, Picture{o.ID, o.URL()})
	}
	return out, nil
}

// URLOf is the address of one picture of a shop.
func (m *Service) URLOf(ctx context.Context, shop id.Shop, media id.Media) (string, error) {
	p, err := m.Of(ctx, m.db.Reader(), shop, []id.Media{media})
	if err != nil {
		return "", err
	}
	return p[0].URL, nil
}
