package payment

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/counter"
	"hawker/internal/platform/httpapi"
)

// API is the module's door.
type API struct {
	Service *Service
	Notices Notices
	Owners  Owners
}

const noticeMax = 64 << 10

// Register adds the operations.
func (h API) Register(api *httpapi.API) {
	httpapi.Register(api, httpapi.Operation{
		ID: "order-pay", Method: "POST", Path: "/orders/{id}/pay",
		Access: httpapi.SignedIn, Summary: "Pay the checkout that the order belongs to",
	}, h.pay)
	httpapi.Register(api, httpapi.Operation{
		ID: "payment-notify", Method: "POST", Path: "/payments/{provider}/notify",
		Access: httpapi.Anyone, BodyMax: noticeMax, RawBody: true, Summary: "A provider's signed notification",
	},
		h.notify)
}

type payInput struct {
	httpapi.IdempotencyKey
	ID   id.Order `path:"id"`
	Body struct {
		Provider  string `json:"provider" maxLength:"24"`
		ReturnURL string `json:"return_url" maxLength:"500" doc:"A path of this site, or an address on it"`
	}
}

func (h API) pay(ctx context.Context, in *payInput) (*httpapi.Body[counter.PaymentView], error) {
	back, err := returnURL(httpapi.Origin(ctx), in.Body.ReturnURL)
	if err != nil {
		return nil, err
	}
	key, err := in.Once(ctx, "order-pay:"+in.ID.String(), in.Body)
	if err != nil {
		return nil, err
	}
	p, err := h.Service.Start(ctx, key, Command{
		User: httpapi.ActorFrom(ctx).User, Order: in.ID,
		Provider: in.Body.Provider, ReturnURL: back,
	})
	if err != nil {
		return nil, err
	}
	members, err := h.Service.orders.IDsOfCheckouts(ctx, []id.Checkout{p.Checkout})
	return httpapi.OK(viewOf(p, members[p.Checkout]), err)
}

// returnURL keeps the way back on this site: a pay page must not become a
// redirector to anywhere.
func returnURL(origin, text string) (string, error) {
	refuse := fault.Invalid("payment.bad_return_url").At("body.return_url")
	base, err := url.Parse(origin)
	if err != nil {
		return "", refuse
	}
	if strings.Contains(text, "\\") {
		return "", refuse
	}
	u, err := base.Parse(text)
	if err != nil || u.Host != base.Host || (u.Scheme != "http" && u.Scheme != "https") {
		return "", refuse
	}
	return u.String(), nil
}

type notifyInput struct {
	Provider string `path:"provider" maxLength:"24"`
	RawBody  []byte `contentType:"application/json"`
	header   http.Header
}

// Resolve keeps the headers: each provider signs in its own.
func (in *notifyInput) Resolve(hc huma.Context) []error {
	in.header = http.Header{}
	hc.EachHeader(func(name, value string) { in.header.Add(name, value) })
	return nil
}

// acknowledged is the answer that a provider expects to its notification.
type acknowledged struct {
	Status string `json:"status"`
}

func (h API) notify(ctx context.Context, in *notifyInput) (*httpapi.Body[acknowledged], error) {
	err := h.Service.Notify(ctx, in.Provider, in.header, in.RawBody)
	return httpapi.OK(acknowledged{"ok"}, err)
}
