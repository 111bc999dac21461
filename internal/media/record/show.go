package record

import (
	"bytes"
	"net/http"
	"path/filepath"
	"strings"
	"time"

	"hawker/internal/media/hls"
)

// slack allows for the first frame of a show being older than the news of it.
const slack = 10 * time.Second

// Show finds the recordings of a stream that belong to a show that began at
// since (zero: all), oldest first.
func Show(root, streamID string, since time.Time) ([]*Recording, error) {
	all, err := Scan(root, streamID)
	var out []*Recording
	for _, rec := range all {
		if !rec.entries[0].Start.Before(since.Add(-slack)) {
			out = append(out, rec)
		}
	}
	return out, err
}

// ServeShow answers a replay request: name is index.m3u8, or a media file below
// the folder of its recording.
func ServeShow(rw http.ResponseWriter, r *http.Request, root, streamID, name string, since time.Time) {
	if name == playlistName {
		recs, err := Show(root, streamID, since)
		if err != nil || len(recs) == 0 {
			http.NotFound(rw, r)
			return
		}
		if hls.CORS(rw, r) {
			return
		}
		rw.Header().Set("Content-Type", playlistKind)
		rw.Header().Set("Cache-Control", "public, max-age=1") // it grows while the show goes on
		http.ServeContent(rw, r, "", time.Time{}, bytes.NewReader(Join(recs)))
		return
	}
	folder, file, ok := strings.Cut(name, "/")
	if !ok || folder == "" || strings.HasPrefix(folder, ".") || strings.ContainsAny(folder, `/\`) || !safeName(file) {
		http.NotFound(rw, r)
		return
	}
	Serve(rw, r, filepath.Join(root, streamID, folder), file)
}
