package blobtest

import (
	"io/fs"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"hawker/internal/platform/blob"
)

// pages walks random keys page by page: each once, in the order of their bytes, as a
// naive look at all of them has it; and folder by folder, as a file system.
func pages(t *testing.T, s blob.Store) {
	word := rapid.StringMatching(`[a-b0-]{1,2}`)
	key := rapid.Custom(func(t *rapid.T) string {
		folders := rapid.SliceOfN(word, 0, 3).Draw(t, "folders")
		return strings.Join(append(folders, word.Draw(t, "name")+".txt"), "/")
	})
	rapid.Check(t, func(r *rapid.T) {
		keys := rapid.SliceOfNDistinct(key, 1, 12, rapid.ID[string]).Draw(r, "keys")
		for _, k := range keys {
			put(t, s, k, k)
		}
		slices.Sort(keys)
		step := rapid.IntRange(1, 5).Draw(r, "step")
		if got := walked(t, s, "", step); !slices.Equal(got, keys) {
			r.Errorf("listed %v, want %v", got, keys)
		}
		wantTree(r, t, s, ".", keys)
		for _, k := range keys {
			if err := s.Delete(t.Context(), k); err != nil {
				r.Fatal(err)
			}
		}
		if left := walked(t, s, "", step); len(left) != 0 {
			r.Fatalf("left behind: %v", left)
		}
	})
}

func walked(t *testing.T, s blob.Store, prefix string, step int) (keys []string) {
	t.Helper()
	for after := ""; ; {
		page, err := s.List(t.Context(), prefix, after, step)
		if err != nil || len(page) > step {
			t.Fatalf("a page of %d: %d, %v", step, len(page), err)
		}
		for _, i := range page {
			keys, after = append(keys, i.Key), i.Key
		}
		if len(page) < step {
			return keys
		}
	}
}

// wantTree compares what folders hold with what the keys say.
func wantTree(r *rapid.T, t *testing.T, s blob.Store, folder string, keys []string) {
	var want []string
	below := map[string][]string{}
	for _, k := range keys {
		first, rest, deeper := strings.Cut(k, "/")
		if deeper {
			below[first] = append(below[first], rest)
			first += "/"
		}
		if !slices.Contains(want, first) {
			want = append(want, first)
		}
	}
	entries, err := fs.ReadDir(blob.FS(t.Context(), s), folder)
	if err != nil {
		r.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		name := e.Name()
		if e.IsDir() {
			name += "/"
		}
		got = append(got, name)
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		r.Errorf("%s holds %v, want %v", folder, got, want)
	}
	for name, keys := range below {
		wantTree(r, t, s, strings.TrimPrefix(folder+"/"+name, "./"), keys)
	}
}

// putsBesideDeletes has one write below a folder that others empty: what was put is
// there, though its folder went and came.
func putsBesideDeletes(t *testing.T, s blob.Store) {
	var group sync.WaitGroup
	for _, name := range []string{"a", "b", "c"} {
		group.Go(func() {
			for range 50 {
				key := "v/1/" + name + ".txt"
				if _, err := s.Put(t.Context(), key, strings.NewReader(name)); err != nil {
					t.Error(err)
				}
				if got, err := read(t, s, key, blob.Range{}); err != nil || got != name {
					t.Errorf("%s holds %q, %v", key, got, err)
				}
				if err := s.Delete(t.Context(), key); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if left, err := s.List(t.Context(), "", "", 10); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}
