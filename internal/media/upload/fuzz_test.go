package upload_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/tus/tusd/v2/pkg/handler"

	"hawker/internal/base/clock"
	"hawker/internal/base/fault"
	"hawker/internal/media/upload"
)

const (
	begun    = 1000       // bytes announced of the upload that is there
	there    = 3          // that have come
	roomMax  = 64         // on the disk
	infoMax  = 4 << 10    // bytes of what is kept about an upload
	whatIsIt = "%UPLOAD%" // stands for the name of the upload that is there
)

// doorway serves a folder to whoever comes, as usr_a, on a disk with so much room.
func doorway(tb testing.TB, room *int64) (h http.Handler, dir string) {
	tb.Helper()
	dir = tb.TempDir()
	store, err := upload.NewStore(dir, clock.NewManual(time.Now()), claimed{})
	if err != nil {
		tb.Fatal(err)
	}
	h, err = store.Handler(upload.Door{
		Prefix: prefix, SizeMax: sizeMax, Owner: func(*http.Request) string { return "usr_a" },
		Space: func(more int64) error {
			if more > *room {
				return fault.Unavailable("upload.full")
			}
			return nil
		},
		Refuse: func(w http.ResponseWriter, _ *http.Request, err error) {
			if fault.As(err) == nil {
				tb.Errorf("refused without a reason to tell: %v", err)
			}
			w.WriteHeader(http.StatusTeapot)
		},
	})
	if err != nil {
		tb.Fatal(err)
	}
	return h, dir
}

// FuzzTus sends a request as it comes from a wire, to an upload that has begun or as a new one. Whatever it says, it is
// answered, is nobody's fault but its sender's, and leaves no more bytes than were announced and had room.
func FuzzTus(f *testing.F) {
	room := int64(0)
	h, dir := doorway(f, &room)
	const to, tus = prefix + whatIsIt, "Tus-Resumable: 1.0.0\r\n"
	octets := tus + "Content-Type: application/offset+octet-stream\r\n"
	for _, seed := range [][4]string{
		{"POST", prefix, tus + "Upload-Length: 5\r\nUpload-Metadata: filename YS5tcDQ=,filetype dmlkZW8vbXA0", ""},
		{"POST", prefix, octets + "Upload-Length: 5\r\nContent-Length: 5", "01234"},
		{"POST", prefix, octets + "Upload-Length: 3\r\nTransfer-Encoding: chunked", "5\r\n01234\r\n0\r\n\r\n"},
		{"POST", prefix, octets + "Upload-Length: 3\r\nTransfer-Encoding: chunked", "\n"},
		{"PATCH", to, octets + "Upload-Offset: 3\r\nTransfer-Encoding: chunked", "2\r\n3456\r\n"},
		{"POST", prefix, tus + "Upload-Length: +9223372036854775807", ""},
		{"POST", prefix, tus + "Upload-Length: 5\r\nUpload-Defer-Length: 1\r\nUpload-Concat: partial", ""},
		{"POST", prefix, tus + "Upload-Length: 5\r\nUpload-Metadata: owner dXNyX2I=,owner,, filename =,X *", ""},
		{
			"POST", prefix, tus + "Upload-Length: 5\r\nX-Hawker-Owner: usr_b\r\nX-Forwarded-Host: a\r\nForwarded: " +
				"host=b",
			"",
		},
		{"PATCH", to, octets + "Upload-Offset: 3\r\nContent-Length: 5", "34567"},
		{"PATCH", to, octets + "Upload-Offset: 3\r\nContent-Length: 9", "345678901"},
		{"PATCH", to, octets + "Upload-Offset: 3\r\nTransfer-Encoding: chunked", "9\r\n345678901\r\n0\r\n\r\n"},
		{"PATCH", to, octets + "Upload-Offset: 3\r\nContent-Length: 9", "34"},
		{"PATCH", to, octets + "Upload-Offset: -1\r\nUpload-Length: 900\r\nContent-Length: 1", "x"},
		{"PATCH", to + "/", "Tus-Resumable: 0.2.0\r\nUpload-Draft-Interop-Version: 6\r\nUpload-Complete: ?1", ""},
		{"POST", to, octets + "X-HTTP-Method-Override: PATCH\r\nUpload-Offset: 3\r\nContent-Length: 2", "34"},
		{"PATCH", to, octets + "Upload-Offset: 3\r\nContent-Length: 90", strings.Repeat("a", 90)},
		{"PATCH", to, octets + "Upload-Offset: 3\r\nTransfer-Encoding: chunked", "5a\r\n" + strings.Repeat("a", 90)},
		{
			"POST", to, octets + "X-HTTP-Method-Override: PATCH\r\nUpload-Offset: 3\r\nContent-Length: 90",
			strings.Repeat("a", 90),
		},
		{"POST", to, tus + "X-HTTP-Method-Override: DELETE", ""},
		{"POST", to, tus + "X-HTTP-Method-Override: pAtch\r\nX-HTTP-Method-Override: HEAD", ""},
		{"HEAD", to, tus, ""},
		{"GET", to, tus, ""},
		{"DELETE", to, tus + "Upload-Checksum: sha1 AAAA", ""},
		{"OPTIONS", prefix, "Origin: https://other.example\r\nAccess-Control-Request-Method: PATCH", ""},
		{"PUT", prefix + "../" + whatIsIt + ".info", tus, ""},
		{"POST", strings.TrimSuffix(prefix, "/"), octets + "Upload-Length: 1\r\nContent-Length: 1", "0"},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3])
	}
	f.Fuzz(func(t *testing.T, method, path, headers, body string) {
		room = begun
		name := begin(t, h)
		room = roomMax
		defer clean(t, dir)
		path = strings.ReplaceAll(path, whatIsIt, name)
		raw := fmt.Sprintf("%s %s HTTP/1.1\r\nHost: mall.example\r\n%s\r\n\r\n%s", method, path, headers, body)
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(raw)))
		if err != nil {
			return // the server answers so itself
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code >= 500 && w.Code != http.StatusNotImplemented { // which is what tus says to some of its extensions
			t.Errorf("%q is answered %d %s", raw, w.Code, w.Body)
		}
		if at := w.Header().Get("Location"); at != "" && !strings.HasPrefix(at, prefix) {
			t.Errorf("%q is sent to %s", raw, at)
		}
		judge(t, dir, raw)
	})
}

// begin makes the upload that is there.
func begin(t *testing.T, h http.Handler) (name string) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, prefix, strings.NewReader("012"))
	r.Header.Set("Tus-Resumable", "1.0.0")
	r.Header.Set("Upload-Length", fmt.Sprint(begun))
	r.Header.Set("Content-Type", "application/offset+octet-stream")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusCreated || w.Header().Get("Upload-Offset") != fmt.Sprint(there) {
		t.Fatalf("an upload is begun with %d, %v", w.Code, w.Header())
	}
	return filepath.Base(w.Header().Get("Location"))
}

// judge looks at what lies in the folder after a request.
func judge(t *testing.T, dir, raw string) {
	t.Helper()
	infos, err := filepath.Glob(filepath.Join(dir, "*.info"))
	if err != nil || len(infos) > 2 {
		t.Errorf("%q leaves %d uploads, %v", raw, len(infos), err)
	}
	files, sum := 0, int64(0)
	for _, name := range infos {
		text, err := os.ReadFile(name)
		var info handler.FileInfo
		if err == nil {
			err = json.Unmarshal(text, &info)
		}
		stat, statErr := os.Stat(strings.TrimSuffix(name, ".info"))
		if err != nil || statErr != nil || len(text) > infoMax {
			t.Fatalf("%q leaves %d bytes of %s: %v, %v", raw, len(text), name, err, statErr)
		}
		if stat.Size() > info.Size || info.Size > sizeMax || info.SizeIsDeferred || info.MetaData["owner"] != "usr_a" {
			t.Errorf("%q leaves %d bytes as %s", raw, stat.Size(), text)
		}
		files, sum = files+2, sum+stat.Size()
	}
	if sum > there+roomMax {
		t.Errorf("%q leaves %d bytes where there is room for %d", raw, sum, there+roomMax)
	}
	if all, err := os.ReadDir(dir); err != nil || len(all) != files {
		t.Errorf("%q leaves other files: %v, %v", raw, all, err)
	}
}

func clean(t *testing.T, dir string) {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
			t.Fatal(err)
		}
	}
}
