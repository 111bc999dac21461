package ladder

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"hawker/internal/media/child"
	"hawker/internal/media/stream"
)

// rung is one rendition to make.
type rung struct {
	short         int
	width, height int
	bits          int64 // a second, at the most
}

func (r rung) name() string { return strconv.Itoa(r.short) + "p" }

// bandwidth is what the rendition promises with its sound and boxes, which is at
// most what its rate control lets pass in a second.
func (r rung) bandwidth() int64 { return r.bits*11/10 + soundBits }

const (
	soundBits   = 160_000
	bitsMin     = 150_000
	bitsPerArea = 2.2 // a second and pixel at 720p; smaller pictures need more of it
	areaShare   = 0.75
	area720     = 1280 * 720
)

// rungs are the renditions that a stream asked for, the largest first; those that
// would not be smaller than itself are left out. The whole picture is
// kept, whichever way up it is; no rung takes more than its share of the bits
// that the stream itself has.
func rungs(h stream.Health) []rung {
	long, short := max(h.Width, h.Height), min(h.Width, h.Height)
	sorted := slices.Clone(h.Ladder)
	slices.SortFunc(sorted, func(a, b int) int { return b - a })
	var out []rung
	for _, s := range slices.Compact(sorted) {
		if s >= short || s < 2 {
			continue
		}
		r := rung{short: s, width: even(float64(long) * float64(s) / float64(short)), height: even(float64(s))}
		area := float64(r.width * r.height)
		if h.Height > h.Width {
			r.width, r.height = r.height, r.width
		}
		wanted := bitsPerArea * area720 * math.Pow(area/area720, areaShare)
		share := float64(h.BitRate) * math.Pow(area/float64(long*short), areaShare)
		r.bits = max(int64(min(wanted, share)), bitsMin)
		out = append(out, r)
	}
	return out
}

func even(x float64) int { return max(2, int(math.Round(x/2))*2) }

// arguments are the child's words. One decoder; each rung is scaled from the one
// above; key frames stand where the stream has them and nowhere else.
func arguments(all []rung) []string {
	args := []string{
		"-hide_banner", "-nostdin", "-loglevel", "error", "-protocol_whitelist", "pipe", "-copyts",
		"-probesize", "32", "-analyzeduration", "0", "-max_streams", "1", "-threads", "1", "-f", "flv", "-i", "pipe:0",
		"-filter_complex_threads", "1", "-filter_complex", graph(all),
	}
	for i, r := range all {
		bits := strconv.FormatInt(r.bits, 10)
		args = append(args,
			"-map", fmt.Sprintf("[o%d]", i), "-fps_mode", "passthrough", "-enc_time_base", "1:1000",
			"-c:v", "libx264", "-preset", "superfast", "-tune", "zerolatency", "-profile:v", "main", "-bf", "0",
			"-threads", "1",
			"-g", "100000", "-sc_threshold", "0", "-force_key_frames", "source", "-forced-idr", "1",
			"-crf", "23", "-maxrate", bits, "-bufsize", bits,
			"-flush_packets", "1", "-flvflags", "no_duration_filesize", "-f", "flv",
			"pipe:"+strconv.Itoa(child.FirstMore+i))
	}
	return args
}

func graph(all []rung) string {
	var b strings.Builder
	b.WriteString("[0:v:0]")
	for i, r := range all {
		fmt.Fprintf(&b, "scale=%d:%d:flags=bicubic,setsar=1,format=yuv420p", r.width, r.height)
		if i == len(all)-1 {
			fmt.Fprintf(&b, "[o%d]", i)
			break
		}
		fmt.Fprintf(&b, ",split[o%d][s%d];[s%d]", i, i, i)
	}
	return b.String()
}
