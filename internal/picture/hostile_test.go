package picture_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/permission"
	"hawker/internal/picture"
	"hawker/internal/platform/blob"
	"hawker/internal/platform/httpapi/httpapitest"
	"hawker/internal/platform/sqldb/sqltest"
)

func pngOf(t testing.TB, w, h int, c color.Color) []byte {
	t.Helper()
	src := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			src.Set(x, y, c)
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, src); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// stored decodes what was kept of a picture.
func (k *album) stored(t testing.TB, o picture.Object) image.Image {
	t.Helper()
	f, err := k.disk.Open(t.Context(), o.Key, blob.Range{})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	shown, err := jpeg.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	return shown
}

// FuzzAdd sends whatever bytes: they are refused for what they are, or kept as a
// picture that fits, and nothing in between.
func FuzzAdd(f *testing.F) {
	f.Add([]byte{})
	f.Add(pngOf(f, 3, 2, color.White))
	f.Add(append([]byte{0xff, 0xd8, 0xff, 0xe1, 0xff, 0xff}, "Exif\x00\x00MM\x00\x2a\xff\xff\xff\xff"...))
	f.Add(append([]byte{0xff, 0xd8, 0xff, 0xe1, 0, 20}, "Exif\x00\x00II\x2a\x00\x08\x00\x00\x00\xff\xff"...))
	f.Add([]byte("RIFF\x00\x00\x00\x00WEBPVP8X"))
	f.Add(bomb(6000, 6000))
	db := sqltest.NewSQLite(f)
	disk, err := blob.NewDisk(f.TempDir())
	if err != nil {
		f.Fatal(err)
	}
	k := &album{db: db, disk: disk, media: picture.New(db, disk), shop: id.Make[id.Shop](db)}
	f.Fuzz(func(t *testing.T, raw []byte) {
		o, err := k.media.Add(t.Context(), k.shop, bytes.NewReader(raw))
		if err != nil {
			if code := fault.Code(err); code != "catalog.not_a_picture" && code != "catalog.picture_too_large" {
				t.Fatal(err)
			}
			return
		}
		size := k.stored(t, o).Bounds().Size()
		if size.X != o.Width || size.Y != o.Height || size.X < 1 || size.Y < 1 || max(size.X, size.Y) > 1440 {
			t.Errorf("kept as %v, noted as %d by %d", size, o.Width, o.Height)
		}
	})
}

// What shapes and colours become: nothing is left of a side, what was not there is
// white.
func TestShapesAndColours(t *testing.T) {
	t.Parallel()
	k := open(t)
	for name, c := range map[string]struct {
		raw  []byte
		w, h int
		grey uint8
	}{
		"one dot":            {pngOf(t, 1, 1, color.Black), 1, 1, 0},
		"a thread":           {pngOf(t, 4000, 1, color.Black), 1440, 1, 0},
		"a thread, standing": {pngOf(t, 1, 4000, color.Black), 1, 1440, 0},
		"as large as kept":   {pngOf(t, 1440, 2, color.Black), 1440, 2, 0},
		"one too large":      {pngOf(t, 1441, 2, color.Black), 1440, 1, 0},
		"nothing at all":     {pngOf(t, 5, 5, color.Transparent), 5, 5, 255},
		"half there":         {pngOf(t, 5, 5, color.NRGBA{0, 0, 0, 128}), 5, 5, 127},
	} {
		o, err := k.media.Add(t.Context(), k.shop, bytes.NewReader(c.raw))
		if err != nil || o.Width != c.w || o.Height != c.h {
			t.Errorf("%s: %d by %d, %v; want %d by %d", name, o.Width, o.Height, err, c.w, c.h)
			continue
		}
		grey := color.GrayModel.Convert(k.stored(t, o).At(0, 0)).(color.Gray).Y
		if off := int(grey) - int(c.grey); off < -3 || off > 3 {
			t.Errorf("%s: shade %d, want %d", name, grey, c.grey)
		}
	}
	var moving bytes.Buffer
	if err := gif.Encode(&moving, image.NewGray(image.Rect(0, 0, 2, 2)), nil); err != nil {
		t.Fatal(err)
	}
	if _, err := k.media.Add(t.Context(), k.shop, &moving); fault.Code(err) != "catalog.not_a_picture" {
		t.Errorf("a moving picture: %v", err)
	}
}

// A line that breaks, and a caller who goes away while others decode: an error, and no
// picture.
func TestALineThatBreaks(t *testing.T) {
	t.Parallel()
	k := open(t)
	broken := errors.New("broken")
	if _, err := k.media.Add(t.Context(), k.shop, iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("a broken line: %v", err)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	raw, want := pngOf(t, 300, 300, color.White), 0
	var group sync.WaitGroup
	var mu sync.Mutex
	for i := range 12 {
		ctx := t.Context()
		if i%3 == 0 {
			ctx = gone
		}
		group.Go(func() {
			_, err := k.media.Add(ctx, k.shop, bytes.NewReader(raw))
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				want++
			} else if !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		})
	}
	group.Wait()
	var n int
	if err := k.db.Reader().QueryRow(t.Context(), "SELECT COUNT(*) FROM media_object").Scan(&n); err != nil ||
		n != want ||
		want < 8 {
		t.Errorf("%d pictures are noted, %v; %d were answered", n, err, want)
	}
}

// Pictures are named in the order that was asked for, by their own shop alone.
func TestPicturesOfAShop(t *testing.T) {
	t.Parallel()
	k := open(t)
	var own []id.Media
	for range 3 {
		o, err := k.media.Add(t.Context(), k.shop, bytes.NewReader(pngOf(t, 2, 2, color.White)))
		if err != nil {
			t.Fatal(err)
		}
		own = append([]id.Media{o.ID}, own...)
	}
	wanted := append(own, own[0])
	got, err := k.media.Of(t.Context(), k.db.Reader(), k.shop, wanted)
	if err != nil || len(got) != 4 {
		t.Fatalf("%+v, %v", got, err)
	}
	for i, p := range got {
		if p.ID != wanted[i] || !strings.HasPrefix(p.URL, picture.Prefix) {
			t.Errorf("%d is %+v, want %s", i, p, wanted[i])
		}
	}
	theirs := id.Make[id.Shop](k.db)
	for shop, media := range map[id.Shop]id.Media{theirs: own[0], k.shop: id.Make[id.Media](k.db)} {
		if url, err := k.media.URLOf(t.Context(), shop, media); fault.Code(err) != "catalog.no_such_picture" {
			t.Errorf("%s of %s is %q, %v", media, shop, url, err)
		}
	}
}

// Who may send pictures, and that what is no form is refused.
func TestTheDoorOfPictures(t *testing.T) {
	t.Parallel()
	k := open(t)
	d := httpapitest.Open(t, k.db.Clock(), picture.API{Service: k.media}.Module())
	editor, clerk := id.Make[id.User](k.db), id.Make[id.User](k.db)
	d.Hire(editor, k.shop, permission.CatalogWrite)
	d.Hire(clerk, k.shop, permission.CatalogRead)
	d.Name("shop", k.shop)
	d.Strangers()
	form := "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\n" +
		string(pngOf(t, 2, 2, color.White)) + "\r\n--x--\r\n"
	const kind = "multipart/form-data; boundary=x"
	for name, c := range map[string]struct {
		who    id.User
		status int
		raw    string
		kind   string
	}{
		"a clerk":         {clerk, 403, form, kind},
		"no form":         {editor, 422, "{}", "application/json"},
		"an empty form":   {editor, 422, "--x--\r\n", kind},
		"two pictures":    {editor, 422, strings.TrimSuffix(form, "--x--\r\n") + form, kind},
		"another field":   {editor, 422, strings.Replace(form, "file", "else", 1), kind},
		"a form cut off":  {editor, 422, form[:60], kind},
		"another divider": {editor, 422, form, "multipart/form-data; boundary=y"},
		"a picture":       {editor, 201, form, kind},
	} {
		a := d.Do(c.who, "POST /merchant/{shop}/media", []byte(c.raw), "Content-Type", c.kind)
		if a.Status != c.status && (c.status != 422 || a.Status/100 != 4) {
			t.Errorf("%s answers %d: %s", name, a.Status, a.Body)
		}
	}
}
