package bench

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"hawker/internal/demo"
)

// Large is the mall whose lists are measured beside those of a small one.
type Large struct {
	Goods, Orders, Videos int
	// Data is the folder of such a mall, as `hawker demo --size large` fills it, for whoever measures it again: it is
	// served from there, and stays. "": one is made, which takes minutes, and thrown away.
	Data string
}

// smallMall is what a large one is measured by.
func smallMall() Large { return Large{Goods: 1000, Orders: 1000, Videos: 1000} }

func mallOf(l Large) mall {
	return mall{data: l.Data, fill: []string{
		"--size", "large", "--goods", strconv.Itoa(l.Goods), "--orders", strconv.Itoa(l.Orders),
		"--videos", strconv.Itoa(l.Videos),
	}}
}

const (
	largeRounds = 3   // of each list, in turns with the small mall's
	deepPages   = 400 // of 50 to the one that is called deep
	askedAtOnce = 5   // times between two looks at the processor's time, at the least
)

// flat is the goal of a list: as much as in the small mall, and a half.
const flat = "≤ 1.5 × small"

// large measures lists in a small mall and in a large one, in turns: what each answer costs the server. No answer comes
// from a cache: each asks for a page in another spelling.
func (b *Bench) large(ctx context.Context, window time.Duration) (err error) {
	big, err := startServer(ctx, b.program, mallOf(b.size))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, big.stop()) }()
	var sides [2][]view
	for i, s := range []*server{b.server, big} {
		if sides[i], err = views(ctx, s); err != nil {
			return err
		}
	}
	for i, v := range sides[0] {
		if err := b.besideSmall(ctx, v, sides[1][i], window/(2*largeRounds)); err != nil {
			return fmt.Errorf("%s: %w", v.name, err)
		}
	}
	return nil
}

// besideSmall measures one list in both malls.
func (b *Bench) besideSmall(ctx context.Context, small, large view, window time.Duration) error {
	var costs [2][]float64
	for range largeRounds {
		for i, v := range []view{small, large} {
			ms, err := v.cost(ctx, window)
			if err != nil {
				return err
			}
			costs[i] = append(costs[i], ms)
		}
	}
	f := Figure{Area: "large", Name: small.name, Unit: "ms CPU"}
	by := f.repeated(costs[0])
	by.Name = "small: " + by.Name
	b.add(by)
	f = f.repeated(costs[1]).of(by.Value, "small")
	f.Goal = small.goal
	b.add(f)
	return nil
}

// view is one list in one mall.
type view struct {
	name, goal string
	server     *server
	client     client
	path       string // with its query
	cursor     string // as JSON, to be spelled in ever other ways
	asked      *atomic.Int64
}

// cost is how much processor time of the server an answer takes, in ms.
func (v view) cost(ctx context.Context, window time.Duration) (float64, error) {
	pid := v.server.cmd.Process.Pid
	before, err := ran(pid)
	if err != nil {
		return 0, err
	}
	n := 0
	for start := time.Now(); n < askedAtOnce || time.Since(start) < window; n++ {
		if err := v.client.want(ctx, "GET", v.spelled(), nil, nil); err != nil {
			return 0, err
		}
	}
	after, err := ran(pid)
	return float64((after - before).Microseconds()) / 1000 / float64(n), err
}

// spelled is the address in a spelling that was not used before: the same cursor with other blanks behind it, as JSON
// allows.
func (v view) spelled() string {
	if v.cursor == "" {
		return v.path
	}
	blanks := strings.NewReplacer("0", " ", "1", "\t").Replace(strconv.FormatInt(v.asked.Add(1), 2))
	sep := "?"
	if strings.Contains(v.path, "?") {
		sep = "&"
	}
	return v.path + sep + "cursor=" + base64.RawURLEncoding.EncodeToString([]byte(v.cursor+blanks))
}

// listing is a list as it is asked for in any mall.
type listing struct {
	name, path string
	by         string // whose: "" anybody, or a demo account
	first      string // a cursor before everything
	deep       bool   // also deep inside
	goal       string
}

// noProduct, noVideo and noOrder are cursors before the first page.
const (
	noProduct = `{"k":0,"i":""}`
	noVideo   = `{"At":0,"ID":""}`
	noOrder   = `{"i":""}`
)

func listings(shop, category, number string) []listing {
	list := []listing{}
	for _, sort := range []string{"newest", "price_asc", "price_desc", "sold"} {
		for _, of := range []struct{ name, query string }{
			{"products", ""},
			{"a category", "&category=" + category},
			{"a shop", "&shop=" + shop},
		} {
			path := "/products?sort=" + sort + of.query
			list = append(list, listing{of.name + " by " + sort, path, "", noProduct, true, flat})
		}
	}
	q := func(word string) string { return "/products?q=" + url.QueryEscape(word) }
	merchant := "/merchant/" + shop
	return append(list,
		listing{"search of a frequent word", q(demo.FrequentWord), "", noProduct, false, "≤ 3 ms"},
		listing{"search of a rare word", q(demo.RareWord), "", noProduct, false, "≤ 3 ms"},
		listing{"search of an absent word", q(demo.AbsentWord), "", noProduct, false, "≤ 3 ms"},
		listing{"feed", "/feed", "", noVideo, true, flat},
		listing{"feed of 50", "/feed?limit=50", "", noVideo, false, flat},
		listing{"merchant's products", merchant + "/products", demo.Merchant, noProduct, true, "≤ 2 ms"},
		listing{"merchant's orders", merchant + "/orders", demo.Merchant, noOrder, true, "≤ 2 ms"},
		listing{"merchant's orders to be sent", merchant + "/orders?status=paid", demo.Merchant, noOrder, true, "≤ 2 ms"},
		listing{"merchant's orders by number", merchant + "/orders?q=" + number, demo.Merchant, "", false, "≤ 2 ms"},
		listing{"merchant's today", merchant + "/today", demo.Merchant, "", false, "≤ 2 ms"},
		listing{"a promoter's figures", "/distribution/me", demo.Promoter, "", false, "≤ 2 ms"},
		listing{"a promoter's commissions", "/distribution/commissions", demo.Promoter, "", true, "≤ 2 ms"},
		listing{"a buyer's orders", "/orders", demo.Shopper, noOrder, true, flat},
	)
}

// views are the lists of a mall, with cursors of its own.
func views(ctx context.Context, s *server) (out []view, err error) {
	people := map[string]client{"": visitorOf(s)}
	var shop string
	for _, email := range []string{demo.Merchant, demo.Promoter, demo.Shopper} {
		c, works, err := signedIn(ctx, s, email)
		if err != nil {
			return nil, err
		}
		people[email] = c
		if len(works) > 0 {
			shop = works[0]
		}
	}
	category, number, err := examples(ctx, people, shop)
	if err != nil {
		return nil, err
	}
	asked := new(atomic.Int64)
	for _, l := range listings(shop, category, number) {
		v := view{l.name, l.goal, s, people[l.by], l.path, l.first, asked}
		out = append(out, v)
		if !l.deep {
			continue
		}
		v.name += ", deep"
		if v.cursor, err = deepCursor(ctx, v); err != nil {
			return nil, fmt.Errorf("%s: %w", v.name, err)
		}
		out = append(out, v)
	}
	return out, nil
}

// examples are a category and the number of an order.
func examples(ctx context.Context, people map[string]client, shop string) (category, number string, err error) {
	var shelves struct {
		Items []struct {
			ID string `json:"id"`
		} `json:"items"`
	}
	if err := people[""].want(ctx, "GET", "/categories", nil, &shelves); err != nil {
		return "", "", err
	}
	var orders struct {
		Items []struct {
			Number string `json:"number"`
		} `json:"items"`
	}
	err = people[demo.Merchant].want(ctx, "GET", "/merchant/"+shop+"/orders?limit=50", nil, &orders)
	if err == nil && (len(shelves.Items) == 0 || len(orders.Items) == 0) {
		err = fmt.Errorf("%w: no categories or no orders", errAnswer)
	}
	if err != nil {
		return "", "", err
	}
	return shelves.Items[0].ID, orders.Items[len(orders.Items)-1].Number, nil
}

// deepCursor turns pages and answers the cursor of one that is deep inside the list, and full.
func deepCursor(ctx context.Context, v view) (string, error) {
	sep := "?"
	if strings.Contains(v.path, "?") {
		sep = "&"
	}
	before, cursor := "", ""
	for range deepPages {
		var p struct {
			Next string `json:"next_cursor"`
		}
		if err := v.client.want(ctx, "GET", v.path+sep+"limit=50&cursor="+cursor, nil, &p); err != nil {
			return "", err
		}
		if p.Next == "" {
			cursor = before
			break
		}
		before, cursor = cursor, p.Next
	}
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	return string(raw), err
}
