package video

import (
	"context"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/media/ffmpeg"
	"hawker/internal/picture"
	"hawker/internal/platform/blob"
	"hawker/internal/platform/signed"
)

const (
	folder      = "videos"  // of films' files, behind picture.Prefix: for everybody while a film is public
	private     = "private" // before it in addresses that are signed
	privateFor  = time.Hour
	filesCached = "public, max-age=600" // with who has it, also after the film is hidden
	listsCached = "public, max-age=2"
)

func (s *Service) links() signed.Links {
	return signed.Links{Seal: s.Seal, Clock: s.db.Clock(), Kind: "video", Every: privateFor}
}

// address is where the files of a whole film are, for whoever may see it: of one that is public it is
// everybody's; of another it is signed, and told to its author and the shop's staff alone.
func (s *Service) address(v Video) string {
	if v.State == Published {
		return s.Base + picture.Prefix + prefix(v.ID)
	}
	return picture.Prefix + private + "/" + s.links().Token(prefix(v.ID)) + "/" + prefix(v.ID)
}

// Cover is the address of a film's first picture.
func (s *Service) Cover(v Video) string { return s.address(v) + ffmpeg.CoverName }

// Guards answer for films' files in the store of pictures, by the first name of their addresses. Of a
// film that is hidden there are none by its public address, from that moment on.
func (s *Service) Guards() map[string]http.Handler {
	return map[string]http.Handler{
		folder: blob.Gate(s.Blobs, s.Log, func(r *http.Request) (key, cache string, err error) {
			key = strings.TrimPrefix(r.URL.Path, picture.Prefix)
			if cache = filesCached; path.Ext(key) == ".m3u8" {
				cache = listsCached
			}
			key, err = s.file(r.Context(), key, func(v Video) bool { return v.State == Published })
			return key, cache, err
		}),
		private: blob.Gate(s.Blobs, s.Log, func(r *http.Request) (key, cache string, err error) {
			token, key, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, picture.Prefix+private+"/"), "/")
			key, err = s.file(r.Context(), key, func(v Video) bool {
				return v.whole() && s.links().Opens(token, prefix(v.ID))
			})
			return key, blob.NotCached, err
		}),
	}
}

// file gives the key of a film's file; fs.ErrNotExist unless the film is one of those.
func (s *Service) file(ctx context.Context, key string, may func(Video) bool) (string, error) {
	name, _ := strings.CutPrefix(key, folder+"/")
	text, file, _ := strings.Cut(name, "/")
	var video id.Video
	if name == key || strings.Contains(file, "/") || video.UnmarshalText([]byte(text)) != nil {
		return "", fs.ErrNotExist
	}
	switch v, err := s.Find(ctx, video); {
	case err != nil && fault.As(err) == nil:
		return "", err
	case err == nil && may(v):
		return prefix(v.ID) + file, nil
	}
	return "", fs.ErrNotExist
}
