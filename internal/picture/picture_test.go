package picture_test

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/jpeg"
	"io"
	"testing"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/picture"
	"hawker/internal/platform/blob"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
)

// album is the module on a real store and a real folder.
type album struct {
	db    *sqldb.DB
	disk  *blob.Disk
	media *picture.Service
	shop  id.Shop
}

func open(t *testing.T) *album {
	t.Helper()
	db := sqltest.New(t)
	disk, err := blob.NewDisk(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := disk.Close(); err != nil {
			t.Error(err)
		}
	})
	return &album{db: db, disk: disk, media: picture.New(db, disk), shop: id.Make[id.Shop](db)}
}

// bomb is a PNG that says it is huge and holds nothing.
func bomb(width, height uint32) []byte {
	header := append([]byte("IHDR"), make([]byte, 13)...)
	binary.BigEndian.PutUint32(header[4:], width)
	binary.BigEndian.PutUint32(header[8:], height)
	header[12], header[13] = 8, 6
	out := append([]byte("\x89PNG\r\n\x1a\n"), 0, 0, 0, 13)
	out = append(out, header...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(header))
}

func TestOnlyPicturesGetIn(t *testing.T) {
	t.Parallel()
	k := open(t)
	for _, c := range []struct {
		name string
		raw  []byte
		code string
	}{
		{"text", []byte("<script>alert(1)</script>"), "catalog.not_a_picture"},
		{"nothing", nil, "catalog.not_a_picture"},
		{"SVG", []byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`), "catalog.not_a_picture"},
		{"a bomb", bomb(100_000, 100_000), "catalog.picture_too_large"},
		{"a bomb whose product overflows 32 bits", bomb(1<<31-1, 1<<31-1), "catalog.not_a_picture"},
		{"cut off", bomb(10, 10), "catalog.not_a_picture"},
		{"too many bytes", make([]byte, picture.BytesMax+1), "catalog.picture_too_large"},
	} {
		if _, err := k.media.Add(t.Context(), k.shop, bytes.NewReader(c.raw)); fault.Code(err) != c.code {
			t.Errorf("%s: %v, want %s", c.name, err, c.code)
		}
	}
}

func TestAPictureLosesItsMetadataAndItsSize(t *testing.T) {
	t.Parallel()
	k := open(t)
	var plain bytes.Buffer
	if err := jpeg.Encode(&plain, image.NewGray(image.Rect(0, 0, 2880, 100)), nil); err != nil {
		t.Fatal(err)
	}
	secret := "Exif\x00\x00GPS 39.9N 116.4E"
	raw := append([]byte{0xff, 0xd8, 0xff, 0xe1, 0, byte(2 + len(secret))}, secret...)
	o, err := k.media.Add(t.Context(), k.shop, bytes.NewReader(append(raw, plain.Bytes()[2:]...)))
	if err != nil || o.Width != 1440 || o.Height != 50 {
		t.Fatal(o, err)
	}
	f, err := k.disk.Open(t.Context(), o.Key, blob.Range{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	kept, err := io.ReadAll(f)
	if err != nil || bytes.Contains(kept, []byte("Exif")) || bytes.Contains(kept, []byte("GPS")) {
		t.Errorf("the place is still in it, %v", err)
	}
	if got, err := jpeg.Decode(bytes.NewReader(kept)); err != nil || got.Bounds().Dx() != 1440 ||
		int64(len(kept)) != o.Size {
		t.Errorf("stored %d bytes, %v", len(kept), err)
	}
}
