package upload_test

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"hawker/internal/base/clock"
	"hawker/internal/base/fault"
	"hawker/internal/media/upload"
)

// shed takes uploads of whoever says who they are.
type shed struct {
	t      *testing.T
	dir    string
	store  *upload.Store
	clock  *clock.Manual
	claims claimed
	web    *httptest.Server
}

const sizeMax = 1 << 16

func build(t *testing.T) *shed {
	t.Helper()
	s := &shed{t: t, dir: t.TempDir(), clock: clock.NewManual(time.Now()), claims: claimed{}}
	var err error
	if s.store, err = upload.NewStore(s.dir, s.clock, s.claims); err != nil {
		t.Fatal(err)
	}
	s.open()
	return s
}

// open serves the folder, anew after a restart.
func (s *shed) open() {
	s.t.Helper()
	h, err := s.store.Handler(upload.Door{
		Prefix: prefix, SizeMax: sizeMax, Owner: func(r *http.Request) string { return r.Header.Get("Who") },
		Refuse: func(w http.ResponseWriter, _ *http.Request, err error) {
			http.Error(w, fault.Code(err), http.StatusTeapot)
		},
	})
	if err != nil {
		s.t.Fatal(err)
	}
	s.web = httptest.NewServer(h)
	s.t.Cleanup(s.web.Close)
}

// do answers a status and the fault's code, if it was one of ours.
func (s *shed) do(method, path string, body io.Reader, header ...string) (*http.Response, string) {
	s.t.Helper()
	header = append([]string{"Who", "usr_a"}, header...)
	res := ask(s.t, s.web, method, path, body, header...)
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		s.t.Error(err)
	}
	if res.StatusCode == http.StatusTeapot {
		return res, strings.TrimSpace(string(raw))
	}
	return res, fmt.Sprint(res.StatusCode)
}

func (s *shed) begin(size int, header ...string) string {
	s.t.Helper()
	res, code := s.do(http.MethodPost, prefix, nil, append(header, "Upload-Length", strconv.Itoa(size))...)
	if code != "201" {
		s.t.Fatalf("a new upload is answered %s", code)
	}
	return res.Header.Get("Location")
}

func (s *shed) patch(path string, at int, content []byte, header ...string) string {
	s.t.Helper()
	_, code := s.do(http.MethodPatch, path, bytes.NewReader(content), append(header, "Upload-Offset",
		strconv.Itoa(at))...)
	return code
}

// have is what is there of an upload.
func (s *shed) have(path string) int {
	s.t.Helper()
	res, _ := s.do(http.MethodHead, path, nil)
	n, err := strconv.Atoi(res.Header.Get("Upload-Offset"))
	if err != nil {
		s.t.Fatal(err)
	}
	return n
}

// A file that comes in pieces of whatever size, some of them to the wrong place, over
// restarts, is the file that was sent.
func TestAFileComesInPieces(t *testing.T) {
	t.Parallel()
	s := build(t)
	rapid.Check(t, func(rt *rapid.T) {
		content := rapid.SliceOfN(rapid.Byte(), 1, 3000).Draw(rt, "content")
		path, at := s.begin(len(content)), 0
		for at < len(content) {
			n := rapid.IntRange(1, len(content)-at).Draw(rt, "piece")
			switch rapid.IntRange(0, 6).Draw(rt, "how") {
			case 0:
				wrong := rapid.IntRange(0, len(content)+10).Draw(rt, "wrong")
				if code := s.patch(path, wrong, content[at:at+n]); wrong != at && code != "409" {
					rt.Fatalf("a piece for %d where %d is next: %s", wrong, at, code)
				} else if wrong == at {
					at += n
				}
			case 1:
				s.open()
			default:
				if code := s.patch(path, at, content[at:at+n]); code != "204" {
					rt.Fatalf("a piece of %d at %d: %s", n, at, code)
				}
				at += n
			}
			if got := s.have(path); got != at {
				rt.Fatalf("%d bytes are there, want %d", got, at)
			}
			_, err := s.store.Finished(t.Context(), filepath.Base(path), "usr_a")
			if whole := at == len(content); whole != (err == nil) || !whole && fault.Code(err) != "upload.unfinished" {
				rt.Fatalf("with %d of %d bytes: %v", at, len(content), err)
			}
		}
		kept, err := os.ReadFile(filepath.Join(s.dir, filepath.Base(path)))
		if err != nil || sha256.Sum256(kept) != sha256.Sum256(content) {
			rt.Fatalf("%d bytes were sent, %d are kept and not the same, %v", len(content), len(kept), err)
		}
		if code := s.patch(path, at, []byte("more")); code == "204" && s.have(path) != at {
			rt.Fatalf("more than there is: %s, %d bytes", code, s.have(path))
		}
		if _, code := s.do(http.MethodDelete, path, nil); code != "204" {
			rt.Fatalf("it is taken back: %s", code)
		}
	})
}

// What is no upload that may begin is refused before a byte of it is kept.
func TestWhatMayNotBegin(t *testing.T) {
	t.Parallel()
	s := build(t)
	for what, c := range map[string]struct {
		header []string
		code   string
	}{
		"a visitor's":        {[]string{"Who", "", "Upload-Length", "5"}, "auth.sign_in_required"},
		"without a length":   {nil, "upload.no_length"},
		"of a later length":  {[]string{"Upload-Defer-Length", "1"}, "upload.no_length"},
		"of nothing":         {[]string{"Upload-Length", "0"}, "upload.no_length"},
		"of less":            {[]string{"Upload-Length", "-5"}, "upload.no_length"},
		"of words":           {[]string{"Upload-Length", "many"}, "upload.no_length"},
		"beyond numbers":     {[]string{"Upload-Length", "99999999999999999999"}, "upload.no_length"},
		"too large":          {[]string{"Upload-Length", strconv.Itoa(sizeMax + 1)}, "upload.too_large"},
		"by an old protocol": {[]string{"Upload-Length", "5", "Tus-Resumable", "0.2.0"}, "412"},
	} {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.web.URL+prefix, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range [][]string{{"Who", "usr_a", "Tus-Resumable", "1.0.0"}, c.header} {
			for i := 0; i+1 < len(h); i += 2 {
				req.Header.Set(h[i], h[i+1])
			}
		}
		res, err := s.web.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		raw, _ := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if got := strings.TrimSpace(string(raw)); got != c.code && fmt.Sprint(res.StatusCode) != c.code {
			t.Errorf("%s: %d %s, want %s", what, res.StatusCode, got, c.code)
		}
	}
	if left, err := os.ReadDir(s.dir); err != nil || len(left) != 0 {
		t.Errorf("kept of what was refused: %v, %v", left, err)
	}
}

// An upload is its owner's: to everybody else, and by every name that is none, it is
// not there; whatever a client calls itself in the protocol's own headers.
func TestAnUploadIsItsOwners(t *testing.T) {
	t.Parallel()
	s := build(t)
	path := s.begin(10, "X-Hawker-Owner", "usr_b", "Upload-Metadata", "owner dXNyX2I=,filename YS5tcDQ=")
	name := filepath.Base(path)
	for _, method := range []string{http.MethodHead, http.MethodPatch, http.MethodDelete, http.MethodGet} {
		for who, want := range map[string]string{"usr_b": "upload.not_found", "": "auth.sign_in_required"} {
			_, code := s.do(method, path, nil, "Who", who, "Upload-Offset", "0")
			if method == http.MethodHead && code == "" || code == want {
				continue
			}
			t.Errorf("%s by %q: %s, want %s", method, who, code, want)
		}
	}
	for _, other := range []string{
		name[:len(name)-1], name + "a", strings.ToUpper(name), name + ".info", "..", "%2e%2e%2f" + name,
		strings.Repeat("a",
			len(name)), "a/" + name,
	} {
		if _, code := s.do(http.MethodPatch, prefix+other, strings.NewReader("x"), "Upload-Offset", "0"); code !=
			"upload.not_found" {
			t.Errorf("%s: %s", other, code)
		}
	}
	if code := s.patch(path, 0, []byte("0123456789")); code != "204" {
		t.Errorf("its owner: %s", code)
	}
	f, err := s.store.Finished(t.Context(), name, "usr_a")
	if err != nil || f.Name != "a.mp4" || f.Size != 10 {
		t.Errorf("kept: %+v, %v", f, err)
	}
	for _, who := range []string{"usr_b", ""} {
		if _, err := s.store.Finished(t.Context(), name, who); fault.Code(err) != "upload.not_found" {
			t.Errorf("finished for %q: %v", who, err)
		}
	}
}

// What somebody works on is neither changed nor taken away, by whichever way of saying
// so, but may be looked at.
func TestWhatIsClaimedStays(t *testing.T) {
	t.Parallel()
	s := build(t)
	path := s.begin(10)
	if code := s.patch(path, 0, []byte("01234")); code != "204" {
		t.Fatal(code)
	}
	s.claims[filepath.Base(path)] = true
	for what, header := range map[string][]string{
		http.MethodPatch: nil, http.MethodDelete: nil, http.MethodPost: {"X-HTTP-Method-Override", "DELETE"},
	} {
		if _, code := s.do(what, path, strings.NewReader("x"), append(header, "Upload-Offset", "5")...); code !=
			"upload.claimed" {
			t.Errorf("%s %v: %s", what, header, code)
		}
	}
	s.do(http.MethodHead, path, nil, "X-HTTP-Method-Override", "DELETE")
	if got := s.have(path); got != 5 {
		t.Errorf("%d bytes are there", got)
	}
	s.clock.Advance(10 * upload.KeepFor)
	if n, err := s.store.Sweep(t.Context()); n != 0 || err != nil {
		t.Errorf("swept %d, %v", n, err)
	}
	delete(s.claims, filepath.Base(path))
	if n, err := s.store.Sweep(t.Context()); n != 1 || err != nil {
		t.Errorf("let go of, swept %d, %v", n, err)
	}
	if _, code := s.do(http.MethodPatch, path, strings.NewReader("x"), "Upload-Offset",
		"5"); code != "upload.not_found" {
		t.Errorf("after the sweep: %s", code)
	}
}

// One owner has so many uploads open and no more; what is claimed, taken back or
// somebody else's does not count.
func TestHowManyMayBeOpen(t *testing.T) {
	t.Parallel()
	s := build(t)
	var paths []string
	for range upload.OpenMax {
		paths = append(paths, s.begin(5))
	}
	full := func(want bool) {
		t.Helper()
		res, code := s.do(http.MethodPost, prefix, nil, "Upload-Length", "5")
		if (code == "upload.too_many") != want {
			t.Errorf("with so many open: %s", code)
		}
		if code == "201" {
			paths = append(paths, res.Header.Get("Location"))
		}
	}
	full(true)
	s.begin(5, "Who", "usr_b")
	s.claims[filepath.Base(paths[0])] = true
	full(false)
	full(true)
	if _, code := s.do(http.MethodDelete, paths[1], nil); code != "204" {
		t.Error(code)
	}
	full(false)
	full(true)
}

// Pieces that are sent at once for one place: one of them is kept, whole, and the
// others hear that they are late.
func TestPiecesAtOnce(t *testing.T) {
	t.Parallel()
	s := build(t)
	const size, senders = 4000, 4
	path := s.begin(size)
	for at := 0; at < size; {
		var mu sync.Mutex
		var all sync.WaitGroup
		answers := map[string]int{}
		piece := make([][]byte, senders)
		for i := range senders {
			piece[i] = bytes.Repeat([]byte{byte('a' + i)}, size/4)
			all.Go(func() {
				code := s.patch(path, at, piece[i])
				mu.Lock()
				defer mu.Unlock()
				answers[code]++
			})
		}
		all.Wait()
		kept, err := os.ReadFile(filepath.Join(s.dir, filepath.Base(path)))
		if err != nil {
			t.Fatal(err)
		}
		came := kept[at:]
		if len(came) == 0 {
			continue // each was taken over from before its first byte; they would come again
		}
		if len(came) > size/4 || !slices.ContainsFunc(piece, func(p []byte) bool { return bytes.HasPrefix(p, came) }) {
			t.Errorf("at %d, %d bytes are a mixture: %v", at, len(came), answers)
		}
		if got := s.have(path); got != len(kept) {
			t.Errorf("%d bytes are said to be there, %d are", got, len(kept))
		}
		if at = len(kept); at > size-size/4 && at < size {
			break // a torn piece: what is left is shorter than another
		}
	}
}

// A file that a job takes is the whole file, though its upload is removed meanwhile.
func TestAFileThatIsTaken(t *testing.T) {
	t.Parallel()
	s := build(t)
	name, err := s.store.Import(t.Context(), "usr_a", "clip.mp4", strings.NewReader("content"))
	if err != nil {
		t.Fatal(err)
	}
	mine := filepath.Join(t.TempDir(), "mine")
	for i, want := range []string{"", "upload.not_found", "upload.not_found"} {
		err := s.store.Take(t.Context(), []string{name, "../" + name, strings.Repeat("z", len(name))}[i],
			fmt.Sprint(mine, i))
		if fault.Code(err) != want {
			t.Errorf("%d: %v, want %q", i, err, want)
		}
	}
	for range 2 {
		if err := s.store.Remove(t.Context(), name); err != nil {
			t.Error(err)
		}
	}
	if raw, err := os.ReadFile(mine + "0"); err != nil || string(raw) != "content" {
		t.Errorf("taken: %q, %v", raw, err)
	}
	if _, err := s.store.Import(t.Context(), "usr_a", "torn", io.MultiReader(strings.NewReader("x"),
		torn{})); err == nil {
		t.Error("a torn file was imported")
	}
	if left, err := os.ReadDir(s.dir); err != nil || len(left) != 0 {
		t.Errorf("left in the folder: %v, %v", left, err)
	}
}

type torn struct{}

func (torn) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
