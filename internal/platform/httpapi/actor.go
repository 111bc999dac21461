package httpapi

import (
	"context"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/base/permission"
	"hawker/internal/base/span"
	"hawker/internal/platform/audit"
	"hawker/internal/platform/conns"
)

// Actor is who calls. The zero Actor is a visitor.
type Actor struct {
	User     id.User
	Session  id.Session
	Operator bool
	// MustEnrol is somebody whose role asks for a second factor that they do not have yet.
	MustEnrol bool
	// Proved is when they last showed who they are in this session.
	Proved time.Time
}

// SignedIn reports whether anybody is.
func (a Actor) SignedIn() bool { return !a.User.IsZero() }

// Authenticator knows sessions.
type Authenticator interface {
	// Authenticate answers the owner of a session token, or a fault of kind
	// unauthorized.
	Authenticate(ctx context.Context, token string) (Actor, error)
}

// StaffRegister knows who works where.
type StaffRegister interface {
	May(ctx context.Context, user id.User, shop id.Shop, p permission.Permission) (bool, error)
}

// CookiePolicy says how the session cookie is set.
type CookiePolicy struct {
	Secure bool // the public address is https
}

// Name of the session cookie; the __Host- prefix binds it to the host over TLS.
func (p CookiePolicy) Name() string {
	if p.Secure {
		return "__Host-hawker_session"
	}
	return "hawker_session"
}

// Device is the name of the cookie by which a browser that somebody signed in from is
// known again.
func (p CookiePolicy) Device() string {
	if p.Secure {
		return "__Host-hawker_device"
	}
	return "hawker_device"
}

const deviceFor = 365 * 24 * time.Hour

// Known makes the cookie of a known browser.
func (p CookiePolicy) Known(value string) http.Cookie {
	c := p.Session(value, time.Time{})
	c.Name, c.MaxAge = p.Device(), int(deviceFor/time.Second)
	return c
}

// Session makes the cookie that signs a browser in, or out with an empty token.
func (p CookiePolicy) Session(token string, until time.Time) http.Cookie {
	c := http.Cookie{
		Name: p.Name(), Value: token, Path: "/", Expires: until, HttpOnly: true, Secure: p.Secure,
		SameSite: http.SameSiteLaxMode,
	}
	if token == "" {
		c.MaxAge = -1
	}
	return c
}

type (
	actorKey  struct{}
	localeKey struct{}
	callerKey struct{}
)

// caller is what a request says of where it comes from, and may be made up but for the
// address.
type caller struct {
	address, ref, origin, device, agent string
	local                               bool
}

func callerFrom(ctx context.Context) caller {
	c, _ := ctx.Value(callerKey{}).(caller)
	return c
}

// ActorFrom gives the caller of the request.
func ActorFrom(ctx context.Context) Actor {
	a, _ := ctx.Value(actorKey{}).(Actor)
	return a
}

// WithActor is for callers that are no HTTP request (the socket, tests).
func WithActor(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// Language is the caller's language.
func Language(ctx context.Context) lang.Tag {
	if t, ok := ctx.Value(localeKey{}).(lang.Tag); ok {
		return t
	}
	return lang.Chinese
}

// Home is what the caller of a request is counted by: an IPv4 address or the home of an
// IPv6 one.
func Home(ctx context.Context) string { return conns.HomeOf(Address(ctx)) }

// Address is the caller's network address without the port.
func Address(ctx context.Context) string {
	return callerFrom(ctx).address
}

// Device is what the caller's browser keeps of sign-ins from it, "" for nothing.
func Device(ctx context.Context) string { return callerFrom(ctx).device }

// Agent is how the caller's program calls itself.
func Agent(ctx context.Context) string { return callerFrom(ctx).agent }

// Local reports whether the caller sits at this machine. Behind a proxy that leaves no trace
// a public_url has to be set, which makes nobody local.
func Local(ctx context.Context) bool { return callerFrom(ctx).local }

// Origin is the scheme and host by which the installation is reached. What a caller
// writes in Host is believed of this machine alone: whoever can have another's browser
// send a Host of their own shall not have it told to copy their links.
func Origin(ctx context.Context) string {
	return callerFrom(ctx).origin
}

func (a *API) origin(r *http.Request) string {
	if a.public.Host != "" {
		return a.public.Scheme + "://" + a.public.Host
	}
	scheme := "http://"
	if a.deps.Cookies.Secure {
		scheme = "https://"
	}
	local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if local == nil || conns.OwnHost(r.Host, local) {
		return scheme + r.Host
	}
	return scheme + local.String()
}

// RefCookie holds the code of the link by which a visitor came.
const RefCookie = "hawker_ref"

// RefCode is the code of the link by which the caller came, "" for none.
func RefCode(ctx context.Context) string {
	return callerFrom(ctx).ref
}

const (
	refCodeMax = 32
	deviceMax  = 1024
	agentMax   = 512
)

func (a *API) caller(r *http.Request) caller {
	c := caller{address: conns.Caller(r, a.deps.Trusted), origin: a.origin(r), agent: r.UserAgent()}
	c.agent = c.agent[:min(len(c.agent), agentMax)]
	if k, err := r.Cookie(RefCookie); err == nil && len(k.Value) <= refCodeMax {
		c.ref = k.Value
	}
	if k, err := r.Cookie(a.deps.Cookies.Device()); err == nil && len(k.Value) <= deviceMax {
		c.device = k.Value
	}
	c.local = a.public.Host == "" && conns.AtThisMachine(r)
	return c
}

// language stands before whatever may refuse, so that each refusal is in the
// caller's.
func (a *API) language(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		tag := lang.Match(strings.Join(r.Header.Values("Accept-Language"), ","))
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), localeKey{}, tag)))
	})
}

// authenticate finds out who calls. A bad or expired token makes a visitor:
// what a visitor may not do, guard refuses.
func (a *API) authenticate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := context.WithValue(r.Context(), callerKey{}, a.caller(r))
		if token := a.token(r); token != "" {
			actor, err := a.deps.Sign.Authenticate(ctx, token)
			switch {
			case err == nil:
				ctx = WithActor(ctx, actor)
			case fault.As(err) == nil:
				a.writeProblem(w, r.WithContext(ctx), err)
				return
			}
		}
		next.ServeHTTP(w, r.WithContext(audit.WithOrigin(ctx, originOf(ctx))))
	})
}

// originOf is who the audit log says did what is done under ctx.
func originOf(ctx context.Context) audit.Origin {
	o := audit.Origin{Kind: audit.Visitor, Address: Address(ctx), Request: RequestID(ctx)}
	if a := ActorFrom(ctx); a.SignedIn() {
		o.Kind, o.Actor = audit.Person, a.User
	}
	return o
}

func (a *API) token(r *http.Request) string {
	if h, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return h
	}
	if c, err := r.Cookie(a.deps.Cookies.Name()); err == nil {
		return c.Value
	}
	return ""
}

// guard lets through who may call the operation, as often as they may.
func (a *API) guard(op Operation) func(huma.Context, func(huma.Context)) {
	return func(hc huma.Context, next func(huma.Context)) {
		span.Of(hc.Context()).Rename(op.ID)
		if op.AtPicture {
			if r, w := humachi.Unwrap(hc); a.elsewhere(w, r, roomOf(hc)) {
				return
			}
		}
		hc, err := a.admit(hc, op)
		if err == nil {
			next(hc)
			return
		}
		p := a.problem(hc.Context(), op.ID, err)
		if werr := writeHuma(a.huma, hc, p); werr != nil {
			a.deps.Log.Debug("answer not written", "error", werr)
		}
	}
}

// roomOf is what names a room in an operation's path, where one does.
func roomOf(hc huma.Context) string {
	if room := hc.Param("room"); room != "" {
		return room
	}
	return hc.Param("id")
}

func (a *API) admit(hc huma.Context, op Operation) (huma.Context, error) {
	ctx := hc.Context()
	actor := ActorFrom(ctx)
	if op.Access.NeedsAccount() || actor.SignedIn() || op.Method != http.MethodGet {
		hc.SetHeader("Cache-Control", privateAnswer) // somebody's own, a token, what has just happened
	}
	pass, err := a.auth.Check(ctx, op.Access, actor, Subject{Shop: hc.Param("shop"), Room: roomOf(hc)})
	if err != nil {
		a.noteRefusal(ctx, op, err)
		return hc, err
	}
	if pass.Room.Private() {
		hc.SetHeader("Cache-Control", privateAnswer)
	}
	within := a.deps.ReauthenticateWithin
	if op.Proof == Recent && within > 0 && a.deps.Clock.Now().Sub(actor.Proved) > within {
		return hc, fault.Forbidden("auth.reauthenticate")
	}
	hc = huma.WithValue(hc, passKey{}, pass)
	if op.Limit.Count == 0 {
		return hc, nil
	}
	key := Home(ctx)
	if actor.SignedIn() {
		key = actor.User.String()
	}
	ok, err := a.deps.Limiter.Allow(ctx, op.ID+":"+key, op.Limit)
	if err == nil && !ok {
		err = fault.TooMany("request.too_many")
	}
	return hc, err
}

// noteRefusal tells of somebody who is known and tried what is not theirs. That a visitor
// has to sign in first is no news.
func (a *API) noteRefusal(ctx context.Context, op Operation, err error) {
	f := fault.As(err)
	if a.deps.Refused != nil && ActorFrom(ctx).SignedIn() && f != nil && f.Kind == fault.KindForbidden {
		a.deps.Refused(ctx, op.ID)
	}
}
