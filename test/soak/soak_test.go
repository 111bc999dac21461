//go:build soak

package soak_test

import (
	"database/sql"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	_ "modernc.org/sqlite"

	"hawker/internal/base/id"
	"hawker/test/kit"
)

// world is what goes wrong around the program.
type world struct {
	t     *testing.T
	m     *kit.Mall
	l     *load
	clock string // file of the seconds that its clock is off
	disk  string // a file system of its own, "" for none
	kills int
	idler *kit.Person // uploads when nobody may
}

func (w *world) say(format string, args ...any) {
	w.t.Helper()
	w.t.Logf("%s  "+format, append([]any{time.Now().Format(time.TimeOnly)}, args...)...)
}

// TestSoak is minutes of load and accidents. Each minute ends with a kill -9.
func TestSoak(t *testing.T) {
	minutes, err := strconv.Atoi(os.Getenv("SOAK_MINUTES"))
	if err != nil || minutes < 1 {
		t.Fatal("SOAK_MINUTES says how long; see scripts/soak")
	}
	w := &world{t: t, clock: filepath.Join(t.TempDir(), "clock")}
	if os.Getenv("SOAK_FILLS") != "" {
		w.disk = os.Getenv("SOAK_DISK")
	}
	if w.disk != "" && !strings.HasPrefix(w.clock, w.disk+"/") {
		t.Fatalf("what is tested does not lie on %s but in %s", w.disk, w.clock)
	}
	if err := os.WriteFile(w.clock, make([]byte, 8), 0o600); err != nil {
		t.Fatal(err)
	}
	w.m = kit.Start(t, "SOAK_CLOCK="+w.clock, reserveIs(reserve))
	merchant := w.m.SignIn("merchant")
	sku := w.m.Visitor().Find(t, mug).SKUs[0].ID
	merchant.Post("/merchant/"+merchant.Shop(t)+"/skus/"+sku+"/stock", map[string]any{
		"delta": 500000, "reason": "count",
	}).Want(t, 200)
	beat, err := time.ParseDuration(os.Getenv("SOAK_BEAT"))
	if err != nil || beat <= 0 {
		t.Fatal("SOAK_BEAT says how long a buyer waits between two acts; see scripts/soak")
	}
	w.l = &load{
		t: t, m: w.m, sku: sku, beat: beat, every: 10 * minutes, stop: make(chan struct{}), refused: map[string]int{},
	}
	w.idler = w.m.Register("idler")
	w.l.begin()
	accidents := []func(){w.clockByHours, w.diskFull, w.clockBack, w.diskFullAtTheEnd, w.clockByMinutes}
	for n := range minutes {
		end := time.After(time.Minute)
		<-time.After(15 * time.Second)
		accidents[n%len(accidents)]()
		<-end // at once when the accident took longer
		w.kill()
		w.say("minute %d of %d: %v orders, messages, uploads are acknowledged", n+1, minutes, w.l.counts())
	}
	w.set(0)
	w.progress("in the end")
	close(w.l.stop)
	w.l.wg.Wait()
	w.judge()
}

func (w *world) kill() {
	w.t.Helper()
	w.kills++
	w.m.Kill()
	w.empty()
	begun := time.Now()
	w.m.Boot()
	w.say("killed and back after %v", time.Since(begun).Round(10*time.Millisecond))
}

// set moves the program's clock to so far from the machine's, and wants the program to have noticed.
func (w *world) set(off time.Duration) {
	w.t.Helper()
	var raw [8]byte
	binary.LittleEndian.PutUint64(raw[:], uint64(int64(off.Seconds())))
	f, err := os.OpenFile(w.clock, os.O_WRONLY, 0)
	if err == nil {
		_, err = f.WriteAt(raw[:], 0)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	f.Close()
	w.m.Eventually(fmt.Sprintf("the program's clock is %v off", off), func() bool {
		res, err := pool.Get(w.m.URL + "/healthz")
		if err != nil {
			return false
		}
		res.Body.Close()
		at, err := http.ParseTime(res.Header.Get("Date"))
		return err == nil && time.Until(at.Add(-off)).Abs() < 5*time.Second
	})
}

const progressWithin = 45 * time.Second

// progress wants more orders and messages acknowledged soon.
func (w *world) progress(when string) {
	w.t.Helper()
	before, begun := w.l.counts(), time.Now()
	for {
		now := w.l.counts()
		if now[0] > before[0]+3 && now[1] > before[1] {
			w.say("%s: orders and messages after %v", when, time.Since(begun).Round(10*time.Millisecond))
			return
		}
		if time.Since(begun) > progressWithin {
			w.t.Errorf("%s: in %v nothing more was taken: %v, before %v; %v", when, progressWithin, now, before,
				w.l.refused)
			return
		}
		<-time.After(100 * time.Millisecond)
	}
}

// jump sets the clock so far off, one after the other, and wants everything to go on each time.
func (w *world) jump(to ...time.Duration) {
	w.t.Helper()
	for _, off := range to {
		w.set(off)
		w.progress(fmt.Sprintf("the clock is %v off", off))
		<-time.After(4 * time.Second) // what is due by that clock runs
	}
}

func (w *world) clockByHours() { w.jump(2*time.Hour, -3*time.Hour, 0) }

func (w *world) clockByMinutes() {
	w.jump(7*time.Minute, -4*time.Minute, 40*time.Minute, -time.Minute, 0)
}

// clockBack is still back when the program starts again, and for the accidents after it.
func (w *world) clockBack() { w.jump(-time.Hour) }

const (
	reserve = 96 << 20
	ballast = "ballast"
)

// fill takes all of the disk but so many bytes.
func (w *world) fill(left int64) {
	w.t.Helper()
	var s syscall.Statfs_t
	if err := syscall.Statfs(w.disk, &s); err != nil {
		w.t.Fatal(err)
	}
	f, err := os.OpenFile(filepath.Join(w.disk, ballast), os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		w.t.Fatal(err)
	}
	_, err = io.CopyN(f, zeros{}, max(0, int64(s.Bavail)*s.Bsize-left))
	if err != nil && left > 0 {
		w.t.Fatal(err)
	}
	f.Close()
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func (w *world) empty() {
	if w.disk != "" {
		_ = os.Remove(filepath.Join(w.disk, ballast))
	}
}

func (w *world) diskFull() {
	if w.disk == "" {
		w.allIsReserved()
		return
	}
	w.fill(reserve)
	w.littleDisk()
	before := w.l.counts()
	for range 12 { // what is freed meanwhile is taken, too
		w.fill(0)
		<-time.After(time.Second)
	}
	now := w.l.counts()
	w.say("no disk left: %d orders and %d messages in 12 s", now[0]-before[0], now[1]-before[1])
	w.empty()
	w.progress("there is disk again")
}

// littleDisk wants orders and messages to go on where no upload is taken.
func (w *world) littleDisk() {
	w.t.Helper()
	w.progress("little disk left")
	<-time.After(2 * time.Second) // the program asks its disk each second
	if w.l.tus(pool, w.idler, "POST", "/api/v1/uploads", map[string]string{"Upload-Length": "9"}, nil) != nil {
		w.t.Error("uploads are taken on the disk that is kept for the books")
	}
	w.progress("little disk left")
}

// allIsReserved is how little disk looks where none can be filled: more is kept for the books than there is.
func (w *world) allIsReserved() {
	w.t.Helper()
	w.m.Set(reserveIs(1 << 60))
	w.kill()
	w.littleDisk()
	w.m.Set(reserveIs(reserve))
	w.kill()
	w.progress("there is disk again")
}

func reserveIs(bytes int64) string { return fmt.Sprintf("HAWKER_STORAGE_RESERVE=%d", bytes) }

// diskFullAtTheEnd is killed while nothing can be written.
func (w *world) diskFullAtTheEnd() {
	if w.disk == "" {
		return
	}
	<-time.After(35 * time.Second)
	w.fill(0)
}

// judge wants all that was acknowledged, and a doctor who finds nothing.
func (w *world) judge() {
	w.t.Helper()
	l := w.l
	paid, approved := 0, 0
	for _, o := range l.orders {
		settled := func() bool { return w.settled(o) }
		if !settled() {
			w.m.Eventually("order "+o.id+" is settled", settled)
		}
		if o.paid {
			paid++
		}
		if o.approved {
			approved++
		}
	}
	for _, u := range l.uploads {
		if got := l.tus(pool, u.by, "HEAD", "/api/v1/uploads"+u.id, nil, nil); got == nil ||
			got.Header.Get("Upload-Offset") != fmt.Sprint(filmSize) {
			w.t.Errorf("upload %s was acknowledged and is lost: %v", u.id, got)
		}
	}
	w.m.Stop()
	w.messages()
	w.m.Doctor()
	w.torn()
	w.say("%d kills; acknowledged and there: %d orders (%d seen paid, %d approved by the bank), %d messages, %d "+
		"uploads; "+
		"a publisher came %d times", w.kills, len(l.orders), paid, approved, len(l.messages), len(l.uploads),
		l.films.Load())
	for _, k := range slices.Sorted(maps.Keys(l.refused)) {
		w.say("not acknowledged: %s: %d times", k, l.refused[k])
	}
	w.errors()
}

// settled reports that an order is what was said of it: paid when it was seen paid; when the bank has taken money
// for it, paid, or the money has gone back.
func (w *world) settled(o *bought) bool {
	w.t.Helper()
	var now struct {
		Status  string
		Payment *struct {
			RefundState string `json:"refund_state"`
		}
	}
	a := o.by.Get("/orders/" + o.id)
	if a.Err != nil || a.Status != 200 {
		w.t.Errorf("order %s was acknowledged and is lost: %d %s", o.id, a.Status, a.Body)
		return true
	}
	a.Into(w.t, &now)
	switch {
	case o.paid && now.Status != "paid":
		w.t.Errorf("order %s was paid and is %s", o.id, now.Status)
		return true
	case o.approved && now.Status != "paid":
		return now.Payment != nil && now.Payment.RefundState == "done"
	}
	return true
}

func (w *world) messages() {
	w.t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(w.m.Dir, "hawker.db")+"?mode=ro")
	if err != nil {
		w.t.Fatal(err)
	}
	defer db.Close()
	for _, m := range w.l.messages {
		var n id.Message
		if err := n.UnmarshalText([]byte(m)); err != nil {
			w.t.Fatal(err)
		}
		var there int
		if err := db.QueryRow("SELECT COUNT(*) FROM room_message WHERE id = ?", n.Int()).Scan(&there); err != nil ||
			there != 1 {
			w.t.Errorf("message %s was acknowledged and is lost: %v", m, err)
		}
	}
}

// errors are what the program called errors, counted.
func (w *world) errors() {
	said, numbers := map[string]int{}, regexp.MustCompile(`(request_id=|[a-z]{3}_)[0-9a-z]+`)
	for line := range strings.Lines(w.m.Log()) {
		if _, text, found := strings.Cut(line, "level=ERROR msg="); found {
			text = numbers.ReplaceAllString(strings.TrimSpace(text), "…") // alike but for whose they are
			said[text[:min(len(text), 300)]]++
		}
		if strings.HasPrefix(line, "panic:") || strings.Contains(line, "goroutine ") {
			w.t.Error("the log has a panic: " + line)
		}
	}
	for _, k := range slices.Sorted(maps.Keys(said)) {
		w.say("error in the log: %s: %d times", k, said[k])
	}
}
