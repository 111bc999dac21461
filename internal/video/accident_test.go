package video_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"hawker/internal/base/clock"
	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/media/ffmpeg"
	"hawker/internal/platform/blob"
	"hawker/internal/platform/sqldb"
	"hawker/internal/video"
)

// program is an ffmpeg, and beside it an ffprobe, that does what the script says.
func (m *mall) program(script string) *ffmpeg.Tool {
	m.t.Helper()
	dir := m.t.TempDir()
	for _, name := range []string{"ffmpeg", "ffprobe"} {
		m.must(os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o700))
	}
	return ffmpeg.New(filepath.Join(dir, "ffmpeg"), clock.Real{})
}

// fullStore has no room.
type fullStore struct{ blob.Store }

func (fullStore) Put(context.Context, string, io.Reader) (int64, error) {
	return 0, fmt.Errorf("put: %w", &os.PathError{Op: "write", Path: "x", Err: syscall.ENOSPC})
}

func (m *mall) due() { m.exec("UPDATE job SET due_at = 1") }

func (m *mall) exec(query string, args ...any) {
	m.t.Helper()
	m.must(m.db.Update(m.t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, query, args...)
		return err
	}))
}

func (m *mall) find(v video.View) video.Video {
	m.t.Helper()
	got, err := m.videos.Find(m.t.Context(), v.ID)
	m.must(err)
	return got
}

// What happens to the machine fails no film: it waits and says so, however often it is tried, and is done when that
// has passed, by itself or when somebody asks.
func TestAnAccidentIsWaitedOut(t *testing.T) {
	t.Parallel()
	for name, breaks := range map[string]func(m *mall){
		"no program": func(m *mall) {
			m.videos.Tool = ffmpeg.New(filepath.Join(m.dir, "ffmpeg"),
				clock.Real{})
		},
		"killed from outside": func(m *mall) { m.videos.Tool = m.program("kill -KILL $$") },
		"ended from outside":  func(m *mall) { m.videos.Tool = m.program("kill -TERM $$") },
		"no descriptors in it": func(m *mall) {
			m.videos.Tool = m.program("echo 'in: Too many open files' >&2; exit 1")
		},
		"no room for its output": func(m *mall) {
			m.videos.Tool = m.program("echo 'x: No space left on device' >&2; exit 1")
		},
		"no room for what came of it": func(m *mall) { m.videos.Blobs = fullStore{m.videos.Blobs} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newMall(t)
			whole := m.videos.Options
			v := m.post(m.author, film(t, 1, "90x160"), id.Product{})
			breaks(m)
			for range 5 { // more than the tries of what else goes wrong
				m.must(m.queue.Drain(t.Context()))
				if got := m.find(v); got.State != video.Processing || got.Failure != video.CodeWaiting {
					t.Fatalf("it is %s, %q", got.State, got.Failure)
				}
				m.due()
			}
			if _, err := m.videos.Retry(t.Context(), m.other, false, v.ID); fault.Code(err) != "video.not_found" {
				t.Errorf("asked for by a stranger: %v", err)
			}
			m.videos.Options = whole
			m.exec("UPDATE job SET due_at = ?", sqldb.Millis(m.db.Clock().Now().Add(time.Hour)))
			m.must(m.queue.Drain(t.Context()))
			if got := m.find(v); got.State != video.Processing {
				t.Errorf("before its time it is %s", got.State)
			}
			if a := m.call(m.author, "POST", "/videos/"+v.ID.String()+"/requeue", ""); a.status != 200 {
				t.Errorf("asked for again: %d %s", a.status, a.body)
			}
			m.must(m.queue.Drain(t.Context()))
			if got := m.find(v); got.State != video.Published || got.Failure != "" {
				t.Errorf("then it is %s, %q", got.State, got.Failure)
			}
			if a := m.call(m.author, "POST", "/videos/"+v.ID.String()+"/requeue",
				""); a.code() != "video.nothing_to_retry" {
				t.Errorf("once more: %d %s", a.status, a.body)
			}
		})
	}
}

// An accident of half a day is a failure, which author and operator may have tried again while the upload is there.
func TestAnAccidentOfHalfADayFails(t *testing.T) {
	t.Parallel()
	m := newMall(t)
	whole := m.videos.Tool
	v := m.post(m.author, film(t, 1, "90x160"), id.Product{})
	m.videos.Tool = m.program("kill -KILL $$")
	fails := func() {
		t.Helper()
		m.must(m.queue.Drain(t.Context()))
		if got := m.find(v); got.Failure != video.CodeWaiting {
			t.Fatalf("at first it is %s, %q", got.State, got.Failure)
		}
		m.exec("UPDATE job SET due_at = 1, created_at = ?", sqldb.Millis(m.db.Clock().Now().Add(-13*time.Hour)))
		m.must(m.queue.Drain(t.Context()))
		if got := m.find(v); got.State != video.Failed || got.Failure != video.CodeProcessing {
			t.Fatalf("it is %s, %q", got.State, got.Failure)
		}
	}
	fails()
	if _, err := m.videos.Retry(t.Context(), m.author, false, v.ID); err != nil {
		t.Fatal(err)
	}
	fails() // asked for again, it has its hours again
	m.videos.Tool = whole
	if _, err := m.videos.Retry(t.Context(), m.other, true, v.ID); err != nil {
		t.Fatalf("asked for by an operator: %v", err)
	}
	m.must(m.queue.Drain(t.Context()))
	if got := m.find(v); got.State != video.Published {
		t.Errorf("then it is %s, %q", got.State, got.Failure)
	}
}

// A fault of the film itself fails with its reason at once, and is not tried again.
func TestAFaultOfTheFilmIsNoAccident(t *testing.T) {
	t.Parallel()
	m := newMall(t)
	v := m.post(m.author, []byte("no film at all"), id.Product{})
	m.must(m.queue.Drain(t.Context()))
	if got := m.find(v); got.State != video.Failed || got.Failure != video.CodeNotAVideo {
		t.Fatalf("it is %s, %q", got.State, got.Failure)
	}
	if _, err := m.videos.Retry(t.Context(), m.author, false, v.ID); fault.Code(err) != "video.nothing_to_retry" {
		t.Errorf("asked for again: %v", err)
	}
}
