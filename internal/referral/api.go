package referral

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/go-chi/chi/v5"

	"hawker/internal/base/clock"
	"hawker/internal/base/id"
	"hawker/internal/base/page"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/module"
)

// API is the door for who shares, and for who comes by a link.
type API struct {
	Service *Service
	Clock   clock.Clock
	Log     *slog.Logger
	Secure  bool // the public address is https
}

// Module is what the module brings.
func (h API) Module() module.Module {
	return module.Module{Name: "referral", Operations: []module.Operations{h}}
}

// refFor is how long a browser remembers by whose link it came.
const refFor = 15 * 24 * time.Hour

// Register adds the operations and the short links.
func (h API) Register(api *httpapi.API) {
	httpapi.Register(api, httpapi.Operation{
		ID: "distribution-team-list", Method: "GET", Path: "/distribution/team",
		Access: httpapi.SignedIn, Summary: "Who came by my links",
	}, h.team)
	httpapi.Register(api, httpapi.Operation{
		ID: "distribution-share", Method: "POST", Path: "/distribution/links",
		Access: httpapi.SignedIn, Summary: "My short link to a product, room, video or the mall",
	}, h.link)
	api.Mount(httpapi.Route{
		Pattern: "/s/{code}", Methods: []string{"GET"}, Access: httpapi.Anyone, Handler: http.HandlerFunc(h.follow),
	})
}

// memberView is somebody whom a promoter brought, directly or by others.
type memberView struct {
	Name    string    `json:"name" doc:"Masked"`
	Level   int       `json:"level"`
	BoundAt time.Time `json:"bound_at"`
}

func (h API) team(ctx context.Context, _ *struct{}) (*httpapi.Body[page.List[memberView]], error) {
	members, err := h.Service.TeamOf(ctx, httpapi.ActorFrom(ctx).User, h.Clock.Now())
	return httpapi.OK(page.Whole(members, func(m Member) memberView { return memberView(m) }), err)
}

type linkInput struct {
	Body struct {
		Product id.Product `json:"product_id,omitzero" required:"false"`
		Room    id.Room    `json:"room_id,omitzero" required:"false"`
		Video   id.Video   `json:"video_id,omitzero" required:"false"`
	}
}

// linkView is an address to pass on, which remembers who did.
type linkView struct {
	Code string `json:"code"`
	URL  string `json:"url"`
}

func (h API) link(ctx context.Context, in *linkInput) (*httpapi.Body[linkView], error) {
	l, err := h.Service.LinkTo(ctx, httpapi.ActorFrom(ctx).User, Target{
		Product: in.Body.Product, Room: in.Body.Room,
		Video: in.Body.Video,
	})
	return httpapi.OK(linkView{l.Code, h.Service.Absolute(ctx, l)}, err)
}

// follow sends a visitor where the link leads and remembers whose link it was.
func (h API) follow(w http.ResponseWriter, r *http.Request) {
	code := chi.URLParam(r, "code")
	path, known, err := h.Service.Visit(r.Context(), code)
	if known { // a visit that could not be counted is still one
		http.SetCookie(w, &http.Cookie{
			Name: httpapi.RefCookie, Value: code, Path: "/", MaxAge: int(refFor.Seconds()),
			HttpOnly: true, Secure: h.Secure, SameSite: http.SameSiteLaxMode,
		})
	}
	if err != nil {
		h.Log.WarnContext(r.Context(), "visit of a link not counted", "error", err)
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, path, http.StatusFound)
}
