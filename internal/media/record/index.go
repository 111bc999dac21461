package record

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strconv"
	"strings"
	"time"

	"hawker/internal/media/hls"
)

// What lies in the folder of a recording: init-0001.mp4, the segments that need it,
// 0001-000001-{start, µs}-{duration, µs}.m4s, and index.json when it is closed. A
// segment before which something is missing ends in "-d.m4s".
const (
	indexName    = "index.json"
	indexBefore  = "index.jsonl" // of recordings of before segments were blobs
	playlistName = "index.m3u8"  // is rendered, and lies nowhere
	segmentEnd   = ".m4s"
	brokenEnd    = "-d" + segmentEnd
)

func initName(number int) string { return fmt.Sprintf("init-%04d.mp4", number) }

func segmentName(init, number int, s *hls.Segment, broken bool) string {
	end := segmentEnd
	if broken || s.Discontinuity {
		end = brokenEnd
	}
	return fmt.Sprintf("%04d-%06d-%d-%d%s", init, number, s.Start.UnixMicro(), s.Duration.Microseconds(), end)
}

// index is what a closed recording consists of, in its order.
type index struct {
	StreamID      string `json:"stream_id"`
	TargetSeconds int    `json:"target_seconds"`
	Segments      []kept `json:"segments"`
}

// kept is a segment that the archive has.
type kept struct {
	Name string `json:"name"`
	Size int64  `json:"size"`
}

// entry is a segment as it is played.
type entry struct {
	Init          piece
	Media         piece
	DurationUs    int64
	Start         time.Time
	Discontinuity bool
}

func (e entry) end() time.Time { return e.Start.Add(time.Duration(e.DurationUs) * time.Microsecond) }

// piece is a file, or a range of one.
type piece struct {
	File   string
	Offset int64
	Size   int64 // of media, also where it is whole
	Whole  bool  // all of the file
}

// parse reads what a segment's name says.
func (k kept) parse() (e entry, ok bool) {
	name, broken := strings.CutSuffix(k.Name, brokenEnd)
	if !broken {
		if name, ok = strings.CutSuffix(k.Name, segmentEnd); !ok {
			return e, false
		}
	}
	fields := strings.Split(name, "-")
	if len(fields) != 4 {
		return e, false
	}
	var numbers [4]int64
	for i, f := range fields {
		n, err := strconv.ParseUint(f, 10, 63)
		if err != nil {
			return e, false
		}
		numbers[i] = int64(n)
	}
	return entry{
		Init:  piece{File: initName(int(numbers[0])), Whole: true},
		Media: piece{File: k.Name, Size: k.Size, Whole: true}, Start: time.UnixMicro(numbers[2]).UTC(),
		DurationUs: numbers[3], Discontinuity: broken,
	}, numbers[3] > 0 && k.Size > 0
}

// load finds the segments of a recording, by its index or, while it is under way and
// after a crash, by their names.
func (rec *Recording) load() error {
	raw, err := fs.ReadFile(rec.from, path.Join(rec.Info.Dir, indexName))
	if errors.Is(err, fs.ErrNotExist) {
		if err = rec.loadBefore(); errors.Is(err, fs.ErrNotExist) {
			return rec.list()
		}
		return err
	}
	if err != nil {
		return fmt.Errorf("open recording: %w", err)
	}
	var x index
	if err := json.Unmarshal(raw, &x); err != nil {
		return rec.list() // the segments do without
	}
	rec.Info.StreamID, rec.target = x.StreamID, x.TargetSeconds
	for _, k := range x.Segments {
		rec.keep(k)
	}
	return nil
}

func (rec *Recording) list() error {
	all, err := fs.ReadDir(rec.from, rec.Info.Dir)
	if err != nil {
		return fmt.Errorf("open recording: %w", err)
	}
	for _, d := range all {
		if d.IsDir() || !strings.HasSuffix(d.Name(), segmentEnd) {
			continue
		}
		if st, err := d.Info(); err == nil { // else deleted meanwhile
			rec.keep(kept{d.Name(), st.Size()})
		}
	}
	return nil
}

func (rec *Recording) keep(k kept) {
	if e, ok := k.parse(); ok {
		rec.add(e)
	}
}

func (rec *Recording) add(e entry) {
	if len(rec.entries) == 0 {
		rec.Info.Start = e.Start
	}
	rec.entries = append(rec.entries, e)
	rec.Info.Segments++
	rec.Info.Bytes += e.Media.Size
	rec.Info.Duration += time.Duration(e.DurationUs) * time.Microsecond
}

// line is one of the index of before: a range of a file that begins with its init
// segment. The first line is a heading.
type line struct {
	StreamID      string    `json:"stream_id"`
	TargetSeconds int       `json:"target_seconds"`
	File          string    `json:"file"`
	Init          int64     `json:"init"` // bytes of init segment at the head of the file
	Offset        int64     `json:"offset"`
	Size          int64     `json:"size"`
	DurationUs    int64     `json:"duration_us"`
	Start         time.Time `json:"start"`
	Discontinuity bool      `json:"discontinuity"`
}

const lineMax = 64 << 10

// loadBefore reads an index of before. Torn lines, and segments that the files do not
// hold whole, are left out.
func (rec *Recording) loadBefore() error {
	f, err := rec.from.Open(path.Join(rec.Info.Dir, indexBefore))
	if err != nil {
		return err
	}
	defer f.Close()
	sizes := map[string]int64{}
	lines := bufio.NewScanner(f)
	lines.Buffer(make([]byte, 0, 4096), lineMax)
	for lines.Scan() {
		var l line
		if json.Unmarshal(lines.Bytes(), &l) != nil {
			continue
		}
		if l.File == "" {
			rec.Info.StreamID, rec.target = l.StreamID, l.TargetSeconds
			continue
		}
		rec.addBefore(l, sizes)
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read recording: %w", err)
	}
	return nil
}

func (rec *Recording) addBefore(l line, sizes map[string]int64) {
	if !mediaName(l.File) || l.DurationUs <= 0 {
		return
	}
	size, ok := sizes[l.File]
	if !ok {
		if st, err := fs.Stat(rec.from, path.Join(rec.Info.Dir, l.File)); err == nil {
			size = st.Size()
		}
		sizes[l.File] = size
	}
	if l.Init <= 0 || l.Offset < l.Init || l.Size <= 0 || l.Offset+l.Size > size {
		return
	}
	rec.add(entry{
		Init: piece{File: l.File, Size: l.Init}, Media: piece{File: l.File, Offset: l.Offset, Size: l.Size},
		DurationUs: l.DurationUs, Start: l.Start, Discontinuity: l.Discontinuity,
	})
}

// mediaName tells whether a name in a folder is one of what is played, of now or
// before.
func mediaName(name string) bool {
	if strings.ContainsAny(name, "/\\") {
		return false
	}
	if strings.HasPrefix(name, "init-") || strings.HasPrefix(name, "media-") {
		return strings.HasSuffix(name, ".mp4")
	}
	_, ok := kept{name, 1}.parse()
	return ok
}
