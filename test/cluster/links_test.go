package cluster_test

import (
	"net/http"
	"os"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/platform/redis/redistest"
	"hawker/test/kit"
)

// away is how long an engine is gone; silent, how long a link stands still. Both are real: what
// waits for them in the program goes by the network's time.
const (
	away   = 30 * time.Second
	silent = 12 * time.Second
	most   = 40 * time.Second // that anybody waits for an answer
)

var serverAddr = regexp.MustCompile(`127\.0\.0\.1:\d+`)

// shoppers place orders without a pause at both nodes, and try again with the same key until they
// know how it ended. What they were told is written down.
type shoppers struct {
	stop    chan struct{}
	work    sync.WaitGroup
	placed  atomic.Int64
	refused atomic.Int64
	slowest atomic.Int64

	mu     sync.Mutex
	orders map[string]string // by key
}

func shopping(t *testing.T, sku string, people ...*kit.Person) *shoppers {
	s := &shoppers{stop: make(chan struct{}), orders: map[string]string{}}
	for _, who := range people {
		address := who.Address(t)
		s.work.Go(func() {
			for !s.over() {
				s.one(t, who, kit.Wish(sku, address, 1))
			}
		})
	}
	return s
}

func (s *shoppers) over() bool {
	select {
	case <-s.stop:
		return true
	default:
		return false
	}
}

func (s *shoppers) one(t *testing.T, who *kit.Person, wish map[string]any) {
	key := id.Token()
	for {
		begun := time.Now()
		got := who.Do("POST", "/orders", key, wish)
		if took := int64(time.Since(begun)); took > s.slowest.Load() {
			s.slowest.Store(took)
		}
		switch {
		case got.Status == http.StatusCreated:
			var placed struct {
				Orders []kit.Order `json:"orders"`
			}
			got.Into(t, &placed)
			s.mu.Lock()
			s.orders[key] = placed.Orders[0].ID
			s.mu.Unlock()
			s.placed.Add(1)
			return
		case got.Err != nil || got.Status >= http.StatusInternalServerError:
			s.refused.Add(1)
			if s.over() {
				return
			}
			time.Sleep(100 * time.Millisecond) // as a client waits before it tries again
		default:
			t.Errorf("answered %d %s", got.Status, got.Body)
			return
		}
	}
}

// end waits for them; every order of which somebody was told is there, once for each key.
func (s *shoppers) end(t *testing.T, who *kit.Person) {
	t.Helper()
	close(s.stop)
	s.work.Wait()
	known := map[string]bool{}
	for key, order := range s.orders {
		if known[order] {
			t.Errorf("order %s answers two keys, one is %s", order, key)
		}
		known[order] = true
		if got := who.Order(t, order); got.Status != "pending_payment" {
			t.Errorf("an order that was acknowledged is %q", got.Status)
		}
	}
}

// TestEnginesThatGoUnderLoad: the database and Redis are cut off for half a minute each while
// people buy at both nodes, and the way to them stands still. Nothing that was acknowledged is
// lost, nobody waits for ever, and all of it comes back by itself.
func TestEnginesThatGoUnderLoad(t *testing.T) {
	server := os.Getenv("HAWKER_TEST_MYSQL")
	if server == "" {
		t.Skip("several nodes need a MySQL server in HAWKER_TEST_MYSQL; make test starts one")
	}
	database := kit.NewLink(t, serverAddr.FindString(server))
	t.Setenv("HAWKER_TEST_MYSQL", serverAddr.ReplaceAllString(server, database.Addr()))
	redis := redistest.Start(t)
	memory := kit.NewLink(t, strings.TrimPrefix(redis.URL(), "redis://"))
	a := kit.Start(t, "HAWKER_REDIS_URL=redis://"+memory.Addr(), "HAWKER_TRUSTED_PROXIES=127.0.0.0/8")
	b := a.Beside(t)
	b.Boot()

	host, shopper := a.SignIn("merchant"), a.SignIn("shopper")
	sku := host.Find(t, mug).SKUs[0]
	host.Post("/merchant/"+host.Shop(t)+"/skus/"+sku.ID+"/stock", map[string]any{
		"delta": 100_000, "reason": "for all",
	}).Want(t, http.StatusOK)
	s := shopping(t, sku.ID, shopper, b.As(shopper))
	sells := func(what string) {
		t.Helper()
		before := s.placed.Load()
		a.Eventually(what, func() bool { return s.placed.Load() > before+3 })
	}
	ready := func() {
		t.Helper()
		for _, m := range []*kit.Mall{a, b} {
			m.Eventually("it is whole again", func() bool {
				got := m.Visitor().Fetch("/readyz")
				return got.Status == http.StatusOK && string(got.Body) == "ok\n"
			})
		}
	}
	sells("both sell")
	for _, engine := range []struct {
		name  string
		link  *kit.Link
		sells bool // without it
	}{{"redis", memory, true}, {"the database", database, false}} {
		for _, way := range []struct {
			does string
			do   func()
			long time.Duration
		}{{"is cut off", engine.link.Cut, away}, {"is silent", engine.link.Stall, silent}} {
			before := s.placed.Load()
			way.do()
			<-time.After(way.long)
			if engine.sells && s.placed.Load() == before {
				t.Errorf("%s %s: nothing is sold", engine.name, way.does)
			}
			engine.link.Mend()
			sells(engine.name + " is back, and the mall sells")
			ready()
		}
	}
	s.end(t, shopper)
	t.Logf("%d were placed, %d answers were no order, the slowest took %v", s.placed.Load(), s.refused.Load(),
		time.Duration(s.slowest.Load()))
	if slowest := time.Duration(s.slowest.Load()); slowest > most {
		t.Errorf("somebody waited for %v", slowest)
	}
	a.Doctor()
}
