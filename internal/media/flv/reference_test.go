package flv_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"hawker/internal/media/flv"
)

// recorded makes an FLV file with the reference, or ends the test as skipped without
// one.
func recorded(t *testing.T, codec ...string) string {
	t.Helper()
	program, err := exec.LookPath("ffmpeg")
	if err != nil {
		t.Skip("no ffmpeg")
	}
	file := filepath.Join(t.TempDir(), "a.flv")
	args := append([]string{
		"-nostdin", "-v", "error", "-f", "lavfi", "-i", "testsrc2=s=320x240:r=25:d=2", "-f", "lavfi", "-i",
		"sine=d=2:r=48000",
	}, codec...)
	out, err := exec.CommandContext(t.Context(), program, append(args, file)...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return file
}

func packets(t *testing.T, file string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "ffprobe", "-v", "error", "-show_entries",
		"packet=stream_index,pts,dts,size,flags:stream=codec_name,width,height", "-of", "compact", file).Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// A file of the reference whose every tag is taken apart and written anew is the same
// file to the reference.
func TestTheReferenceReadsWhatWeWrite(t *testing.T) {
	t.Parallel()
	file := recorded(t, "-c:v", "libx264", "-preset", "ultrafast", "-bf", "2", "-g", "25", "-c:a", "aac")
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	tags, err := flv.ReadFile(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	again := filepath.Join(t.TempDir(), "b.flv")
	out, err := os.Create(again)
	if err != nil {
		t.Fatal(err)
	}
	buffered := bufio.NewWriter(out)
	w, err := flv.NewWriter(buffered)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int{}
	for _, tag := range tags {
		tag.Body = anew(t, tag, seen)
		if err := w.Write(tag); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(buffered.Flush(), out.Close()); err != nil {
		t.Fatal(err)
	}
	if seen["picture"] != 50 || seen["key"] < 2 || seen["sound"] < 90 || seen["config"] != 2 || seen["late"] == 0 {
		t.Errorf("in the file are %v", seen)
	}
	if a, b := packets(t, file), packets(t, again); a != b || a == "" {
		t.Errorf("the reference reads\n%.600s\nof the first and\n%.600s\nof the second", a, b)
	}
}

// anew takes a tag apart, checks what is in it and writes its body.
func anew(t *testing.T, tag flv.Tag, seen map[string]int) []byte {
	t.Helper()
	switch tag.Type {
	case flv.TagVideo:
		v, err := flv.ParseVideo(tag.Body)
		if err != nil {
			t.Fatalf("%x: %v", tag.Body[:min(16, len(tag.Body))], err)
		}
		switch v.Kind {
		case flv.KindEnd:
			return tag.Body
		case flv.KindConfig:
			seen["config"]++
			if c, err := flv.ParseVideoConfig(v.Format, v.Data); err != nil || c.Width != 320 || c.Height != 240 ||
				c.FPS != 25 {
				t.Errorf("the picture is %+v, %v", c, err)
			}
		case flv.KindFrame:
			seen["picture"]++
			c := flv.VideoConfig{LengthSize: 4}
			_, key, err := c.Check(v.Data)
			if err != nil || key != v.Key {
				t.Errorf("a frame that is flagged %v begins a picture: %v, %v", v.Key, key, err)
			}
			if v.Key {
				seen["key"]++
			}
			if v.Composition != 0 {
				seen["late"]++
			}
		}
		return flv.VideoBody(v)
	case flv.TagAudio:
		a, err := flv.ParseAudio(tag.Body)
		if err != nil {
			t.Fatal(err)
		}
		if a.Kind == flv.KindConfig {
			seen["config"]++
			if c, err := flv.ParseAudioConfig(a.Format, a.Data); err != nil || c.SampleRate != 48000 {
				t.Errorf("the sound is %+v, %v", c, err)
			}
		} else {
			seen["sound"]++
		}
		return flv.AudioBody(a)
	}
	return tag.Body
}

// full is a disk that takes so many bytes.
type full struct{ left int }

func (f *full) Write(p []byte) (int, error) {
	if f.left -= len(p); f.left < 0 {
		return 0, io.ErrShortWrite
	}
	return len(p), nil
}

// A disk that is full anywhere within a file is told of.
func TestAFullDiskIsToldOf(t *testing.T) {
	t.Parallel()
	write := func(room int) error {
		w, err := flv.NewVideoWriter(&full{room})
		if err != nil {
			return err
		}
		return w.Write(flv.Tag{Type: flv.TagVideo, Body: make([]byte, 20)})
	}
	const whole = 13 + 11 + 20 + 4
	for room := range whole {
		if err := write(room); !errors.Is(err, io.ErrShortWrite) {
			t.Errorf("with room for %d bytes of %d: %v", room, whole, err)
		}
	}
	if err := write(whole); err != nil {
		t.Error(err)
	}
}
