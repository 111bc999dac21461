package page_test

import (
	"testing"

	"pgregory.net/rapid"

	"hawker/internal/base/fault"
	"hawker/internal/base/page"
)

type keys struct {
	Key int64
	ID  string
}

func TestCursorsRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		in := keys{rapid.Int64().Draw(rt, "key"), rapid.String().Draw(rt, "id")}
		var out keys
		if err := page.Decode(page.Encode(in), &out); err != nil || in != out {
			rt.Fatalf("%+v became %+v, %v", in, out, err)
		}
	})
	for _, torn := range []string{"!!", "e30x", page.Encode("text")} {
		if err := page.Decode(torn, &keys{}); fault.Code(err) != "request.bad_cursor" {
			t.Errorf("%q: %v", torn, err)
		}
	}
}

func TestCutAndSize(t *testing.T) {
	t.Parallel()
	key := func(n int) any { return n }
	if p := page.Cut([]int{1, 2, 3}, 2, key); len(p.Items) != 2 || p.NextCursor != page.Encode(2) {
		t.Errorf("%+v", p)
	}
	if p := page.Cut([]int{1, 2}, 2, key); len(p.Items) != 2 || p.NextCursor != "" {
		t.Errorf("%+v", p)
	}
	if p := page.Cut(nil, 2, key); p.Items == nil {
		t.Error("an empty page is null")
	}
	for limit, want := range map[int]int{-1: 20, 0: 20, 7: 7, 51: 50} {
		if got := (page.Request{Limit: limit}).Size(); got != want {
			t.Errorf("%d is %d", limit, got)
		}
	}
}
