package record

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"path"
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
	target  int // seconds; 0: unknown
	entries []entry
}

const playlistKind = "application/vnd.apple.mpegurl"

// Open reads the recording in a folder of an archive, as far as the archive has it:
// also one that is under way, and what a crash left.
func Open(from fs.FS, dir string) (*Recording, error) {
	rec := &Recording{Info: Info{Dir: dir}, from: from}
	if err := rec.load(); err != nil {
		return nil, err
	}
	if len(rec.entries) == 0 {
		return nil, ErrEmpty
	}
	return rec, nil
}

// Playlist renders the recording as a VOD playlist.
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
		target = max(target, rec.target)
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
	init := ""
	for _, rec := range recs {
		for _, e := range rec.entries {
			in := folder(rec)
			if uri := in + e.Init.File; uri != init || e.Discontinuity {
				if init != "" {
					b.WriteString("#EXT-X-DISCONTINUITY\n")
				}
				if uri != init {
					fmt.Fprintf(&b, "#EXT-X-MAP:URI=%q%s\n", uri, e.Init.attribute())
				}
				init = uri
			}
			fmt.Fprintf(&b, "#EXT-X-PROGRAM-DATE-TIME:%s\n", e.Start.UTC().Format("2006-01-02T15:04:05.000Z"))
			fmt.Fprintf(&b, "#EXTINF:%.5f,\n%s%s\n", float64(e.DurationUs)/1e6, e.Media.tag(), in+e.Media.File)
		}
	}
	b.WriteString("#EXT-X-ENDLIST\n")
	return b.Bytes()
}

func (p piece) bytes() string { return fmt.Sprintf("%d@%d", p.Size, p.Offset) }

// attribute and tag say which bytes of a file are meant, unless it is all of them.
func (p piece) attribute() string {
	if p.Whole {
		return ""
	}
	return `,BYTERANGE="` + p.bytes() + `"`
}

func (p piece) tag() string {
	if p.Whole {
		return ""
	}
	return "#EXT-X-BYTERANGE:" + p.bytes() + "\n"
}

// recorded tells whether a mark begins or lasts within a recording.
func recorded(recs []*Recording, m hls.Mark) bool {
	until := m.Start
	if m.End.After(until) {
		until = m.End
	}
	for _, rec := range recs {
		if m.Start.Before(rec.entries[len(rec.entries)-1].end()) && !until.Before(rec.entries[0].Start) {
			return true
		}
	}
	return false
}

// Span is a stretch of a recording that one init segment plays without a break, whole
// segments only.
type Span struct {
	Start time.Time
	End   time.Time
	Size  int64 // bytes of media

	from   fs.FS
	pieces []piece // the init segment, then the media; named from the root of from
}

// Open reads the span as a file of its own: the init segment, then the media.
func (s Span) Open() (io.ReadCloser, error) {
	r := &spanReader{from: s.from, rest: s.pieces}
	if err := r.next(); err != nil {
		return nil, fmt.Errorf("open span: %w", err)
	}
	return r, nil
}

type spanReader struct {
	from fs.FS
	rest []piece
	open file
	left *io.LimitedReader // of the piece that is open

	whole bool // it is a file of its own
}

// next opens the next piece; io.EOF after the last.
func (r *spanReader) next() error {
	if len(r.rest) == 0 {
		return io.EOF
	}
	p := r.rest[0]
	r.rest = r.rest[1:]
	f, err := openSeeker(r.from, p.File)
	if err != nil {
		return err
	}
	if p.Offset > 0 {
		if _, err := f.Seek(p.Offset, io.SeekStart); err != nil {
			return errors.Join(err, f.Close())
		}
	}
	r.open, r.left, r.whole = f, &io.LimitedReader{R: f, N: p.Size}, p.Whole
	if p.Whole {
		r.left.N = math.MaxInt64
	}
	return nil
}

func (r *spanReader) Read(p []byte) (int, error) {
	for {
		n, err := r.left.Read(p)
		if n > 0 || !errors.Is(err, io.EOF) {
			if errors.Is(err, io.EOF) {
				err = nil // of this piece
			}
			return n, err
		}
		if err := r.Close(); err != nil {
			return 0, err
		}
		if r.left.N > 0 && !r.whole {
			return 0, io.ErrUnexpectedEOF
		}
		if err := r.next(); err != nil {
			return 0, err
		}
	}
}

func (r *spanReader) Close() error {
	f := r.open
	r.open = nil
	if f == nil {
		return nil
	}
	return f.Close()
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
	init := ""
	for _, e := range rec.entries {
		if !e.end().After(from) || !e.Start.Before(to) {
			continue
		}
		if len(out) == 0 || e.Discontinuity || e.Init.File != init {
			out = append(out, Span{Start: e.Start, from: rec.from, pieces: []piece{rec.at(e.Init)}})
			init = e.Init.File
		}
		s := &out[len(out)-1]
		s.pieces, s.Size, s.End = append(s.pieces, rec.at(e.Media)), s.Size+e.Media.Size, e.end()
	}
	return out
}

// at names a piece from the root of the archive.
func (rec *Recording) at(p piece) piece {
	p.File = path.Join(rec.Info.Dir, p.File)
	return p
}
