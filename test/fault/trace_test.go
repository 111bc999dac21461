package fault_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	collected "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	otlp "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"hawker/test/kit"
)

// collector takes traces by OTLP over HTTP.
type collector struct {
	*httptest.Server

	mu    sync.Mutex
	steps []*otlp.Span
	from  []*common.KeyValue // of the resource that told last
}

func newCollector(t *testing.T) *collector {
	c := &collector{}
	c.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		plain, err := gzip.NewReader(r.Body)
		if err != nil || r.URL.Path != "/v1/traces" {
			http.Error(w, "not OTLP", http.StatusBadRequest)
			return
		}
		raw, err := io.ReadAll(plain)
		var told collected.ExportTraceServiceRequest
		if err == nil {
			err = proto.Unmarshal(raw, &told)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, of := range told.GetResourceSpans() {
			c.from = of.GetResource().GetAttributes()
			for _, scope := range of.GetScopeSpans() {
				c.steps = append(c.steps, scope.GetSpans()...)
			}
		}
	}))
	t.Cleanup(c.Close)
	return c
}

// tree is a step with those below it.
type tree struct {
	*otlp.Span
	below []*tree
}

// of gives the step at the top of what is known of a trace, whose parent is elsewhere.
func (c *collector) of(trace []byte, parent []byte) []*tree {
	c.mu.Lock()
	defer c.mu.Unlock()
	by := map[string][]*otlp.Span{}
	for _, s := range c.steps {
		if string(s.GetTraceId()) == string(trace) {
			by[string(s.GetParentSpanId())] = append(by[string(s.GetParentSpanId())], s)
		}
	}
	var below func(parent []byte) []*tree
	below = func(parent []byte) (out []*tree) {
		for _, s := range by[string(parent)] {
			out = append(out, &tree{s, below(s.GetSpanId())})
		}
		return out
	}
	return below(parent)
}

// has tells whether a chain of steps, each below the one before, is there.
func has(steps []*tree, names ...string) bool {
	for _, s := range steps {
		if s.GetName() == names[0] && (len(names) == 1 || has(s.below, names[1:]...)) {
			return true
		}
		if has(s.below, names...) {
			return true
		}
	}
	return false
}

func noted(attrs []*common.KeyValue, name string) *common.AnyValue {
	for _, a := range attrs {
		if a.GetKey() == name {
			return a.GetValue()
		}
	}
	return nil
}

// TestAPurchaseIsOneTrace follows an order from the page to the effects of its event, over a
// broker where there is one, and a film to the encoder. Nothing of the buyer is told.
func TestAPurchaseIsOneTrace(t *testing.T) {
	c := newCollector(t)
	env := []string{
		"HAWKER_TELEMETRY_OTLP_URL=" + c.URL, "HAWKER_TELEMETRY_SAMPLE=1", "HAWKER_TELEMETRY_SERVICE=stall",
		"HAWKER_VIDEO_WORKERS=1",
	}
	broker := os.Getenv("HAWKER_TEST_AMQP")
	if broker != "" {
		env = append(env, "HAWKER_BROKER_URL="+broker, "HAWKER_BROKER_NAME=traces")
	}
	m := kit.Start(t, env...)
	shopper := m.SignIn("shopper")
	sku, address := shopper.Find(t, fruit).SKUs[0].ID, shopper.Address(t)
	page := append([]byte("\x0a\xf7\x65\x19\x16\xcd\x43\xdd\x84\x48\xeb\x21\x1c\x80\x31"), 0x9c)
	shopper.Trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"
	shopper.Post("/orders", kit.Wish(sku, address, 1)).Want(t, http.StatusCreated)
	wanted := [][]string{
		{"order-create", "transaction", "INSERT orders"},
		{"order-create", "transaction", "INSERT outbox"},
		{"order-create", "transaction", "analytics.placed", "INSERT trade_figure"},
		{"order-create", "transaction", "take order.placed", "live.stock"},
	}
	if broker != "" {
		wanted = append(wanted[:2], []string{
			"order-create", "transaction", "publish order.placed", "take order.placed", "transaction", "INSERT event_consumed",
		})
	}
	parent := []byte("\xb7\xad\x6b\x71\x69\x20\x33\x31")
	for _, chain := range wanted {
		m.Eventually(strings.Join(chain, " > "), func() bool { return has(c.of(page, parent), chain...) })
	}
	m.Eventually("a film's encoder", func() bool {
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, s := range c.steps {
			if s.GetName() == "ffmpeg ladder" && len(s.GetParentSpanId()) > 0 {
				return noted(s.GetAttributes(), "process.exit.code") != nil
			}
		}
		return false
	})
	// What is refused by a mistake of ours shows its trace; one that was not, none.
	refused := shopper.Get("/orders/ord_0000000000001")
	if !strings.Contains(string(refused.Body), `"trace_id":"0af7651916cd43dd8448eb211c80319c"`) {
		t.Errorf("a refusal does not name its trace: %s", refused.Body)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if got := noted(c.from, "service.name").GetStringValue(); got != "stall" {
		t.Errorf("the service is %q", got)
	}
	for _, s := range c.steps {
		text := s.String()
		for _, secret := range []string{shopper.Token, "shopper@", address, "Idempotency", sku} {
			if strings.Contains(text, secret) {
				t.Fatalf("%q is told: %s", secret, text)
			}
		}
	}
}

// TestNobodyWaitsForACollector has one that takes connections and says nothing, then none.
func TestNobodyWaitsForACollector(t *testing.T) {
	silent := make(chan struct{})
	c := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-silent:
		case <-r.Context().Done():
		}
	}))
	defer c.Close()
	defer close(silent)
	m := kit.Start(t, "HAWKER_TELEMETRY_OTLP_URL="+c.URL, "HAWKER_TELEMETRY_SAMPLE=1")
	shopper := m.SignIn("shopper")
	o := shopper.Place(t, shopper.Find(t, fruit).SKUs[0].ID, 1)
	m.Decide(t, shopper.PayURL(t, o.ID), url.Values{"decision": {"approve"}})
	shopper.Becomes(t, o.ID, "paid")
	m.Stop() // within its deadline, or Stop fails
	m.Set("HAWKER_TELEMETRY_OTLP_URL=http://127.0.0.1:9")
	m.Boot()
	shopper = m.SignIn("shopper")
	o = shopper.Place(t, shopper.Find(t, fruit).SKUs[0].ID, 1)
	m.Eventually("what nobody took is counted", func() bool {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, m.URL+"/metrics", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer "+kit.MetricsToken)
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return false
		}
		defer res.Body.Close()
		raw, err := io.ReadAll(res.Body)
		return err == nil && strings.Contains(string(raw), "hawker_trace_steps_refused ") &&
			!strings.Contains(string(raw), "hawker_trace_steps_refused 0\n")
	})
}
