package whip

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"hawker/internal/base/fault"
	"hawker/internal/media/stream"
)

func (s *Server) refuseFor(rw http.ResponseWriter, err error) {
	status, code := statusOf(err)
	if status >= http.StatusInternalServerError { // a flood of these must not fill the log
		rw.Header().Set("Retry-After", retryAfter)
		s.cfg.Log.Debug("webrtc session refused", "code", code, "error", err)
	}
	refuse(rw, status, code, http.StatusText(status))
}

// statusOf turns an error into a status and a word that programs can match.
func statusOf(err error) (int, string) {
	if f := (*fault.Error)(nil); errors.As(err, &f) {
		status := map[fault.Kind]int{
			fault.KindInvalid: http.StatusBadRequest, fault.KindUnauthorized: http.StatusUnauthorized,
			fault.KindForbidden: http.StatusForbidden, fault.KindNotFound: http.StatusNotFound,
			fault.KindConflict: http.StatusConflict, fault.KindTooMany: http.StatusTooManyRequests,
			fault.KindUnavailable: http.StatusServiceUnavailable,
		}[f.Kind]
		return cmpOr(status, http.StatusForbidden), f.Code
	}
	for _, e := range []struct {
		err    error
		status int
		code   string
	}{
		{errTooLarge, http.StatusRequestEntityTooLarge, "too_large"},
		{errMedia, http.StatusUnsupportedMediaType, "wrong_type"},
		{errNoKey, http.StatusUnauthorized, "no_key"},
		{errOffer, http.StatusBadRequest, "bad_offer"},
		{errRestart, http.StatusUnprocessableEntity, "no_restart"},
		{errCodec, http.StatusNotAcceptable, "no_common_codec"},
		{errBFrames, http.StatusNotAcceptable, "not_in_order"},
		{errNotPlayable, http.StatusNotAcceptable, "not_playable"},
		{stream.ErrNoStream, http.StatusNotFound, "not_live"},
		{errSeats, http.StatusTooManyRequests, "too_many"},
		{errFull, http.StatusServiceUnavailable, "full"},
		{stream.ErrTooMany, http.StatusServiceUnavailable, "full"},
		{ErrShutdown, http.StatusServiceUnavailable, "stopping"},
		{stream.ErrShutdown, http.StatusServiceUnavailable, "stopping"},
		{context.DeadlineExceeded, http.StatusServiceUnavailable, "too_slow"},
	} {
		if errors.Is(err, e.err) {
			return e.status, e.code
		}
	}
	return http.StatusForbidden, "refused"
}

func notAllowed(rw http.ResponseWriter, allow string) {
	rw.Header().Set("Allow", allow)
	refuse(rw, http.StatusMethodNotAllowed, "method", "allowed: "+allow)
}

// refuse answers with an RFC 9457 problem.
func refuse(rw http.ResponseWriter, status int, code, title string) {
	rw.Header().Set("Content-Type", "application/problem+json")
	rw.WriteHeader(status)
	_ = json.NewEncoder(rw).Encode(map[string]any{"status": status, "code": "webrtc." + code, "title": title})
}
