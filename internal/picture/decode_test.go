package picture_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"io"
	"testing"

	"hawker/internal/base/fault"
)

// header is a PNG that says what it is and holds nothing.
func header(width, height uint32, depth, kind byte) []byte {
	chunk := binary.BigEndian.AppendUint32([]byte("IHDR"), width)
	chunk = append(binary.BigEndian.AppendUint32(chunk, height), depth, kind, 0, 0, 0)
	out := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), chunk...)
	return binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(chunk))
}

// frame is a JPEG that says how it is coded and holds nothing: three components, the
// first sampled as given.
func frame(marker byte, width, height uint16, sampling byte) []byte {
	s := append([]byte{0xff, 0xd8, 0xff, 0xe0, 0, 16}, "JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"...)
	s = append(s, 0xff, marker, 0, 17, 8)
	s = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(s, height), width)
	return append(s, 3, 1, sampling, 0, 2, 0x11, 0, 3, 0x11, 0)
}

// What a picture takes when it is decoded is known before: pixels and what each takes
// count, not the bytes that were sent.
func TestMemoryOfAPicture(t *testing.T) {
	t.Parallel()
	const large, broken = "catalog.picture_too_large", "catalog.not_a_picture"
	for name, c := range map[string]struct {
		raw  []byte
		want string // broken: it was let in, and has no content
	}{
		"36 MP of 16 bits":            {header(6000, 6000, 16, 6), large},
		"36 MP of one bit":            {header(6000, 6000, 1, 0), large},
		"16 MP of 16 bits":            {header(4000, 4000, 16, 6), broken},
		"16 MP and a line":            {header(4000, 4001, 8, 2), large},
		"a product beyond 64 bits":    {header(1<<31-1, 1<<31-1, 8, 2), broken},
		"plain, 12 MP":                {frame(0xc0, 4000, 3000, 0x22), broken},
		"progressive, 12 MP, 4:2:0":   {frame(0xc2, 4000, 3000, 0x22), broken},
		"progressive, 12 MP, 4:4:4":   {frame(0xc2, 4000, 3000, 0x11), large},
		"progressive, 8 MP, 4:4:4":    {frame(0xc2, 4000, 2000, 0x11), broken},
		"progressive, no size at all": {frame(0xc2, 0, 0, 0x11), large},
	} {
		k := open(t)
		if _, err := k.media.Add(t.Context(), k.shop, bytes.NewReader(c.raw)); fault.Code(err) != c.want {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
	}
}

// oddPicture is decoded by the test.
func oddPicture(t *testing.T, magic string, decode func(r io.Reader) (image.Image, error)) []byte {
	t.Helper()
	image.RegisterFormat("png", magic, decode, func(io.Reader) (image.Config, error) {
		return image.Config{ColorModel: color.GrayModel, Width: 1, Height: 1}, nil
	})
	return []byte(magic)
}

// A decoder that panics ends one upload and keeps no slot.
func TestAPanicKeepsNoSlot(t *testing.T) {
	k := open(t)
	raw := oddPicture(t, "panic!", func(io.Reader) (image.Image, error) { panic("a broken decoder") })
	for range 5 {
		func() {
			defer func() {
				if recover() == nil {
					t.Error("nobody hears of the panic")
				}
			}()
			_, _ = k.media.Add(t.Context(), k.shop, bytes.NewReader(raw))
		}()
	}
	if _, err := k.media.Add(t.Context(), k.shop, bytes.NewReader(pngOf(t, 2, 2, color.White))); err != nil {
		t.Errorf("the next picture: %v", err)
	}
}

// Who goes away while a picture is decoded ends that, at the decoder's next read and
// before anything is made of it.
func TestNothingIsDecodedForNobody(t *testing.T) {
	k := open(t)
	ctx, leave := context.WithCancel(t.Context())
	var heard error
	raw := oddPicture(t, "leave!", func(r io.Reader) (image.Image, error) {
		leave()
		_, heard = io.ReadAll(r)
		return image.NewGray(image.Rect(0, 0, 1, 1)), nil
	})
	raw = append(raw, make([]byte, 1<<20)...)
	if _, err := k.media.Add(ctx, k.shop, bytes.NewReader(raw)); !errors.Is(err, context.Canceled) {
		t.Errorf("a picture for nobody: %v", err)
	}
	if !errors.Is(heard, context.Canceled) {
		t.Errorf("the decoder read on: %v", heard)
	}
}
