package ffmpeg_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hawker/internal/media/ffmpeg"
)

// A file is known by its first bytes, whatever it is called; one that lies by a single
// byte is not.
func TestAFileIsKnownByItsFirstBytes(t *testing.T) {
	t.Parallel()
	packets := strings.Repeat("\x47"+strings.Repeat("\xff", 187), 4)
	camcorder := strings.Repeat("\x0e\xbfF\x22\x47"+strings.Repeat("\xff", 187), 5)
	checked := strings.Repeat("\x47"+strings.Repeat("\xff", 203), 4)
	for head, want := range map[string]string{
		"\x00\x00\x00\x18ftypmp42":         "mov",
		"\x00\x00\x00\x08wide\x00\x00":     "mov",
		"\x00\x00\x01\x00moov":             "mov",
		"\x7f\xff\xff\xffmdat":             "mov",
		"\x00\x00\x00\x10free\x00\x00":     "mov",
		"\x00\x00\x00\x10skip\x00\x00":     "mov",
		"\x1a\x45\xdf\xa3\x01\x00":         "matroska",
		"RIFF\x00\x00\x00\x00AVI LIST":     "avi",
		"OggS\x00":                         "ogg",
		"FLV\x01\x05":                      "flv",
		packets:                            "mpegts",
		packets[:len(packets)-188]:         "",
		"\xff" + packets:                   "",
		"\xff" + packets + packets[:1]:     "mpegts", // cut within a packet
		packets[100:] + packets:            "mpegts",
		camcorder:                          "mpegts",
		checked:                            "mpegts",
		camcorder[:len(camcorder)-192]:     "",
		"RIFF\x00\x00\x00\x00WAVE":         "",
		"RIFF\x00\x00\x00\x00WEBPVP8 ":     "",
		"FLV\x02\x05":                      "",
		"\x89PNG\r\n\x1a\n":                "",
		"\xff\xd8\xff\xe0":                 "",
		"GIF89a":                           "",
		"#EXTM3U\n":                        "",
		"ffconcat version 1.0\n":           "",
		"<?xml version=\"1.0\"?><MPD>":     "",
		"v=0\r\no=- 0 0 IN IP4 127.0.0.1":  "",
		"%!PS-Adobe":                       "",
		"\x00\x00\x00\x18ftyp"[:7]:         "",
		"file:///etc/passwd ftyp":          "",
		"":                                 "",
		"\x00":                             "",
		" \x00\x00\x00\x18ftypmp42":        "",
		strings.Repeat("\x47", 188*4):      "mpegts", // a child looks closer
		strings.Repeat("\x00", 188*4+8192): "",
	} {
		name := filepath.Join(t.TempDir(), "film.mp4")
		if err := os.WriteFile(name, []byte(head), 0o600); err != nil {
			t.Fatal(err)
		}
		kind, err := ffmpeg.Sniff(name)
		if kind.String() != want || (want == "") != errors.Is(err, ffmpeg.ErrNotVideo) {
			t.Errorf("%.20q is %q, want %q, %v", head, kind, want, err)
		}
	}
	if _, err := ffmpeg.Sniff(filepath.Join(t.TempDir(), "nothing")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("what is not there: %v", err)
	}
	if _, err := ffmpeg.Sniff(t.TempDir()); err == nil {
		t.Error("a folder is a film")
	}
}

// FuzzSniff: what is known is known by its head alone, and no text is known.
func FuzzSniff(f *testing.F) {
	for _, s := range []string{"\x00\x00\x00\x18ftypmp42", "OggS", "RIFF....AVI ", "#EXTM3U\n", "\x47"} {
		f.Add([]byte(s))
	}
	name := filepath.Join(f.TempDir(), "in")
	f.Fuzz(func(t *testing.T, b []byte) {
		sniff := func(b []byte) string {
			if err := os.WriteFile(name, b, 0o600); err != nil {
				t.Fatal(err)
			}
			kind, err := ffmpeg.Sniff(name)
			if err != nil && !errors.Is(err, ffmpeg.ErrNotVideo) {
				t.Fatal(err)
			}
			return kind.String()
		}
		kind := sniff(b)
		if again := sniff(append(bytes.Clone(b), make([]byte, 9000)...)); kind != "" && again != kind {
			t.Errorf("%q is %s, and %s with more behind it", b, kind, again)
		}
		for _, text := range []string{"#EXTM3U", "ffconcat", "<?xml", "<MPD"} {
			if kind != "" && bytes.HasPrefix(b, []byte(text)) {
				t.Errorf("%q is %s", b, kind)
			}
		}
	})
}

// A real film that was cut off anywhere is a shorter film or none; nothing hangs and
// nothing else is said.
func TestAFilmThatIsCutOff(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	film(t, dir, "-f", "lavfi", "-i", "testsrc2=s=160x120:r=10:d=1", "-f", "lavfi", "-i", "sine=d=1", "-c:v", "libx264",
		"-preset", "ultrafast", "-f", "matroska", "whole")
	raw, err := os.ReadFile(filepath.Join(dir, "whole"))
	if err != nil {
		t.Fatal(err)
	}
	films := 0
	for _, n := range []int{0, 1, 4, 100, len(raw) / 4, len(raw) / 2, len(raw) - 1, len(raw)} {
		if err := os.WriteFile(filepath.Join(dir, "in"), raw[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		info, err := tool().Probe(t.Context(), dir, "in")
		switch {
		case err == nil && info.Width == 160 && info.Height == 120 && info.Codec == "h264":
			films++
		case errors.Is(err, ffmpeg.ErrNotVideo):
		default:
			t.Errorf("%d of %d bytes: %+v, %v", n, len(raw), info, err)
		}
	}
	if films < 3 {
		t.Errorf("of eight pieces %d are films", films)
	}
}
