package keyring

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"hawker/internal/platform/module"
	"hawker/internal/platform/secret"
	"hawker/internal/platform/sqldb"
)

// errUnfinished keeps an installation shut while parts of it are sealed with either key.
var errUnfinished = errors.New("a change of the master key was begun and not finished: run `hawker keys rotate` " +
	"again, which goes on where it was stopped")

// finished refuses where a change was begun.
func finished(ctx context.Context, q sqldb.Querier) error {
	t, err := turnOf(ctx, q)
	if err == nil && t != (turn{}) {
		err = errUnfinished
	}
	return err
}

// Rotation changes the master key of an installation that nobody serves. It may be
// ended at any moment, however it is, and goes on when it is run again.
type Rotation struct {
	Ring
	DB *sqldb.DB
	// Alone refuses while another process works on the database. It is asked when
	// whoever comes is already refused.
	Alone func(ctx context.Context) error
	// Told hears of each step; nil: nobody does.
	Told func(kind string, moved int64)
	// Remove forgets the old key when nothing needs it any more; otherwise it is put aside.
	Remove bool
}

// Rotated is what a change of keys came to.
type Rotated struct {
	From, To string // ids of keys
	Moved    int64  // values, by all runs of this change
	Aside    string // where the old key lies now; "" when it was removed
}

// next is where the new key lies until it takes the old one's place.
func (r Ring) next() string { return filepath.Join(filepath.Dir(r.Path), "next.key") }

func (r Ring) aside(id string) string { return filepath.Join(filepath.Dir(r.Path), "old", id+".key") }

const batch = 200 // values a transaction

// Run changes the key. Everything is opened with the old key before anything is
// written; the database takes the new key when nothing is sealed with the old one.
func (r Rotation) Run(ctx context.Context) (Rotated, error) {
	known, err := known(ctx, r.DB.Reader())
	if err != nil {
		return Rotated{}, err
	}
	if known == (installation{}) {
		return Rotated{}, errors.New("nothing is sealed here yet: the key is made with the first start")
	}
	t, err := turnOf(ctx, r.DB.Reader())
	if err != nil {
		return Rotated{}, err
	}
	old, err := boxOf(r.Path)
	if err == nil && t == (turn{}) {
		if settled, serr := r.settle(known); settled || serr != nil {
			return r.forget(Rotated{From: old.KeyID(), To: known.KeyID, Aside: r.aside(old.KeyID())}, serr)
		}
	}
	if err == nil {
		err = r.fits(known, old)
	}
	if err != nil {
		return Rotated{}, err
	}
	fresh, err := r.begin(ctx, old, t)
	if err != nil {
		return Rotated{}, err
	}
	if err := r.moveAll(ctx, old, fresh); err != nil {
		return Rotated{}, err
	}
	return r.end(ctx, old, fresh)
}

func boxOf(path string) (*secret.Box, error) {
	key, err := secret.LoadKey(path)
	if err != nil {
		return nil, err
	}
	return secret.NewBox(key)
}

// begin makes the new key and notes it, or takes up the one that was noted.
func (r Rotation) begin(ctx context.Context, old *secret.Box, t turn) (*secret.Box, error) {
	if t != (turn{}) {
		fresh, err := boxOf(r.next())
		if err != nil || fresh.KeyID() != t.ToKey {
			return nil, errors.Join(err, fmt.Errorf("the change that was begun is to key %s, which is not in %s: "+
				"restore it from the backup", t.ToKey, r.next()))
		}
		return fresh, r.Alone(ctx)
	}
	if err := r.each(ctx, func(kind module.Sealed, v value) error {
		_, err := old.Open(v.sealed, v.context)
		return err
	}); err != nil {
		return nil, fmt.Errorf("nothing was changed, since not all opens with the present key: %w", err)
	}
	key, err := secret.LoadOrCreateKey(r.next())
	if err != nil {
		return nil, err
	}
	fresh, err := secret.NewBox(key)
	if err != nil {
		return nil, err
	}
	if err := begin(ctx, r.DB, fresh.KeyID()); err != nil {
		return nil, err
	}
	if err := r.Alone(ctx); err != nil {
		return nil, errors.Join(err, callOff(context.WithoutCancel(ctx), r.DB, fresh.KeyID()))
	}
	return fresh, nil
}

// each shows every sealed value, kind by kind, and stops at the first error.
func (r Rotation) each(ctx context.Context, look func(kind module.Sealed, v value) error) error {
	for _, kind := range r.Sealed {
		for key, more := "", true; more; {
			some, err := after(ctx, r.DB.Reader(), kind, key, batch)
			if err != nil {
				return fmt.Errorf("read %s: %w", kind.Kind, err)
			}
			for _, v := range some {
				if v.sealed == "" {
					continue
				}
				if err := look(kind, v); err != nil {
					return fmt.Errorf("%s, row %s: %w", kind.Kind, v.key, err)
				}
			}
			if more = len(some) == batch; more {
				key = some[len(some)-1].key
			}
		}
	}
	return nil
}

// moveAll seals everything anew, from where the last run stopped, and then looks
// whether that was all: a newer program may seal more than the one that began.
func (r Rotation) moveAll(ctx context.Context, old, fresh *secret.Box) error {
	t, err := turnOf(ctx, r.DB.Reader())
	if err != nil {
		return err
	}
	for again := false; ; again = true {
		done := t.Kind != ""
		for _, kind := range r.Sealed {
			if done && kind.Kind != t.Kind {
				continue
			}
			from := turn{ToKey: fresh.KeyID(), Kind: kind.Kind}
			if done {
				from, done = t, false
			}
			if err := r.moveKind(ctx, kind, from, [2]*secret.Box{old, fresh}); err != nil {
				return err
			}
		}
		t = turn{}
		err := r.each(ctx, func(_ module.Sealed, v value) error {
			_, err := fresh.Open(v.sealed, v.context)
			return err
		})
		if err == nil || again {
			return err
		}
	}
}

// moveKind seals the values of a kind anew, a batch a transaction.
func (r Rotation) moveKind(ctx context.Context, kind module.Sealed, t turn, boxes [2]*secret.Box) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		some, err := after(ctx, r.DB.Reader(), kind, t.After, batch)
		if err != nil {
			return fmt.Errorf("read %s: %w", kind.Kind, err)
		}
		if len(some) == 0 {
			return nil
		}
		var anew []sealedAnew
		for _, v := range some {
			a, moved, err := reseal(kind, v, boxes)
			if err != nil {
				return fmt.Errorf("%s, row %s: %w", kind.Kind, v.key, err)
			}
			if !moved {
				anew = append(anew, a)
			}
		}
		t.After = some[len(some)-1].key
		if err := move(ctx, r.DB, kind, anew, t); err != nil {
			return fmt.Errorf("%s: %w", kind.Kind, err)
		}
		t.Moved += int64(len(anew))
		if r.Told != nil {
			r.Told(kind.Kind, t.Moved)
		}
	}
}

// reseal opens a value with the old key, the first, and seals it with the new one;
// moved says that this was done before, or that there is nothing.
func reseal(kind module.Sealed, v value, boxes [2]*secret.Box) (a sealedAnew, moved bool, err error) {
	old, fresh := boxes[0], boxes[1]
	if v.sealed == "" {
		return a, true, nil
	}
	plain, err := old.Open(v.sealed, v.context)
	if errors.Is(err, secret.ErrOtherKey) {
		_, err = fresh.Open(v.sealed, v.context)
		return a, true, err
	}
	if err != nil {
		return a, false, err
	}
	a = sealedAnew{value: v, by: fresh.Seal(plain, v.context)}
	if kind.Field != "" {
		if a.by, err = withField(v.text, kind.Field, a.by); err != nil {
			return a, false, err
		}
	}
	if kind.Index != "" {
		a.index = fresh.Index(string(plain), kind.IndexContext)
	}
	return a, false, nil
}

// end puts the old key aside, gives the database to the new one and puts that in the
// old one's place. Ended between the last two, the next start settles it.
func (r Rotation) end(ctx context.Context, old, fresh *secret.Box) (Rotated, error) {
	t, err := turnOf(ctx, r.DB.Reader())
	if err != nil {
		return Rotated{}, err
	}
	out := Rotated{From: old.KeyID(), To: fresh.KeyID(), Moved: t.Moved, Aside: r.aside(old.KeyID())}
	key, err := secret.LoadKey(r.Path)
	if err != nil {
		return out, err
	}
	if err := secret.StoreKey(out.Aside, key); err != nil && !errors.Is(err, fs.ErrExist) {
		return out, fmt.Errorf("put the old key aside: %w", err)
	}
	if err := turned(ctx, r.DB, old.KeyID(), noted(fresh)); err != nil {
		return out, err
	}
	return r.forget(out, secret.Replace(r.Path, r.next()))
}

// forget removes the old key if that is wanted and all went well, and in any case what
// runs that were killed left of keys.
func (r Rotation) forget(out Rotated, err error) (Rotated, error) {
	for _, dir := range []string{filepath.Dir(r.Path), filepath.Dir(out.Aside)} {
		if err == nil {
			err = secret.Sweep(dir)
		}
	}
	if err != nil || !r.Remove {
		return out, err
	}
	aside := out.Aside
	out.Aside = ""
	return out, os.Remove(aside)
}

// settle finishes a change that was ended between the database and the file: it knows
// the new key, which still lies beside the old one.
func (r Ring) settle(known installation) (settled bool, err error) {
	fresh, err := boxOf(r.next())
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil || fresh.KeyID() != known.KeyID {
		return false, err
	}
	return true, secret.Replace(r.Path, r.next())
}
