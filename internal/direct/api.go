package direct

import (
	"context"
	"time"

	"hawker/internal/platform/cache"
	"hawker/internal/platform/httpapi"
)

// API is the door.
type API struct{ Service *Service }

// View is an upload as its sender sees it.
type View struct {
	ID        string    `json:"id" doc:"The upload_id that video-create takes when it is finished"`
	Size      int64     `json:"size" doc:"Bytes"`
	PartSize  int64     `json:"part_size" doc:"Bytes of every part but the last"`
	Parts     int       `json:"parts" doc:"How many there are; their numbers begin with 1"`
	Sent      []int     `json:"sent" doc:"Numbers of the parts that have come whole"`
	Done      bool      `json:"done"`
	ExpiresAt time.Time `json:"expires_at" doc:"What has come until then is forgotten, unless it is finished"`
}

func view(u Upload, sent []int) View {
	return View{u.ID, u.Size, u.PartSize(), u.Parts(), append([]int{}, sent...), u.Done, u.ExpiresAt()}
}

// Register adds the operations.
func (h API) Register(api *httpapi.API) {
	add := func(name, method, path, summary string) httpapi.Operation {
		return httpapi.Operation{
			ID: "direct-upload-" + name, Method: method, Path: "/direct-uploads" + path, Access: httpapi.SignedIn,
			Summary: summary,
		}
	}
	begin := add("create", "POST", "", "Begin an upload that goes straight to object storage")
	begin.Status, begin.Limit = 201, cache.Rate{Count: 120, Per: time.Hour}
	httpapi.Register(api, begin, h.begin)
	httpapi.Register(api, add("get", "GET", "/{upload}", "What has come of an upload"), h.get)
	httpapi.Register(api, add("sign", "POST", "/{upload}/parts", "Addresses to PUT parts to, for a while"), h.sign)
	httpapi.Register(api, add("complete", "POST", "/{upload}/complete", "All parts were sent"), h.complete)
	remove := add("delete", "DELETE", "/{upload}", "Give an upload up")
	remove.Status = 204
	httpapi.Register(api, remove, h.remove)
}

type beginInput struct {
	httpapi.IdempotencyKey
	Body struct {
		Size int64  `json:"size" doc:"Bytes of the file"`
		Name string `json:"name" maxLength:"60" doc:"What the file is called"`
		Type string `json:"type" maxLength:"100" pattern:"^video/" doc:"Its kind, as the browser says"`
	}
}

func (h API) begin(ctx context.Context, in *beginInput) (*httpapi.Body[View], error) {
	key, err := in.Once(ctx, "direct-upload-create", in.Body)
	if err != nil {
		return nil, err
	}
	u, err := h.Service.Begin(ctx, key, httpapi.ActorFrom(ctx).User, in.Body.Name, in.Body.Size)
	return httpapi.OK(view(u, nil), err)
}

// Path names an upload in a path.
type Path struct {
	Upload string `path:"upload" maxLength:"64"`
}

func (h API) get(ctx context.Context, in *Path) (*httpapi.Body[View], error) {
	u, sent, err := h.Service.Sent(ctx, httpapi.ActorFrom(ctx).User, in.Upload)
	return httpapi.OK(view(u, sent), err)
}

type signInput struct {
	Path
	Body struct {
		Numbers []int `json:"numbers" minItems:"1" maxItems:"8"`
	}
}

// partView is where one part is sent to.
type partView struct {
	Number int    `json:"number"`
	Size   int64  `json:"size" doc:"Bytes, no more and no less"`
	URL    string `json:"url"`
}

type signView struct {
	Parts     []partView `json:"parts"`
	ExpiresAt time.Time  `json:"expires_at" doc:"Of the addresses"`
}

func (h API) sign(ctx context.Context, in *signInput) (*httpapi.Body[signView], error) {
	list, err := h.Service.Sign(ctx, httpapi.ActorFrom(ctx).User, in.Upload, in.Body.Numbers)
	if err != nil {
		return nil, err
	}
	out := signView{Parts: make([]partView, len(list)), ExpiresAt: h.Service.db.Clock().Now().Add(signedFor)}
	for i, a := range list {
		out.Parts[i] = partView(a)
	}
	return httpapi.OK(out, nil)
}

func (h API) complete(ctx context.Context, in *Path) (*httpapi.Body[View], error) {
	u, err := h.Service.Complete(ctx, httpapi.ActorFrom(ctx).User, in.Upload)
	return httpapi.OK(view(u, nil), err)
}

func (h API) remove(ctx context.Context, in *Path) (*httpapi.Empty, error) {
	return httpapi.Done(h.Service.GiveUp(ctx, httpapi.ActorFrom(ctx).User, in.Upload))
}
