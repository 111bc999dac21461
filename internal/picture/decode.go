package picture

import (
	"bytes"
	"context"
	"encoding/binary"
	"image"
	"image/color"
	"io"
	"slices"

	"hawker/internal/base/fault"
)

// Limits on what a picture becomes when it is decoded, and how many are at a time.
const (
	pixelsMax   = 16_000_000
	decodedMax  = 128 << 20 // bytes
	decodingMax = 2
)

// decode turns what was sent into pixels, in one of a few slots, and gives up when who
// sent it has gone.
func decode(ctx context.Context, raw []byte) (image.Image, error) {
	cfg, format, err := image.DecodeConfig(bytes.NewReader(raw))
	if err == nil && !slices.Contains(formats(), format) {
		err = image.ErrFormat
	}
	if err != nil {
		return nil, fault.Invalid("catalog.not_a_picture").Because(err)
	}
	if cfg.Width <= 0 || cfg.Height <= 0 || cfg.Width > pixelsMax/cfg.Height ||
		int64(cfg.Width)*int64(cfg.Height)*bitsOf(cfg, raw)/8 > decodedMax {
		return nil, tooLarge()
	}
	src, _, err := image.Decode(attended{ctx, bytes.NewReader(raw)})
	if gone := ctx.Err(); gone != nil {
		return nil, gone
	}
	if err != nil {
		return nil, fault.Invalid("catalog.not_a_picture").Because(err)
	}
	return src, nil
}

func tooLarge() error {
	return fault.TooLarge("catalog.picture_too_large", "max_mb", BytesMax>>20, "max_mp", pixelsMax/1_000_000)
}

// attended is read as long as somebody waits for it: a decoder that finds nothing more
// to read ends.
type attended struct {
	ctx  context.Context //nolint:containedctx // the life of one call
	from io.Reader
}

func (a attended) Read(p []byte) (int, error) {
	if err := a.ctx.Err(); err != nil {
		return 0, err
	}
	return a.from.Read(p)
}

// bitsOf is what a pixel takes while it is decoded, at the most.
func bitsOf(cfg image.Config, raw []byte) int64 {
	switch cfg.ColorModel {
	case color.GrayModel, color.AlphaModel:
		return 8 + coefficients(raw)
	case color.Gray16Model, color.Alpha16Model:
		return 16
	case color.YCbCrModel:
		return 24 + coefficients(raw)
	case color.CMYKModel:
		return 64 + coefficients(raw) // a copy is made of YCCK
	case color.RGBAModel, color.NRGBAModel, color.NYCbCrAModel:
		return 32
	}
	if _, palette := cfg.ColorModel.(color.Palette); palette {
		return 8
	}
	return 64
}

// coefficients is what a progressive JPEG keeps of each pixel until its last scan (ITU
// T.81, B.2.2): 32 bits for each sample of each component, as they are sampled. Other
// pictures keep none.
func coefficients(raw []byte) int64 {
	const progressive, startOfScan, fixed, each, numberOfBits = 0xC2, 0xDA, 6, 3, 32
	for at := 2; at+4 <= len(raw) && raw[at] == 0xFF; {
		marker, size := raw[at+1], int(binary.BigEndian.Uint16(raw[at+2:]))
		if marker == startOfScan || size < 2 || at+2+size > len(raw) {
			break
		}
		if marker != progressive {
			at += 2 + size
			continue
		}
		var sum, most int64
		for s := raw[at+4 : at+2+size]; len(s) >= fixed+each; s = s[each:] {
			n := int64(s[fixed+1]>>4) * int64(s[fixed+1]&15)
			sum, most = sum+n, max(most, n)
		}
		return numberOfBits * sum / max(1, most)
	}
	return 0
}
