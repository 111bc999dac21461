package video

import (
	"context"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/base/page"
	"hawker/internal/base/permission"
	"hawker/internal/platform/cache"
	"hawker/internal/platform/httpapi"
)

// Links makes the link by which somebody shares a film.
type Links interface {
	VideoLink(ctx context.Context, user id.User, video id.Video) (code, url string, err error)
}

// API is the door.
type API struct {
	Service *Service
	Views   Views
	Links   Links
	News    News
}

func postRate() cache.Rate  { return cache.Rate{Count: 30, Per: time.Hour} }
func shareRate() cache.Rate { return cache.Rate{Count: 20, Per: time.Minute} }

// Register adds the operations.
func (h API) Register(api *httpapi.API) {
	add := func(name, method, path string, access httpapi.Access, summary string) httpapi.Operation {
		return httpapi.Operation{ID: name, Method: method, Path: path, Access: access, Summary: summary}
	}
	httpapi.Register(api, add("feed-list", "GET", "/feed", httpapi.Anyone, "Short films, the newest first"), h.feed)
	httpapi.Register(api, add("video-get", "GET", "/videos/{id}", httpapi.Anyone, "One film"), h.get)
	post := add("video-create", "POST", "/videos", httpapi.SignedIn, "Make a film of a finished upload")
	post.Status, post.Limit = 201, postRate()
	httpapi.Register(api, post, h.post)
	httpapi.Register(api, add("video-update", "PATCH", "/videos/{id}", httpapi.SignedIn,
		"Change a film's caption or product"), h.update)
	httpapi.Register(api, add("video-publish", "POST", "/videos/{id}/publish", httpapi.SignedIn, "Show a film"),
		h.publish)
	httpapi.Register(api, add("video-unpublish", "POST", "/videos/{id}/unpublish", httpapi.SignedIn, "Hide a film"),
		h.unpublish)
	retry := add("video-requeue", "POST", "/videos/{id}/requeue", httpapi.SignedIn,
		"Process a film again that waits or failed by an accident")
	retry.Limit = shareRate()
	httpapi.Register(api, retry, h.retry)
	httpapi.Register(api, add("video-like", "POST", "/videos/{id}/likes", httpapi.SignedIn, "Like"), h.like)
	unlike := add("video-unlike", "DELETE", "/videos/{id}/likes", httpapi.SignedIn, "Take a like back")
	unlike.Status = 204
	httpapi.Register(api, unlike, h.unlike)
	share := add("video-share", "POST", "/videos/{id}/share", httpapi.SignedIn, "Get the link by which to share a film")
	share.Limit = shareRate()
	httpapi.Register(api, share, h.share)
	httpapi.Register(api, add("me-video-list", "GET", "/me/videos", httpapi.SignedIn, "My films in all states"),
		h.mine)
	httpapi.Register(api, add("merchant-video-list", "GET", "/merchant/{shop}/videos",
		httpapi.Staff(permission.VideoRun), "Films of the shop in all states"), h.ofShop)
	httpapi.Register(api, add("merchant-clip-list", "GET", "/merchant/{shop}/rooms/{room}/clips",
		httpapi.Staff(permission.VideoRun), "Clips that were cut from a show, in its order"), h.clips)
}

type feedInput struct {
	httpapi.PageQuery
	Scene string `query:"scene" enum:"home" default:"home"`
}

func (h API) page(ctx context.Context, p page.Page[Video], err error) (*httpapi.Body[page.Page[View]], error) {
	if err != nil {
		return nil, err
	}
	views, err := h.Views.views(ctx, p.Items)
	return httpapi.OK(page.Page[View]{Items: views, NextCursor: p.NextCursor}, err)
}

func (h API) one(ctx context.Context, v Video, err error) (*httpapi.Body[View], error) {
	if err != nil {
		return nil, err
	}
	views, err := h.Views.views(ctx, []Video{v})
	if err != nil {
		return nil, err
	}
	return httpapi.OK(views[0], nil)
}

func (h API) feed(ctx context.Context, in *feedInput) (*httpapi.Body[page.Page[View]], error) {
	p, err := h.Service.Feed(ctx, page.Request(in.PageQuery))
	return h.page(ctx, p, err)
}

func (h API) mine(ctx context.Context, in *httpapi.PageQuery) (*httpapi.Body[page.Page[View]], error) {
	p, err := h.Service.Of(ctx, httpapi.ActorFrom(ctx).User, id.Shop{}, page.Request(*in))
	return h.page(ctx, p, err)
}

type shopInput struct {
	httpapi.ShopPath
	httpapi.PageQuery
}

func (h API) ofShop(ctx context.Context, in *shopInput) (*httpapi.Body[page.Page[View]], error) {
	p, err := h.Service.Of(ctx, id.User{}, in.Shop, page.Request(in.PageQuery))
	return h.page(ctx, p, err)
}

// Path names a film in a path.
type Path struct {
	ID id.Video `path:"id"`
}

func (h API) get(ctx context.Context, in *Path) (*httpapi.Body[View], error) {
	v, err := h.Service.Seen(ctx, httpapi.ActorFrom(ctx).User, in.ID)
	return h.one(ctx, v, err)
}

type postInput struct {
	httpapi.IdempotencyKey
	Body struct {
		Upload  string     `json:"upload_id" maxLength:"64"`
		Caption string     `json:"caption" maxLength:"800"`
		Product id.Product `json:"product_id,omitzero"`
		Shop    id.Shop    `json:"shop_id,omitzero"`
	}
}

func (h API) post(ctx context.Context, in *postInput) (*httpapi.Body[View], error) {
	key, err := in.Once(ctx, "video-create", in.Body)
	if err != nil {
		return nil, err
	}
	b := in.Body
	v, err := h.Service.Post(ctx, key, httpapi.ActorFrom(ctx).User, Draft{b.Upload, b.Caption, b.Product, b.Shop})
	return h.one(ctx, v, err)
}

type updateInput struct {
	Path
	Body struct {
		Caption *string     `json:"caption,omitempty" maxLength:"800"`
		Product *id.Product `json:"product_id,omitempty"`
	}
}

func (h API) update(ctx context.Context, in *updateInput) (*httpapi.Body[View], error) {
	v, err := h.Service.Update(ctx, httpapi.ActorFrom(ctx).User, in.ID, Change{in.Body.Caption, in.Body.Product})
	return h.one(ctx, v, err)
}

func (h API) publish(ctx context.Context, in *Path) (*httpapi.Body[View], error) {
	v, err := h.Service.Publish(ctx, httpapi.ActorFrom(ctx).User, in.ID)
	return h.one(ctx, v, err)
}

func (h API) unpublish(ctx context.Context, in *Path) (*httpapi.Body[View], error) {
	v, err := h.Service.Unpublish(ctx, httpapi.ActorFrom(ctx).User, in.ID)
	return h.one(ctx, v, err)
}

func (h API) retry(ctx context.Context, in *Path) (*httpapi.Body[View], error) {
	actor := httpapi.ActorFrom(ctx)
	v, err := h.Service.Retry(ctx, actor.User, actor.Operator, in.ID)
	return h.one(ctx, v, err)
}

// likeView is how often a video is liked, and whether by who asks.
type likeView struct {
	Likes int64 `json:"likes"`
	Liked bool  `json:"liked"`
}

func (h API) like(ctx context.Context, in *Path) (*httpapi.Body[likeView], error) {
	n, err := h.Service.Like(ctx, httpapi.ActorFrom(ctx).User, in.ID, true)
	return httpapi.OK(likeView{n, true}, err)
}

func (h API) unlike(ctx context.Context, in *Path) (*httpapi.Empty, error) {
	_, err := h.Service.Like(ctx, httpapi.ActorFrom(ctx).User, in.ID, false)
	return httpapi.Done(err)
}

// shareView is an address to pass on, which remembers who did.
type shareView struct {
	URL  string `json:"url"`
	Code string `json:"code"`
}

func (h API) share(ctx context.Context, in *Path) (*httpapi.Body[shareView], error) {
	user := httpapi.ActorFrom(ctx).User
	v, err := h.Service.Seen(ctx, user, in.ID)
	if err != nil {
		return nil, err
	}
	code, url, err := h.Links.VideoLink(ctx, user, v.ID)
	if err != nil {
		return nil, err
	}
	return httpapi.OK(shareView{url, code}, h.Service.CountShare(ctx, v.ID))
}

type clipsInput struct {
	httpapi.ShopPath
	Room id.Room `path:"room"`
}

func (h API) clips(ctx context.Context, in *clipsInput) (*httpapi.Body[page.List[View]], error) {
	list, err := h.Service.ClipsOf(ctx, in.Shop, in.Room)
	if err != nil {
		return nil, err
	}
	views, err := h.Views.views(ctx, list)
	return httpapi.OK(page.List[View]{Items: views}, err)
}
