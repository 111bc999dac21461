package video_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"hawker/internal/account"
	"hawker/internal/base/clock"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/catalog"
	"hawker/internal/category"
	"hawker/internal/listing"
	"hawker/internal/media/ffmpeg"
	"hawker/internal/media/upload"
	"hawker/internal/picture"
	"hawker/internal/platform/blob"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/jobs"
	"hawker/internal/platform/secret"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
	"hawker/internal/platform/supervise"
	"hawker/internal/shop"
	"hawker/internal/video"
)

const sizeMax = 8 << 20

// mall is the module with everything around it that it touches, on a real
// database, a real folder and the real ffmpeg.
type mall struct {
	t      *testing.T
	dir    string
	db     *sqldb.DB
	queue  *jobs.Queue
	videos *video.Service
	goods  *catalog.Service
	shops  *shop.Service
	server *httptest.Server
	author id.User
	other  id.User
	owner  id.User // of the shop
	shop   id.Shop
	room   id.Room // in which the shop is live
}

// Authenticate implements httpapi.Authenticator: a token is the id of its user.
func (m *mall) Authenticate(_ context.Context, token string) (httpapi.Actor, error) {
	var u id.User
	if err := u.UnmarshalText([]byte(token)); err != nil || u.IsZero() {
		return httpapi.Actor{}, fault.Unauthorized("auth.session_expired")
	}
	return httpapi.Actor{User: u}, nil
}

// ObserveRequest implements httpapi.Observer.
func (m *mall) ObserveRequest(string, int, float64) {}

// RoomsOnAir implements video.LiveRooms.
func (m *mall) RoomsOnAir(context.Context, []id.Shop) (map[id.Shop]id.Room, error) {
	return map[id.Shop]id.Room{m.shop: m.room}, nil
}

// VideoLink implements video.Links.
func (m *mall) VideoLink(_ context.Context, user id.User, v id.Video) (string, string, error) {
	return user.String(), "/s/" + v.String(), nil
}

// ShopRefs implements catalog.ShopNames.
func (m *mall) ShopRefs(ctx context.Context, ids []id.Shop, tag lang.Tag) (map[id.Shop]catalog.ShopRef, error) {
	found, err := m.shops.Named(ctx, ids)
	out := map[id.Shop]catalog.ShopRef{}
	for k, s := range found {
		out[k] = catalog.ShopRef{ID: k, Name: s.Name.In(tag)}
	}
	return out, err
}

func newMall(t *testing.T) *mall {
	t.Helper()
	return newMallOn(t, sqltest.New(t))
}

func newMallOn(t *testing.T, db *sqldb.DB) *mall {
	t.Helper()
	m := &mall{t: t, dir: t.TempDir(), db: db}
	log := slog.New(slog.DiscardHandler)
	blobs, err := blob.NewDisk(filepath.Join(m.dir, "media"))
	m.must(err)
	t.Cleanup(func() { m.must(blobs.Close()) })
	files, err := upload.NewStore(filepath.Join(m.dir, "uploads"), clock.Real{}, video.Claims{DB: m.db})
	m.must(err)
	pictures := picture.New(m.db, blobs)
	box, err := secret.NewBox(bytes.Repeat([]byte{7}, 32))
	m.must(err)
	m.goods, m.shops = catalog.New(m.db, pictures), shop.New(m.db)
	m.author, m.other, m.owner = id.Make[id.User](m.db), id.Make[id.User](m.db), id.Make[id.User](m.db)
	m.room = id.Make[id.Room](m.db)
	sh, err := m.shops.Open(t.Context(), lang.Text{lang.Chinese: "小铺", lang.English: "Shop"}, "", m.owner)
	m.must(err)
	m.shop = sh.ID
	m.videos = video.New(video.Options{
		DB: m.db, Log: log, Uploads: files, Blobs: blobs, Tool: ffmpeg.New("ffmpeg", clock.Real{}), Catalog: m.goods,
		Staff:   m.shops,
		WorkDir: filepath.Join(m.dir, "work"), DurationMax: 30 * time.Second, Workers: 1,
		Seal: box,
	})
	m.queue = jobs.NewQueue(m.db, supervise.New(log, m.db.Clock()), m.videos.Jobs()...)
	api := httpapi.New(httpapi.Deps{
		Log: log, Clock: clock.Real{}, Limiter: cache.NewMemoryLimiter(clock.Real{}),
		Sign: m, Staff: m.shops, Metrics: m,
	})
	cards := &catalog.API{Service: m.goods, DB: m.db, Shops: m, Currency: "CNY"}
	people := account.New(account.Options{DB: m.db, Box: box})
	video.API{Service: m.videos, Links: m, Views: video.Views{
		Service: m.videos, Shops: m, People: people, Goods: cards,
		Rooms: m,
	}}.Register(api)
	uploads, err := video.UploadModule(files, upload.Door{SizeMax: sizeMax, Refuse: api.WriteProblem})
	m.must(err)
	api.Mount(uploads.Routes...)
	api.Mount(picture.API{Service: pictures, Guards: m.videos.Guards()}.Module().Routes...)
	m.server = httptest.NewServer(api)
	t.Cleanup(m.server.Close)
	return m
}

func (m *mall) must(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

// product puts one on sale.
func (m *mall) product() id.Product {
	m.t.Helper()
	var pic bytes.Buffer
	m.must(png.Encode(&pic, image.NewRGBA(image.Rect(0, 0, 8, 8))))
	o, err := m.goodsMedia().Add(m.t.Context(), m.shop, &pic)
	m.must(err)
	c, err := category.New(m.db).Add(m.t.Context(), lang.Text{lang.Chinese: "家"})
	m.must(err)
	p, err := m.goods.Create(m.t.Context(), m.shop, m.owner, listing.Listing{
		Title: lang.Text{lang.Chinese: "杯"}, Category: c.ID, Pictures: []id.Media{o.ID},
		SKUs: []listing.SKU{{Code: "A", Price: 100, Initial: 5}},
	})
	m.must(err)
	_, err = m.goods.SetState(m.t.Context(), m.shop, p.ID, catalog.OnSale)
	m.must(err)
	return p.ID
}

func (m *mall) goodsMedia() *picture.Service {
	blobs, err := blob.NewDisk(filepath.Join(m.dir, "media"))
	m.must(err)
	m.t.Cleanup(func() { m.must(blobs.Close()) })
	return picture.New(m.db, blobs)
}

// answer is a response that has been read.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) code() string {
	var p struct {
		Code string `json:"code"`
	}
	if json.Unmarshal(a.body, &p) != nil {
		return string(a.body)
	}
	return p.Code
}

func (m *mall) send(who id.User, method, path string, body io.Reader, header ...string) answer {
	m.t.Helper()
	req, err := http.NewRequestWithContext(m.t.Context(), method, m.server.URL+path, body)
	m.must(err)
	req.Header.Set("Accept-Language", "en")
	if !who.IsZero() {
		req.Header.Set("Authorization", "Bearer "+who.String())
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	res, err := m.server.Client().Do(req)
	m.must(err)
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	m.must(err)
	return answer{res.StatusCode, res.Header, raw}
}

func (m *mall) call(who id.User, method, path, body string) answer {
	m.t.Helper()
	return m.send(who, method, httpapi.Prefix+path, strings.NewReader(body), "Content-Type", "application/json",
		"Idempotency-Key", id.Token())
}

func (m *mall) tus(who id.User, method, path string, body []byte, header ...string) answer {
	m.t.Helper()
	header = append(header, "Tus-Resumable", "1.0.0", "Content-Type", "application/offset+octet-stream")
	return m.send(who, method, path, bytes.NewReader(body), header...)
}

// create opens an upload and answers its path.
func (m *mall) create(who id.User, size int) string {
	m.t.Helper()
	a := m.tus(who, "POST", httpapi.Prefix+"/uploads/", nil, "Upload-Length", strconv.Itoa(size), "Upload-Metadata",
		"filename Y2xpcC5tcDQ=")
	if a.status != http.StatusCreated {
		m.t.Fatalf("create: %d %s", a.status, a.body)
	}
	return a.header.Get("Location")
}

// uploaded sends a whole file and answers the upload's id.
func (m *mall) uploaded(who id.User, content []byte) string {
	m.t.Helper()
	path := m.create(who, len(content))
	if a := m.tus(who, "PATCH", path, content, "Upload-Offset", "0"); a.status != http.StatusNoContent {
		m.t.Fatalf("patch: %d %s", a.status, a.body)
	}
	return filepath.Base(path)
}

func decode(t *testing.T, a answer, want int) video.View {
	t.Helper()
	var v video.View
	if a.status != want {
		t.Fatalf("status %d, want %d: %s", a.status, want, a.body)
	}
	if err := json.Unmarshal(a.body, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

// post makes a film of content.
func (m *mall) post(who id.User, content []byte, product id.Product) video.View {
	m.t.Helper()
	body := fmt.Sprintf(`{"upload_id":%q,"caption":"转三百圈","product_id":%q}`, m.uploaded(who, content), product)
	return decode(m.t, m.call(who, "POST", "/videos", body), http.StatusCreated)
}

func (m *mall) get(who id.User, v id.Video) video.View {
	m.t.Helper()
	return decode(m.t, m.call(who, "GET", "/videos/"+v.String(), ""), http.StatusOK)
}

// film makes a source with the real program.
func film(t *testing.T, seconds int, size string) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "source.mp4")
	cmd := exec.CommandContext(t.Context(), "ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i",
		fmt.Sprintf("testsrc2=s=%s:r=30:d=%d", size, seconds),
		"-f", "lavfi", "-i", fmt.Sprintf("sine=d=%d", seconds), "-c:v", "libx264", "-preset", "ultrafast", "-shortest",
		path)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("make a source: %v: %s", err, out)
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
