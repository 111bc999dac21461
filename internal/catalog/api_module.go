package catalog

import (
	"net/http"

	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/module"
)

// Files serves stored files by their key.
type Files interface {
	Handler(prefix string) http.Handler
}

// Module is what the module brings. Pictures and films that were published are for
// everybody; nobody guesses the key of another.
func Module(goods *API, staff MerchantAPI, files Files) module.Module {
	return module.Module{
		Name: "catalog", Operations: []module.Operations{goods, staff},
		Routes: []httpapi.Route{{
			Pattern: MediaPrefix + "*", Access: httpapi.Anyone, Handler: files.Handler(MediaPrefix),
		}},
	}
}
