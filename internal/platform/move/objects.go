package move

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"hawker/internal/platform/blob"
)

// Objects is a way of blobs from one store to another. Of what is there in the same size
// nothing is written, so who is ended goes on, and what came meanwhile is taken after it.
// When all is there each is read on both sides.
type Objects struct {
	Name     string // of what is moved, for who looks on
	From, To blob.Store
	Progress func(p Progress)
}

// Arrived is what is there.
type Arrived struct {
	Blobs, Written int
	Bytes          int64
}

const blobsStep = 1000

// Folder moves what lies in a folder. Where it was ended, or the other side is away, the error
// says that the same goes on from there.
func Folder(ctx context.Context, name, dir string, to blob.Store, progress func(p Progress)) (a Arrived, err error) {
	from, err := blob.NewDisk(dir)
	if err != nil {
		return a, err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	a, err = Objects{Name: name, From: from, To: to, Progress: progress}.Run(ctx)
	if err != nil && (ctx.Err() != nil || errors.Is(err, blob.ErrAway)) {
		err = fmt.Errorf("%w: the same command goes on from here", err)
	}
	return a, err
}

// Run moves, or goes on.
func (m Objects) Run(ctx context.Context) (a Arrived, err error) {
	p := Progress{Table: m.Name}
	err = m.each(ctx, func(i blob.Info) error { p.Total += i.Size; return nil })
	if err != nil {
		return a, err
	}
	err = m.each(ctx, func(i blob.Info) error {
		written, err := m.copy(ctx, i)
		if written {
			a.Written++
		}
		p.Done += i.Size
		m.told(p)
		return err
	})
	if err != nil {
		return a, err
	}
	p.Proving, p.Done = true, 0
	err = m.each(ctx, func(i blob.Info) error {
		a.Blobs, a.Bytes = a.Blobs+1, a.Bytes+i.Size
		p.Done += i.Size
		m.told(p)
		return m.prove(ctx, i.Key)
	})
	return a, err
}

func (m Objects) told(p Progress) {
	if m.Progress != nil {
		m.Progress(p)
	}
}

// each calls fn for all blobs that are to be moved, in the order of their keys.
func (m Objects) each(ctx context.Context, fn func(i blob.Info) error) error {
	for after := ""; ; {
		page, err := m.From.List(ctx, "", after, blobsStep)
		if err != nil {
			return err
		}
		for _, i := range page {
			if err := fn(i); err != nil {
				return err
			}
			after = i.Key
		}
		if len(page) < blobsStep {
			return nil
		}
	}
}

// copy writes a blob that is not there, or is another one by its size.
func (m Objects) copy(ctx context.Context, i blob.Info) (written bool, err error) {
	if there, err := m.To.Stat(ctx, i.Key); err == nil && there.Size == i.Size {
		return false, nil
	}
	b, err := m.From.Open(ctx, i.Key, blob.Range{})
	if err != nil {
		return false, err
	}
	n, err := m.To.Put(ctx, i.Key, b)
	if err == nil && n != i.Size {
		err = Differs{m.Name, fmt.Sprintf("%s has %d bytes, and %d were read", i.Key, i.Size, n)}
	}
	return true, errors.Join(err, b.Close())
}

// prove compares a blob on both sides: of one that was replaced by as many other bytes the
// copy is an older one.
func (m Objects) prove(ctx context.Context, key string) error {
	want, err := sum(ctx, m.From, key)
	if err != nil {
		return err
	}
	got, err := sum(ctx, m.To, key)
	if err == nil && want != got {
		err = Differs{m.Name, key + " is another there: delete it there, and give the command again"}
	}
	return err
}

func sum(ctx context.Context, s blob.Store, key string) (out [sha256.Size]byte, err error) {
	b, err := s.Open(ctx, key, blob.Range{})
	if err != nil {
		return out, err
	}
	h := sha256.New()
	if _, err = io.Copy(h, b); err == nil {
		h.Sum(out[:0])
	}
	return out, errors.Join(err, b.Close())
}
