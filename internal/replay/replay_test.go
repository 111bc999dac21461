package replay_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"path"
	"strings"
	"testing"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/media/hls"
	"hawker/internal/media/record"
	"hawker/internal/platform/blob"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/httpapi/httpapitest"
	"hawker/internal/replay"
	"hawker/internal/room"
	"hawker/internal/show"
	"hawker/internal/stage/stagetest"
)

// far is a store that is no folder.
type far struct{ blob.Store }

type kit struct {
	*stagetest.Kit
	archive replay.Archive
	door    *httpapitest.Door
	room    id.Room
}

// each runs a test over recordings in a folder and in a store of keys.
func each(t *testing.T, test func(k *kit)) {
	t.Helper()
	for name, wrap := range map[string]func(blob.Store) blob.Store{
		"folder": func(s blob.Store) blob.Store { return s },
		"keys":   func(s blob.Store) blob.Store { return far{s} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := &kit{Kit: stagetest.Open(t)}
			disk, err := blob.NewDisk(t.TempDir())
			k.Must(err)
			t.Cleanup(func() { k.Must(disk.Close()) })
			k.archive = replay.Archive{Store: wrap(disk)}
			k.Archive.Real = k.archive
			k.room = k.Room()
			k.serve()
			test(k)
		})
	}
}

// serve opens the door to the archive as it is now.
func (k *kit) serve() {
	api := replay.API{Archive: k.archive, Shows: k.Shows, Shelf: k.Shelf, Problem: k.problem}
	k.door = httpapitest.Open(k.T, k.Clock, api.Module())
	k.door.Room(k.room, httpapi.RoomDoor{Shop: k.Shop, Mode: httpapi.RoomOpen})
}

func (k *kit) problem(w http.ResponseWriter, r *http.Request, err error) {
	k.door.API.WriteProblem(w, r, err)
}

// film records segments of a second of what is on air, as one publisher's recording.
func (k *kit) film(x show.Show, folder string, seconds int) {
	k.T.Helper()
	r := record.Start(record.Options{
		Archive: k.archive.Store, Dir: path.Join(x.Room.String(), x.ID.String(), folder), StreamID: x.Room.String(),
		Show: x.ID.String(), TargetDuration: time.Second, Log: slog.New(slog.DiscardHandler),
	})
	init := &hls.Init{Generation: 1, Data: []byte("INIT")}
	for n := range seconds {
		r.Add(&hls.Segment{
			Init: init, Start: k.Clock.Now().Add(time.Duration(n) * time.Second), Duration: time.Second,
			Parts: []hls.Part{{Data: hls.Body{fmt.Appendf(nil, "<%s %s %d>", x.ID, folder, n)}, Duration: time.Second}},
		})
	}
	if info := r.Close(); info.Segments != seconds {
		k.T.Fatalf("recorded %+v", info)
	}
}

// show puts a show on air, films it and ends it.
func (k *kit) show(folders ...string) show.Show {
	k.T.Helper()
	k.Publish(k.room)
	x := k.Want(k.room, show.Live).Now
	for _, folder := range folders {
		k.film(x, folder, 2)
	}
	k.End(k.room)
	k.Clock.Advance(2 * time.Minute)
	return x
}

// kept tells whether anything of a show lies in the archive.
func (k *kit) kept(x show.Show) bool {
	k.T.Helper()
	recs, err := k.archive.Recordings(context.Background(), x)
	k.Must(err)
	return len(recs) > 0
}

func (k *kit) get(name string, header ...string) httpapitest.Answer {
	return k.door.Fetch(id.User{}, "GET /replay/"+k.room.String()+"/"+name, nil, header...)
}

// media are the files that a playlist names.
func media(list string) (out []string) {
	for line := range strings.SplitSeq(list, "\n") {
		if line != "" && line[0] != '#' {
			out = append(out, line)
		}
	}
	return out
}

func TestEachShowHasItsReplay(t *testing.T) {
	t.Parallel()
	each(t, func(k *kit) {
		first := k.show("20261111T100000-1", "20261111T100100-2")
		second := k.show("20261111T110000-3")
		for name, want := range map[string][]string{
			first.ID.String() + "/": {
				"20261111T100000-1", "20261111T100000-1", "20261111T100100-2",
				"20261111T100100-2",
			},
			second.ID.String() + "/": {"20261111T110000-3", "20261111T110000-3"},
			"":                       {"20261111T110000-3", "20261111T110000-3"},
		} {
			list := k.get(name + "index.m3u8")
			files := media(string(list.Body))
			if list.Status != http.StatusOK || len(files) != len(want) {
				k.T.Fatalf("%q answers %d:\n%s", name, list.Status, list.Body)
			}
			for i, file := range files {
				got := k.get(name + file)
				if got.Status != http.StatusOK || path.Dir(file) != want[i] ||
					!strings.Contains(string(got.Body), want[i]) {
					k.T.Errorf("%s%s: %d %q", name, file, got.Status, got.Body)
				}
				if part := k.get(name+file, "Range", "bytes=1-3"); part.Status != http.StatusPartialContent ||
					string(part.Body) != "shw" {
					k.T.Errorf("a range of %s%s: %d %q", name, file, part.Status, part.Body)
				}
			}
		}
		stolen := media(string(k.get(first.ID.String() + "/index.m3u8").Body))[0]
		if got := k.get(second.ID.String() + "/" + stolen); got.Status != http.StatusNotFound {
			k.T.Errorf("a file of the first show by the second's address: %d", got.Status)
		}
	})
}

func TestWhatHasNoReplay(t *testing.T) {
	t.Parallel()
	each(t, func(k *kit) {
		nothing := k.get("index.m3u8")
		if nothing.Status != http.StatusNotFound {
			k.T.Errorf("no show yet: %d", nothing.Status)
		}
		x := k.show()
		for _, name := range []string{"index.m3u8", x.ID.String() + "/index.m3u8", "shw_0000000000001/index.m3u8"} {
			if got := k.get(name); got.Status != http.StatusNotFound {
				k.T.Errorf("%s: %d %s", name, got.Status, got.Body)
			}
		}
		k.Must(k.Mode(k.room, room.Rehearsal))
		k.Publish(k.room)
		rehearsal := k.Standing(k.room).Now
		k.film(rehearsal, "20261111T100000-1", 1)
		if got := k.get(rehearsal.ID.String() + "/index.m3u8"); got.Status != http.StatusNotFound {
			k.T.Errorf("a rehearsal: %d %s", got.Status, got.Body)
		}
	})
}

func TestWhatIsRemovedIsGoneAndNothingElse(t *testing.T) {
	t.Parallel()
	each(t, func(k *kit) {
		ctx := context.Background()
		first, second := k.show("20261111T100000-1", "20261111T100100-2"), k.show("20261111T110000-3")
		k.Must(k.archive.Remove(ctx, k.room, first.ID, "20261111T100000-1"))
		if files := media(string(k.get(first.ID.String() + "/index.m3u8").Body)); len(files) != 2 ||
			!k.kept(first) {
			k.T.Errorf("left of the first show: %v", files)
		}
		k.Must(k.archive.Remove(ctx, k.room, first.ID, "20261111T100100-2"))
		k.Must(k.archive.Remove(ctx, k.room, first.ID, "20261111T100100-2")) // a crash came between
		if k.kept(first) || !k.kept(second) {
			k.T.Error("the wrong show is gone")
		}
		for _, folder := range []string{"", "..", "../" + second.ID.String(), ".", "a/../.."} {
			if err := k.archive.Remove(ctx, k.room, second.ID, folder); !errors.Is(err, blob.ErrBadKey) {
				k.T.Errorf("%q was removed", folder)
			}
		}
	})
}

// TestARoomOfBefore has recordings beside the folders of shows: they are its first
// show's, which bears the room's number.
func TestARoomOfBefore(t *testing.T) {
	t.Parallel()
	each(t, func(k *kit) {
		var legacy id.Show
		k.Must(legacy.UnmarshalText([]byte("shw_" + strings.SplitN(k.room.String(), "_", 2)[1])))
		x := show.Show{ID: legacy, Room: k.room, StartedAt: k.Clock.Now()}
		for name, text := range map[string]string{
			"index.jsonl": `{"stream_id":"r","target_seconds":1}` + "\n" + fmt.Sprintf(
				`{"file":"media-0001.mp4","init":4,"offset":4,"size":5,"duration_us":1000000,"start":%q}`,
				k.Clock.Now().Format(time.RFC3339)) + "\n",
			"media-0001.mp4": "INITMEDIA",
		} {
			_, err := k.archive.Store.Put(context.Background(), path.Join(k.room.String(), "20260101T000000-1", name),
				strings.NewReader(text))
			k.Must(err)
		}
		recs, err := k.archive.Of(context.Background(), x).Recordings()
		if err != nil || len(recs) != 1 || recs[0].Info.Bytes != 5 {
			k.T.Fatalf("%v, %v", recs, err)
		}
		k.Must(k.archive.Remove(context.Background(), k.room, legacy, "20260101T000000-1"))
		if _, err := fs.Stat(blob.FS(context.Background(), k.archive.Store), k.room.String()); err == nil {
			k.T.Error("its folder stays")
		}
	})
}

func TestAPrivateRoomsReplayIsPrivate(t *testing.T) {
	t.Parallel()
	each(t, func(k *kit) {
		x := k.show("20261111T100000-1")
		name := x.ID.String() + "/index.m3u8"
		k.door.Hire(k.Host, k.Shop)
		k.door.Room(k.room, httpapi.RoomDoor{Shop: k.Shop, Mode: httpapi.RoomRehearsal})
		if got := k.get(name); got.Status == http.StatusOK {
			k.T.Errorf("a stranger is answered %d", got.Status)
		}
		got := k.door.Fetch(k.Host, "GET /replay/"+k.room.String()+"/"+name, nil)
		if got.Status != http.StatusOK || got.Header.Get("Cache-Control") != "private, no-store" {
			k.T.Errorf("its host: %d %v", got.Status, got.Header)
		}
	})
}

// cut films what nobody closes nor tells of.
func (k *kit) cut(x show.Show, folder string, seconds int) {
	k.T.Helper()
	k.film(x, folder, seconds)
	index := path.Join(x.Room.String(), x.ID.String(), folder, "index.json")
	k.Must(k.archive.Store.Delete(context.Background(), index))
	if _, err := fs.Stat(blob.FS(context.Background(), k.archive.Store), index); !errors.Is(err, fs.ErrNotExist) {
		k.T.Fatalf("it is closed: %v", err)
	}
}

// TestWhatACrashCutIsDeletedInItsTime: of recordings that nobody closed nobody told;
// they are known after the next start, can be seen as long as others, and are gone then.
func TestWhatACrashCutIsDeletedInItsTime(t *testing.T) {
	t.Parallel()
	each(t, func(k *kit) {
		ctx := context.Background()
		k.Publish(k.room)
		ended := k.Want(k.room, show.Live).Now
		k.cut(ended, "20261111T090000-1", 2) // its last segment was being written
		k.End(k.room)
		k.Clock.Advance(2 * time.Minute)
		k.Publish(k.room)
		running := k.Want(k.room, show.Live).Now
		k.film(running, "20261111T100000-1", 2)
		k.Must(k.Shows.AddRecording(ctx, show.Recording{Room: k.room, Show: running.ID, Folder: "20261111T100000-1"}))
		k.cut(running, "20261111T100100-2", 3)

		for range 2 { // the second start finds nothing new
			k.Restart()
			k.Must(k.Stage.Recover(ctx))
			var n, ms, size int64
			k.Must(k.DB.Reader().QueryRow(ctx, "SELECT COUNT(*), SUM(duration_ms), MIN(size) FROM recording "+
				"WHERE folder <> '20261111T100000-1'").Scan(&n, &ms, &size))
			if n != 2 || ms != 5000 || size <= 0 {
				k.T.Fatalf("%d recordings of %d ms, the least of %d bytes, are known", n, ms, size)
			}
		}
		for _, x := range []show.Show{ended, running} {
			x, err := k.Shows.Find(ctx, k.room, x.ID)
			if err != nil || !x.Replay {
				k.T.Errorf("%+v, %v has no replay", x, err)
			}
		}
		k.Clock.Advance((room.KeepDefault*24 + 1) * time.Hour)
		k.Must(k.Shows.SweepRecordings(ctx))
		for _, x := range []show.Show{ended, running} {
			x, err := k.Shows.Find(ctx, k.room, x.ID)
			if err != nil || x.Replay || k.kept(x) || k.get(x.ID.String()+"/index.m3u8").Status != http.StatusNotFound {
				k.T.Errorf("%+v, %v is kept", x, err)
			}
		}
	})
}

// TestWhatWasFoundEarly: a recording that another node writes yet is found too; what it
// came to is known when it is closed.
func TestWhatWasFoundEarly(t *testing.T) {
	t.Parallel()
	each(t, func(k *kit) {
		ctx := context.Background()
		k.Publish(k.room)
		x := k.Want(k.room, show.Live).Now
		k.cut(x, "20261111T100000-1", 1)
		k.Must(k.Shows.FindRecordings(ctx, x))
		k.Must(k.Shows.AddRecording(ctx, show.Recording{
			Room: k.room, Show: x.ID, Folder: "20261111T100000-1", Generation: 1, Duration: time.Hour, Bytes: 7,
		}))
		var n, ms, size int64
		k.Must(k.DB.Reader().QueryRow(ctx, "SELECT COUNT(*), SUM(duration_ms), SUM(size) FROM recording").
			Scan(&n, &ms, &size))
		if n != 1 || ms != time.Hour.Milliseconds() || size != 7 {
			k.T.Errorf("%d recordings of %d ms and %d bytes", n, ms, size)
		}
	})
}
