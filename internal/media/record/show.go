package record

import (
	"bytes"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"hawker/internal/media/hls"
)

// slack allows for the first frame of a show being older than the news of it.
const slack = 10 * time.Second

// Show is what one stream recorded since a show began (zero: all of it).
type Show struct {
	Root     string // of all recordings
	StreamID string
	Since    time.Time
	Marks    []hls.Mark // those within what was recorded go into the playlist
}

// Recordings finds the recordings of the show, oldest first. Of one that began
// before the show, what came before is left out.
func (s Show) Recordings() ([]*Recording, error) {
	all, err := Scan(s.Root, s.StreamID)
	var out []*Recording
	for _, rec := range all {
		if rec.entries[0].Start.Before(s.Since.Add(-slack)) {
			rec.entries = slices.DeleteFunc(rec.entries, func(e entry) bool { return e.end().Before(s.Since) }) // a warm-up went before
		}
		if len(rec.entries) > 0 {
			out = append(out, rec)
		}
	}
	return out, err
}

// Serve answers a replay request: name is index.m3u8, or a media file below the
// folder of its recording.
func (s Show) Serve(rw http.ResponseWriter, r *http.Request, name string) {
	if name == playlistName {
		s.servePlaylist(rw, r)
		return
	}
	folder, file, ok := strings.Cut(name, "/")
	if !ok || folder == "" || strings.HasPrefix(folder, ".") || strings.ContainsAny(folder, `/\`) || !safeName(file) {
		http.NotFound(rw, r)
		return
	}
	Serve(rw, r, filepath.Join(s.Root, s.StreamID, folder), file)
}

func (s Show) servePlaylist(rw http.ResponseWriter, r *http.Request) {
	if hls.CORS(rw, r) {
		return
	}
	recs, err := s.Recordings()
	if err != nil || len(recs) == 0 {
		http.NotFound(rw, r)
		return
	}
	rw.Header().Set("Content-Type", playlistKind)
	rw.Header().Set("Cache-Control", "public, max-age=1") // it grows while the show goes on
	http.ServeContent(rw, r, "", time.Time{}, bytes.NewReader(Join(recs, s.Marks...)))
}
