// Package site is what a browser or a supervisor meets beside the API's modules:
// the two front ends, what a client needs to know of the installation, and whether
// this node is well. It keeps no rows.
package site

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"

	"hawker/internal/base/fault"
	"hawker/internal/platform/config"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/module"
	"hawker/internal/platform/sqldb"
)

// API is the module's door.
type API struct {
	Config  config.Config
	DB      *sqldb.DB
	Log     *slog.Logger
	Dist    fs.FS        // the built front ends
	Metrics http.Handler // figures for Prometheus, for who shows the token
	Problem Problem
	// Degraded names the servers that are away and that the mall does without.
	Degraded func(ctx context.Context) []string
	// Providers are the ways to pay, the usual one first.
	Providers []string
	// Cards tell what pages of single things say, by the first word of their addresses.
	Cards map[string]Teller

	probe *probe
}

// Module is what the module brings.
func (h API) Module() module.Module {
	h.probe = &probe{db: h.DB}
	pages := newPages(h)
	get := []string{http.MethodGet}
	return module.Module{
		Name: "site", Operations: []module.Operations{h},
		Routes: []httpapi.Route{
			{Pattern: "/healthz", Methods: get, Access: httpapi.Anyone, Handler: http.HandlerFunc(h.healthy)},
			{Pattern: "/readyz", Methods: get, Access: httpapi.Anyone, Handler: http.HandlerFunc(h.ready)},
			{Pattern: "/metrics", Methods: get, Access: httpapi.Signed, Handler: http.HandlerFunc(h.metrics)},
			{Pattern: "/*", Methods: []string{http.MethodGet, http.MethodHead}, Access: httpapi.Anyone, Handler: pages},
		},
	}
}

// Register adds the operations.
func (h API) Register(api *httpapi.API) {
	httpapi.Register(api, httpapi.Operation{
		ID: "config-get", Method: "GET", Path: "/config",
		Access: httpapi.Anyone, Summary: "What a client needs to know of the installation",
	}, h.config)
	h.registerHealth(api)
}

// configView is what a client has to know of this mall.
type configView struct {
	Name             string   `json:"name"`
	Currency         string   `json:"currency"`
	CurrencyExponent int      `json:"currency_exponent"`
	AfterSaleDays    float64  `json:"after_sale_days"`
	PayMinutes       float64  `json:"pay_minutes"`
	Sandbox          bool     `json:"sandbox"`
	UploadMax        int64    `json:"max_upload_bytes"`
	Direct           bool     `json:"direct_uploads" doc:"Large files may go straight to object storage"`
	Languages        []string `json:"languages"`
	Providers        []string `json:"payment_providers" doc:"Ways to pay, the usual one first"`
	TimeZone         string   `json:"time_zone" doc:"Whose midnight begins a day in figures"`
	Registration     string   `json:"registration" enum:"open,invite,closed" doc:"Who may make an account"`
}

func (h API) config(context.Context, *struct{}) (*httpapi.Body[configView], error) {
	c := h.Config
	return httpapi.OK(configView{
		Name: c.Mall.Name, Currency: string(c.Mall.Currency), CurrencyExponent: c.Mall.Currency.Exponent(),
		AfterSaleDays: c.Distribution.AfterSale.Hours() / 24, PayMinutes: c.Order.PayWithin.Minutes(),
		Sandbox: c.Payment.Sandbox, UploadMax: c.Video.UploadMax, Direct: c.Objects.Direct, Languages: []string{"zh-CN", "en"},
		TimeZone: c.Mall.TimeZone, Providers: append([]string{}, h.Providers...),
		Registration: c.Accounts.Registration,
	}, nil)
}

func (h API) healthy(w http.ResponseWriter, _ *http.Request) { writeText(w, h.Log, "ok\n") }

// ready says whether this node can serve: its database commits, or did within a second. One that only answers
// may keep nothing any more. Strangers ask, so it says no more.
func (h API) ready(w http.ResponseWriter, r *http.Request) {
	if err := h.probe.ready(r.Context()); err != nil {
		h.Problem(w, r, fault.Unavailable("system.not_ready").Because(err))
		return
	}
	text := "ok\n"
	if away := h.Degraded(r.Context()); len(away) > 0 {
		text += "degraded: " + strings.Join(away, ", ") + "\n"
	}
	writeText(w, h.Log, text)
}

// metrics shows the figures to who has the token. Where there is none, or they have an
// address of their own, there is nothing here.
func (h API) metrics(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	c := h.Config.Metrics
	given, shown := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	a, b := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(c.Token))
	if c.Address != "" || c.Token == "" || !shown ||
		subtle.ConstantTimeCompare(a[:], b[:]) != 1 {
		h.Problem(w, r, fault.NotFound("request.no_such_path"))
		return
	}
	h.Metrics.ServeHTTP(w, r)
}

func writeText(w http.ResponseWriter, log *slog.Logger, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if _, err := w.Write([]byte(text)); err != nil {
		log.Debug("answer not written", "error", err)
	}
}
