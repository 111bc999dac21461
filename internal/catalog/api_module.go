package catalog

import (
	"hawker/internal/platform/blob"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/module"
)

// Module is what the module brings. Pictures and films that were published are for
// everybody; nobody guesses the key of another.
func Module(goods *API, staff MerchantAPI, files blob.Store) module.Module {
	return module.Module{
		Name: "catalog", Operations: []module.Operations{goods, staff},
		Routes: []httpapi.Route{{
			Pattern: MediaPrefix + "*", Access: httpapi.Anyone, Handler: blob.Handler(files, MediaPrefix),
		}},
	}
}
