package hooks_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"hawker/internal/media/hooks"
)

// desk notes what it hears and answers as it is told.
type desk struct {
	heard  []string
	rename string
	err    error
}

func (d *desk) note(call string, e hooks.Event) error {
	d.heard = append(d.heard, fmt.Sprintf("%s %s %s %s/%s key=%s addr=%s", call, e.Server, e.Client, e.App, e.Name,
		e.Query.Get("key"), e.Addr))
	return d.err
}

func (d *desk) OnConnect(_ context.Context, e hooks.Event) error { return d.note("connect", e) }
func (d *desk) OnPublish(_ context.Context, e hooks.Event) (string, error) {
	return d.rename, d.note("publish", e)
}
func (d *desk) OnUpdate(_ context.Context, e hooks.Event) error    { return d.note("update", e) }
func (d *desk) OnUnpublish(_ context.Context, e hooks.Event) error { return d.note("unpublish", e) }
func (d *desk) OnPlay(_ context.Context, e hooks.Event) error      { return d.note("play", e) }
func (d *desk) OnStop(_ context.Context, e hooks.Event) error      { return d.note("stop", e) }
func (d *desk) OnRecord(_ context.Context, e hooks.Event) error {
	return d.note("record "+e.File, e)
}

const srsPublish = `{"server_id":"vid-1","service_id":"s","action":"on_publish","client_id":"9308h583","ip":"192.168.1.10","vhost":"video.test.com","app":"live",
	"tcUrl":"rtmp://video.test.com/live?key=other","stream":"show","param":"?key=k1&key=k2","stream_url":"/live/show","stream_id":"vid-124q9y3"}`

func TestEachServerIsUnderstoodAndAnswered(t *testing.T) {
	form := "application/x-www-form-urlencoded"
	nginx := "app=live&flashver=FMLE/3.0&swfurl=&tcurl=rtmp://h/live&pageurl=&addr=10.0.0.7&clientid=5&call="
	for name, c := range map[string]struct {
		path, kind, body string
		answer           desk
		status           int
		heard, location  string
		reply            string
	}{
		"srs publish": {
			"/hooks/srs?secret=s3", "application/json", srsPublish,
			desk{},
			200,
			"publish srs vid-1/9308h583 live/show key=k1 addr=192.168.1.10", "", `{"code":0}`,
		},
		"srs refused": {
			"/hooks/srs?secret=s3", "application/json", srsPublish,
			desk{err: hooks.ErrRefused},
			403, "publish srs vid-1/9308h583 live/show key=k1 addr=192.168.1.10", "", `{"code":403}`,
		},
		"srs key of the tcUrl": {
			"/hooks/srs?secret=s3", "application/json",
			`{"action":"on_publish","client_id":"c","app":"live","stream":"x","tcUrl":"rtmp://h/live?key=k9"}`,
			desk{},
			200, "publish srs /c live/x key=k9 addr=", "", `{"code":0}`,
		},
		"srs unknown action": {
			"/hooks/srs?secret=s3", "application/json", `{"action":"on_new_thing"}`,
			desk{},
			200,
			"", "", `{"code":0}`,
		},
		"srs dvr": {
			"/hooks/srs?secret=s3", "application/json",
			`{"action":"on_dvr","client_id":"c","app":"live","stream":"x","file":"/d/x.flv"}`,
			desk{},
			200,
			"record /d/x.flv srs /c live/x key= addr=", "", `{"code":0}`,
		},
		"srs not JSON": {"/hooks/srs?secret=s3", "application/json", `{`, desk{}, 400, "", "", `{"code":400}`},
		"nginx publish": {
			"/hooks/nginx-rtmp?secret=s3", form, nginx + "publish&name=show&type=live&key=k1",
			desk{},
			200, "publish nginx-rtmp 5 live/show key=k1 addr=10.0.0.7", "", "",
		},
		"nginx renamed": {
			"/hooks/nginx-rtmp?secret=s3", form, nginx + "publish&name=k1&type=live",
			desk{rename: "rom_1"},
			302, "publish nginx-rtmp 5 live/k1 key= addr=10.0.0.7", "rom_1", "",
		},
		"nginx first name wins": {
			"/hooks/nginx-rtmp?secret=s3", form,
			nginx + "publish&name=show&type=live&name=evil&addr=1.2.3.4&key=k",
			desk{},
			200,
			"publish nginx-rtmp 5 live/show key=k addr=10.0.0.7", "", "",
		},
		"nginx done": {
			"/hooks/nginx-rtmp?secret=s3", form, nginx + "publish_done&name=show",
			desk{},
			200,
			"unpublish nginx-rtmp 5 live/show key= addr=10.0.0.7", "", "",
		},
		"nginx refused": {
			"/hooks/nginx-rtmp?secret=s3", form, nginx + "play&name=show",
			desk{err: errors.New("boom")},
			403, "play nginx-rtmp 5 live/show key= addr=10.0.0.7", "", "",
		},
		"nginx update": {
			"/hooks/nginx-rtmp?secret=s3", form, nginx + "update_publish&name=show&time=30",
			desk{},
			200,
			"update nginx-rtmp 5 live/show key= addr=10.0.0.7", "", "",
		},
		"nginx no form": {"/hooks/nginx-rtmp?secret=s3", "text/plain", "x", desk{}, 400, "", "", ""},
		"wrong secret":  {"/hooks/nginx-rtmp?secret=s4", form, nginx + "publish&name=show", desk{}, 403, "", "", ""},
		"no secret":     {"/hooks/srs", "application/json", srsPublish, desk{}, 403, "", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			d := c.answer
			s := hooks.Server{Secret: "s3", Handler: &d, Log: slog.New(slog.DiscardHandler)}
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, c.path, strings.NewReader(c.body))
			r.Header.Set("Content-Type", c.kind)
			w := httptest.NewRecorder()
			if strings.HasPrefix(c.path, "/hooks/srs") {
				s.ServeSRS(w, r)
			} else {
				s.ServeNginxRTMP(w, r)
			}
			if w.Code != c.status || strings.Join(d.heard, "; ") != c.heard ||
				w.Header().Get("Location") != c.location || strings.TrimSpace(w.Body.String()) != c.reply {
				t.Errorf("%d %q, heard %q, Location %q", w.Code, w.Body, d.heard, w.Header().Get("Location"))
			}
		})
	}
}

func TestWithoutASecretNothingIsBelieved(t *testing.T) {
	d := desk{}
	s := hooks.Server{Handler: &d, Log: slog.New(slog.DiscardHandler)}
	w := httptest.NewRecorder()
	s.ServeSRS(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/hooks/srs?secret=",
		strings.NewReader(srsPublish)))
	if w.Code != http.StatusForbidden || len(d.heard) != 0 {
		t.Errorf("%d, heard %v", w.Code, d.heard)
	}
}

func FuzzCallbacks(f *testing.F) {
	f.Add(srsPublish)
	f.Add("app=live&name=x&name=y&call=publish&%zz")
	f.Fuzz(func(t *testing.T, body string) {
		s := hooks.Server{Secret: "s", Handler: &desk{}, Log: slog.New(slog.DiscardHandler)}
		for _, serve := range []func(http.ResponseWriter, *http.Request){s.ServeSRS, s.ServeNginxRTMP} {
			r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/?secret=s",
				strings.NewReader(body))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			serve(httptest.NewRecorder(), r)
		}
	})
}
