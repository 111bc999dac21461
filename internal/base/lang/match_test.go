package lang_test

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"hawker/internal/base/lang"
)

// A caller who writes the quality of each language gets the best, in whatever order
// they stand; what is refused with q=0 is not given.
func TestTheBestOfWhatACallerReads(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]lang.Tag{
		"en;q=0.5, zh;q=0.9":       lang.Chinese,
		"zh;q=0.5, en;q=0.9":       lang.English,
		"zh;q=0, en;q=0.1":         lang.English,
		"zh;q=0.8, en":             lang.English,
		"zh;q=0.000, fr, en;q=.2":  lang.English,
		"en;q=0":                   lang.Chinese, // nothing of ours is left: the mall's own
		"en ; q=0.9 , zh ; q=0.3":  lang.English,
		"en;level=1;q=0.2,zh":      lang.Chinese,
		"enm, zh-Hans;q=0.1":       lang.Chinese, // Middle English is no English
		"zha;q=1, en-AU;q=0.1":     lang.English,
		"*":                        lang.Chinese,
		"en;q=NaN, zh;q=0.1":       lang.Chinese,
		"en;q=-1,zh;q=2,en;q=0.01": lang.English,
	} {
		if got := lang.Match(header); got != want {
			t.Errorf("%q: %s, want %s", header, got, want)
		}
	}
}

func TestTheBestIsFoundInAnyOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		zh, en := rapid.IntRange(0, 10).Draw(rt, "zh"), rapid.IntRange(0, 10).Draw(rt, "en")
		ranges := []string{"fr;q=1.0", "de"}
		ranges = append(ranges, fmt.Sprintf("zh-CN;q=%.1f", float64(zh)/10), fmt.Sprintf("en-GB;q=%.1f", float64(en)/10))
		want := lang.Chinese
		if en > zh {
			want = lang.English
		}
		if en == zh {
			return // then the order decides
		}
		header := strings.Join(rapid.Permutation(ranges).Draw(rt, "order"), ", ")
		if got := lang.Match(header); got != want {
			rt.Fatalf("%q: %s, want %s", header, got, want)
		}
	})
}

func FuzzMatch(f *testing.F) {
	for _, seed := range []string{"", "zh-CN,zh;q=0.9,en;q=0.8", ";;,,q=", "en;q=1e309", "\xff-\x00", "EN;Q=0.5"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, header string) {
		if got := lang.Match(header); got != lang.Chinese && got != lang.English {
			t.Errorf("%q is %q", header, got)
		}
	})
}
