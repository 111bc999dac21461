package site

import (
	"errors"
	"io/fs"
	"log/slog"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"

	"hawker/internal/base/fault"

	"hawker/internal/platform/cdn"
)

// pages serves the two front ends: the mall at / and the console below
// /console/. Built assets carry a hash in their name and are cached for a year;
// any other path is a screen of the app and gets its index.html.
type pages struct {
	dist    fs.FS
	log     *slog.Logger
	problem Problem
	scripts map[string]string // of each index.html, as ownScripts gives them
	name    string            // of the mall
	cards   map[string]Teller

	pictures cdn.Pictures
}

// Problem writes an error as an answer.
type Problem func(w http.ResponseWriter, r *http.Request, err error)

func newPages(h API) pages {
	p := pages{
		dist: h.Dist, log: h.Log, problem: h.Problem, scripts: map[string]string{}, name: h.Config.Mall.Name,
		cards: h.Cards, pictures: cdn.Pictures(h.Config.CDN.Pictures),
	}
	for _, name := range []string{mallPage, "console/index.html"} {
		p.scripts[name] = ownScripts(h.Dist, name)
	}
	return p
}

const (
	consolePrefix = "/console/"
	policyName    = "Content-Security-Policy"
	scriptsOfOurs = "script-src 'self'"
)

// ServeHTTP implements http.Handler.
func (p pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/console" {
		http.Redirect(w, r, consolePrefix, http.StatusMovedPermanently)
		return
	}
	if strings.HasPrefix(r.URL.Path, "/api/") {
		p.problem(w, r, fault.NotFound("request.no_such_path")) // a client's mistake, not a screen
		return
	}
	folder, name := "mall", strings.TrimPrefix(r.URL.Path, "/")
	if rest, ok := strings.CutPrefix(r.URL.Path, consolePrefix); ok {
		folder, name = "console", rest
	}
	if name != "" && path.Ext(name) != "" {
		p.asset(w, r, path.Join(folder, path.Clean("/"+name)))
		return
	}
	if folder == "mall" {
		p.mall(w, r, name)
		return
	}
	p.file(w, r, folder+"/index.html", "no-cache")
}

func (p pages) asset(w http.ResponseWriter, r *http.Request, name string) {
	keep := "public, max-age=3600"
	if strings.Contains(name, "/assets/") {
		keep = "public, max-age=31536000, immutable"
	}
	p.file(w, r, name, keep)
}

// file prefers what was compressed at build time.
func (p pages) file(w http.ResponseWriter, r *http.Request, name, keep string) {
	h := w.Header()
	for _, enc := range []struct{ name, ext string }{{"br", ".br"}, {"gzip", ".gz"}} {
		if !takes(r.Header.Get("Accept-Encoding"), enc.name) {
			continue
		}
		if raw, err := fs.ReadFile(p.dist, name+enc.ext); err == nil {
			h.Set("Content-Encoding", enc.name)
			p.answer(w, r, body{name, keep, http.StatusOK, raw})
			return
		}
	}
	raw, err := fs.ReadFile(p.dist, name)
	if errors.Is(err, fs.ErrNotExist) {
		p.missing(w, r, name)
		return
	}
	if err != nil {
		p.problem(w, r, err)
		return
	}
	p.answer(w, r, body{name, keep, http.StatusOK, raw})
}

// takes reports whether a caller takes an encoding: it is named, and not with the
// weight of nothing (RFC 9110, 12.5.3).
func takes(accepted, encoding string) bool {
	for one := range strings.SplitSeq(accepted, ",") {
		name, weight, _ := strings.Cut(one, ";")
		if !strings.EqualFold(strings.TrimSpace(name), encoding) {
			continue
		}
		_, q, weighed := strings.Cut(weight, "=")
		n, err := strconv.ParseFloat(strings.TrimSpace(q), 64)
		return !weighed || err == nil && n > 0
	}
	return false
}

// body is a file as it is answered: by which name, how long it may be kept.
type body struct {
	name, keep string
	status     int
	raw        []byte
}

func kindOf(name string) string {
	switch kind := mime.TypeByExtension(path.Ext(name)); {
	case path.Ext(name) == ".webmanifest": // not every machine's list has it
		return "application/manifest+json"
	case kind != "":
		return kind
	}
	return "application/octet-stream"
}

func (p pages) answer(w http.ResponseWriter, r *http.Request, b body) {
	h := w.Header()
	h.Set("Content-Type", kindOf(b.name))
	h.Set("Cache-Control", b.keep)
	h.Add("Vary", "Accept-Encoding")
	if own := p.scripts[b.name]; own != "" {
		h.Set(policyName, strings.Replace(h.Get(policyName), scriptsOfOurs, scriptsOfOurs+own, 1))
	}
	w.WriteHeader(b.status)
	if r.Method == http.MethodHead {
		return
	}
	if _, err := w.Write(b.raw); err != nil {
		p.log.Debug("page not written", "error", err)
	}
}

func (p pages) missing(w http.ResponseWriter, r *http.Request, name string) {
	if _, isApp := p.scripts[name]; !isApp {
		http.NotFound(w, r)
		return
	}
	w.WriteHeader(http.StatusServiceUnavailable)
	writeText(w, p.log, "The front end is not built yet. Run: make web\n")
}
