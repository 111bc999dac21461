package upload_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/base/fault"
	"hawker/internal/media/upload"
)

// bounded is a shed with a quota, on a disk whose rest the test says.
func bounded(t *testing.T, q upload.Quota) (s *shed, free *atomic.Int64) {
	t.Helper()
	s, free = &shed{t: t, dir: t.TempDir(), clock: clock.NewManual(time.Now()), claims: claimed{}}, &atomic.Int64{}
	free.Store(1 << 40)
	var err error
	if s.store, err = upload.NewStore(s.dir, s.clock, s.claims); err != nil {
		t.Fatal(err)
	}
	h, err := s.store.Handler(upload.Door{
		Prefix: prefix, SizeMax: sizeMax, Owner: func(r *http.Request) string { return r.Header.Get("Who") }, Quota: q,
		Space: func(more int64) error {
			if free.Load() < more {
				return errors.New("the disk is full")
			}
			return nil
		},
		Refuse: func(w http.ResponseWriter, _ *http.Request, err error) {
			http.Error(w, fault.Code(err), http.StatusTeapot)
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	s.web = httptest.NewServer(h)
	t.Cleanup(s.web.Close)
	return s, free
}

func (s *shed) want(size int, who, want string) {
	s.t.Helper()
	_, code := s.do(http.MethodPost, prefix, nil, "Who", who, "Upload-Length", strconv.Itoa(size))
	if code != want {
		s.t.Errorf("%d bytes of %s: %s, want %s", size, who, code, want)
	}
}

// What is announced counts, not what came: of one owner, and of all together.
func TestAnnouncedBytesHaveAQuota(t *testing.T) {
	t.Parallel()
	s, _ := bounded(t, upload.Quota{OwnerBytes: 1000, TotalBytes: 1500, TotalMax: 4})
	s.want(600, "usr_a", "201")
	s.want(401, "usr_a", "upload.quota")
	s.want(400, "usr_a", "201")
	s.want(501, "usr_b", "upload.full")
	s.want(499, "usr_b", "201")
	s.want(1, "usr_c", "201")
	s.want(1, "usr_d", "upload.full") // too many of all, however small
}

func TestAFullDiskTakesNoUploads(t *testing.T) {
	t.Parallel()
	s, free := bounded(t, upload.Quota{})
	path := s.begin(10)
	if code := s.patch(path, 0, []byte("01234")); code != "204" {
		t.Errorf("with room: %s", code)
	}
	free.Store(4)
	if code := s.patch(path, 5, []byte("56789")); code != "upload.full" {
		t.Errorf("a piece for which there is no room: %s", code)
	}
	s.want(5, "usr_a", "upload.full")
	if got := s.have(path); got != 5 {
		t.Errorf("%d bytes are there", got)
	}
	free.Store(5)
	if code := s.patch(path, 5, []byte("56789")); code != "204" {
		t.Errorf("with room again: %s", code)
	}
}

// Many at once pass no quota together.
func TestManyAtOnceKeepTheQuota(t *testing.T) {
	t.Parallel()
	s, _ := bounded(t, upload.Quota{OwnerBytes: 1000})
	var in atomic.Int64
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			if _, code := s.do(http.MethodPost, prefix, nil, "Upload-Length", "300"); code == "201" {
				in.Add(1)
			}
		})
	}
	all.Wait()
	if got := in.Load(); got < 1 || got > 3 {
		t.Errorf("%d uploads of 300 bytes were let in, of 1000", got)
	}
}
