package ffmpeg

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// Rung is a rendition of the ladder.
type Rung struct {
	Side   int // the short edge, in pixels
	Preset string
	Tuned  string // x264's options beside the preset, "" for none
	Cap    int    // bits a second at most
}

// Ladder is every rung there may be, the largest first. The presets are where
// quality is cheap: small rungs cost little beside the decoding.
func Ladder() []Rung {
	return []Rung{
		{1080, "veryfast", quickSearch, 5_000_000},
		{720, "veryfast", "", 2_600_000},
		{480, "fast", "", 1_200_000},
		{360, "medium", "", 700_000},
	}
}

// quickSearch looks for motion as the preset superfast does and takes B-frames as they come, but keeps what that preset
// leaves out to its cost in size: the look-ahead, and the tree of what other pictures refer to. Beside veryfast the
// largest rung costs 0.62 to 0.72 times as much; SSIM is 0.002 lower to 0.006 higher, the size 0 to 2 % more.
const quickSearch = "subme=1:me=dia:b-adapt=0"

// rungsFor leaves out rungs above the source; what is smaller than all of them
// gets one of its own size.
func rungsFor(in Info) []Rung {
	short := min(in.Width, in.Height) &^ 1
	all := Ladder()
	for i, r := range all {
		if r.Side <= short {
			return all[i:]
		}
	}
	last := all[len(all)-1]
	last.Side = short
	return []Rung{last}
}

// size is what a rung makes of the source: never larger, both sides even.
func (r Rung) size(in Info) (width, height int) {
	short, long := min(in.Width, in.Height), max(in.Width, in.Height)
	scaled := max(2, int(math.Round(float64(long)*float64(r.Side)/float64(short)/2))*2)
	if in.Width < in.Height {
		return r.Side, scaled
	}
	return scaled, r.Side
}

func (r Rung) name() string { return strconv.Itoa(r.Side) }

// Lengths of what is cut. A group of pictures is one segment, closed, so that
// every rendition can be joined at every segment.
const (
	segmentSeconds = 2
	audioBits      = 128_000
	audioName      = "audio"
	crf            = "23"
	cpuPerSecond   = 20 // of one second of film; the whole ladder takes 3 to 4
	cpuBase        = 60 * time.Second
	mp4SideMax     = 720
	reordered      = 2    // pictures that x264 holds back: B-frames that others refer to
	primed         = 1024 // samples of nothing with which AAC leads in
)

// Names of the files that a rendering leaves in its folder, beside the
// playlists and segments that Master names.
const (
	MasterName = "index.m3u8"
	MP4Name    = "clip.mp4"
	CoverName  = "cover.jpg"
)

// Job is one rendering.
type Job struct {
	Dir      string // a folder of its own
	Input    string // the file in Dir
	Out      string // the folder below Dir that takes the result
	Info     Info
	Max      time.Duration
	Progress func(fraction float64) // may be nil
}

// Film is what was rendered.
type Film struct {
	Duration      time.Duration
	Width, Height int // of the largest rendition
	Renditions    []Rendition
}

// Render makes the whole ladder of one decode: CMAF segments with the same cuts
// in every rung, sound as a rendition of its own, the multivariant playlist, and
// one MP4 for the first frame. Error ErrTooLong when the film turns out longer
// than Max.
func (t *Tool) Render(ctx context.Context, j Job) (Film, error) {
	if err := os.MkdirAll(filepath.Join(j.Dir, j.Out), 0o755); err != nil {
		return Film{}, err
	}
	// A second more than is allowed tells a film that is too long from one that is not.
	most := j.Max + time.Second
	rungs := rungsFor(j.Info)
	err := t.run(ctx, run{
		program: t.ffmpeg, task: "ladder", dir: j.Dir, args: j.ladderArgs(rungs, most),
		cpu: cpuBase + j.length(most)*cpuPerSecond, line: j.follow(most),
	})
	if err != nil {
		return Film{}, err
	}
	f, err := j.measure(rungs)
	if err != nil {
		return Film{}, err
	}
	if f.Duration > j.Max+time.Second/2 {
		return Film{}, fmt.Errorf("%w: %s", ErrTooLong, f.Duration)
	}
	if err := j.writeMaster(f.Renditions); err != nil {
		return Film{}, err
	}
	return f, t.mux(ctx, j, f)
}

// length is how long the film says it is, if it does.
func (j Job) length(most time.Duration) time.Duration {
	if j.Info.Duration > 0 {
		return min(most, j.Info.Duration)
	}
	return most
}

// follow reads ffmpeg's report of progress: lines of key=value.
func (j Job) follow(most time.Duration) func(string) bool {
	total := j.length(most)
	last := int64(-1)
	return func(line string) bool {
		text, ok := strings.CutPrefix(line, "out_time_us=")
		if !ok {
			return false
		}
		us, err := strconv.ParseInt(text, 10, 64)
		if err != nil || us <= last {
			return false
		}
		last = us
		if j.Progress != nil {
			j.Progress(min(1, float64(us)/float64(total.Microseconds())))
		}
		return true
	}
}

func (j Job) ladderArgs(rungs []Rung, most time.Duration) []string {
	args := []string{
		"-hide_banner", "-nostdin", "-y", "-v", "error", "-progress", "pipe:1", "-stats_period", "0.5",
		"-threads", threads(), "-filter_threads", "2",
	}
	args = append(args, guarded(j.Info.Container, j.Input)...)
	args = append(args, "-filter_complex", j.graph(rungs))
	group := strconv.Itoa(int(math.Round(segmentSeconds * j.Info.Rate.Float())))
	for i, r := range rungs {
		args = append(args, "-map", fmt.Sprintf("[o%d]", i), "-an", "-c:v", "libx264", "-threads", threads(), "-preset",
			r.Preset, "-crf", crf,
			"-maxrate", strconv.Itoa(r.Cap), "-bufsize", strconv.Itoa(2*r.Cap), "-profile:v", "high",
			"-g", group, "-keyint_min", group, "-sc_threshold", "0", "-flags", "+cgop",
			"-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709")
		if r.Tuned != "" {
			args = append(args, "-x264-params", r.Tuned)
		}
		args = append(args, j.hlsArgs(r.name(), most)...)
	}
	if j.Info.Audio >= 0 {
		args = append(args, "-map", "[a]", "-vn", "-c:a", "aac", "-b:a", strconv.Itoa(audioBits))
		args = append(args, j.hlsArgs(audioName, most)...)
	}
	return args
}

// timesAsTheyAre keeps the times of what is encoded in the fragments themselves. An edit list would say
// the same of pictures that are held back and of sound that leads in, but players that go by
// Media Source Extensions do not look at it, and others do: so there is none. Without one the muxer
// of MP4 moves each output to zero by itself, pictures and sound by different times, unless it is
// told not to; and only a fragment that is "discontinuous" begins where it begins.
const timesAsTheyAre = "movflags=+frag_discont:use_editlist=0:avoid_negative_ts=0"

// leadIn is how much later than in the source everything is in the renditions: as long as the encoder
// holds pictures back, so that no time is negative.
func (j Job) leadIn() time.Duration {
	held := max(reordered, j.Info.Reorder)
	ms := math.Ceil(float64(held) * 1000 / j.Info.Rate.Float())
	return time.Duration(ms) * time.Millisecond
}

// hlsArgs end one output. Nothing of the source's metadata is kept: phones write
// there where they were.
func (j Job) hlsArgs(name string, most time.Duration) []string {
	return []string{
		"-map_metadata", "-1", "-map_chapters", "-1", "-t", seconds(most),
		"-output_ts_offset", seconds(j.leadIn()), "-hls_segment_options", timesAsTheyAre,
		"-f", "hls", "-hls_time", strconv.Itoa(segmentSeconds), "-hls_list_size", "0", "-hls_playlist_type", "vod",
		"-hls_segment_type", "fmp4", "-hls_flags", "independent_segments",
		"-hls_fmp4_init_filename", name + "_init.mp4", "-hls_segment_filename", j.Out + "/" + name + "_%04d.m4s",
		j.Out + "/" + name + ".m3u8",
	}
}

// graph decodes once and scales in a cascade, each rung from the one above.
func (j Job) graph(rungs []Rung) string {
	var b strings.Builder
	fmt.Fprintf(&b, "[0:%d]", j.Info.Video)
	if j.Info.Interlaced { // at whole size, by which lines are told apart
		b.WriteString("bwdif=mode=send_frame:deint=interlaced,")
	}
	fmt.Fprintf(&b, "fps=%s,%s", j.Info.Rate, fitTo(rungs[0], j.Info))
	if j.Info.HDR { // after scaling down: it is float
		b.WriteString(",zscale=t=linear:npl=100,format=gbrpf32le,zscale=p=bt709," +
			"tonemap=hable:desat=0,zscale=t=bt709:m=bt709:r=tv")
	}
	b.WriteString(",format=yuv420p")
	if j.Info.Hold > 0 {
		fmt.Fprintf(&b, ",tpad=stop_mode=clone:stop_duration=%s", seconds(j.Info.Hold))
	}
	for i := range rungs {
		if i > 0 {
			fmt.Fprintf(&b, ";[n%d]%s", i-1, scaleTo(rungs[i], j.Info))
		}
		if i < len(rungs)-1 {
			fmt.Fprintf(&b, ",split=2[o%d][n%d]", i, i)
		} else {
			fmt.Fprintf(&b, "[o%d]", i)
		}
	}
	if j.Info.Audio >= 0 {
		// A source that names no channel layout fails without aformat; gaps are filled so
		// that sound stays with picture.
		fmt.Fprintf(&b, ";[0:%d]%s[a]", j.Info.Audio, heard())
	}
	return b.String()
}

// heard makes sound of any kind stereo that begins with the picture. The encoder leads in with nothing: it takes
// the place of as much at the beginning, so that each sample stays at its time.
func heard() string {
	return "aresample=async=1:first_pts=0,aformat=sample_rates=48000:channel_layouts=stereo," +
		"atrim=start_sample=" + strconv.Itoa(primed)
}

// fitTo is scaleTo for what comes of the source, which may change its size on the way: what has other
// proportions by then stands in the middle. Rounding a side is no other proportion.
func fitTo(r Rung, in Info) string {
	w, h := r.size(in)
	same := fmt.Sprintf("lt(abs(dar*%d/%d-1),0.03)", h, w)
	wide := fmt.Sprintf("if(%s,%d,min(%d,max(2,trunc(%d*dar/2)*2)))", same, w, w, h)
	high := fmt.Sprintf("if(%s,%d,min(%d,max(2,trunc(%d/dar/2)*2)))", same, h, h, w)
	return fmt.Sprintf("scale=w='%s':h='%s':flags=bicubic,pad=%d:%d:(ow-iw)/2:(oh-ih)/2,setsar=1", wide, high, w, h)
}

func scaleTo(r Rung, in Info) string {
	w, h := r.size(in)
	return fmt.Sprintf("scale=w=%d:h=%d:flags=bicubic,setsar=1", w, h)
}

// mux copies the largest rendition up to 720 and the sound into one MP4 whose
// index stands in front. Nothing is encoded again.
func (t *Tool) mux(ctx context.Context, j Job, f Film) error {
	pick := f.Renditions[0]
	for _, r := range f.Renditions {
		if r.side <= mp4SideMax && r.side > 0 {
			pick = r
			break
		}
	}
	args := []string{"-hide_banner", "-nostdin", "-y", "-v", "error", "-progress", "pipe:1"}
	parts := []string{pick.Name}
	if j.Info.Audio >= 0 {
		parts = append(parts, audioName)
	}
	for _, name := range parts {
		joined := name + ".joined.mp4"
		if err := j.join(name, joined); err != nil {
			return err
		}
		args = append(args, guarded(isoMedia(), joined)...)
	}
	for i := range parts {
		args = append(args, "-map", strconv.Itoa(i)+":0")
	}
	args = append(args, "-c", "copy", "-map_metadata", "-1", "-movflags", "+faststart", "-f", "mp4", j.Out+"/"+MP4Name)
	return t.run(ctx, run{
		program: t.ffmpeg, task: "join", dir: j.Dir, args: args, cpu: cpuBase, line: j.quiet(),
	})
}

// quiet watches a child's progress without telling anybody.
func (j Job) quiet() func(string) bool {
	j.Progress = nil
	return j.follow(j.Max)
}

// join writes a rendition's segments behind each other: a fragmented MP4.
func (j Job) join(name, to string) (err error) {
	out, err := os.Create(filepath.Join(j.Dir, to))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	list, err := readPlaylist(filepath.Join(j.Dir, j.Out, name+".m3u8"))
	if err != nil {
		return err
	}
	for _, file := range append([]string{list.init}, list.files...) {
		if err := appendFile(out, filepath.Join(j.Dir, j.Out, file)); err != nil {
			return err
		}
	}
	return nil
}
