package fault_test

import (
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hawker/internal/platform/blob/s3/s3test"
	"hawker/test/kit"
)

// TestObjectStorageThatFalls has a show recorded while the storage of files is away and the
// program is killed: the show goes on, what is missing is said and not called gone, and
// when the storage is back all of the recording is there.
func TestObjectStorageThatFalls(t *testing.T) {
	o := s3test.Settings(t)
	m := kit.Start(t, "HAWKER_OBJECTS_URL="+o.URL, "HAWKER_OBJECTS_KEY_ID="+o.KeyID, "HAWKER_OBJECTS_SECRET="+o.Secret)
	ready := func() string { return string(m.Visitor().Fetch("/readyz").Body) }
	host := m.SignIn("merchant")
	room := host.OpenRoom(t, nil)
	stop := m.Stream(t, room.Stream.PublishURL)
	replay := func() (segments []string, status int) {
		a := m.Visitor().Fetch("/replay/" + room.ID + "/index.m3u8")
		for line := range strings.SplitSeq(string(a.Body), "\n") {
			if strings.HasSuffix(line, ".m4s") {
				segments = append(segments, line)
			}
		}
		return segments, a.Status
	}
	m.Eventually("it is recorded", func() bool { all, _ := replay(); return len(all) >= 2 })
	if left, err := os.ReadDir(filepath.Join(m.Dir, "recordings")); err == nil && len(left) > 0 {
		t.Errorf("in the data folder: %v", left)
	}

	s3test.Kill(t)
	m.Eventually("what is missing is said", func() bool { return strings.Contains(ready(), "degraded: objects") })
	if _, status := replay(); status != http.StatusServiceUnavailable {
		t.Errorf("a replay whose storage is away: %d", status)
	}
	m.Eventually("segments wait here", func() bool { return waiting(t, m) >= 3 })
	waited := waiting(t, m)
	stop()
	m.Kill()
	m.Boot() // without the storage
	if n := waiting(t, m); n < waited {
		t.Errorf("%d of %d wait after the crash", n, waited)
	}

	s3test.Start(t)
	m.Eventually("it is found again", func() bool { return ready() == "ok\n" })
	m.Eventually("all has arrived", func() bool { return waiting(t, m) == 0 })
	all, status := replay()
	if status != http.StatusOK || len(all) < 2+waited-1 { // an init segment may wait, too
		t.Errorf("%d: %d segments, %d waited", status, len(all), waited)
	}
	for _, name := range all {
		m.Visitor().Fetch("/replay/"+room.ID+"/"+name).Want(t, http.StatusOK)
	}
	m.Doctor()
}

// waiting counts what lies in the spool.
func waiting(t *testing.T, m *kit.Mall) (n int) {
	t.Helper()
	_ = filepath.WalkDir(filepath.Join(m.Dir, "spool"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && !strings.Contains(path, ".parts") { // what goes meanwhile is not there
			n++
		}
		return nil
	})
	return n
}
