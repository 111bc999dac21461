// Package auditlog shows the audit log: the whole of it to operators, to a shop what was
// done in it. It keeps no rows of its own and changes none: entries are written by
// whoever does what they tell of (platform/audit).
package auditlog

import (
	"context"
	"encoding/json"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/base/page"
	"hawker/internal/base/permission"
	"hawker/internal/platform/audit"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/module"
	"hawker/internal/platform/sqldb"
)

// People gives display names.
type People interface {
	DisplayNames(ctx context.Context, users []id.User) (map[id.User]string, error)
}

// API is the module's door.
type API struct {
	DB     *sqldb.DB
	People People
}

// Module is what the module brings.
func (h API) Module() module.Module {
	return module.Module{Name: "auditlog", Operations: []module.Operations{h}}
}

// Register adds the operations.
func (h API) Register(api *httpapi.API) {
	httpapi.Register(api, httpapi.Operation{
		ID: "admin-audit-list", Method: "GET", Path: "/admin/audit", Access: httpapi.OperatorOnly,
		Summary: "What was done in the mall, by whom and from where, the newest first",
	}, h.all)
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-audit-list", Method: "GET", Path: "/merchant/{shop}/audit",
		Access: httpapi.Staff(permission.StaffManage), Summary: "What was done in the shop, the newest first",
	}, h.ofShop)
}

// FilterQuery narrows a list to one action, one person or one thing.
type FilterQuery struct {
	httpapi.PageQuery
	Action  string  `query:"action" maxLength:"64" doc:"As price.changed"`
	Actor   id.User `query:"actor"`
	Subject string  `query:"subject" maxLength:"64" doc:"Id of what it was done to"`
}

func (q FilterQuery) filter(shop id.Shop) audit.Filter {
	return audit.Filter{Shop: shop, Action: audit.Action(q.Action), Actor: q.Actor, Subject: q.Subject}
}

// entryView is one thing that was done, or refused.
type entryView struct {
	ID        id.Audit        `json:"id"`
	At        time.Time       `json:"at"`
	Action    string          `json:"action"`
	Outcome   audit.Outcome   `json:"outcome"`
	ActorKind audit.ActorKind `json:"actor_kind"`
	ActorID   *id.User        `json:"actor_id" doc:"null: nobody who is signed in"`
	ActorName string          `json:"actor_name"`
	Address   string          `json:"address" doc:"Of the network; empty for what comes from within"`
	RequestID string          `json:"request_id"`
	ShopID    *id.Shop        `json:"shop_id" doc:"null: of no shop"`
	Subject   string          `json:"subject" doc:"Id of what it was done to; may be empty"`
	Before    json.RawMessage `json:"before" doc:"What it was; null for nothing"`
	After     json.RawMessage `json:"after" doc:"What it is; null for nothing"`
}

type entries = httpapi.Body[page.Page[entryView]]

func (h API) all(ctx context.Context, in *FilterQuery) (*entries, error) {
	return h.list(ctx, in.filter(id.Shop{}), in.PageQuery)
}

func (h API) ofShop(ctx context.Context, in *struct {
	httpapi.ShopPath
	FilterQuery
},
) (*entries, error) {
	return h.list(ctx, in.filter(in.Shop), in.PageQuery)
}

func (h API) list(ctx context.Context, f audit.Filter, q httpapi.PageQuery) (*entries, error) {
	p, err := audit.List(ctx, h.DB.Reader(), f, page.Request{Cursor: q.Cursor, Limit: q.Limit})
	if err != nil {
		return nil, err
	}
	var people []id.User
	for _, e := range p.Items {
		if !e.Origin.Actor.IsZero() {
			people = append(people, e.Origin.Actor)
		}
	}
	names, err := h.People.DisplayNames(ctx, people)
	return httpapi.OK(page.Map(p, func(e audit.Entry) entryView { return view(e, names) }), err)
}

func view(e audit.Entry, names map[id.User]string) entryView {
	v := entryView{
		ID: e.ID, At: e.At, Action: string(e.Action), Outcome: e.Outcome, ActorKind: e.Origin.Kind,
		ActorName: names[e.Origin.Actor], Address: e.Origin.Address, RequestID: e.Origin.Request, Subject: e.Subject,
	}
	if !e.Origin.Actor.IsZero() {
		v.ActorID = &e.Origin.Actor
	}
	if !e.Shop.IsZero() {
		v.ShopID = &e.Shop
	}
	v.Before, _ = e.Before.(json.RawMessage)
	v.After, _ = e.After.(json.RawMessage)
	return v
}
