package picture_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"testing"

	"hawker/internal/platform/blob"
)

// held is a picture of 200 by 100, its left half bright, its top dark on the
// right, as a camera stores it when it was held in one of the eight ways.
func held(t *testing.T, orientation uint16) []byte {
	t.Helper()
	src := image.NewGray(image.Rect(0, 0, 200, 100))
	for y := range 100 {
		for x := range 200 {
			shade := uint8(100) // bottom right
			switch {
			case x < 100 && y < 50:
				shade = 250 // top left
			case x < 100:
				shade = 180 // bottom left
			case y < 50:
				shade = 20 // top right
			}
			src.SetGray(x, y, color.Gray{Y: shade})
		}
	}
	var plain bytes.Buffer
	if err := jpeg.Encode(&plain, src, nil); err != nil {
		t.Fatal(err)
	}
	tiff := []byte("MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01")
	tiff = append(binary.BigEndian.AppendUint16(tiff, orientation), 0, 0)
	exif := append([]byte("Exif\x00\x00"), tiff...)
	raw := append([]byte{0xff, 0xd8, 0xff, 0xe1, 0, byte(2 + len(exif))}, exif...)
	return append(raw, plain.Bytes()[2:]...)
}

// TestPicturesStandUpright: what each corner must show, by the Exif specification's
// table of where row 0 and column 0 are.
func TestPicturesStandUpright(t *testing.T) {
	t.Parallel()
	k := open(t)
	const topLeft, topRight, bottomLeft, bottomRight = 250, 20, 180, 100
	for orientation, want := range map[uint16][4]int{ // top left, top right, bottom left, bottom right as shown
		1: {topLeft, topRight, bottomLeft, bottomRight},
		2: {topRight, topLeft, bottomRight, bottomLeft},
		3: {bottomRight, bottomLeft, topRight, topLeft},
		4: {bottomLeft, bottomRight, topLeft, topRight},
		5: {topLeft, bottomLeft, topRight, bottomRight},
		6: {bottomLeft, topLeft, bottomRight, topRight},
		7: {bottomRight, topRight, bottomLeft, topLeft},
		8: {topRight, bottomRight, topLeft, bottomLeft},
		9: {topLeft, topRight, bottomLeft, bottomRight}, // there is no such way
	} {
		t.Run(fmt.Sprint(orientation), func(t *testing.T) {
			o, err := k.media.Add(t.Context(), k.shop, bytes.NewReader(held(t, orientation)))
			if err != nil {
				t.Fatal(err)
			}
			f, err := k.disk.Open(t.Context(), o.Key, blob.Range{})
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			shown, err := jpeg.Decode(f)
			if err != nil {
				t.Fatal(err)
			}
			w, h := shown.Bounds().Dx(), shown.Bounds().Dy()
			if sideways := orientation >= 5 && orientation <= 8; (h > w) != sideways {
				t.Errorf("stored %d by %d", w, h)
			}
			for i, at := range []image.Point{
				{w / 4, h / 4},
				{3 * w / 4, h / 4},
				{w / 4, 3 * h / 4},
				{3 * w / 4, 3 * h / 4},
			} {
				got := int(color.GrayModel.Convert(shown.At(at.X, at.Y)).(color.Gray).Y)
				if got < want[i]-15 || got > want[i]+15 {
					t.Errorf("corner %d shows %d, want %d", i, got, want[i])
				}
			}
		})
	}
}
