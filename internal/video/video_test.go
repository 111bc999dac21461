package video_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/page"
	"hawker/internal/catalog"
	"hawker/internal/platform/events/eventstest"
	"hawker/internal/platform/httpapi"
	"hawker/internal/video"
)

// cut sends part of a file as the body of a larger request and hangs up.
func (m *mall) cut(path string, part []byte, size int) {
	m.t.Helper()
	c, err := net.Dial("tcp", m.server.Listener.Addr().String())
	m.must(err)
	_, err = fmt.Fprintf(c, "PATCH %s HTTP/1.1\r\nHost: here\r\nAuthorization: Bearer %s\r\nTus-Resumable: "+
		"1.0.0\r\nUpload-Offset: 0\r\n"+
		"Content-Type: application/offset+octet-stream\r\nContent-Length: %d\r\n\r\n", path, m.author, size)
	m.must(err)
	_, err = c.Write(part)
	m.must(err)
	m.must(c.Close())
}

func TestUploadCutGoesOnIsPublishedAndPlays(t *testing.T) {
	m := newMall(t)
	product := m.product()
	content := film(t, 3, "540x960")
	path := m.create(m.author, len(content))
	offset := m.arrived(path, func() { m.cut(path, content[:len(content)/2], len(content)) })
	if offset > len(content)/2 {
		t.Fatalf("%d bytes arrived, %d were sent", offset, len(content)/2)
	}
	if early := m.call(m.author, "POST", "/videos", fmt.Sprintf(`{"upload_id":%q,"caption":""}`,
		filepath.Base(path))); early.code() != "upload.unfinished" {
		t.Errorf("half a file: %d %s", early.status, early.body)
	}
	if a := m.tus(m.author, "PATCH", path, content[offset:], "Upload-Offset",
		strconv.Itoa(offset)); a.status != http.StatusNoContent {
		t.Fatalf("go on at %d: %d %s", offset, a.status, a.body)
	}
	v := decode(t, m.call(m.author, "POST", "/videos", fmt.Sprintf(`{"upload_id":%q,"caption":"转三百圈","product_id":%q}`,
		filepath.Base(path), product)), 201)
	if v.State != video.Processing || v.PlaybackURL != "" {
		t.Errorf("posted: %+v", v)
	}
	m.must(m.queue.Drain(t.Context()))
	v = m.get(id.User{}, v.ID)
	if v.State != video.Published || v.DurationMs != 3000 || v.Width != 480 || v.Height != 854 || v.Progress != 100 {
		t.Fatalf("film: %+v", v)
	}
	if v.Product == nil || v.Product.ID != product || v.Shop == nil || v.Shop.ID != m.shop || v.LiveRoom != m.room {
		t.Errorf("its company: product %+v, shop %+v, room %s", v.Product, v.Shop, v.LiveRoom)
	}
	for _, url := range []string{v.PlaybackURL, v.MP4URL} {
		out, err := exec.CommandContext(t.Context(), "ffmpeg", "-nostdin", "-v", "error", "-i", m.server.URL+url, "-f",
			"null", "-").CombinedOutput()
		if err != nil || len(out) > 0 {
			t.Errorf("%s does not play: %v: %s", url, err, out)
		}
	}
	if a := m.send(id.User{}, "GET", v.CoverURL, nil); a.status != 200 || a.header.Get("Content-Type") != "image/jpeg" {
		t.Errorf("cover: %d %s", a.status, a.header.Get("Content-Type"))
	}
	if a := m.tus(m.author, "HEAD", path, nil); a.status != http.StatusNotFound {
		t.Errorf("the upload is still there: %d", a.status)
	}
}

// arrived sends until a part has come and answers the offset. Asking for it ends a transfer
// that is still under way, perhaps before its first byte was taken: then it is sent anew.
func (m *mall) arrived(path string, send func()) int {
	m.t.Helper()
	offset := 0
	m.until("a part to arrive", func() bool {
		send()
		a := m.tus(m.author, "HEAD", path, nil)
		offset, _ = strconv.Atoi(a.header.Get("Upload-Offset"))
		return offset > 0
	})
	return offset
}

func (m *mall) until(what string, ok func() bool) {
	m.t.Helper()
	ctx, cancel := context.WithTimeout(m.t.Context(), time.Minute)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			m.t.Fatalf("waited in vain for %s", what)
		}
	}
}

func TestUploadsBelongToTheirOwners(t *testing.T) {
	m := newMall(t)
	path := m.create(m.author, 10)
	for _, method := range []string{"HEAD", "PATCH", "DELETE"} {
		if a := m.tus(m.other, method, path, nil, "Upload-Offset", "0"); a.status != http.StatusNotFound {
			t.Errorf("%s by somebody else: %d", method, a.status)
		}
		if a := m.tus(id.User{}, method, path, nil, "Upload-Offset", "0"); a.status != http.StatusUnauthorized {
			t.Errorf("%s by a visitor: %d", method, a.status)
		}
	}
	if a := m.tus(m.other, "POST", path, nil, "X-HTTP-Method-Override", "DELETE"); a.status != http.StatusNotFound {
		t.Errorf("disguised DELETE: %d", a.status)
	}
	if a := m.tus(m.author, "GET", path, nil); a.status == http.StatusOK {
		t.Error("uploads can be downloaded")
	}
	if a := m.tus(m.author, "PATCH", path, []byte("0123456789"), "Upload-Offset",
		"0"); a.status != http.StatusNoContent {
		t.Fatalf("the owner: %d", a.status)
	}
	if a := m.call(m.other, "POST", "/videos", fmt.Sprintf(`{"upload_id":%q,"caption":""}`,
		filepath.Base(path))); a.code() != "upload.not_found" {
		t.Errorf("claimed by somebody else: %d %s", a.status, a.body)
	}
	for _, name := range []string{"../hawker.db", "x", ""} {
		if a := m.call(m.author, "POST", "/videos", fmt.Sprintf(`{"upload_id":%q,"caption":""}`,
			name)); a.code() != "upload.not_found" {
			t.Errorf("upload %q: %d %s", name, a.status, a.body)
		}
	}
}

func TestTooLargeIsSaidBeforeAByteIsSent(t *testing.T) {
	m := newMall(t)
	a := m.tus(m.author, "POST", "/api/v1/uploads/", nil, "Upload-Length", strconv.Itoa(sizeMax+1))
	if a.status != http.StatusRequestEntityTooLarge || a.code() != "upload.too_large" ||
		a.header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("answer %d %s", a.status, a.body)
	}
	path := m.create(m.author, 4)
	if a := m.tus(m.author, "PATCH", path, []byte("longer than said"), "Upload-Offset",
		"0"); a.status == http.StatusNoContent {
		t.Error("more was taken than was announced")
	}
}

func TestClaimedUploadIsNotTouched(t *testing.T) {
	m := newMall(t)
	upload := m.uploaded(m.author, film(t, 1, "160x120"))
	body := fmt.Sprintf(`{"upload_id":%q,"caption":""}`, upload)
	header := []string{"Content-Type", "application/json", "Idempotency-Key", "one-intent"}
	send := func() answer {
		return m.send(m.author, "POST", httpapi.Prefix+"/videos", strings.NewReader(body), header...)
	}
	if first, again := decode(t, send(), 201), decode(t, send(), 201); first.ID != again.ID {
		t.Errorf("one intent made %s and %s", first.ID, again.ID)
	}
	if a := m.call(m.author, "POST", "/videos", body); a.code() != "video.already_posted" {
		t.Errorf("posted twice: %d %s", a.status, a.body)
	}
	if a := m.tus(m.author, "DELETE", "/api/v1/uploads/"+upload, nil); a.code() != "upload.claimed" {
		t.Errorf("deleted under the job: %d %s", a.status, a.body)
	}
}

func TestWhatIsNoVideoFailsWithItsReason(t *testing.T) {
	m := newMall(t)
	m.must(os.WriteFile(filepath.Join(m.dir, "uploads", "secret.txt"), []byte("secret"), 0o600))
	for name, c := range map[string]struct{ content, code string }{
		"text":     {"just a text, called .mp4\n", video.CodeNotAVideo},
		"ffconcat": {"ffconcat version 1.0\nfile secret.txt\n", video.CodeNotAVideo},
		"too long": {string(film(t, 31, "32x32")), video.CodeTooLong},
	} {
		t.Run(name, func(t *testing.T) {
			v := m.post(m.author, []byte(c.content), id.Product{})
			m.must(m.queue.Drain(t.Context()))
			got := m.get(m.author, v.ID)
			if got.State != video.Failed || got.Failure != c.code || got.FailureText == c.code ||
				got.FailureText == "" {
				t.Errorf("film: %s %s %q", got.State, got.Failure, got.FailureText)
			}
			if a := m.call(m.other, "GET", "/videos/"+v.ID.String(), ""); a.code() != "video.not_found" {
				t.Errorf("seen by others: %d", a.status)
			}
			if a := m.call(m.author, "POST", "/videos/"+v.ID.String()+"/publish", ""); a.code() != "video.not_ready" {
				t.Errorf("published: %d %s", a.status, a.body)
			}
			if _, err := os.Stat(filepath.Join(m.dir, "media", "videos", v.ID.String())); !os.IsNotExist(err) {
				t.Errorf("files were left: %v", err)
			}
		})
	}
	if left, err := os.ReadDir(filepath.Join(m.dir, "work")); err != nil || len(left) > 0 {
		t.Errorf("work left behind: %v %v", left, err)
	}
}

// children finds the ffmpegs of this process that make a ladder.
func (m *mall) children() (pids []int) {
	m.t.Helper()
	tasks, err := filepath.Glob("/proc/self/task/*/children")
	m.must(err)
	for _, task := range tasks {
		raw, err := os.ReadFile(task)
		if err != nil {
			continue // the thread has ended
		}
		for _, field := range strings.Fields(string(raw)) {
			pid, err := strconv.Atoi(field)
			m.must(err)
			cmd, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid))
			if err == nil && bytes.HasPrefix(cmd, []byte("ffmpeg")) && bytes.Contains(cmd, []byte("hls_time")) {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

func TestKilledFFmpegIsTriedAgain(t *testing.T) {
	m := newMall(t)
	v := m.post(m.author, film(t, 12, "480x854"), id.Product{})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- m.queue.Run(ctx) }()
	progress, killed := 0, 0
	m.until("progress of the first try", func() bool {
		progress = m.get(m.author, v.ID).Progress
		return progress > 5
	})
	for _, pid := range m.children() {
		m.must(syscall.Kill(pid, syscall.SIGKILL))
		killed++
	}
	if progress >= 100 || killed != 1 {
		t.Errorf("killed %d children at %d percent", killed, progress)
	}
	m.until("the second try", func() bool { return m.get(m.author, v.ID).State != video.Processing })
	if got := m.get(m.author, v.ID); got.State != video.Published || got.DurationMs != 12000 {
		t.Errorf("film: %+v", got)
	}
	cancel()
	m.must(<-ended)
}

func TestWhoMayHideAndShow(t *testing.T) {
	m := newMall(t)
	v := m.post(m.author, film(t, 1, "160x120"), m.product())
	m.must(m.queue.Drain(t.Context()))
	do := func(who id.User, what string) string {
		a := m.call(who, "POST", "/videos/"+v.ID.String()+"/"+what, "")
		if a.status == 200 {
			return string(decode(t, a, 200).State)
		}
		return a.code()
	}
	for i, c := range []struct {
		who        id.User
		what, want string
	}{
		{id.User{}, "unpublish", "auth.sign_in_required"},
		{m.other, "unpublish", "video.not_found"},
		{m.author, "unpublish", "ready"},
		{m.other, "publish", "video.not_found"},
		{m.author, "publish", "published"},
		{m.owner, "unpublish", "ready"},
		{m.author, "publish", "video.taken_down"},
		{m.author, "unpublish", "ready"},
		{m.author, "publish", "video.taken_down"},
		{m.owner, "publish", "published"},
		{m.author, "publish", "published"},
	} {
		if got := do(c.who, c.what); got != c.want {
			t.Errorf("step %d, %s: %s, want %s", i, c.what, got, c.want)
		}
	}
	if a := m.call(m.other, "PATCH", "/videos/"+v.ID.String(), `{"caption":"x"}`); a.code() != "video.not_found" {
		t.Errorf("changed by somebody else: %d", a.status)
	}
	if got := decode(t, m.call(m.author, "PATCH", "/videos/"+v.ID.String(), `{"caption":"新"}`),
		200); got.Caption != "新" || got.Product == nil {
		t.Errorf("changed: %+v", got)
	}
	if a := m.call(m.other, "GET", "/merchant/"+m.shop.String()+"/videos", ""); a.code() != "shop.not_staff" {
		t.Errorf("the shop's list for others: %d", a.status)
	}
	if a := m.call(m.owner, "GET", "/merchant/"+m.shop.String()+"/videos", ""); !strings.Contains(string(a.body),
		v.ID.String()) {
		t.Errorf("the shop's list: %s", a.body)
	}
}

// The words in one tab, the product in another: neither undoes the other, and what
// the shop hides meanwhile stays hidden.
func TestAFilmChangedAtOnce(t *testing.T) {
	m := newMall(t)
	first, second := m.product(), m.product()
	v := m.post(m.author, film(t, 1, "160x120"), first)
	m.must(m.queue.Drain(t.Context()))
	for i := range 12 {
		caption, product := fmt.Sprintf("第 %d 版", i), second
		if i%2 == 1 {
			product = first
		}
		var group sync.WaitGroup
		for _, c := range []video.Change{{Caption: &caption}, {Product: &product}} {
			group.Go(func() {
				if _, err := m.videos.Update(t.Context(), m.author, v.ID, c); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		got, err := m.videos.Find(t.Context(), v.ID)
		if err != nil || got.Caption != caption || got.Product != product {
			t.Errorf("round %d: %q of %s, %v; want %q of %s", i, got.Caption, got.Product, err, caption, product)
		}
	}
	for range 40 {
		if _, err := m.videos.Publish(t.Context(), m.owner, v.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := m.videos.Unpublish(t.Context(), m.author, v.ID); err != nil {
			t.Fatal(err)
		}
		var group sync.WaitGroup
		group.Go(func() { // shown again, unless the shop was first
			_, err := m.videos.Publish(t.Context(), m.author, v.ID)
			if err != nil && fault.Code(err) != "video.taken_down" {
				t.Error(err)
			}
		})
		group.Go(func() {
			if _, err := m.videos.Publish(t.Context(), m.owner, v.ID); err != nil {
				t.Error(err)
			}
			if _, err := m.videos.Unpublish(t.Context(), m.owner, v.ID); err != nil {
				t.Error(err)
			}
		})
		group.Wait()
		_, err := m.videos.Publish(t.Context(), m.author, v.ID)
		got, findErr := m.videos.Find(t.Context(), v.ID)
		if findErr != nil || got.HiddenBy != m.owner || fault.Code(err) != "video.taken_down" {
			t.Fatalf("the shop has hidden it, its author shows it: %s, %v, %v", got.State, err, findErr)
		}
	}
}

func TestFeedLikesAndShares(t *testing.T) {
	m := newMall(t)
	product := m.product()
	content := film(t, 1, "160x120")
	var made []id.Video
	for range 3 {
		made = append(made, m.post(m.author, content, product).ID)
		m.must(m.queue.Drain(t.Context()))
	}
	hidden := m.post(m.author, content, id.Product{})
	var seen []id.Video
	for cursor, more := "", true; more; more = cursor != "" {
		a := m.call(m.other, "GET", "/feed?scene=home&limit=2&cursor="+cursor, "")
		var p page.Page[video.View]
		m.must(json.Unmarshal(a.body, &p))
		for _, v := range p.Items {
			seen = append(seen, v.ID)
		}
		cursor = p.NextCursor
	}
	if fmt.Sprint(seen) != fmt.Sprint([]id.Video{made[2], made[1], made[0]}) {
		t.Errorf("feed %v, made %v", seen, made)
	}
	first := "/videos/" + made[0].String()
	for i, c := range []struct {
		method, want string
	}{
		{"POST", `{"likes":1,"liked":true}`},
		{"POST", `{"likes":1,"liked":true}`},
		{"DELETE", ""},
		{"DELETE", ""},
		{"POST", `{"likes":1,"liked":true}`},
	} {
		if a := m.call(m.other, c.method, first+"/likes", ""); strings.TrimSpace(string(a.body)) != c.want {
			t.Errorf("like %d: %s", i, a.body)
		}
	}
	if mine, theirs := m.get(m.other, made[0]), m.get(m.author, made[0]); !mine.Liked || theirs.Liked ||
		theirs.Likes != 1 {
		t.Errorf("liked: %v and %v, %d", mine.Liked, theirs.Liked, theirs.Likes)
	}
	if a := m.call(m.other, "POST", "/videos/"+hidden.ID.String()+"/likes", ""); a.code() != "video.not_found" {
		t.Errorf("hidden film liked: %d", a.status)
	}
	if a := m.call(m.other, "POST", first+"/share", ""); !strings.Contains(string(a.body), "/s/"+made[0].String()) ||
		m.get(m.other, made[0]).Shares != 1 {
		t.Errorf("share: %s", a.body)
	}
	if ids, err := m.videos.VideosShowing(t.Context(), product); err != nil || len(ids) != 3 {
		t.Errorf("shown with the product: %v %v", ids, err)
	}
	_, err := m.goods.SetState(t.Context(), m.shop, product, catalog.OffSale)
	m.must(err)
	if v := m.get(m.other, made[0]); v.Product != nil {
		t.Errorf("a product that is not on sale is shown: %+v", v.Product)
	}
	if told := eventstest.Heard(t, m.db, video.EventPublished); len(told) != 3 {
		t.Errorf("%v recorded, want one for each published film", told)
	}
}

func TestOnlyStaffSpeaksForAShop(t *testing.T) {
	m := newMall(t)
	upload := m.uploaded(m.author, []byte("anything"))
	if a := m.call(m.author, "POST", "/videos", fmt.Sprintf(`{"upload_id":%q,"caption":"","shop_id":%q}`, upload,
		m.shop)); a.code() != "shop.not_staff" {
		t.Errorf("posted for a shop: %d %s", a.status, a.body)
	}
	if a := m.call(m.author, "POST", "/videos", fmt.Sprintf(`{"upload_id":%q,"caption":"","product_id":%q}`, upload,
		id.Make[id.Product](m.db))); a.code() != "video.no_such_product" {
		t.Errorf("unknown product: %d %s", a.status, a.body)
	}
	if a := m.call(m.author, "POST", "/videos", fmt.Sprintf(`{"upload_id":%q,"caption":%q}`, upload,
		strings.Repeat("字", video.CaptionMax+1))); a.code() != "video.bad_caption" {
		t.Errorf("long caption: %d %s", a.status, a.body)
	}
}
