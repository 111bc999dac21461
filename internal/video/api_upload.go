package video

import (
	"net/http"

	"hawker/internal/platform/httpapi"
)

// UploadsPath is where tus clients create uploads.
const UploadsPath = httpapi.Prefix + "/uploads"

// UploadRoutes mounts the handler of uploads. The handler refuses who is not signed
// in, and keeps everybody to their own.
func UploadRoutes(h http.Handler) []httpapi.Route {
	return []httpapi.Route{
		{Pattern: UploadsPath, Access: httpapi.SignedIn, Handler: h},
		{Pattern: UploadsPath + "/*", Access: httpapi.SignedIn, Handler: h},
	}
}

// UploadOwner is whose an upload is.
func UploadOwner(r *http.Request) string { return httpapi.ActorFrom(r.Context()).User.String() }
