package picture

import (
	"bytes"
	"encoding/binary"
	"image"
	"image/color"
)

// orientation reads how a camera was held from a JPEG's EXIF data: 1 (upright) to
// 8, as the Exif specification (tag 0x0112) numbers them. The tag is dropped with
// all other metadata when the picture is encoded anew, so it has to be applied.
func orientation(jpeg []byte) int {
	exif := exifOf(jpeg)
	if len(exif) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.BigEndian
	if exif[0] == 'I' {
		order = binary.LittleEndian
	}
	at := int64(order.Uint32(exif[4:]))
	if at+2 > int64(len(exif)) {
		return 1
	}
	const entrySize, tagOrientation = 12, 0x0112
	for range order.Uint16(exif[at:]) {
		entry := at + 2
		if entry+entrySize > int64(len(exif)) {
			return 1
		}
		if order.Uint16(exif[entry:]) == tagOrientation {
			if v := int(order.Uint16(exif[entry+8:])); v >= 1 && v <= 8 {
				return v
			}
			return 1
		}
		at += entrySize
	}
	return 1
}

// exifOf finds the TIFF block of the first APP1 segment; nil when there is none.
func exifOf(jpeg []byte) []byte {
	const app1, startOfScan = 0xE1, 0xDA
	for at := 2; at+4 <= len(jpeg) && jpeg[at] == 0xFF; {
		marker, size := jpeg[at+1], int(binary.BigEndian.Uint16(jpeg[at+2:]))
		if marker == startOfScan || size < 2 || at+2+size > len(jpeg) {
			return nil
		}
		if rest, ok := bytes.CutPrefix(jpeg[at+4:at+2+size], []byte("Exif\x00\x00")); ok && marker == app1 {
			return rest
		}
		at += 2 + size
	}
	return nil
}

// upright turns a picture the way its camera was held.
func upright(src image.Image, orientation int) image.Image {
	if orientation == 1 {
		return src
	}
	return turned{src, orientation}
}

// turned looks at a picture from another side; nothing is copied.
type turned struct {
	image.Image
	orientation int
}

// Bounds implements image.Image.
func (t turned) Bounds() image.Rectangle {
	size := t.Image.Bounds().Size()
	if t.orientation >= 5 { // lying on its side
		size.X, size.Y = size.Y, size.X
	}
	return image.Rectangle{Max: size}
}

// At implements image.Image.
func (t turned) At(x, y int) color.Color {
	b := t.Image.Bounds()
	w, h := b.Dx()-1, b.Dy()-1
	switch t.orientation {
	case 2:
		x = w - x
	case 3:
		x, y = w-x, h-y
	case 4:
		y = h - y
	case 5:
		x, y = y, x
	case 6:
		x, y = y, h-x
	case 7:
		x, y = w-y, h-x
	case 8:
		x, y = w-y, x
	}
	return t.Image.At(b.Min.X+x, b.Min.Y+y)
}
