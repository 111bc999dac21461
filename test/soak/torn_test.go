//go:build soak

package soak_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"hawker/test/kit"
)

var pool = &http.Client{Timeout: time.Minute}

const pageSize = 4096

// torn takes copies of the data folder whose database has a last page that was half written, in two ways: the disk has
// half of it, and it has the second half of it alone. Doctor has to say so and serve to refuse in words.
func (w *world) torn() {
	w.t.Helper()
	for name, tear := range map[string]func(db []byte) []byte{
		"half a page":     func(db []byte) []byte { return db[:len(db)-pageSize/2] },
		"its second half": func(db []byte) []byte { clear(db[len(db)-pageSize : len(db)-pageSize/2]); return db },
	} {
		dir := filepath.Join(w.t.TempDir(), "copy")
		if err := os.CopyFS(dir, os.DirFS(w.m.Dir)); err != nil {
			w.t.Fatal(err)
		}
		file := filepath.Join(dir, "hawker.db")
		db, err := os.ReadFile(file)
		if err != nil {
			w.t.Fatal(err)
		}
		if err := os.WriteFile(file, tear(db), 0o600); err != nil {
			w.t.Fatal(err)
		}
		other := w.m.In(w.t, dir)
		out, err := w.doctorOf(other, dir)
		w.say("torn, %s is there: doctor: %v: %s", name, err, firstBroken(out))
		if err == nil {
			w.t.Errorf("%s: doctor finds nothing in a torn database", name)
		}
		log := other.Refused()
		last := log[strings.LastIndex(strings.TrimSpace(log), "\n")+1:]
		w.say("torn, %s is there: serve: %.300s", name, strings.TrimSpace(last))
		if strings.Contains(log, "goroutine ") {
			w.t.Errorf("%s: serve panics", name)
		}
		if err := os.RemoveAll(dir); err != nil {
			w.t.Fatal(err)
		}
	}
}

func (w *world) doctorOf(m *kit.Mall, dir string) (string, error) {
	return m.Command("doctor", "--data", dir)
}

func firstBroken(out string) string {
	for line := range strings.Lines(out) {
		if strings.Contains(line, "BROKEN") || strings.Contains(line, "rror") {
			return strings.TrimSpace(line)
		}
	}
	return strings.TrimSpace(out)
}
