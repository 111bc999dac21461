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
// air. It says why it does not serve, the show goes on and what the first has under work
// stays. When the first of a shared database has crashed the other takes over: the show
// is paused, and goes on there when its publisher comes.
func TestASecondServer(t *testing.T) {
	m := kit.Start(t)
	merchant := m.SignIn("merchant")
	room := merchant.OpenRoom(t, nil)
	stop := m.Stream(t, room.Stream.PublishURL)
	m.Eventually("the show is live", func() bool { return merchant.Room(t, room.ID).State == "live" })
	work, err := filepath.Glob(filepath.Join(m.Dir, "work", "*", "lock"))
	if err != nil || len(work) != 1 {
		t.Fatal(work, err)
	}
	film := filepath.Join(filepath.Dir(work[0]), "film")
	if err := os.WriteFile(film, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	other, why := m.Beside(t), "lock"
	shared := os.Getenv("HAWKER_TEST_MYSQL") != ""
	if shared {
		why = "another server serves this database"
	}
	if said := other.Refused(); !strings.Contains(said, why) {
		t.Errorf("refused without a reason: %s", said)
	}
	if state := merchant.Room(t, room.ID).State; state != "live" {
		t.Errorf("the start of another made the show %s", state)
	}
	if _, err := os.Stat(film); err != nil {
		t.Errorf("the start of another took what was under work: %v", err)
	}
	m.Visitor().Fetch("/live/"+room.ID+"/live.m3u8").Want(t, http.StatusOK)
	if !shared {
		return
	}

	m.Kill()
	stop()
	other.Boot() // waits for what the crash left of the first, whose lease lasts a little
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
