package ingest

import (
	"net/http"
	"time"

	"hawker/internal/base/fault"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/httpapi"
)

// Caller is from where somebody publishes or watches by WebRTC.
func Caller(r *http.Request) string { return httpapi.Home(r.Context()) }

// SessionsAtARate bounds how often one caller begins to publish or watch by WebRTC; it
// answers with fault request.too_many.
func SessionsAtARate(l cache.Limiter) func(r *http.Request) error {
	most := cache.Rate{Count: 30, Per: time.Minute}
	return func(r *http.Request) error {
		ok, err := l.Allow(r.Context(), "webrtc:"+Caller(r), most)
		if err == nil && !ok {
			err = fault.TooMany("request.too_many")
		}
		return err
	}
}
