package bench

import (
	"testing"
	"time"

	"hawker/internal/media/flv"
)

// clip is a counter as an encoder with two B-frames writes it: each third frame
// is sent before the two that are shown before it.
func clip(frames int) (tags []flv.Tag, order []int) {
	tags = append(tags, flv.Tag{Type: flv.TagVideo, Body: flv.VideoBody(flv.Video{
		Kind: flv.KindConfig,
		Data: []byte{1},
	})})
	order = append(order, -1)
	ms := func(frame int) int { return (frame*1000 + counterRate/2) / counterRate }
	for i := range frames {
		shown := i/3*3 + []int{2, 0, 1}[i%3]
		body := flv.VideoBody(flv.Video{Kind: flv.KindFrame, Data: []byte{1}, Composition: int32(ms(shown+2) - ms(i))})
		tags = append(tags, flv.Tag{Type: flv.TagVideo, Timestamp: uint32(ms(i)), Body: body},
			flv.Tag{Type: flv.TagAudio, Timestamp: uint32(ms(i)), Body: []byte{0xaf, 1, 0}})
		order = append(order, shown, -1)
	}
	return tags, order
}

func TestCounterKnowsWhichFrameIsInWhichTag(t *testing.T) {
	t.Parallel()
	tags, order := clip(counterFrames)
	c, err := newCounter(tags)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range order {
		if c.numbers[i] != want {
			t.Fatalf("tag %d: frame %d, want %d", i, c.numbers[i], want)
		}
	}
	tags, _ = clip(counterFrames - 3)
	if _, err := newCounter(tags); err == nil {
		t.Error("a clip that is too short was taken: its numbers would not tell the laps apart")
	}
}

func TestAgeIsThatOfTheNewestSending(t *testing.T) {
	t.Parallel()
	start := time.UnixMilli(1_700_000_000_000)
	c := &counter{}
	c.sent[7] = []time.Time{start, start.Add(20 * time.Second)}
	for _, x := range []struct {
		name   string
		number int
		shown  time.Duration
		age    time.Duration
		ok     bool
	}{
		{"in the first lap", 7, 1500 * time.Millisecond, 1500 * time.Millisecond, true},
		{"just before it is sent again", 7, 19999 * time.Millisecond, 19999 * time.Millisecond, true},
		{"in the second lap", 7, 20300 * time.Millisecond, 300 * time.Millisecond, true},
		{"before it was sent", 7, -time.Millisecond, 0, false},
		{"never sent", 8, time.Second, 0, false},
		{"misread", 1023, time.Second, 0, false},
	} {
		if age, ok := c.age(x.number, start.Add(x.shown)); age != x.age || ok != x.ok {
			t.Errorf("%s: %v %v, want %v %v", x.name, age, ok, x.age, x.ok)
		}
	}
}
