package ladder

import (
	"fmt"
	"strings"
	"testing"

	"hawker/internal/media/stream"
)

func TestRungs(t *testing.T) {
	for name, tt := range map[string]struct {
		width, height int
		want          string
	}{
		"full HD":              {1920, 1080, "1280x720 854x480 640x360"},
		"upright":              {1080, 1920, "720x1280 480x854 360x640"},
		"720p":                 {1280, 720, "854x480 640x360"},
		"square":               {600, 600, "480x480 360x360"},
		"wide":                 {2560, 1080, "1706x720 1138x480 854x360"},
		"as small as can be":   {640, 360, ""},
		"smaller still":        {320, 180, ""},
		"a little over a rung": {642, 362, "638x360"},
	} {
		t.Run(name, func(t *testing.T) {
			h := stream.Health{Width: tt.width, Height: tt.height, BitRate: 4_000_000, Ladder: []int{
				360, 720, 480,
				480,
			}}
			var got []string
			before := h.BitRate
			for _, r := range rungs(h) {
				got = append(got, fmt.Sprintf("%dx%d", r.width, r.height))
				if r.bits >= before {
					t.Errorf("%s takes %d bits, what is larger has %d", r.name(), r.bits, before)
				}
				before = r.bits
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("got %v, want %s", got, tt.want)
			}
		})
	}
}

// A rendition never takes more bits than its share of what the stream has.
func TestRungsOfAThinStream(t *testing.T) {
	for _, r := range rungs(stream.Health{Width: 1280, Height: 720, BitRate: 700_000, Ladder: []int{480, 360}}) {
		if r.bits >= 700_000 || r.bits < bitsMin {
			t.Errorf("%s takes %d", r.name(), r.bits)
		}
	}
}
