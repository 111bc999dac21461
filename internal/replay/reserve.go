package replay

import (
	"context"
	"io"

	"hawker/internal/media/record"
	"hawker/internal/platform/space"
)

// Within takes recordings while there is room beside the books; then fault space.ErrFull.
type Within struct {
	record.Archive
	Reserve *space.Reserve
}

// Put implements record.Archive.
func (w Within) Put(ctx context.Context, key string, r io.Reader) (int64, error) {
	if err := w.Reserve.ForRecording(); err != nil {
		return 0, err
	}
	return w.Archive.Put(ctx, key, r)
}
