package video

import (
	"net/http"

	"hawker/internal/media/upload"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/module"
)

// UploadsPath is where tus clients create uploads.
const UploadsPath = httpapi.Prefix + "/uploads"

// UploadModule is where uploads are sent, which no operation describes. The handler
// refuses who is not signed in, and keeps everybody to their own.
func UploadModule(s *upload.Store, d upload.Door) (module.Module, error) {
	d.Prefix, d.Owner = UploadsPath+"/", UploadOwner
	h, err := s.Handler(d)
	return module.Module{Name: "upload", Routes: []httpapi.Route{
		{Pattern: UploadsPath, Access: httpapi.SignedIn, Handler: h},
		{Pattern: UploadsPath + "/*", Access: httpapi.SignedIn, Handler: h},
	}}, err
}

// UploadOwner is whose an upload is.
func UploadOwner(r *http.Request) string { return httpapi.ActorFrom(r.Context()).User.String() }
