package record

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"hawker/internal/media/hls"
)

// Show is what one stream recorded of one show. A show has a folder of its own,
// {root}/{stream}/{show}/{one recording}, and nothing of another show, nor of the time
// between two, lies in it: what is served is what lies in that folder.
type Show struct {
	From     fs.FS // the archive of all recordings, whose files can be sought in
	StreamID string
	// Show is its id. Empty: the recordings of before shows had folders, by Since.
	Show string
	// Since is when a show without a folder began. Of its files those are served that
	// begin no earlier, whole files only; with the zero time there are none.
	Since time.Time
	// Private makes each answer private: see hls.MakePrivate.
	Private bool
	// Elsewhere gives the address at which a file of the archive may be fetched for a while; nil or
	// "": it is sent from here.
	Elsewhere func(file string) string
	Marks     []hls.Mark // those within what was recorded go into the playlist
}

// dir is the folder of a show's recordings; "" if it has or can have none.
func (s Show) dir() string {
	if !plainName(s.StreamID) || !plainName(s.Show) {
		return ""
	}
	return path.Join(s.StreamID, s.Show)
}

// plainName tells whether a name is one folder or file, and none that is hidden.
func plainName(name string) bool {
	return name != "" && name[0] != '.' && !strings.ContainsAny(name, `/\`) && filepath.IsLocal(name)
}

// Recordings finds the recordings of the show, oldest first.
func (s Show) Recordings() ([]*Recording, error) {
	if s.Show == "" {
		return s.before()
	}
	if s.dir() == "" {
		return nil, nil
	}
	return scanShow(s.From, s.dir(), s.Show)
}

// before finds what a stream without folders for its shows recorded since this one
// began. A file that holds anything older is left out whole: byte ranges are no fence.
func (s Show) before() ([]*Recording, error) {
	if s.Since.IsZero() || !plainName(s.StreamID) {
		return nil, nil
	}
	all, err := scan(s.From, s.StreamID)
	var out []*Recording
	if err != nil {
		return nil, err
	}
	for _, rec := range all {
		older := map[string]bool{}
		for _, e := range rec.entries {
			older[e.Media.File] = older[e.Media.File] || e.Start.Before(s.Since.Add(-slack))
		}
		rec.entries = slices.DeleteFunc(rec.entries, func(e entry) bool { return older[e.Media.File] })
		if len(rec.entries) > 0 {
			out = append(out, rec)
		}
	}
	return out, err
}

// slack allows for the first frame of a show being older than the news of it.
const slack = 10 * time.Second

// Serve answers a replay request: name is index.m3u8, or a media file below the
// folder of its recording, as the playlist names it.
func (s Show) Serve(rw http.ResponseWriter, r *http.Request, name string) {
	if s.Private {
		hls.MakePrivate(rw.Header())
	}
	if hls.CORS(rw, r) {
		return
	}
	rw = veiled(rw)
	if !readOnly(rw, r) {
		return
	}
	if name == playlistName {
		s.servePlaylist(rw, r)
		return
	}
	file, err := s.file(name)
	if err != nil {
		missing(rw, r, err)
		return
	}
	if s.Elsewhere != nil && r.Method == http.MethodGet { // an address is for that alone
		if address := s.Elsewhere(file); address != "" {
			hls.Cache(rw.Header(), []string{cacheElsewhere})
			http.Redirect(rw, r, address, http.StatusFound)
			return
		}
	}
	serveFile(rw, r, s.From, file)
}

// file gives the place of what a playlist of the show names.
func (s Show) file(name string) (string, error) {
	folder, file, _ := strings.Cut(name, "/")
	if !plainName(folder) || !mediaName(file) {
		return "", fs.ErrNotExist
	}
	if s.Show == "" {
		return s.fileBefore(folder, file)
	}
	if s.dir() == "" {
		return "", fs.ErrNotExist
	}
	name = path.Join(s.dir(), folder, file)
	st, err := fs.Lstat(s.From, name)
	if err == nil && !st.Mode().IsRegular() {
		err = fs.ErrNotExist
	}
	return name, err
}

func (s Show) fileBefore(folder, file string) (string, error) {
	recs, err := s.before()
	if err != nil {
		return "", err
	}
	for _, rec := range recs {
		if path.Base(rec.Info.Dir) != folder {
			continue
		}
		if slices.ContainsFunc(rec.entries, func(e entry) bool { return e.Media.File == file || e.Init.File == file }) {
			return path.Join(rec.Info.Dir, file), nil
		}
	}
	return "", fs.ErrNotExist
}

func (s Show) servePlaylist(rw http.ResponseWriter, r *http.Request) {
	recs, err := s.Recordings()
	if err == nil && len(recs) == 0 {
		err = fs.ErrNotExist
	}
	if err != nil {
		missing(rw, r, err)
		return
	}
	rw.Header().Set("Content-Type", playlistKind)
	hls.Cache(rw.Header(), []string{cacheGrowing}) // it grows while the show goes on
	http.ServeContent(rw, r, "", time.Time{}, bytes.NewReader(Join(recs, s.Marks...)))
}

// Scan opens every recording of a stream, those of shows among them, oldest first.
// After a crash it finds what no OnRecorded told of.
func Scan(from fs.FS, streamID string) ([]*Recording, error) {
	if !plainName(streamID) {
		return nil, nil
	}
	out, err := scan(from, streamID)
	if err != nil {
		return nil, err
	}
	shows, err := folders(from, streamID)
	for _, show := range shows {
		recs, err := scanShow(from, path.Join(streamID, show), show)
		if err != nil {
			return nil, err
		}
		out = append(out, recs...)
	}
	slices.SortStableFunc(out, func(a, b *Recording) int { return a.Info.Start.Compare(b.Info.Start) })
	return out, err
}

func scanShow(from fs.FS, dir, show string) ([]*Recording, error) {
	out, err := scan(from, dir)
	for _, rec := range out {
		rec.Info.Show = show
	}
	return out, err
}

// scan opens the recordings of one folder, in the order of their names, which begin
// with the time. What is empty, or no recording, is left out.
func scan(from fs.FS, dir string) (out []*Recording, err error) {
	names, err := folders(from, dir)
	for _, name := range names {
		rec, err := Open(from, path.Join(dir, name))
		if away(err) { // what is left would be taken for all
			return nil, err
		}
		if err == nil {
			out = append(out, rec)
		}
	}
	return out, err
}

func folders(from fs.FS, dir string) (names []string, err error) {
	all, err := fs.ReadDir(from, dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("scan recordings: %w", err)
	}
	for _, d := range all {
		if d.IsDir() {
			names = append(names, d.Name())
		}
	}
	return names, nil
}
