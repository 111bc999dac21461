package amf_test

import (
	"errors"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"hawker/internal/media/rtmp/amf"
)

// value is anything that a message may hold.
func value(depth int) *rapid.Generator[any] {
	kinds := []*rapid.Generator[any]{
		rapid.Just[any](nil), rapid.Bool().AsAny(), rapid.String().AsAny(),
		rapid.Float64().Filter(func(f float64) bool { return !math.IsNaN(f) }).AsAny(),
	}
	if depth > 0 {
		kinds = append(kinds,
			rapid.Map(rapid.MapOfN(rapid.String(), rapid.Deferred(func() *rapid.Generator[any] {
				return value(
					depth - 1)
			}), 0, 4),
				func(m map[string]any) amf.Object { return m }).AsAny(),
			rapid.SliceOfN(rapid.Deferred(func() *rapid.Generator[any] { return value(depth - 1) }), 1, 4).AsAny())
	}
	return rapid.OneOf(kinds...)
}

// What was written is read as it was; a message that is torn anywhere gives the values
// that were whole before the tear and no more.
func TestAnyMessageThereAndBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		values := rapid.SliceOfN(value(3), 0, 5).Draw(rt, "values")
		raw := amf.Append(nil, values...)
		got, err := amf.Decode(raw)
		if d := cmp.Diff(values, got); err != nil || d != "" && len(values) > 0 {
			rt.Fatalf("%v: %s", err, d)
		}
		cut := rapid.IntRange(0, len(raw)).Draw(rt, "cut")
		some, err := amf.Decode(raw[:cut])
		if err != nil && !errors.Is(err, amf.ErrShort) || len(some) > len(values) {
			rt.Fatalf("%d of %d bytes: %d values, %v", cut, len(raw), len(some), err)
		}
		for i := range len(some) - 1 { // the last may be an object without its end
			if d := cmp.Diff(values[i], some[i]); d != "" {
				rt.Fatalf("value %d of a torn message: %s", i, d)
			}
		}
	})
}

// Messages that would cost much more than they are long are refused.
func TestWhatWouldCostTooMuch(t *testing.T) {
	t.Parallel()
	nested := func(kind byte, head []byte, n int) (b []byte) {
		for range n {
			b = append(append(b, kind), head...)
		}
		return append(b, 5)
	}
	for what, c := range map[string]struct {
		raw  []byte
		want error
	}{
		"arrays within arrays":   {nested(0x0a, []byte{0, 0, 0, 1}, 17), amf.ErrDepth},
		"objects within objects": {nested(0x03, []byte{0, 1, 'a'}, 17), amf.ErrDepth},
		"maps within maps":       {nested(0x08, []byte{0, 0, 0, 0, 0, 1, 'a'}, 1000), amf.ErrDepth},
		"as deep as may be":      {nested(0x0a, []byte{0, 0, 0, 1}, 16), nil},
		"many":                   {make([]byte, 9*4097), amf.ErrSize},
		"as many as may be":      {make([]byte, 9*4096), nil},
		"a long array":           {[]byte{0x0a, 0, 0, 0x10, 1}, amf.ErrSize},
		"a long text":            {[]byte{0x0c, 0x7f, 0xff, 0xff, 0xff, 'x'}, amf.ErrShort},
		"a long name":            {[]byte{0x03, 0xff, 0xff, 'x'}, amf.ErrShort},
	} {
		if _, err := amf.Decode(c.raw); !errors.Is(err, c.want) || c.want == nil && err != nil {
			t.Errorf("%s: %v, want %v", what, err, c.want)
		}
	}
}

// What encoders in the field send is read as it is meant, whatever is odd about it, and
// what stands before a fault is kept.
func TestOddEncoders(t *testing.T) {
	t.Parallel()
	text := func(s string) []byte { return append([]byte{0, byte(len(s))}, s...) }
	number := []byte{0x00, 0x40, 0x3e, 0, 0, 0, 0, 0, 0} // 30
	join := func(parts ...[]byte) (b []byte) {
		for _, p := range parts {
			b = append(b, p...)
		}
		return b
	}
	setData := join([]byte{2}, text("@setDataFrame"), []byte{2}, text("onMetaData"))
	want := []any{"@setDataFrame", "onMetaData", amf.Object{"fps": 30.0}}
	for what, raw := range map[string][]byte{
		"an object":               join(setData, []byte{3}, text("fps"), number, []byte{0, 0, 9}),
		"a map that counts wrong": join(setData, []byte{8, 0, 0, 0, 99}, text("fps"), number, []byte{0, 0, 9}),
		"a map without its end":   join(setData, []byte{8, 0, 0, 0, 1}, text("fps"), number),
		"a named object":          join(setData, []byte{0x10}, text("Meta"), text("fps"), number, []byte{0, 0, 9}),
		"the same twice": join(setData, []byte{3}, text("fps"), []byte{5}, text("fps"), number,
			[]byte{0, 0, 9}),
	} {
		got, err := amf.Decode(raw)
		if d := cmp.Diff(want, got); err != nil || d != "" {
			t.Errorf("%s: %v: %s", what, err, d)
		}
		got, err = amf.Decode(join(raw, []byte{0x77}))
		if len(raw) > 0 && what != "a map without its end" && (!errors.Is(err, amf.ErrType) || len(got) != 3) {
			t.Errorf("%s before nonsense: %d values, %v", what, len(got), err)
		}
	}
}
