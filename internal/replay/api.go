package replay

import (
	"net/http"
	"strings"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/module"
	"hawker/internal/shelf"
	"hawker/internal/show"
)

// API serves recordings.
type API struct {
	Archive Archive
	Shows   *show.Service
	Shelf   *shelf.Service // tells what was shown when
	Problem func(w http.ResponseWriter, r *http.Request, err error)
}

// Module is what the module brings.
func (a API) Module() module.Module {
	return module.Module{Name: "replay", Routes: []httpapi.Route{{
		Pattern: "/replay/{room}/*", Access: httpapi.RoomVisitor, Handler: http.HandlerFunc(a.serve),
	}}}
}

func (a API) serve(w http.ResponseWriter, r *http.Request) {
	x, name, err := a.asked(r)
	if err != nil {
		a.Problem(w, r, err)
		return
	}
	marks, err := a.Shelf.StreamMarks(r.Context(), x.ID)
	if err != nil {
		a.Problem(w, r, err)
		return
	}
	rec := a.Archive.Of(r.Context(), x)
	rec.Marks, rec.Private = marks, httpapi.PassFrom(r.Context()).Room.Private()
	if rec.Private { // who has an address may pass it on
		rec.Elsewhere = nil
	}
	rec.Serve(w, r, name)
}

// asked finds the show that an address means, and what of it.
func (a API) asked(r *http.Request) (x show.Show, name string, err error) {
	var of id.Room
	if err := of.UnmarshalText([]byte(r.PathValue("room"))); err != nil {
		return x, "", fault.NotFound("live.no_replay")
	}
	name = r.PathValue("*")
	if first, rest, ok := strings.Cut(name, "/"); ok {
		var named id.Show
		if named.UnmarshalText([]byte(first)) == nil && !named.IsZero() {
			x, err = a.Shows.Find(r.Context(), of, named)
			return x, rest, err
		}
	}
	st, err := a.Shows.Standing(r.Context(), of)
	if x = st.Current(); err == nil && (x.ID.IsZero() || x.Rehearsal) {
		err = fault.NotFound("live.no_replay")
	}
	return x, name, err
}
