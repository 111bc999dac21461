package record

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"hawker/internal/media/hls"
)

// ErrEmpty is a folder without a playable segment.
var ErrEmpty = errors.New("record: nothing recorded")

// Recording is a finished or broken-off recording. Where it is read from, Info.Dir is
// its folder there.
type Recording struct {
	Info    Info
	from    fs.FS
	head    heading
	entries []entry
}

const (
	lineMax      = 64 << 10
	playlistKind = "application/vnd.apple.mpegurl"
)

// Open reads the index of the recording in a folder of an archive. Torn lines, and segments that the files
// do not hold whole, are left out: so it opens what a crash left.
func Open(from fs.FS, dir string) (*Recording, error) {
	f, err := from.Open(path.Join(dir, indexName))
	if err != nil {
		return nil, fmt.Errorf("open recording: %w", err)
	}
	defer f.Close()
	rec := &Recording{Info: Info{Dir: dir}, from: from}
	sizes := map[string]int64{}
	lines := bufio.NewScanner(f)
	lines.Buffer(make([]byte, 0, 4096), lineMax)
	for lines.Scan() {
		rec.line(lines.Bytes(), sizes)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("read recording: %w", err)
	}
	if len(rec.entries) == 0 {
		return nil, ErrEmpty
	}
	return rec, nil
}

func (rec *Recording) line(b []byte, sizes map[string]int64) {
	if len(b) == 0 {
		return
	}
	if rec.head.TargetSeconds == 0 {
		if json.Unmarshal(b, &rec.head) == nil {
			rec.Info.StreamID = rec.head.StreamID
		}
		return
	}
	var e entry
	if json.Unmarshal(b, &e) != nil || !safeName(e.File) || e.DurationUs <= 0 {
		return
	}
	size, ok := sizes[e.File]
	if !ok {
		if st, err := fs.Stat(rec.from, path.Join(rec.Info.Dir, e.File)); err == nil {
			size = st.Size()
		}
		sizes[e.File] = size
	}
	if e.Init <= 0 || e.Offset < e.Init || e.Size <= 0 || e.Offset+e.Size > size {
		return
	}
	if len(rec.entries) == 0 {
		rec.Info.Start = e.Start
	}
	rec.entries = append(rec.entries, e)
	rec.Info.Segments++
	rec.Info.Bytes += e.Size
	rec.Info.Duration += time.Duration(e.DurationUs) * time.Microsecond
}

func safeName(name string) bool {
	return strings.HasPrefix(name, "media-") && strings.HasSuffix(name, ".mp4") && !strings.ContainsAny(name, "/\\")
}

// Playlist renders the recording as a VOD playlist of byte ranges.
func (rec *Recording) Playlist() []byte {
	return render([]*Recording{rec}, func(*Recording) string { return "" }, nil)
}

// Join renders several recordings, in their order, as one VOD playlist: a show
// whose publisher was cut off and came back. Files are named below the folder of
// their recording. Marks that lie in what was recorded are listed; one that
// cannot be written is left out.
func Join(recs []*Recording, marks ...hls.Mark) []byte {
	return render(recs, func(rec *Recording) string { return path.Base(rec.Info.Dir) + "/" }, marks)
}

func render(recs []*Recording, folder func(*Recording) string, marks []hls.Mark) []byte {
	target := 1
	for _, rec := range recs {
		target = max(target, rec.head.TargetSeconds)
		for _, e := range rec.entries {
			target = max(target, int((e.DurationUs+500_000)/1_000_000))
		}
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-TARGETDURATION:%d\n#EXT-X-PLAYLIST-TYPE:VOD\n", target)
	b.WriteString("#EXT-X-MEDIA-SEQUENCE:0\n")
	for _, m := range marks {
		if line, err := m.Line(); err == nil && recorded(recs, m) {
			b.WriteString(line)
		}
	}
	file := ""
	for _, rec := range recs {
		for _, e := range rec.entries {
			uri := folder(rec) + e.File
			if file != "" && (e.Discontinuity || uri != file) {
				b.WriteString("#EXT-X-DISCONTINUITY\n")
			}
			if uri != file {
				fmt.Fprintf(&b, "#EXT-X-MAP:URI=%q,BYTERANGE=\"%d@0\"\n", uri, e.Init)
				file = uri
			}
			fmt.Fprintf(&b, "#EXT-X-PROGRAM-DATE-TIME:%s\n", e.Start.UTC().Format("2006-01-02T15:04:05.000Z"))
			fmt.Fprintf(&b, "#EXTINF:%.5f,\n#EXT-X-BYTERANGE:%d@%d\n%s\n", float64(e.DurationUs)/1e6, e.Size, e.Offset,
				uri)
		}
	}
	b.WriteString("#EXT-X-ENDLIST\n")
	return b.Bytes()
}

// recorded tells whether a mark begins or lasts within a recording.
func recorded(recs []*Recording, m hls.Mark) bool {
	until := m.Start
	if m.End.After(until) {
		until = m.End
	}
	for _, rec := range recs {
		last := rec.entries[len(rec.entries)-1]
		end := last.Start.Add(time.Duration(last.DurationUs) * time.Microsecond)
		if m.Start.Before(end) && !until.Before(rec.entries[0].Start) {
			return true
		}
	}
	return false
}

// Span is a stretch of a recording in one file, whole segments only.
type Span struct {
	File   string
	Init   int64 // bytes of init segment at the head of File
	Offset int64
	Size   int64
	Start  time.Time
	End    time.Time

	from fs.FS
}

// Open reads the span as a file of its own: the init segment, then the media.
func (s Span) Open() (io.ReadCloser, error) {
	f, err := openSeeker(s.from, s.File)
	if err != nil {
		return nil, fmt.Errorf("open span: %w", err)
	}
	return &spanReader{f, s, s.Init, false}, nil
}

type spanReader struct {
	file
	span  Span
	left  int64 // of the piece that is being read
	media bool
}

func (r *spanReader) Read(p []byte) (int, error) {
	if r.left == 0 && !r.media {
		r.media, r.left = true, r.span.Size
		if _, err := r.Seek(r.span.Offset, io.SeekStart); err != nil {
			return 0, err
		}
	}
	if r.left == 0 {
		return 0, io.EOF
	}
	n, err := r.file.Read(p[:min(int64(len(p)), r.left)])
	r.left -= int64(n)
	if errors.Is(err, io.EOF) && r.left > 0 {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// file is what an archive must give: one that can be sought in.
type file interface {
	fs.File
	io.Seeker
}

func openSeeker(from fs.FS, name string) (file, error) {
	f, err := from.Open(name)
	if err != nil {
		return nil, err
	}
	seeks, ok := f.(file)
	if !ok {
		return nil, errors.Join(fmt.Errorf("record: %s cannot be sought in", name), f.Close())
	}
	return seeks, nil
}

// Cut gives the spans that hold the media between two moments of the stream's
// clock, for whoever makes a clip of it.
func (rec *Recording) Cut(from, to time.Time) []Span {
	var out []Span
	for _, e := range rec.entries {
		end := e.end()
		if !end.After(from) || !e.Start.Before(to) {
			continue
		}
		name := path.Join(rec.Info.Dir, e.File)
		if n := len(out); n > 0 && out[n-1].File == name && out[n-1].Offset+out[n-1].Size == e.Offset {
			out[n-1].Size += e.Size
			out[n-1].End = end
			continue
		}
		out = append(out, Span{
			File: name, Init: e.Init, Offset: e.Offset, Size: e.Size, Start: e.Start, End: end, from: rec.from,
		})
	}
	return out
}

// writePlaylist renders the playlist once, so that a long replay costs nothing
// per viewer.
func writePlaylist(dir string) error {
	rec, err := Open(os.DirFS(dir), ".")
	if err != nil {
		return err
	}
	tmp := filepath.Join(dir, playlistName+".tmp")
	if err := os.WriteFile(tmp, rec.Playlist(), fileMode); err != nil {
		return fmt.Errorf("write playlist: %w", err)
	}
	if err := os.Rename(tmp, filepath.Join(dir, playlistName)); err != nil {
		return fmt.Errorf("put playlist in place: %w", err)
	}
	return nil
}
