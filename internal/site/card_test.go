package site_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"hawker/internal/base/fault"
	"hawker/internal/base/lang"
	"hawker/internal/base/money"
	"hawker/internal/site"
)

const shell = `<!doctype html><html lang="zh-CN"><head><title>吆喝</title><!--hawker:meta--></head></html>`

// told is a mall with one cup, whose texts are an attacker's.
func told(t *testing.T, c site.Card) *place {
	t.Helper()
	dist := fstest.MapFS{
		"mall/index.html": {Data: []byte(shell)}, "mall/index.html.gz": {Data: []byte("small")},
		"mall/manifest.webmanifest": {Data: []byte("{}")}, "console/index.html": {Data: []byte("console")},
	}
	tell := func(_ context.Context, ref string, tag lang.Tag) (site.Card, error) {
		switch ref {
		case "prd_cup":
			c.Text = string(tag)
			return c, nil
		case "broken":
			return site.Card{}, errors.New("the database is away")
		}
		return site.Card{}, fault.NotFound("catalog.not_found")
	}
	return openWith(t, dist, map[string]site.Teller{"p": tell, "mall": tell})
}

func TestAPageTellsWhatItIsOf(t *testing.T) {
	t.Parallel()
	price := money.Of(3900, "CNY")
	p := told(t, site.Card{
		Title: `Cup </title><script>x</script> "q"`, Image: "/media/a.jpg", Kind: "product", Type: "Product",
		Price: &price, Stock: true,
	})
	got := p.get("GET", "/p/prd_cup", "gzip")
	if got.status != 200 || got.encoded != "" || got.keep != "no-cache" {
		t.Fatalf("%d %q %q", got.status, got.encoded, got.keep)
	}
	for _, want := range []string{
		`<html lang="zh-CN">`,
		`<title>Cup &lt;/title&gt;&lt;script&gt;x&lt;/script&gt; &#34;q&#34; · 茶市</title>`,
		`<meta property="og:title" content="Cup &lt;/title&gt;&lt;script&gt;x&lt;/script&gt; &#34;q&#34;">`,
		`<meta property="og:image" content="http`, `/media/a.jpg">`, `<meta property="og:type" content="product">`,
		`"price":"39.00"`, `"priceCurrency":"CNY"`, `schema.org/InStock`,
		`"name":"Cup \u003c/title\u003e\u003cscript\u003ex\u003c/script\u003e \"q\""`,
	} {
		if !strings.Contains(got.text, want) {
			t.Errorf("no %s in %s", want, got.text)
		}
	}
	if strings.Contains(got.text, "<script>x") || strings.Count(got.text, "<title>") != 1 {
		t.Errorf("a text became a part of the page: %s", got.text)
	}
}

func TestWhatIsNotThereHasTheStatusOfIt(t *testing.T) {
	t.Parallel()
	p := told(t, site.Card{Title: "Cup"})
	for _, c := range []struct {
		path   string
		status int
		want   string
	}{
		{"/p/prd_cup", 200, "<title>Cup · 茶市</title>"},
		{"/p/prd_none", 404, `<meta name="robots" content="noindex">`},
		{"/p/<b>", 404, "<title>没有这个页面 · 茶市</title>"},
		{"/p/prd_cup/more", 404, "noindex"},
		{"/nonsense", 404, "noindex"},
		{"/nonsense/p/prd_cup", 404, "noindex"},
		{"/p/broken", 200, "<title>吆喝</title>"},
		{"/mall?shop=shp_none", 404, "noindex"},
		{"/mall?shop=prd_cup", 200, "<title>Cup · 茶市</title>"},
		{"/mall", 200, "<title>吆喝</title>"},
		{"/", 200, "<title>吆喝</title>"},
		{"/orders/ord_x", 200, "<title>吆喝</title>"},
	} {
		if got := p.get("GET", c.path, ""); got.status != c.status || !strings.Contains(got.text, c.want) {
			t.Errorf("%s: %d %s", c.path, got.status, got.text)
		}
	}
	if got := p.get("GET", "/manifest.webmanifest", ""); got.kind != "application/manifest+json" {
		t.Errorf("the manifest is %q", got.kind)
	}
}

// Each page of the mall's router is one that the server answers with 200.
func TestTheServerKnowsThePagesOfTheMall(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../web/apps/mall/src/features/*/routes.ts")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d files of routes, %v", len(files), err)
	}
	p := told(t, site.Card{})
	path, choice := regexp.MustCompile(`path: '(/[^']*)'`), regexp.MustCompile(`^/:\w+\((.+)\)$`)
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range path.FindAllSubmatch(raw, -1) {
			pages := []string{string(m[1])}
			if c := choice.FindStringSubmatch(pages[0]); c != nil {
				pages = strings.Split("/"+strings.ReplaceAll(c[1], "|", "|/"), "|")
			}
			for _, page := range pages {
				page = strings.ReplaceAll(page, ":id", "prd_cup")
				if got := p.get("GET", page, ""); got.status != 200 {
					t.Errorf("%s of %s: %d", page, file, got.status)
				}
			}
		}
	}
}
