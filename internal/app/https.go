package app

import (
	"context"
	"crypto/tls"
	"errors"
	"log"
	"log/slog"
	"net"
	"net/http"
	"slices"

	"hawker/internal/platform/certs"
	"hawker/internal/platform/conns"
)

// listenHTTPS opens the port on which pages are served by TLS, where this program speaks
// it by itself.
func (a *App) listenHTTPS(ctx context.Context) (err error) {
	c := a.cfg.HTTPS
	if !c.On() {
		return nil
	}
	a.certs, err = certs.Open(certs.Options{
		Clock: a.clock, Log: a.log, Domains: c.Domains, Folder: a.cfg.Path("certificates"), Directory: c.Directory,
		Email: c.Email, RootFile: c.RootFile, HTTPS: c.Address, HTTP: a.cfg.HTTP, File: c.Cert, Key: c.Key,
	})
	if err != nil {
		return err
	}
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", c.Address)
	if err == nil {
		a.lnHTTPS = conns.Limit(ln, a.limits(), a.log)
	}
	return err
}

// listenRTMPS opens the door for encoders that publish by TLS: with a certificate of
// their own, or that of pages.
func (a *App) listenRTMPS(ctx context.Context, addr string) (_ net.Listener, err error) {
	c, from := a.cfg.Live, a.certs
	if c.TLSCert == "" && from == nil {
		return nil, errors.New("it wants live.tls_cert and live.tls_key, or the certificate of https")
	}
	if c.TLSCert != "" {
		from, err = certs.Open(certs.Options{Clock: a.clock, Log: a.log, File: c.TLSCert, Key: c.TLSKey})
		if err != nil {
			return nil, err
		}
	}
	ln, err := a.listenRTMP(ctx, addr)
	if err != nil {
		return nil, err
	}
	t := from.TLS()
	t.NextProtos = nil // an encoder offers none
	return tls.NewListener(ln, t), nil
}

// closeListeners closes what was opened; what was closed already is no error.
func (a *App) closeListeners() error {
	var errs []error
	for _, ln := range []net.Listener{a.lnHTTP, a.lnHTTPS, a.lnRTMP, a.lnRTMPS, a.lnStats} {
		if ln == nil {
			continue
		}
		if err := ln.Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// refused counts the connections that were too many.
func (a *App) refused() (n int64) {
	for _, ln := range []net.Listener{a.lnHTTP, a.lnHTTPS} {
		if l, ok := ln.(*conns.Listener); ok {
			n += l.Refused()
		}
	}
	return n
}

// HTTPSAddr is where pages are served by TLS, "" where somebody else speaks it.
func (a *App) HTTPSAddr() string {
	if a.lnHTTPS == nil {
		return ""
	}
	return a.lnHTTPS.Addr().String()
}

func (a *App) server(h http.Handler) *http.Server {
	return &http.Server{
		Handler: a.engines.Leaving(h), ReadHeaderTimeout: min(headerWithin, a.cfg.Limits.Patience),
		IdleTimeout: idleWithin, MaxHeaderBytes: headerMax, ConnContext: conns.WithConn, ErrorLog: a.noise(),
	}
}

// noise is what servers say of single connections, such as handshakes that fail: anybody
// makes as much of it as they like.
func (a *App) noise() *log.Logger { return slog.NewLogLogger(a.log.Handler(), slog.LevelDebug) }

func (a *App) serveHTTP(ctx context.Context) error {
	plain, failed := a.server(a.plain()), make(chan error, 2)
	servers := []*http.Server{plain}
	go func() { failed <- plain.Serve(a.lnHTTP) }()
	if a.lnHTTPS != nil {
		secure := a.server(a.api)
		secure.TLSConfig = a.certs.TLS()
		servers = append(servers, secure)
		go func() { failed <- secure.ServeTLS(a.lnHTTPS, "", "") }()
	}
	select {
	case err := <-failed:
		for _, s := range servers {
			err = errors.Join(err, s.Close())
		}
		return err
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin/2)
	defer cancel()
	if err := a.news.Stop(stop); err != nil { // sockets are no requests that end by themselves
		a.log.Warn("real-time connections not closed in time", "error", err)
	}
	var errs []error
	for _, s := range servers {
		if err := s.Shutdown(stop); err != nil {
			errs = append(errs, s.Close()) // viewers that wait for the next part of a stream
		}
	}
	return errors.Join(errs...)
}

// plain is what is answered without TLS: everything where somebody else speaks it, else
// the authority's questions, and this machine's own. All others are sent to where nobody
// listens in.
func (a *App) plain() http.Handler {
	if a.certs == nil {
		return a.api
	}
	return a.certs.Challenge(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if a.fromHere(r) {
			a.api.ServeHTTP(w, r)
			return
		}
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		if domains := a.cfg.HTTPS.Domains; len(domains) > 0 && !slices.Contains(domains, host) {
			host = domains[0] // no link of ours leads elsewhere
		}
		if p := port(a.lnHTTPS, ""); p != "443" {
			host = net.JoinHostPort(host, p)
		}
		status := http.StatusPermanentRedirect
		if r.Method == http.MethodGet || r.Method == http.MethodHead {
			status = http.StatusMovedPermanently
		}
		w.Header().Set("Connection", "close")
		http.Redirect(w, r, "https://"+host+r.URL.RequestURI(), status)
	}))
}

// fromHere reports whether a request is of this machine and means it: the bank of play
// money, a probe.
func (a *App) fromHere(r *http.Request) bool {
	local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	remote, err := conns.ParseHop(r.RemoteAddr)
	return err == nil && remote.IsLoopback() && local != nil && conns.OwnHost(r.Host, local)
}
