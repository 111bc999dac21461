package module_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"hawker/internal/base/clock"
	"hawker/internal/base/id"
	"hawker/internal/platform/httpapi"
	"hawker/internal/platform/httpapi/httpapitest"
	"hawker/internal/platform/module"
)

// tea is a module's door.
type tea struct{}

func (tea) Register(a *httpapi.API) {
	httpapi.Register(a, httpapi.Operation{ID: "tea-get", Method: "GET", Path: "/tea", Access: httpapi.SignedIn},
		func(context.Context, *struct{}) (*httpapi.Empty, error) { return &httpapi.Empty{}, nil })
}

// A module may bring nothing but its name; what another brings is found under that
// one's name, guarded as it declares, and a door that says nothing of who may come in
// is not mounted.
func TestWhatAModuleBringsIsMountedUnderItsName(t *testing.T) {
	t.Parallel()
	pot := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	d := httpapitest.Open(t, clock.Real{}, module.Module{Name: "bare"}, module.Module{
		Name: "tea", Operations: []module.Operations{tea{}},
		Routes: []httpapi.Route{{Pattern: httpapi.Prefix + "/pot", Access: httpapi.SignedIn, Handler: pot}},
	})
	drinker := id.FromInt[id.User](7)
	d.Strangers()
	for target, status := range map[string]int{"GET /tea": http.StatusNoContent, "GET /pot": http.StatusTeapot} {
		if a := d.Do(drinker, target, nil); a.Status != status {
			t.Errorf("%s: %d %s", target, a.Status, a.Body)
		}
		if a := d.Do(id.User{}, target, nil); a.Status != http.StatusUnauthorized {
			t.Errorf("%s by nobody: %d %s", target, a.Status, a.Body)
		}
	}
	raw, err := d.API.OpenAPI()
	if err != nil || !strings.Contains(string(raw), `"tags":["tea"]`) || strings.Contains(string(raw), `"bare"`) {
		t.Errorf("%v: %.400s", err, raw)
	}
	defer func() {
		if recover() == nil {
			t.Error("a door for nobody in particular was mounted")
		}
	}()
	d.API.Mount(httpapi.Route{Pattern: "/open", Handler: pot})
}
