// Package listing is what a shop says of a product before the catalog keeps it, and
// what of it is refused: texts that can be read, options and values that differ,
// SKUs that each choose something of their own, prices and commissions within bounds.
package listing

import (
	"fmt"
	"strings"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/base/money"
	"hawker/internal/commission"
)

// Limits on a listing.
const (
	TitleMax       = 120
	DescriptionMax = 5000
	PicturesMax    = 12
	OptionsMax     = 3
	ValuesMax      = 30
	SKUsMax        = 200
	PriceMax       = 100_000_000_00
	OptionTextMax  = 60                      // letters of the name of an option and of a value
	CommissionMax  = money.BasisPoints(5000) // of all levels together
)

// Option is one thing to choose, such as a colour.
type Option struct {
	Name   lang.Text   `json:"name"`
	Values []lang.Text `json:"values"`
}

// Listing is what a merchant says of a product.
type Listing struct {
	Title       lang.Text
	Description lang.Text
	Category    id.Category
	Pictures    []id.Media
	Options     []Option
	SKUs        []SKU
	Commission  commission.Levels
	Version     int64 // of the product that is edited; zero: whichever there is
}

// SKU is what a merchant says of a SKU; ID is zero for a new one.
type SKU struct {
	ID       id.SKU
	Code     string
	Choice   []int
	Price    int64
	WasPrice int64
	Initial  int64 // stock of a new SKU
}

// Check refuses what cannot be kept. Faults: catalog.bad_title, catalog.bad_description,
// catalog.too_many_pictures, catalog.bad_options, catalog.same_options, catalog.bad_skus,
// catalog.no_sku, catalog.bad_choice, catalog.bad_price, catalog.bad_was_price,
// catalog.bad_commission.
func (d Listing) Check() error {
	switch {
	case !d.Title.Within(TitleMax) || !d.Title.Lines():
		return fault.Invalid("catalog.bad_title", "max", TitleMax).At("body.title")
	case !d.Description.Within(DescriptionMax):
		return fault.Invalid("catalog.bad_description", "max", DescriptionMax).At("body.description")
	case len(d.Pictures) > PicturesMax:
		return fault.Invalid("catalog.too_many_pictures", "max", PicturesMax).At("body.pictures")
	case len(d.Options) > OptionsMax:
		return fault.Invalid("catalog.bad_options", "max", OptionsMax).At("body.options")
	case len(d.SKUs) == 0 || len(d.SKUs) > SKUsMax:
		return fault.Invalid("catalog.bad_skus", "max", SKUsMax).At("body.skus")
	case !payable(d.Commission):
		return fault.Invalid("catalog.bad_commission", "max", CommissionMax).At("body.commission_bp")
	}
	if err := d.checkOptions(); err != nil {
		return err
	}
	return d.checkSKUs()
}

func payable(r commission.Levels) bool {
	return min(r[0], r[1], r[2]) >= 0 && max(r[0], r[1], r[2]) <= CommissionMax && r[0]+r[1]+r[2] <= CommissionMax
}

// checkOptions wants options that differ, of values that differ: two that read the
// same would be two goods that nobody can tell apart.
func (d Listing) checkOptions() error {
	names := newTold()
	for i, o := range d.Options {
		at := fmt.Sprintf("body.options[%d]", i)
		if len(o.Values) == 0 || len(o.Values) > ValuesMax {
			return fault.Invalid("catalog.bad_options", "max", ValuesMax).At(at)
		}
		if !names.fresh(o.Name) {
			return fault.Invalid("catalog.same_options").At(at + ".name")
		}
		values := newTold()
		for j, v := range o.Values {
			if !values.fresh(v) {
				return fault.Invalid("catalog.same_options").At(fmt.Sprintf("%s.values[%d]", at, j))
			}
		}
	}
	return nil
}

// asRead makes one text of all that look alike: full-width or half, composed or not,
// in capitals or not, with more spaces or joiners that show nothing.
func asRead(text string) string {
	shown := strings.NewReplacer("\u200c", "", "\u200d", "").Replace(text)
	return strings.Join(strings.Fields(cases.Fold().String(norm.NFKC.String(shown))), " ")
}

// told are the texts that were read, in each language.
type told map[lang.Tag]map[string]bool

func newTold() told {
	out := told{}
	for _, tag := range lang.All() {
		out[tag] = map[string]bool{}
	}
	return out
}

// fresh remembers a text, and answers whether it can be read and was not there.
func (t told) fresh(text lang.Text) bool {
	if !text.Within(OptionTextMax) || !text.Lines() {
		return false
	}
	for _, tag := range lang.All() {
		read := asRead(text.In(tag))
		if t[tag][read] {
			return false
		}
		t[tag][read] = true
	}
	return true
}

func (d Listing) checkSKUs() error {
	choices, ids := map[string]bool{}, map[id.SKU]bool{}
	for i, s := range d.SKUs {
		at := fmt.Sprintf("body.skus[%d]", i)
		switch {
		case s.Price <= 0 || s.Price > PriceMax:
			return fault.Invalid("catalog.bad_price").At(at + ".price")
		case s.WasPrice != 0 && (s.WasPrice < s.Price || s.WasPrice > PriceMax):
			return fault.Invalid("catalog.bad_was_price").At(at + ".was_price")
		case !s.ID.IsZero() && ids[s.ID]:
			return fault.Invalid("catalog.no_sku").At(at + ".id")
		case len(s.Choice) != len(d.Options) || choices[choiceKey(s.Choice)]:
			return fault.Invalid("catalog.bad_choice").At(at + ".values")
		}
		ids[s.ID], choices[choiceKey(s.Choice)] = true, true
		for o, v := range s.Choice {
			if v < 0 || v >= len(d.Options[o].Values) {
				return fault.Invalid("catalog.bad_choice").At(at + ".values")
			}
		}
	}
	return nil
}

func choiceKey(choice []int) string { return strings.Trim(fmt.Sprint(choice), "[]") }
