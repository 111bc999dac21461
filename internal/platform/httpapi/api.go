// Package httpapi is the door: it turns Go functions into HTTP operations with
// an OpenAPI description, and keeps at the door what every operation needs:
// who calls and whether they may, limits, request ids, idempotency keys, and
// errors as RFC 9457 problems in the caller's language.
//
// A module registers its operations in api*.go: decode, call, encode. Each
// operation declares who may call it; there is no default.
package httpapi

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"reflect"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
	"github.com/go-chi/chi/v5"

	"hawker/internal/base/clock"
	"hawker/internal/base/id"
	"hawker/internal/base/span"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/cdn"
	"hawker/internal/platform/conns"
	"hawker/internal/platform/hotlink"
	"hawker/internal/platform/humatext"
	"hawker/internal/platform/idem"
)

// Prefix stands before the path of every operation.
const Prefix = "/api/v1"

// Operation describes one entry of the API.
type Operation struct {
	ID      string // stable, kebab-case, `order-place`
	Method  string
	Path    string // below Prefix
	Summary string
	Access  Access
	Status  int   // of success; 0 is 200
	BodyMax int64 // bytes; 0 is 1 MiB
	RawBody bool  // the body is taken as it comes, its sender signed the bytes
	Limit   cache.Rate
	Proof   Proof // what the caller shows beside their session
	// AtPicture is answered by the node that has the picture of the room which the path names.
	AtPicture bool

	tag string
}

// Proof is what an operation asks for, so that a stolen session alone does no harm.
type Proof string

// Proofs. Recent: they showed who they are within Deps.ReauthenticateWithin.
// PasswordGiven: the body holds their password or a code that was sent to them, which the
// operation looks at.
const (
	Recent        Proof = "recent"
	PasswordGiven Proof = "password"
)

// Deps are what the door asks others.
type Deps struct {
	Log     *slog.Logger
	Clock   clock.Clock
	Limiter cache.Limiter
	Sign    Authenticator
	Staff   StaffRegister
	Cookies CookiePolicy
	Metrics Observer
	// Refused is told whom an operation was refused who is signed in; nil for nobody.
	Refused func(ctx context.Context, operation string)
	// Rooms is asked by whatever is declared for the visitors or staff of a room.
	Rooms RoomGate
	// Elsewhere gives what takes a request to the node that has the picture of a room; nil
	// for one that is to be answered here. Nil where there is one node.
	Elsewhere func(r *http.Request, room string) http.Handler
	// Traces begins the traces of requests; nil where none is recorded.
	Traces span.Recorder
	// Trusted are the networks of proxies whose word about the caller's address is
	// taken.
	Trusted []netip.Prefix
	// PublicURL is the address by which people reach the installation; empty: this machine
	// only.
	PublicURL string
	// PictureOrigins are other servers from which pages may fetch pictures and films, of rooms too.
	PictureOrigins []string
	// Pictures stands before addresses of pictures in answers.
	Pictures cdn.Pictures
	// Referers are hosts whose pages alone may show files, beside the mall's own; none: everybody's.
	Referers []string
	// ReauthenticateWithin is how long ago somebody may have shown who they are, before what
	// is declared Recent; zero asks nobody.
	ReauthenticateWithin time.Duration
	// Spoken are packages that the description calls by a module's name, because they
	// were cut from it.
	Spoken map[string]string
}

// Observer counts requests. Operation is "" for what is no operation.
type Observer interface {
	ObserveRequest(operation string, status int, seconds float64)
}

// API collects operations.
type API struct {
	deps   Deps
	router chi.Router
	huma   huma.API
	auth   Authorizer
	public url.URL // without a host where the installation states none
	ops    []Operation
	routes []Route
	direct []direct
	// section is the tag of what is registered next.
	section   string
	described func() ([]byte, error)
	names     humatext.Namer
}

// adaptHuma sets what huma keeps for the whole process and offers nowhere else. It
// is the same for every API, so once is enough.
var adaptHuma = sync.OnceFunc(func() {
	huma.DefaultArrayNullable = false
	huma.NewErrorWithContext = newProblem
	huma.NewError = func(status int, msg string, errs ...error) huma.StatusError {
		return newProblem(nil, status, msg, errs...)
	}
})

// New makes an empty API on a router of its own.
func New(d Deps) *API {
	a := &API{deps: d, router: chi.NewRouter(), auth: Authorizer{Staff: d.Staff, Rooms: d.Rooms}}
	a.names.Spoken = d.Spoken
	if u, err := url.Parse(d.PublicURL); err == nil {
		a.public = *u
	}
	adaptHuma()
	a.router.Use(conns.AwaitBody, a.requestID, a.language, a.observe, a.recoverPanic, a.secureHeaders, a.sameOrigin,
		hotlink.Guard{Hosts: d.Referers, Public: a.public.Host, Refuse: a.hotlinked}.Over, a.authenticate)
	a.router.NotFound(a.notFound)
	a.router.MethodNotAllowed(a.methodNotAllowed)
	cfg := huma.DefaultConfig("Hawker", "1")
	cfg.Info.Description = "The API of a self-hosted mall for live streams and short videos."
	cfg.Components.Schemas = huma.NewMapRegistry("#/components/schemas/", a.names.Name)
	cfg.CreateHooks = nil
	cfg.OpenAPIPath, cfg.DocsPath, cfg.SchemasPath = "", "", "" // see describe.go
	cfg.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"session": {Type: "apiKey", In: "cookie", Name: "hawker_session"},
		"bearer":  {Type: "http", Scheme: "bearer"},
	}
	if d.Pictures != "" {
		cfg.Formats = a.formats()
	}
	a.huma = humachi.New(a.router, cfg)
	a.serveDescription()
	return a
}

// formats write JSON in which pictures are at the CDN.
func (a *API) formats() map[string]huma.Format {
	plain := huma.DefaultJSONFormat
	f := huma.Format{Unmarshal: plain.Unmarshal, Marshal: func(w io.Writer, v any) error {
		var b bytes.Buffer
		if err := plain.Marshal(&b, v); err != nil {
			return err
		}
		_, err := w.Write(a.deps.Pictures.In(b.Bytes()))
		return err
	}}
	return map[string]huma.Format{"application/json": f, "json": f}
}

// Authorizer decides for channels of the socket what the door decides for paths.
func (a *API) Authorizer() Authorizer { return a.auth }

// Operations lists what was registered.
func (a *API) Operations() []Operation { return a.ops }

// ServeHTTP implements http.Handler.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !a.serveDirect(w, r) {
		a.router.ServeHTTP(w, r)
	}
}

// Register adds an operation. I holds parameters and Body, O the answer's Body,
// as huma reads them.
func Register[I, O any](a *API, op Operation, handle func(ctx context.Context, in *I) (*O, error)) {
	if op.Access == "" {
		panic("httpapi: operation " + op.ID + " does not say who may call it")
	}
	checkInput(op.ID, reflect.TypeFor[I]())
	op.tag = a.section
	a.ops = append(a.ops, op)
	a.names.Operation = op.ID
	h := huma.Operation{
		OperationID: op.ID, Method: op.Method, Path: Prefix + op.Path, Summary: op.Summary,
		DefaultStatus: op.Status, MaxBodyBytes: op.BodyMax, SkipValidateBody: op.RawBody,
		BodyReadTimeout: -1, // awaitBody asks for progress; a whole picture may take longer than any one limit
		Middlewares:     huma.Middlewares{a.guard(op)},
		Extensions:      map[string]any{"x-access": string(op.Access)},
		Errors:          errorsOf[I](op),
	}
	if op.Proof != "" {
		h.Extensions["x-proof"] = string(op.Proof)
	}
	if op.tag != "" {
		h.Tags = []string{op.tag}
	}
	if op.Access.NeedsAccount() {
		h.Security = []map[string][]string{{"session": {}}, {"bearer": {}}}
	}
	huma.Register(a.huma, h, func(ctx context.Context, in *I) (*O, error) {
		out, err := handle(ctx, in)
		if err != nil {
			return nil, a.problem(ctx, op.ID, err)
		}
		return out, nil
	})
}

// checkInput refuses embedded types that are not exported: their fields would
// silently stay empty.
func checkInput(operation string, t reflect.Type) {
	for f := range t.Fields() {
		if f.Anonymous && !f.IsExported() && f.Type.NumField() > 0 && f.Type.Field(0).IsExported() {
			panic("httpapi: input of " + operation + " embeds " + f.Name + ", which is not exported")
		}
		if f.Anonymous && f.Type.Kind() == reflect.Struct {
			checkInput(operation, f.Type)
		}
	}
}

// errorsOf lists the statuses that an operation can answer, for the description.
func errorsOf[I any](op Operation) []int {
	out := []int{http.StatusBadRequest, http.StatusUnprocessableEntity}
	if op.Access.NeedsAccount() {
		out = append(out, http.StatusUnauthorized, http.StatusForbidden)
	}
	if reflect.TypeFor[I]().NumField() > 0 {
		out = append(out, http.StatusNotFound, http.StatusConflict)
	}
	return append(out, http.StatusTooManyRequests)
}

// IdempotencyKey is embedded in the input of whatever moves money or stock.
type IdempotencyKey struct {
	Key string `header:"Idempotency-Key" required:"true" minLength:"8" maxLength:"128" pattern:"^[A-Za-z0-9_.:-]+$" doc:"One per intent; repeat it when repeating the request"`
}

// Once builds the key under which the answer is kept.
func (k IdempotencyKey) Once(ctx context.Context, operation string, content any) (idem.Key, error) {
	return idem.NewKey(operation, ActorFrom(ctx).User.String(), k.Key, content)
}

// ShopPath is embedded in the input of operations below /merchant/{shop}.
type ShopPath struct {
	Shop id.Shop `path:"shop"`
}

// PageQuery is embedded in the input of lists.
type PageQuery struct {
	Cursor string `query:"cursor" maxLength:"512"`
	Limit  int    `query:"limit" minimum:"1" maximum:"50" default:"20"`
}

// Body wraps an answer that is nothing but its body.
type Body[T any] struct{ Body T }

// OK answers with a body.
func OK[T any](v T, err error) (*Body[T], error) {
	if err != nil {
		return nil, err
	}
	return &Body[T]{v}, nil
}

// Empty is an answer without a body (204).
type Empty struct{}

// Done answers without a body.
func Done(err error) (*Empty, error) {
	if err != nil {
		return nil, err
	}
	return &Empty{}, nil
}
