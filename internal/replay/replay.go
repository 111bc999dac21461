// Package replay keeps the recordings of shows in a store of blobs and serves them:
// to whoever may see the room, the newest show or the one that is named. It keeps no
// rows: package show knows which shows there are and how long recordings stay, package
// media/record what lies in a folder. Nothing of another show, and nothing of private
// time, is reachable by a show's address.
package replay

import (
	"context"
	"path"

	"hawker/internal/base/id"
	"hawker/internal/media/record"
	"hawker/internal/platform/blob"
	"hawker/internal/show"
)

// Archive is where recordings lie, by room and show.
type Archive struct{ Store blob.Store }

// Of is what was recorded of a show. The first show of a room, of before shows had
// folders, bears the room's number: its recordings lie beside the folders of others.
func (a Archive) Of(ctx context.Context, x show.Show) record.Show {
	r := record.Show{
		From: blob.FS(ctx, a.Store), StreamID: x.Room.String(), Show: x.ID.String(), Since: x.StartedAt,
	}
	if x.ID.Int() == x.Room.Int() {
		r.Show = ""
	}
	if e, ok := a.Store.(blob.Elsewhere); ok {
		r.Elsewhere = func(file string) string { return e.Address(ctx, file) }
	}
	return r
}

// Recordings implements show.Archive. Which publisher a recording is of is not kept.
func (a Archive) Recordings(ctx context.Context, x show.Show) (out []show.Recording, err error) {
	recs, err := a.Of(ctx, x).Recordings()
	for _, r := range recs {
		out = append(out, show.Recording{
			Room: x.Room, Show: x.ID, Folder: path.Base(r.Info.Dir), Start: r.Info.Start, Duration: r.Info.Duration,
			Bytes: r.Info.Bytes,
		})
	}
	return out, err
}

// Remove implements show.Archive.
func (a Archive) Remove(ctx context.Context, room id.Room, of id.Show, folder string) error {
	below := room.String()
	if !of.IsZero() && of.Int() != room.Int() {
		below = path.Join(below, of.String())
	}
	return a.Store.Delete(ctx, below+"/"+folder+"/") // not joined: a folder above is refused
}
