package fault_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hawker/test/kit"
)

// TestASecondServer starts another process on the database of one that has a show on
// air. A file is locked for one process; on a server it joins: the show goes on and
// what the first has under work stays. When the first crashes its show is paused by
// the second, and goes on there when its publisher comes.
func TestASecondServer(t *testing.T) {
	m := kit.Start(t)
	merchant := m.SignIn("merchant")
	room := merchant.OpenRoom(t, nil)
	stop := m.Stream(t, room.Stream.PublishURL)
	m.Eventually("the show is live", func() bool { return merchant.Room(t, room.ID).State == "live" })
	other := m.Beside(t)
	if os.Getenv("HAWKER_TEST_MYSQL") == "" {
		if said := other.Refused(); !strings.Contains(said, "lock") {
			t.Errorf("refused without a reason: %s", said)
		}
		if state := merchant.Room(t, room.ID).State; state != "live" {
			t.Errorf("the show is %s", state)
		}
		return
	}
	work, err := filepath.Glob(filepath.Join(m.Dir, "work", "*", "lock"))
	if err != nil || len(work) != 1 {
		t.Fatal(work, err)
	}
	film := filepath.Join(filepath.Dir(work[0]), "film")
	if err := os.WriteFile(film, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	other.Boot()
	if state := merchant.Room(t, room.ID).State; state != "live" {
		t.Errorf("the start of another made the show %s", state)
	}
	if _, err := os.Stat(film); err != nil {
		t.Errorf("the start of another took what was under work: %v", err)
	}
	m.Visitor().Fetch("/live/"+room.ID+"/live.m3u8").Want(t, http.StatusOK)

	m.Kill()
	stop()
	other.Stop()
	other.Boot() // finds that the first is gone though its lease lasts
	there := other.SignIn("merchant")
	if state := there.Room(t, room.ID).State; state != "paused" {
		t.Errorf("after the crash the show is %s", state)
	}
	if _, err := os.Stat(film); err == nil {
		t.Error("what the crash left under work is still there")
	}
	other.Stream(t, strings.Replace(room.Stream.PublishURL, m.RTMP, other.RTMP, 1))
	other.Eventually("the show goes on at the second", func() bool { return there.Room(t, room.ID).State == "live" })
}
