package ingest

import (
	"context"
	"net/url"
	"strings"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/base/page"
	"hawker/internal/base/permission"
	"hawker/internal/media/relay"
	"hawker/internal/platform/httpapi"
	"hawker/internal/room"
)

// RestreamAPI is the door to a room's restreams.
type RestreamAPI struct{ Service *Restreams }

// Register adds the operations.
func (h RestreamAPI) Register(api *httpapi.API) {
	run, base := httpapi.RoomStaff(permission.LiveRun), "/merchant/{shop}/rooms/{room}/restreams"
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-restream-list", Method: "GET", Path: base, Access: run,
		Summary:   "Where the room is sent on to, and how that goes",
		AtPicture: true,
	}, h.list)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-restream-create", Method: "POST", Path: base, Access: run, Status: 201,
		Summary:   "Send the room on to another RTMP address",
		AtPicture: true,
	}, h.add)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-restream-update", Method: "PATCH", Path: base + "/{restream}", Access: run, Status: 204,
		Summary:   "Send on or not",
		AtPicture: true,
	}, h.change)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-restream-delete", Method: "DELETE", Path: base + "/{restream}", Access: run, Status: 204,
		Summary:   "Remove an address",
		AtPicture: true,
	}, h.remove)
}

// restreamView is another platform to which a room's picture is sent, and how that
// goes.
type restreamView struct {
	ID      id.Restream `json:"id"`
	Name    string      `json:"name"`
	Address string      `json:"address" doc:"Without its key"`
	Enabled bool        `json:"enabled"`
	State   relay.State `json:"state" enum:"off,waiting,connecting,sending,retrying"`
	Reason  string      `json:"reason" enum:",refused,unreachable,slow,lost"`
	Since   *time.Time  `json:"since"`
	RetryAt *time.Time  `json:"retry_at"`
	Bytes   int64       `json:"bytes"`
	Tries   int         `json:"tries" doc:"That failed in a row"`
}

// withoutKey shows an address as far as the key.
func withoutKey(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host + u.Path[:strings.LastIndexByte(u.Path, '/')+1] + "…"
}

func viewRestream(r Restream, st relay.Status) restreamView {
	v := restreamView{ID: r.ID, Name: r.Name, Address: withoutKey(r.URL), Enabled: r.Enabled, State: "off"}
	if st.State != "" {
		v.State, v.Reason, v.Bytes, v.Tries = st.State, st.Reason, st.Bytes, st.Tries
		v.Since, v.RetryAt = optional(st.Since), optional(st.RetryAt)
	}
	return v
}

func optional(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func (h RestreamAPI) list(
	ctx context.Context, in *room.MerchantPath,
) (*httpapi.Body[page.List[restreamView]], error) {
	list, err := h.Service.Of(ctx, in.Room)
	status := h.Service.relay.Status(in.Room.String())
	return httpapi.OK(page.Whole(list, func(r Restream) restreamView {
		return viewRestream(r, status[r.ID.String()])
	}), err)
}

type restreamInput struct {
	httpapi.IdempotencyKey
	room.MerchantPath
	Body struct {
		Name string `json:"name,omitempty" maxLength:"120"`
		URL  string `json:"url" maxLength:"500" doc:"rtmp:// or rtmps://, key included"`
	}
}

func (h RestreamAPI) add(ctx context.Context, in *restreamInput) (*httpapi.Body[restreamView], error) {
	key, err := in.Once(ctx, "restream-create:"+in.Room.String(), in.Body)
	if err != nil {
		return nil, err
	}
	r, err := h.Service.Add(ctx, key, in.Shop, Restream{
		Room: in.Room, Name: in.Body.Name, URL: in.Body.URL, Enabled: true,
	})
	if err != nil {
		return nil, err
	}
	return httpapi.OK(viewRestream(r, relay.Status{State: relay.Waiting}), nil)
}

// RestreamPath names a restream of a shop's room.
type RestreamPath struct {
	room.MerchantPath
	Restream id.Restream `path:"restream"`
}

type switchInput struct {
	RestreamPath
	Body struct {
		Enabled bool `json:"enabled"`
	}
}

func (h RestreamAPI) change(ctx context.Context, in *switchInput) (*httpapi.Empty, error) {
	return &httpapi.Empty{}, h.Service.Switch(ctx, in.Shop, in.Room, in.Restream, in.Body.Enabled)
}

func (h RestreamAPI) remove(ctx context.Context, in *RestreamPath) (*httpapi.Empty, error) {
	return &httpapi.Empty{}, h.Service.Remove(ctx, in.Shop, in.Room, in.Restream)
}
