package site

import (
	"bytes"
	"context"
	"encoding/json"
	"html"
	"io/fs"
	"net/http"
	"regexp"
	"strings"

	"hawker/internal/base/fault"
	"hawker/internal/base/lang"
	"hawker/internal/base/money"
	"hawker/internal/platform/httpapi"
)

// Card is what a page says of itself to who passes it on: a messenger, a search engine.
// Everybody reads it, so it holds what everybody may see.
type Card struct {
	Title string
	Text  string
	Image string       // an address below the mall's
	Kind  string       // og:type
	Type  string       // of schema.org; empty: nothing more is said
	Price *money.Money // of a product
	Stock bool         // it can be had
}

// Teller tells what the page of a thing says. A fault that means "not found" is a page of
// something that is not there, for whatever reason.
type Teller func(ctx context.Context, ref string, tag lang.Tag) (Card, error)

// screens are the pages of the mall by the first word of their address; what is below it
// is told by the word's Teller. What begins otherwise is no page.
func screens() map[string]bool {
	out := map[string]bool{}
	for _, word := range strings.Fields(`cart checkout confirm-email coupons earn forgot-password inbox kit live mall me
		orders p pay replay reset-password setup sign-in studio upload v welcome`) {
		out[word] = true
	}
	return out
}

// titleAndPlace are what is replaced in the page of the mall.
var (
	titleOfPage = regexp.MustCompile(`(?s)<title>.*?</title>`)
	langOfPage  = regexp.MustCompile(`<html lang="[^"]*"`)
)

const (
	placeOfCard = "<!--hawker:meta-->"
	mallPage    = "mall/index.html"
)

// mall answers for a page of the mall: with its card where it has one, and with the status
// of what is not there. The page itself is the same: the app says the rest.
func (p pages) mall(w http.ResponseWriter, r *http.Request, name string) {
	word, ref, _ := strings.Cut(name, "/")
	if word == "mall" {
		ref = r.URL.Query().Get("shop")
	}
	tell := p.cards[word]
	switch {
	case name != "" && !screens()[word]:
		p.page(w, r, http.StatusNotFound, "")
	case tell == nil || ref == "":
		p.file(w, r, mallPage, "no-cache")
	default:
		p.told(w, r, ref, tell)
	}
}

func (p pages) told(w http.ResponseWriter, r *http.Request, ref string, tell Teller) {
	tag := httpapi.Language(r.Context())
	c, err := tell(r.Context(), ref, tag)
	if f := fault.As(err); f != nil && f.Kind == fault.KindNotFound {
		p.page(w, r, http.StatusNotFound, "")
		return
	}
	if err != nil {
		p.log.WarnContext(r.Context(), "page without its card", "path", r.URL.Path, "error", err)
		p.file(w, r, mallPage, "no-cache")
		return
	}
	p.page(w, r, http.StatusOK, p.head(r, c))
}

// page writes the mall's page with a head of its own. No caller's copy outlives what it says.
func (p pages) page(w http.ResponseWriter, r *http.Request, status int, head string) {
	raw, err := fs.ReadFile(p.dist, mallPage)
	if err != nil {
		p.missing(w, r, mallPage)
		return
	}
	tag := httpapi.Language(r.Context())
	raw = langOfPage.ReplaceAllLiteral(raw, []byte(`<html lang="`+string(tag)+`"`))
	if status == http.StatusNotFound {
		head = titled(httpapi.Translate(tag, "site.not_found", nil)+" · "+p.name) +
			`<meta name="robots" content="noindex">`
	}
	if head != "" {
		raw = titleOfPage.ReplaceAllLiteral(raw, nil)
		raw = bytes.Replace(raw, []byte(placeOfCard), []byte(head), 1)
	}
	w.Header().Add("Vary", "Accept-Language")
	p.answer(w, r, body{mallPage, "no-cache", status, raw})
}

func titled(text string) string { return "<title>" + html.EscapeString(text) + "</title>" }

// head writes a card: title, description, Open Graph (ogp.me) and JSON-LD of schema.org.
func (p pages) head(r *http.Request, c Card) string {
	var b strings.Builder
	meta := func(kind, name, text string) {
		if text != "" {
			b.WriteString(`<meta ` + kind + `="` + name + `" content="` + html.EscapeString(text) + `">`)
		}
	}
	here := httpapi.Origin(r.Context())
	image := p.pictures.At(c.Image)
	if strings.HasPrefix(image, "/") {
		image = here + image
	}
	b.WriteString(titled(c.Title + " · " + p.name))
	meta("name", "description", c.Text)
	meta("property", "og:site_name", p.name)
	meta("property", "og:type", c.Kind)
	meta("property", "og:title", c.Title)
	meta("property", "og:description", c.Text)
	meta("property", "og:image", image)
	meta("property", "og:url", here+r.URL.EscapedPath())
	if image != "" {
		meta("name", "twitter:card", "summary_large_image")
	}
	b.WriteString(linked(c, image, here+r.URL.EscapedPath()))
	return b.String()
}

// linked is the card as JSON-LD. Marshal writes <, > and & as escapes: no text ends the element.
func linked(c Card, image, here string) string {
	if c.Type == "" {
		return ""
	}
	said := map[string]any{"@context": "https://schema.org", "@type": c.Type, "name": c.Title, "url": here}
	if c.Text != "" {
		said["description"] = c.Text
	}
	if image != "" {
		said["image"] = image
	}
	if c.Price != nil {
		stock := "https://schema.org/OutOfStock"
		if c.Stock {
			stock = "https://schema.org/InStock"
		}
		said["offers"] = map[string]any{
			"@type": "Offer", "price": decimal(*c.Price), "priceCurrency": c.Price.Currency, "availability": stock,
			"url": here,
		}
	}
	raw, err := json.Marshal(said)
	if err != nil {
		return ""
	}
	return `<script type="application/ld+json">` + string(raw) + `</script>`
}

// decimal is an amount as schema.org wants it: without its currency.
func decimal(m money.Money) string { return strings.TrimPrefix(m.String(), string(m.Currency)+" ") }
