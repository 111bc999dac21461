package ffmpeg

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"hawker/internal/media/child"
)

// Info is what a file says of itself.
type Info struct {
	Container  Container
	Video      int // index of the picture's stream
	Audio      int // of the sound's, -1 for none
	Codec      string
	Width      int // as shown: turned, with square pixels
	Height     int
	Rate       Rate // frames a second that the renditions get
	Duration   time.Duration
	HDR        bool
	Interlaced bool
	AudioCodec string
	Reorder    int // pictures that come before those that are shown before them
	// Hold is how much longer the sound lasts than the picture: the last picture stands as long.
	Hold time.Duration
}

// Rate is a frame rate as a fraction.
type Rate struct{ Num, Den int }

// Float is the rate as a number.
func (r Rate) Float() float64 { return float64(r.Num) / float64(r.Den) }

func (r Rate) String() string { return fmt.Sprintf("%d/%d", r.Num, r.Den) }

// Limits on what is believed of a file.
const (
	rateDefault = 30
	rateMin     = 10
	sideMin     = 16
	reorderMax  = 16
	holdMin     = 100 * time.Millisecond // sound ends with a whole frame of its own
	probeCPU    = 20 * time.Second
)

type probed struct {
	Streams []probedStream `json:"streams"`
	Format  struct {
		Duration string `json:"duration"`
	} `json:"format"`
}

type probedStream struct {
	Index       int               `json:"index"`
	Type        string            `json:"codec_type"`
	Codec       string            `json:"codec_name"`
	Width       int               `json:"width"`
	Height      int               `json:"height"`
	Reorder     int               `json:"has_b_frames"`
	Field       string            `json:"field_order"`
	Pixels      string            `json:"pix_fmt"`    // of decoded pictures; none: nothing decodes them
	Samples     string            `json:"sample_fmt"` // of decoded sound
	Base        string            `json:"time_base"`
	Aspect      string            `json:"sample_aspect_ratio"`
	Rate        string            `json:"r_frame_rate"`
	Average     string            `json:"avg_frame_rate"`
	Transfer    string            `json:"color_transfer"`
	Duration    string            `json:"duration"`
	Start       string            `json:"start_time"`
	Tags        map[string]string `json:"tags"`
	Disposition map[string]int    `json:"disposition"`
	SideData    []struct {
		Rotation float64 `json:"rotation"`
	} `json:"side_data_list"`
}

// Probe looks at a file of a folder. Errors: ErrNotVideo, ErrTooLarge.
func (t *Tool) Probe(ctx context.Context, dir, input string) (Info, error) {
	kind, err := Sniff(filepath.Join(dir, input))
	if err != nil {
		return Info{}, err
	}
	args := append([]string{"-hide_banner", "-v", "error", "-print_format", "json", "-show_streams", "-show_format"},
		guarded(kind, input)...)
	var out strings.Builder
	err = t.run(ctx, run{program: t.ffprobe, task: "probe", dir: dir, args: args, cpu: probeCPU, line: func(line string) bool {
		if out.Len() < probeOutMax {
			out.WriteString(line)
		}
		return true
	}})
	var exit *child.ExitError
	if errors.As(err, &exit) && !exit.Killed() && !child.Accident(err) {
		return Info{}, fmt.Errorf("%w: %w", ErrNotVideo, err)
	}
	if err != nil {
		return Info{}, err
	}
	var p probed
	if err := json.Unmarshal([]byte(out.String()), &p); err != nil {
		return Info{}, fmt.Errorf("%w: %w", ErrNotVideo, err)
	}
	return p.info(kind)
}

// info takes the first picture and the first sound that can be decoded: phones put a spatial track before
// the one for everybody. A film whose sound nobody decodes is silent.
func (p probed) info(kind Container) (Info, error) {
	in := Info{Container: kind, Video: -1, Audio: -1}
	var pic, sound probedStream
	for _, s := range p.Streams {
		switch {
		case s.Type == "video" && in.Video < 0 && s.Disposition["attached_pic"] == 0 && s.decodes(s.Pixels):
			in.Video, pic = s.Index, s
		case s.Type == "audio" && in.Audio < 0 && s.decodes(s.Samples):
			in.Audio, in.AudioCodec, sound = s.Index, s.Codec, s
		}
	}
	if in.Video < 0 || pic.Width < sideMin || pic.Height < sideMin {
		return Info{}, fmt.Errorf("%w: no picture in it", ErrNotVideo)
	}
	if pic.Width > pixelsMax/pic.Height {
		return Info{}, fmt.Errorf("%w: %dx%d", ErrTooLarge, pic.Width, pic.Height)
	}
	in.Codec, in.HDR = pic.Codec, pic.Transfer == "smpte2084" || pic.Transfer == "arib-std-b67"
	in.Interlaced = pic.Field != "" && pic.Field != "progressive" && pic.Field != "unknown"
	in.Width, in.Height = pic.shown()
	in.Rate, in.Reorder = pic.rate(), min(max(pic.Reorder, 0), reorderMax)
	if d := sound.ends() - pic.ends(); pic.ends() > 0 && d > holdMin {
		in.Hold = d
	}
	in.Duration = max(parseSeconds(p.Format.Duration), parseSeconds(pic.Duration))
	if kind == isoMedia() { // of fragments cut from the middle ffprobe tells where they end, not how long they are
		in.Duration -= min(parseSeconds(pic.Start), in.Duration)
	}
	return in, nil
}

// decodes tells whether there is a decoder, by the form that its output would have: ffprobe, which tells a
// time base of every stream, tells none of one that nothing decodes.
func (s probedStream) decodes(form string) bool { return s.Codec != "" && (form != "" || s.Base == "") }

// ends is when a stream ends, 0 where nothing tells. Matroska tells it in a tag.
func (s probedStream) ends() time.Duration {
	d := parseSeconds(s.Duration)
	for _, name := range []string{"DURATION", "DURATION-eng"} {
		var h, m int
		var sec float64
		if n, _ := fmt.Sscanf(s.Tags[name], "%d:%d:%f", &h, &m, &sec); d == 0 && n == 3 && h >= 0 && m >= 0 {
			d = parseSeconds(strconv.FormatFloat(float64(h*3600+m*60)+sec, 'f', -1, 64))
		}
	}
	if d == 0 {
		return 0
	}
	return d + parseSeconds(s.Start)
}

// shown is the size after squaring pixels and turning.
func (s probedStream) shown() (width, height int) {
	width, height = s.Width, s.Height
	if n, d, ok := fraction(s.Aspect, ":"); ok {
		width = min(max(width*n/d, 2), 4*s.Width)
	}
	turn := 0.0
	if v, err := strconv.ParseFloat(s.Tags["rotate"], 64); err == nil {
		turn = v
	}
	for _, d := range s.SideData {
		if d.Rotation != 0 {
			turn = d.Rotation
		}
	}
	if quarter := math.Mod(math.Abs(turn), 180); quarter > 45 && quarter < 135 {
		width, height = height, width
	}
	return width, height
}

// rate keeps a constant rate of at most 30 and makes 30 of everything else.
func (s probedStream) rate() Rate {
	n, d, ok := fraction(s.Rate, "/")
	an, ad, aok := fraction(s.Average, "/")
	if !ok || !aok || n > math.MaxInt32 || d > math.MaxInt32 {
		return Rate{rateDefault, 1}
	}
	r, average := Rate{n, d}, Rate{an, ad}
	if math.Abs(r.Float()-average.Float()) > 0.01 || r.Float() > rateDefault || r.Float() < rateMin {
		return Rate{rateDefault, 1}
	}
	return r
}

func fraction(text, sep string) (n, d int, ok bool) {
	a, b, found := strings.Cut(text, sep)
	if !found {
		return 0, 0, false
	}
	n, err1 := strconv.Atoi(a)
	d, err2 := strconv.Atoi(b)
	return n, d, err1 == nil && err2 == nil && n > 0 && d > 0
}

func parseSeconds(text string) time.Duration {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || v < 0 || v > 1e9 || math.IsNaN(v) {
		return 0
	}
	return time.Duration(v * float64(time.Second))
}
