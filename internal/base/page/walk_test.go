package page_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"hawker/internal/base/fault"
	"hawker/internal/base/page"
)

// next is what a store does: the rows behind the cursor, one more than the page.
func next(rows []int, r page.Request) (page.Page[int], error) {
	after := -1
	if err := page.Decode(r.Cursor, &after); err != nil {
		return page.Page[int]{}, err
	}
	var found []int
	for _, n := range rows {
		if n > after && len(found) <= r.Size() {
			found = append(found, n)
		}
	}
	return page.Cut(found, r.Size(), func(n int) any { return n }), nil
}

// Who turns pages sees each row that stays once and in order, whatever comes and goes
// meanwhile, and comes to an end.
func TestTurningPagesMissesNothingThatStays(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		stays := rapid.SliceOfNDistinct(rapid.IntRange(0, 500), 0, 120, rapid.ID).Draw(rt, "stay")
		r := page.Request{Limit: rapid.IntRange(-1, 60).Draw(rt, "limit")}
		var seen []int
		for turns := 0; ; turns++ {
			others := rapid.SliceOfN(rapid.IntRange(0, 500), 0, 20).Draw(rt, "come and go")
			rows := slices.Concat(stays, others)
			slices.Sort(rows)
			p, err := next(slices.Compact(rows), r)
			if err != nil || len(p.Items) > r.Size() || turns > 501 {
				rt.Fatalf("page %d of %d rows, %v", turns, len(p.Items), err)
			}
			if seen = append(seen, p.Items...); p.NextCursor == "" {
				break
			}
			r.Cursor = p.NextCursor
		}
		if !slices.IsSorted(seen) || len(slices.Compact(slices.Clone(seen))) != len(seen) {
			rt.Fatalf("out of order or twice: %v", seen)
		}
		for _, n := range stays {
			if !slices.Contains(seen, n) {
				rt.Fatalf("%d was there all the time and not seen", n)
			}
		}
	})
}

// FuzzDecode: a cursor comes from outside; it is read or refused as one.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{"", page.Encode(keys{1, "a"}), "bnVsbA", "W10", strings.Repeat("A", 600), "e30=", "\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, cursor string) {
		var k keys
		if err := page.Decode(cursor, &k); err != nil && fault.Code(err) != "request.bad_cursor" {
			t.Errorf("%q: %v", cursor, err)
		}
	})
}

// Views keep the order, the number and the cursor of what they show; none is an empty
// list and never null.
func TestViewsOfPages(t *testing.T) {
	t.Parallel()
	double := func(n int) int { return 2 * n }
	p := page.Map(page.Page[int]{Items: []int{1, 2}, NextCursor: "c"}, double)
	if !slices.Equal(p.Items, []int{2, 4}) || p.NextCursor != "c" {
		t.Errorf("%+v", p)
	}
	if p := page.Map(page.Page[int]{}, double); p.Items == nil || p.NextCursor != "" {
		t.Errorf("of none: %+v", p)
	}
	if l := page.Whole(nil, double); l.Items == nil {
		t.Error("a list of none is null")
	}
	if l := page.Whole([]int{3, 1}, double); !slices.Equal(l.Items, []int{6, 2}) {
		t.Errorf("%+v", l)
	}
}
