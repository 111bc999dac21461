package kit

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

// Film makes a short film with the real ffmpeg.
func Film(t testing.TB) []byte {
	t.Helper()
	if _, err := exec.LookPath("ffmpeg"); err != nil {
		t.Skip("no ffmpeg on this machine: no film can be made")
	}
	name := filepath.Join(t.TempDir(), "film.mp4")
	out, err := exec.Command("ffmpeg", "-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=180x320:r=25", "-f",
		"lavfi", "-i", "sine=f=440:r=44100", "-t", "2", "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p",
		"-c:a", "aac", name).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// Upload sends a file by tus and answers what the upload is called.
func (p *Person) Upload(t testing.TB, raw []byte) string {
	t.Helper()
	made := p.tus(t, http.MethodPost, "/api/v1/uploads", nil, "Upload-Length: "+fmt.Sprint(len(raw)))
	where := made.Header.Get("Location")
	p.tus(t, http.MethodPatch, where, raw, "Upload-Offset: 0")
	return path.Base(where)
}

func (p *Person) tus(t testing.TB, method, path string, body []byte, header string) *http.Response {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, p.m.URL+path, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+p.Token)
	req.Header.Set("Tus-Resumable", "1.0.0")
	req.Header.Set("Content-Type", "application/offset+octet-stream")
	name, value, _ := strings.Cut(header, ": ")
	req.Header.Set(name, value)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode/100 != 2 {
		t.Fatalf("%s %s: %s", method, path, res.Status)
	}
	return res
}
