package notify

import (
	"context"
	"encoding/json"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/base/page"
	"hawker/internal/platform/httpapi"
)

// API is the module's door.
type API struct{ Service *Service }

// Register adds the operations.
func (h API) Register(api *httpapi.API) {
	httpapi.Register(api, httpapi.Operation{
		ID: "notice-list", Method: "GET", Path: "/me/notices",
		Access: httpapi.SignedIn, Summary: "The inbox, newest first",
	}, h.list)
	httpapi.Register(api, httpapi.Operation{
		ID: "notice-read", Method: "POST", Path: "/me/notices/read",
		Access: httpapi.SignedIn, Status: 204, Summary: "Everything is read",
	}, h.read)
}

type noticeNews struct {
	Type   string     `json:"type"`
	Notice noticeView `json:"notice"`
}

// noticeView is something that a user is told; the payload depends on the kind.
type noticeView struct {
	ID      id.Notice       `json:"id"`
	Kind    string          `json:"kind"`
	Payload json.RawMessage `json:"payload"`
	Read    bool            `json:"read"`
	At      time.Time       `json:"at"`
}

func viewOf(n Notice) noticeView { return noticeView{n.ID, n.Kind, n.Payload, n.Read, n.CreatedAt} }

// inboxView is a page of notices, newest first, and how many are unread in all.
type inboxView struct {
	Items      []noticeView `json:"items"`
	NextCursor string       `json:"next_cursor"`
	Unread     int64        `json:"unread"`
}

func (h API) list(ctx context.Context, in *httpapi.PageQuery) (*httpapi.Body[inboxView], error) {
	user := httpapi.ActorFrom(ctx).User
	p, err := h.Service.Inbox(ctx, user, page.Request(*in))
	if err != nil {
		return nil, err
	}
	unread, err := h.Service.Unread(ctx, user)
	views := page.Map(p, viewOf)
	return httpapi.OK(inboxView{views.Items, views.NextCursor, unread}, err)
}

func (h API) read(ctx context.Context, _ *struct{}) (*httpapi.Empty, error) {
	return &httpapi.Empty{}, h.Service.ReadAll(ctx, httpapi.ActorFrom(ctx).User)
}
