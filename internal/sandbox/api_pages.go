package sandbox

import (
	"bytes"
	"embed"
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"time"

	"hawker/internal/base/lang"
	"hawker/internal/base/money"
)

//go:embed pages
var pageFiles embed.FS

type pages struct {
	service *Service
	pay     *template.Template
	style   []byte
}

func (s *Service) newPages() (*pages, error) {
	pay, err := template.ParseFS(pageFiles, "pages/pay.html")
	if err != nil {
		return nil, err
	}
	style, err := pageFiles.ReadFile("pages/pay.css")
	return &pages{s, pay, style}, err
}

func (p *pages) mount(mux *http.ServeMux) {
	mux.HandleFunc("GET /pay/{id}", p.show)
	mux.Handle("POST /pay/{id}", http.NewCrossOriginProtection().Handler(http.HandlerFunc(p.decide)))
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("GET /assets/pay.css", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/css; charset=utf-8")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		if _, err := w.Write(p.style); err != nil {
			p.service.log.Debug("style not written", "error", err)
		}
	})
}

func (p *pages) show(w http.ResponseWriter, r *http.Request) {
	row, found, err := findPaymentByID(r.Context(), p.service.store.db, r.PathValue("id"))
	switch {
	case err != nil:
		p.fail(w, err)
	case !found:
		http.NotFound(w, r)
	default:
		p.render(w, r, row, http.StatusOK)
	}
}

func (p *pages) decide(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, bodyMax)
	c := choice{decision: r.PostFormValue("decision")}
	if scenario := r.PostFormValue("scenario"); r.PostForm.Has("scenario") {
		if !slices.Contains(scenarios(), scenario) {
			http.Error(w, "scenario", http.StatusBadRequest)
			return
		}
		c.scenario = &scenario
	}
	back, err := p.service.decide(r.Context(), r.PathValue("id"), c)
	var refused *APIError
	switch {
	case errors.As(err, &refused) && refused.Status == http.StatusConflict:
		p.showClosed(w, r)
	case errors.As(err, &refused):
		http.Error(w, refused.Message, refused.Status)
	case err != nil:
		p.fail(w, err)
	default:
		w.Header().Set("Content-Security-Policy", policy(back))
		http.Redirect(w, r, back, http.StatusSeeOther)
	}
}

func (p *pages) showClosed(w http.ResponseWriter, r *http.Request) {
	row, found, err := findPaymentByID(r.Context(), p.service.store.db, r.PathValue("id"))
	if err != nil || !found {
		p.fail(w, err)
		return
	}
	p.render(w, r, row, http.StatusConflict)
}

func (p *pages) fail(w http.ResponseWriter, err error) {
	p.service.log.Error("sandbox page", "error", err)
	http.Error(w, "the provider failed", http.StatusInternalServerError)
}

// policy allows nothing inline. The merchant's origin stands in form-action
// because Chromium applies it to the redirect after the form, too.
func policy(returnURL string) string {
	origin := ""
	if u, err := url.Parse(returnURL); err == nil {
		origin = " " + u.Scheme + "://" + u.Host
	}
	return "default-src 'none'; style-src 'self'; form-action 'self'" + origin +
		"; base-uri 'none'; frame-ancestors 'none'"
}

type payPage struct {
	Lang, ID, Merchant, Description, Amount, OutTradeNo string
	Status, StatusText, Expires, ExpiresISO, ReturnURL  string
	CanPay, CanPayLate                                  bool
	Scenarios                                           []scenarioChoice
	Text                                                payText
}

type scenarioChoice struct {
	Value, Label string
	Chosen       bool
}

func (p *pages) render(w http.ResponseWriter, r *http.Request, row paymentRow, status int) {
	tag := lang.Match(r.Header.Get("Accept-Language"))
	text, now := textIn(tag), p.service.clock.Now()
	state := row.Status
	if state == StatusPending && !now.Before(row.ExpiresAt) {
		state = StatusClosed
	}
	page := payPage{
		Lang: string(tag), ID: row.ID, Merchant: row.merchantName, Description: row.description,
		Amount: money.Of(row.Amount, row.Currency).String(), OutTradeNo: row.OutTradeNo,
		Status: state, StatusText: text.statuses[state],
		Expires: row.ExpiresAt.Format("2006-01-02 15:04:05 UTC"), ExpiresISO: row.ExpiresAt.Format(time.RFC3339),
		ReturnURL: row.returnURL, CanPay: state == StatusPending && !row.payLate, CanPayLate: state == StatusClosed &&
			!row.payLate, Text: text,
	}
	if row.payLate {
		page.StatusText = text.waiting
	}
	for _, one := range scenarios() {
		page.Scenarios = append(page.Scenarios, scenarioChoice{one, text.scenarios[one], one == row.scenario})
	}
	var out bytes.Buffer
	if err := p.pay.Execute(&out, page); err != nil {
		p.fail(w, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", policy(row.returnURL))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cache-Control", "no-store")
	h.Set("Vary", "Accept-Language")
	w.WriteHeader(status)
	if _, err := w.Write(out.Bytes()); err != nil {
		p.service.log.Debug("page not written", "error", err)
	}
}
