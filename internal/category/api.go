package category

import (
	"context"

	"hawker/internal/base/id"
	"hawker/internal/base/page"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/module"
)

// API is the module's door.
type API struct{ Service *Service }

// Module is what the module brings.
func (h API) Module() module.Module {
	return module.Module{Name: "category", Operations: []module.Operations{h}}
}

// Register adds the operations.
func (h API) Register(api *httpapi.API) {
	httpapi.Register(api, httpapi.Operation{
		ID: "category-list", Method: "GET", Path: "/categories",
		Access: httpapi.Anyone, Summary: "The shelves of the mall",
	}, h.list)
}

// categoryView is a kind of goods, named in the reader's language.
type categoryView struct {
	ID   id.Category `json:"id"`
	Name string      `json:"name"`
}

func (h API) list(ctx context.Context, _ *struct{}) (*httpapi.Body[page.List[categoryView]], error) {
	list, err := h.Service.List(ctx)
	return httpapi.OK(page.Whole(list, func(c Category) categoryView {
		return categoryView{c.ID, c.Name.In(httpapi.Language(ctx))}
	}), err)
}
