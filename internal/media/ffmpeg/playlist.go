package ffmpeg

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Rendition is one playlist that was rendered.
type Rendition struct {
	Name          string // of its files
	Width, Height int
	Peak, Average int // bits a second
	Codec         string
	Segments      []time.Duration
	rate          float64
	side          int
}

// mediaList is a media playlist as ffmpeg wrote it.
type mediaList struct {
	init      string
	files     []string
	durations []time.Duration
}

func readPlaylist(path string) (mediaList, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return mediaList{}, err
	}
	var l mediaList
	for line := range strings.Lines(string(raw)) {
		line = strings.TrimSpace(line)
		if text, ok := strings.CutPrefix(line, "#EXTINF:"); ok {
			l.durations = append(l.durations, parseSeconds(strings.TrimSuffix(text, ",")))
		} else if text, ok := strings.CutPrefix(line, `#EXT-X-MAP:URI="`); ok {
			l.init, _, _ = strings.Cut(text, `"`)
		} else if line != "" && line[0] != '#' {
			l.files = append(l.files, line)
		}
	}
	if l.init == "" || len(l.files) == 0 || len(l.files) != len(l.durations) {
		return mediaList{}, fmt.Errorf("ffmpeg: %s is no whole playlist", filepath.Base(path))
	}
	return l, nil
}

func (l mediaList) duration() (sum time.Duration) {
	for _, d := range l.durations {
		sum += d
	}
	return sum
}

// measure reads back what was rendered, the largest rung first, the sound last.
func (j Job) measure(rungs []Rung) (Film, error) {
	var f Film
	for _, r := range rungs {
		m, err := j.rendition(r.name())
		if err != nil {
			return Film{}, err
		}
		m.Width, m.Height = r.size(j.Info)
		m.rate, m.side = j.Info.Rate.Float(), r.Side
		f.Renditions = append(f.Renditions, m)
	}
	for _, d := range f.Renditions[0].Segments {
		f.Duration += d
	}
	f.Width, f.Height = f.Renditions[0].Width, f.Renditions[0].Height
	if j.Info.Audio < 0 {
		return f, nil
	}
	sound, err := j.rendition(audioName)
	f.Renditions = append(f.Renditions, sound)
	return f, err
}

func (j Job) rendition(name string) (Rendition, error) {
	dir := filepath.Join(j.Dir, j.Out)
	list, err := readPlaylist(filepath.Join(dir, name+".m3u8"))
	if err != nil {
		return Rendition{}, err
	}
	r := Rendition{Name: name, Segments: list.durations}
	var bytesAll int64
	for i, file := range list.files {
		info, err := os.Stat(filepath.Join(dir, file))
		if err != nil {
			return Rendition{}, err
		}
		bytesAll += info.Size()
		// A last sliver of a segment says nothing of what the line must carry.
		if d := max(list.durations[i].Seconds(), 0.5); info.Size() > 0 {
			r.Peak = max(r.Peak, int(math.Ceil(float64(info.Size()*8)/d)))
		}
	}
	if d := list.duration().Seconds(); d > 0 {
		r.Average = int(math.Ceil(float64(bytesAll*8) / d))
	}
	r.Peak = max(r.Peak, r.Average)
	r.Codec, err = codecOf(filepath.Join(dir, list.init))
	return r, err
}

// codecOf reads RFC 6381's name of the codec from an init segment: the three
// bytes after the version of an avcC box (ISO 14496-15, 5.3.3), else AAC-LC,
// which is all that we encode.
func codecOf(path string) (string, error) {
	raw, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	if at := bytes.Index(raw, []byte("avcC")); at >= 0 && len(raw) >= at+8 {
		return fmt.Sprintf("avc1.%02x%02x%02x", raw[at+5], raw[at+6], raw[at+7]), nil
	}
	return "mp4a.40.2", nil
}

// firstSide is the rung that stands first, where a player begins before it knows
// the line.
const firstSide = 480

// writeMaster writes the multivariant playlist (RFC 8216, 4.3.4).
func (j Job) writeMaster(renditions []Rendition) error {
	var sound *Rendition
	var first, rest []string
	if last := renditions[len(renditions)-1]; last.Name == audioName {
		sound = &last
		renditions = renditions[:len(renditions)-1]
	}
	for _, r := range renditions {
		if r.side == firstSide {
			first = append(first, r.variant(sound))
		} else {
			rest = append(rest, r.variant(sound))
		}
	}
	var b strings.Builder
	b.WriteString("#EXTM3U\n#EXT-X-VERSION:7\n#EXT-X-INDEPENDENT-SEGMENTS\n")
	if sound != nil {
		b.WriteString(`#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="main",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="` +
			audioName + ".m3u8\"\n")
	}
	for _, v := range append(first, rest...) {
		b.WriteString(v)
	}
	return os.WriteFile(filepath.Join(j.Dir, j.Out, MasterName), []byte(b.String()), 0o644)
}

func (r Rendition) variant(sound *Rendition) string {
	peak, average, codecs, group := r.Peak, r.Average, r.Codec, ""
	if sound != nil {
		peak, average, codecs, group = peak+sound.Peak, average+sound.Average, codecs+","+sound.Codec, `,AUDIO="a"`
	}
	return fmt.Sprintf("#EXT-X-STREAM-INF:BANDWIDTH=%d,AVERAGE-BANDWIDTH=%d,CODECS=\"%s\","+
		"RESOLUTION=%dx%d,FRAME-RATE=%s%s\n%s.m3u8\n",
		peak, average, codecs, r.Width, r.Height, strconv.FormatFloat(r.rate, 'f', 3, 64), group, r.Name)
}

func appendFile(out io.Writer, path string) (err error) {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	_, err = io.Copy(out, f)
	return err
}
