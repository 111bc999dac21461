// Package hooks understands the callbacks of live servers that stand in front of
// us: SRS (JSON) and nginx-rtmp (forms). Both say the same few things in their
// own words; a Handler hears them in ours, and its refusal goes back in theirs.
//
// A callback is believed when it carries the shared secret. It may come twice, or
// late: what it means then is up to the Handler, who is told the server's own name
// of the connection.
//
// Sources: SRS 6, trunk/src/app/srs_app_http_hooks.cpp and conf/full.conf;
// nginx-rtmp 1.2.2, ngx_rtmp_notify_module.c and ngx_rtmp_netcall_module.c.
package hooks

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
)

// Names of the servers.
const (
	SRS       = "srs"
	NginxRTMP = "nginx-rtmp"
)

// Event is what a server tells of one of its connections.
type Event struct {
	Server   string // SRS or NginxRTMP
	Client   string // the server's name of the connection
	Addr     string // of the publisher or player
	App      string
	Name     string     // of the stream
	Query    url.Values // of the stream's URL; the first value of a name counts
	File     string     // of OnRecord: where the recording lies on that server
	Recorder string
}

// Handler hears what happens. An error refuses, where the server lets itself be
// told; OnPublish may give the stream another name, for servers that can rename.
type Handler interface {
	OnConnect(ctx context.Context, e Event) error
	OnPublish(ctx context.Context, e Event) (rename string, err error)
	OnUpdate(ctx context.Context, e Event) error // a publisher is still there; an error sends it away
	OnUnpublish(ctx context.Context, e Event) error
	OnPlay(ctx context.Context, e Event) error
	OnStop(ctx context.Context, e Event) error
	OnRecord(ctx context.Context, e Event) error
}

// ErrRefused is a Handler's "no". Any other error is an accident, which refuses
// too and is logged.
var ErrRefused = errors.New("hooks: refused")

// Guesses hears of callers who do not know the secret.
type Guesses interface {
	// Shut reports a caller who has guessed too often: nothing of theirs is looked at.
	Shut(r *http.Request) bool
	// Wrong tells of a guess.
	Wrong(r *http.Request)
}

// Server answers callbacks at /hooks/srs and /hooks/nginx-rtmp.
type Server struct {
	Secret  string // empty: nothing is believed
	Handler Handler
	Guesses Guesses // nil: any number of them
	Log     *slog.Logger
}

const (
	bodyMax     = 64 << 10
	secretName  = "secret"
	secretField = "X-Hook-Secret"
)

// ServeSRS answers SRS: it goes on when the status is 200 and the code 0.
func (s Server) ServeSRS(w http.ResponseWriter, r *http.Request) {
	if !s.trusted(w, r) {
		return
	}
	var m struct {
		Action   string `json:"action"`
		ServerID string `json:"server_id"`
		Client   string `json:"client_id"`
		IP       string `json:"ip"`
		App      string `json:"app"`
		Stream   string `json:"stream"`
		Param    string `json:"param"`
		TCURL    string `json:"tcUrl"`
		File     string `json:"file"`
	}
	if err := json.NewDecoder(io.LimitReader(r.Body, bodyMax)).Decode(&m); err != nil {
		s.answerSRS(w, http.StatusBadRequest)
		return
	}
	e := Event{
		Server: SRS, Client: m.ServerID + "/" + m.Client, Addr: m.IP, App: m.App, Name: m.Stream, File: m.File,
		Query: queryOf(m.Param),
	}
	if u, err := url.Parse(m.TCURL); err == nil {
		addQuery(e.Query, u.Query())
	}
	_, err := s.call(r.Context(), strings.TrimPrefix(m.Action, "on_"), e)
	if err != nil {
		s.answerSRS(w, http.StatusForbidden)
		return
	}
	s.answerSRS(w, http.StatusOK)
}

func (s Server) answerSRS(w http.ResponseWriter, status int) {
	code := 0
	if status != http.StatusOK {
		code = status
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if err := json.NewEncoder(w).Encode(map[string]int{"code": code}); err != nil {
		s.Log.Debug("hook answer not written", "error", err)
	}
}

// ServeNginxRTMP answers nginx-rtmp: 2xx allows, 3xx renames, all else refuses.
func (s Server) ServeNginxRTMP(w http.ResponseWriter, r *http.Request) {
	if !s.trusted(w, r) {
		return
	}
	form, err := formOf(w, r)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	e := Event{
		Server: NginxRTMP, Client: form.Get("clientid"), Addr: form.Get("addr"), App: form.Get("app"),
		Name:  form.Get("name"),
		Query: form, File: form.Get("path"), Recorder: form.Get("recorder"),
	}
	if u, err := url.Parse(form.Get("tcurl")); err == nil {
		addQuery(e.Query, u.Query())
	}
	rename, err := s.call(r.Context(), nginxCall(form.Get("call")), e)
	switch {
	case err != nil:
		w.WriteHeader(http.StatusForbidden)
	case rename != "" && rename != e.Name:
		w.Header().Set("Location", rename)
		w.WriteHeader(http.StatusFound)
	default:
		w.WriteHeader(http.StatusOK)
	}
}

// nginxCall is SRS's word for nginx-rtmp's.
func nginxCall(call string) string {
	switch call {
	case "publish_done":
		return "unpublish"
	case "play_done":
		return "stop"
	case "record_done":
		return "dvr"
	case "disconnect", "done":
		return "close"
	}
	return call
}

// formOf reads the arguments: of the body, or of the query where notify_method is
// get. They come unescaped after the stream's name, so a client can add a second
// name or addr: url.Values.Get gives the first of each, which is the server's.
func formOf(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	if r.Method == http.MethodGet {
		return r.URL.Query(), nil
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil ||
		kind != "application/x-www-form-urlencoded" {
		return nil, errors.New("hooks: not a form")
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, bodyMax))
	if err != nil {
		return nil, err
	}
	return queryOf(string(raw)), nil
}

// queryOf reads what can be read: a publisher's own arguments may be torn.
func queryOf(text string) url.Values {
	v, _ := url.ParseQuery(strings.TrimPrefix(text, "?"))
	if v == nil {
		v = url.Values{}
	}
	return v
}

// addQuery adds names that are not there yet.
func addQuery(to, from url.Values) {
	for name, values := range from {
		if _, there := to[name]; !there {
			to[name] = values
		}
	}
}

func (s Server) call(ctx context.Context, action string, e Event) (rename string, err error) {
	switch action {
	case "connect":
		err = s.Handler.OnConnect(ctx, e)
	case "publish":
		rename, err = s.Handler.OnPublish(ctx, e)
	case "update_publish":
		err = s.Handler.OnUpdate(ctx, e)
	case "unpublish":
		err = s.Handler.OnUnpublish(ctx, e)
	case "play":
		err = s.Handler.OnPlay(ctx, e)
	case "stop":
		err = s.Handler.OnStop(ctx, e)
	case "dvr":
		err = s.Handler.OnRecord(ctx, e)
	}
	if err != nil && !errors.Is(err, ErrRefused) {
		s.Log.Error("hook", "server", e.Server, "action", action, "error", err)
	}
	return rename, err
}

// trusted compares hashes, so that the time taken tells nothing.
func (s Server) trusted(w http.ResponseWriter, r *http.Request) bool {
	if s.Guesses != nil && s.Guesses.Shut(r) {
		w.WriteHeader(http.StatusTooManyRequests)
		return false
	}
	given := r.Header.Get(secretField)
	if given == "" {
		given = r.URL.Query().Get(secretName)
	}
	a, b := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(s.Secret))
	if s.Secret != "" && subtle.ConstantTimeCompare(a[:], b[:]) == 1 {
		return true
	}
	if s.Guesses != nil {
		s.Guesses.Wrong(r)
	}
	host, _, _ := net.SplitHostPort(r.RemoteAddr)
	s.Log.Warn("hook without the shared secret", "path", r.URL.Path, "remote", host)
	w.WriteHeader(http.StatusForbidden)
	return false
}
