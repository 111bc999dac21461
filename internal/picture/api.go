package picture

import (
	"context"
	"crypto/sha256"
	"mime/multipart"
	"net/http"
	"strings"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/permission"
	"hawker/internal/platform/blob"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/module"
)

// API is the door by which staff send pictures, and everybody sees them.
type API struct {
	Service *Service
	// Guards answer for what else lies in the store, by the first name of its key: whether it is for everybody
	// is theirs to say. What nobody answers for is not there.
	Guards map[string]http.Handler
}

// Module is what the module brings. Pictures are for everybody; nobody guesses the key of another.
func (h API) Module() module.Module {
	return module.Module{
		Name: "picture", Operations: []module.Operations{h},
		Routes: []httpapi.Route{{
			Pattern: Prefix + "*", Access: httpapi.Anyone, Handler: h.files(),
		}},
	}
}

// files serves what lies in the store. It goes by the path as it was decoded, as the store does: however an address is
// written, it is the same file, and guarded by the same.
func (h API) files() http.Handler {
	pictures := blob.Handler(h.Service.store, Prefix)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		first, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, Prefix), "/")
		switch guard := h.Guards[first]; {
		case guard != nil:
			guard.ServeHTTP(w, r)
		case first == folder:
			pictures.ServeHTTP(w, r)
		default:
			http.NotFound(w, r)
		}
	})
}

// Register adds the operations.
func (h API) Register(api *httpapi.API) {
	httpapi.Register(api, httpapi.Operation{
		ID: "merchant-picture-create", Method: "POST", Path: "/merchant/{shop}/media",
		Access: httpapi.Staff(permission.CatalogWrite), Status: 201, BodyMax: BytesMax + 1<<20,
		Summary: "Send a picture",
	}, h.add)
}

type mediaInput struct {
	httpapi.ShopPath
	httpapi.IdempotencyKey
	RawBody multipart.Form
}

func (h API) add(ctx context.Context, in *mediaInput) (*httpapi.Body[Picture], error) {
	files := in.RawBody.File["file"]
	if len(files) != 1 {
		return nil, fault.Invalid("catalog.not_a_picture").At("body.file")
	}
	f, err := files[0].Open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	raw, err := read(f)
	if err != nil {
		return nil, err
	}
	key, err := in.Once(ctx, "merchant-picture-create", struct {
		Shop    id.Shop
		Content [sha256.Size]byte
	}{in.Shop, sha256.Sum256(raw)})
	if err != nil {
		return nil, err
	}
	o, err := h.Service.AddOnce(ctx, key, in.Shop, raw)
	return httpapi.OK(Picture{o.ID, o.URL()}, err)
}
