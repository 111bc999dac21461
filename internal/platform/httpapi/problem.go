package httpapi

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"

	"github.com/danielgtaylor/huma/v2"

	"hawker/internal/base/fault"
	"hawker/internal/base/lang"
	"hawker/internal/base/span"
	"hawker/internal/platform/blob"
	"hawker/internal/platform/space"
)

// Problem is an error as RFC 9457 shows it. Code is what programs match on.
type Problem struct {
	Type      string            `json:"type"`
	Title     string            `json:"title"`
	Status    int               `json:"status"`
	Detail    string            `json:"detail" doc:"In the caller's language"`
	Code      string            `json:"code" doc:"Stable"`
	Params    map[string]string `json:"params,omitempty"`
	Errors    []FieldError      `json:"errors,omitempty"`
	RequestID string            `json:"request_id,omitempty"`
	TraceID   string            `json:"trace_id,omitempty" doc:"Of its trace, where some are recorded"`
}

// FieldError names one offending place of the input.
type FieldError struct {
	Location string `json:"location" doc:"Such as body.items[0].quantity"`
	Code     string `json:"code"`
	Message  string `json:"message"`
}

// Error implements error.
func (p *Problem) Error() string { return p.Code }

// GetStatus implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType implements huma.ContentTypeFilter.
func (p *Problem) ContentType(string) string { return problemType }

const problemType = "application/problem+json"

func statusOf(k fault.Kind) int {
	switch k {
	case fault.KindInvalid:
		return http.StatusUnprocessableEntity
	case fault.KindUnauthorized:
		return http.StatusUnauthorized
	case fault.KindForbidden:
		return http.StatusForbidden
	case fault.KindNotFound:
		return http.StatusNotFound
	case fault.KindConflict:
		return http.StatusConflict
	case fault.KindTooLarge:
		return http.StatusRequestEntityTooLarge
	case fault.KindTooMany:
		return http.StatusTooManyRequests
	case fault.KindUnavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusInternalServerError
}

const (
	codeInternal = "internal"
	codeFull     = "storage.full"
	codeAway     = "storage.away"
)

// problem turns any error into a document. What was not expected is logged here,
// once, and shown as nothing but a request id.
func (a *API) problem(ctx context.Context, operation string, err error) *Problem {
	var ready *Problem
	if errors.As(err, &ready) {
		return ready
	}
	p := &Problem{RequestID: RequestID(ctx), TraceID: span.Trace(ctx)}
	f := fault.As(err)
	switch {
	case f != nil:
		p.Status, p.Code, p.Params = statusOf(f.Kind), f.Code, f.Params
		if f.Field != "" {
			p.Errors = []FieldError{{Location: f.Field, Code: f.Code, Message: Translate(Language(ctx), f.Code,
				f.Params)}}
		}
	case errors.Is(err, context.Canceled):
		p.Status, p.Code = 499, "request.cancelled"
	case space.IsFull(err):
		p.Status, p.Code = http.StatusInsufficientStorage, codeFull
		a.deps.Log.ErrorContext(ctx, "no room", "operation", operation, "request_id", p.RequestID, "error", err)
	case errors.Is(err, blob.ErrAway):
		p.Status, p.Code = http.StatusServiceUnavailable, codeAway
		a.deps.Log.ErrorContext(ctx, "no object storage", "operation", operation, "request_id", p.RequestID, "error", err)
	default:
		p.Status, p.Code = http.StatusInternalServerError, codeInternal
		a.deps.Log.ErrorContext(ctx, "request failed", "operation", operation, "request_id", p.RequestID, "error", err)
	}
	return finish(p, Language(ctx))
}

func finish(p *Problem, tag lang.Tag) *Problem {
	p.Type = "urn:hawker:problem:" + p.Code
	p.Title = http.StatusText(p.Status)
	p.Detail = Translate(tag, p.Code, p.Params)
	return p
}

// fieldErrorsMax bounds what is told of wrong input: who sent 20,000 wrong items mends
// them no sooner for hearing of each.
const fieldErrorsMax = 20

// newProblem is what huma calls for input that does not parse or validate.
func newProblem(hc huma.Context, status int, _ string, errs ...error) huma.StatusError {
	ctx := context.Background()
	if hc != nil {
		ctx = hc.Context()
	}
	p := &Problem{Status: status, Code: codeFor(status), RequestID: RequestID(ctx), TraceID: span.Trace(ctx)}
	p.Errors = fieldErrors(errs[:min(len(errs), fieldErrorsMax)], Language(ctx))
	return finish(p, Language(ctx))
}

func codeFor(status int) string {
	switch status {
	case http.StatusRequestEntityTooLarge:
		return "request.too_large"
	case http.StatusUnsupportedMediaType:
		return "request.unsupported_media_type"
	case http.StatusNotAcceptable:
		return "request.not_acceptable"
	case http.StatusRequestTimeout:
		return "request.timeout"
	case http.StatusBadRequest:
		return "request.malformed"
	case http.StatusUnprocessableEntity:
		return "request.invalid"
	}
	if status >= http.StatusInternalServerError {
		return codeInternal
	}
	return "request.refused"
}

func writeHuma(api huma.API, hc huma.Context, p *Problem) error {
	hc.SetHeader("Content-Type", problemType)
	hc.SetStatus(p.Status)
	return json.NewEncoder(hc.BodyWriter()).Encode(p)
}

// WriteProblem answers a plain handler's request with an error.
func (a *API) WriteProblem(w http.ResponseWriter, r *http.Request, err error) {
	a.writeProblem(w, r, err)
}

func (a *API) writeProblem(w http.ResponseWriter, r *http.Request, err error) {
	p := a.problem(r.Context(), r.URL.Path, err)
	h := w.Header()
	for _, name := range []string{"Content-Length", "Content-Encoding", "Etag", "Last-Modified"} {
		h.Del(name) // of the answer that was not given
	}
	if !strings.Contains(h.Get("Cache-Control"), "no-store") {
		h.Set("Cache-Control", "no-store")
	}
	h.Set("Content-Type", problemType)
	w.WriteHeader(p.Status)
	if err := json.NewEncoder(w).Encode(p); err != nil {
		a.deps.Log.Debug("answer not written", "error", err)
	}
}

//go:embed locales/*.json
var localeFiles embed.FS

// catalogs reads the texts once.
var catalogs = sync.OnceValue(func() map[lang.Tag]map[string]string {
	out := map[lang.Tag]map[string]string{}
	for _, tag := range lang.All() {
		raw, err := localeFiles.ReadFile("locales/" + string(tag) + ".json")
		if err != nil {
			panic(fmt.Sprintf("httpapi: texts of %s: %v", tag, err))
		}
		texts := map[string]string{}
		if err := json.Unmarshal(raw, &texts); err != nil {
			panic(fmt.Sprintf("httpapi: texts of %s: %v", tag, err))
		}
		out[tag] = texts
	}
	return out
})

// Texts is the catalogue of a language, code to text; tests compare it with the
// codes in the source.
func Texts(tag lang.Tag) map[string]string { return catalogs()[tag] }

// Translate gives the text of a code with its parameters set in.
func Translate(tag lang.Tag, code string, params map[string]string) string {
	text := catalogs()[tag][code]
	if text == "" {
		return code
	}
	pairs := make([]string, 0, 2*len(params))
	for k, v := range params {
		pairs = append(pairs, "{"+k+"}", v)
	}
	return strings.NewReplacer(pairs...).Replace(text) // at once: a value may look like a parameter
}
