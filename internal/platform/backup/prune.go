package backup

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"
)

// Keeping says which backups stay: the newest of each of so many days, and of so many
// weeks; of both, those that have one. The newest of all stays in any case.
type Keeping struct {
	Daily  int
	Weekly int
}

// Pruned is what was forgotten.
type Pruned struct {
	Backups int
	Objects int
}

// Prune forgets the other backups, and then contents that none of the rest names. A
// backup goes with its header, so it is whole or not there; whatever ends this in
// between leaves contents that the next one forgets. Contents go only where every
// backup that stays can be read. Days and weeks are those of UTC.
func (r *Repository) Prune(keep Keeping) (Pruned, error) {
	if !r.alone {
		return Pruned{}, errReading
	}
	headers, err := List(r.dir)
	if err != nil {
		return Pruned{}, err
	}
	var done Pruned
	used, known := map[string]bool{}, map[string]bool{}
	stay := keep.stay(headers)
	for _, h := range headers {
		if !stay[h.Name()] {
			if err := r.root.Remove(path.Join(snapshots, h.Name()+headerSuffix)); err != nil {
				return done, err
			}
			done.Backups++
			continue
		}
		m, err := r.manifestOf(h)
		if err != nil {
			return done, fmt.Errorf("nothing is forgotten while a backup cannot be read: %w", err)
		}
		known[h.Name()] = true
		for _, e := range m.Entries {
			used[r.object(e.Area, e.Hash)] = true
		}
	}
	if err := r.syncUp(snapshots); done.Backups > 0 && err != nil {
		return done, err
	}
	done.Objects, err = r.sweep(used, known)
	return done, err
}

// stay answers the names of those that do.
func (k Keeping) stay(headers []Header) map[string]bool {
	out := map[string]bool{}
	if len(headers) == 0 {
		return out
	}
	out[headers[len(headers)-1].Name()] = true
	each := func(n int, of func(t time.Time) string) {
		last := ""
		for i := len(headers) - 1; i >= 0 && n > 0; i-- {
			if period := of(headers[i].At.UTC()); period != last {
				out[headers[i].Name()] = true
				last, n = period, n-1
			}
		}
	}
	each(k.Daily, func(t time.Time) string { return t.Format(time.DateOnly) })
	each(k.Weekly, func(t time.Time) string {
		year, week := t.ISOWeek()
		return fmt.Sprint(year, " ", week)
	})
	return out
}

// sweep forgets contents, manifests without a header, and what crashes left.
func (r *Repository) sweep(used, known map[string]bool) (swept int, err error) {
	for _, area := range []string{objects, keys, snapshots, parts} {
		err := fs.WalkDir(r.root.FS(), area, func(name string, d fs.DirEntry, err error) error {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			if err != nil || d.IsDir() {
				return err
			}
			if area == snapshots {
				manifest, is := strings.CutSuffix(path.Base(name), manifestSuffix)
				if !is || known[manifest] {
					return nil
				}
			} else if used[name] {
				return nil
			}
			if area == objects || area == keys {
				swept++
			}
			return r.root.Remove(name)
		})
		if err != nil {
			return swept, err
		}
	}
	return swept, nil
}
