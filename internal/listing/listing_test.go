package listing_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"hawker/internal/base/fault"
	"hawker/internal/base/id"
	"hawker/internal/base/lang"
	"hawker/internal/base/money"
	"hawker/internal/commission"
	"hawker/internal/listing"
)

func zh(text string) lang.Text { return lang.Text{lang.Chinese: text} }

// teapot is a listing of two colours that nothing is wrong with.
func teapot() listing.Listing {
	return listing.Listing{
		Title: zh("茶壶"), Category: id.FromInt[id.Category](1),
		Options:    []listing.Option{{Name: zh("颜色"), Values: []lang.Text{zh("红"), zh("绿")}}},
		SKUs:       []listing.SKU{{Choice: []int{0}, Price: 100}, {Choice: []int{1}, Price: 200, WasPrice: 300}},
		Commission: commission.Levels{1000, 500, 0},
	}
}

// Each refusal, with the code and the place that a form marks.
func TestWhatIsRefusedAndWhere(t *testing.T) {
	t.Parallel()
	ids := func(n int) []id.Media { return make([]id.Media, n) }
	values := func(n int) (out []lang.Text) {
		for i := range n {
			out = append(out, zh(fmt.Sprint(i)))
		}
		return out
	}
	known := id.FromInt[id.SKU](9)
	for name, c := range map[string]struct {
		change   func(d *listing.Listing)
		code, at string
	}{
		"nothing wrong": {func(*listing.Listing) {}, "", ""},
		"no title":      {func(d *listing.Listing) { d.Title = nil }, "catalog.bad_title", "body.title"},
		"a blank title": {func(d *listing.Listing) {
			d.Title = zh("\u3000\u200d")
		}, "catalog.bad_title", "body.title"},
		"a title of a page": {
			func(d *listing.Listing) { d.Title = zh(strings.Repeat("长", 121)) }, "catalog.bad_title",
			"body.title",
		},
		"a title that fits": {func(d *listing.Listing) { d.Title = zh(strings.Repeat("长", 120)) }, "", ""},
		"a title in French": {func(d *listing.Listing) {
			d.Title["fr"] = "Théière"
		}, "catalog.bad_title", "body.title"},
		"no valid text": {func(d *listing.Listing) { d.Title = zh("a\xff") }, "catalog.bad_title", "body.title"},
		"a book": {func(d *listing.Listing) {
			d.Description = zh(strings.Repeat("字", 5001))
		}, "catalog.bad_description", "body.description"},
		"lines in a description": {
			func(d *listing.Listing) { d.Description = zh("一\n二") }, "", "",
		},
		"13 pictures": {
			func(d *listing.Listing) { d.Pictures = ids(13) }, "catalog.too_many_pictures",
			"body.pictures",
		},
		"12 pictures": {func(d *listing.Listing) { d.Pictures = ids(12) }, "", ""},
		"4 options": {func(d *listing.Listing) {
			d.Options = make([]listing.Option,
				4)
		}, "catalog.bad_options", "body.options"},
		"an option without value": {
			func(d *listing.Listing) { d.Options[0].Values = nil }, "catalog.bad_options",
			"body.options[0]",
		},
		"31 values": {func(d *listing.Listing) {
			d.Options[0].Values = values(31)
		}, "catalog.bad_options", "body.options[0]"},
		"two options of one name": {
			func(d *listing.Listing) { d.Options = append(d.Options, d.Options[0]) }, "catalog.same_options",
			"body.options[1].name",
		},
		"two values that read the same": {
			func(d *listing.Listing) { d.Options[0].Values[1] = zh(" 红 ") }, "catalog.same_options",
			"body.options[0].values[1]",
		},
		"two values that read the same in English": {func(d *listing.Listing) {
			d.Options[0].Values = []lang.Text{
				{lang.Chinese: "红", lang.English: "Red"}, {lang.Chinese: "朱", lang.English: "RED"},
			}
		}, "catalog.same_options", "body.options[0].values[1]"},
		"two values that differ in width alone": {func(d *listing.Listing) {
			d.Options[0].Values = []lang.Text{zh("XL 号"), zh("ＸＬ\u3000号")}
		}, "catalog.same_options", "body.options[0].values[1]"},
		"two values that differ in how they are composed": {func(d *listing.Listing) {
			d.Options[0].Values = []lang.Text{zh("Caf\u00e9"), zh("Cafe\u0301")}
		}, "catalog.same_options", "body.options[0].values[1]"},
		"two values that differ in what shows nothing": {func(d *listing.Listing) {
			d.Options[0].Values = []lang.Text{zh("红 色"), zh("红\u200d  色")}
		}, "catalog.same_options", "body.options[0].values[1]"},
		"a value of no letters": {
			func(d *listing.Listing) {
				d.Options[0].Values[0] = zh("")
			}, "catalog.same_options", "body.options[0].values[0]",
		},
		"nothing to buy": {func(d *listing.Listing) { d.SKUs = nil }, "catalog.bad_skus", "body.skus"},
		"201 SKUs": {
			func(d *listing.Listing) { d.SKUs = make([]listing.SKU, 201) }, "catalog.bad_skus",
			"body.skus",
		},
		"for nothing": {func(d *listing.Listing) {
			d.SKUs[0].Price = 0
		}, "catalog.bad_price", "body.skus[0].price"},
		"below nothing": {func(d *listing.Listing) {
			d.SKUs[1].Price = -1
		}, "catalog.bad_price", "body.skus[1].price"},
		"beyond any price": {
			func(d *listing.Listing) { d.SKUs[0].Price = listing.PriceMax + 1 }, "catalog.bad_price",
			"body.skus[0].price",
		},
		"at the most": {func(d *listing.Listing) { d.SKUs[0].Price = listing.PriceMax }, "", ""},
		"dearer than it was": {
			func(d *listing.Listing) { d.SKUs[1].WasPrice = 199 }, "catalog.bad_was_price",
			"body.skus[1].was_price",
		},
		"a SKU twice": {
			func(d *listing.Listing) { d.SKUs[0].ID, d.SKUs[1].ID = known, known }, "catalog.no_sku", "body.skus[1].id",
		},
		"the same choice twice": {
			func(d *listing.Listing) { d.SKUs[1].Choice = []int{0} }, "catalog.bad_choice",
			"body.skus[1].values",
		},
		"no choice": {func(d *listing.Listing) {
			d.SKUs[0].Choice = nil
		}, "catalog.bad_choice", "body.skus[0].values"},
		"beyond the values": {func(d *listing.Listing) {
			d.SKUs[1].Choice = []int{2}
		}, "catalog.bad_choice", "body.skus[1].values"},
		"before the values": {
			func(d *listing.Listing) { d.SKUs[0].Choice = []int{-1} }, "catalog.bad_choice",
			"body.skus[0].values",
		},
		"pays more than half": {
			func(d *listing.Listing) { d.Commission = commission.Levels{4000, 1000, 1} }, "catalog.bad_commission",
			"body.commission_bp",
		},
		"pays below nothing": {
			func(d *listing.Listing) { d.Commission = commission.Levels{100, -1, 0} }, "catalog.bad_commission",
			"body.commission_bp",
		},
		"rates that overflow": {func(d *listing.Listing) {
			d.Commission = commission.Levels{1 << 62, 1 << 62, 1 << 62}
		}, "catalog.bad_commission", "body.commission_bp"},
		"rates that make nothing together": {func(d *listing.Listing) {
			d.Commission = commission.Levels{5000, -5000, 5000}
		}, "catalog.bad_commission", "body.commission_bp"},
	} {
		d := teapot()
		c.change(&d)
		err := d.Check()
		if fault.Code(err) != c.code || (c.code == "" && err != nil) {
			t.Errorf("%s: %v, want %q", name, err, c.code)
			continue
		}
		if f := fault.As(err); f != nil && f.Field != c.at {
			t.Errorf("%s: marked at %s, want %s", name, f.Field, c.at)
		}
	}
}

// drawText draws what people and programs type.
func drawText(t *rapid.T, name string) lang.Text {
	out := lang.Text{}
	for _, tag := range []lang.Tag{lang.Chinese, lang.English, "fr"} {
		if rapid.IntRange(0, 3).Draw(t, "has") > 0 && (tag != "fr" || rapid.IntRange(0, 9).Draw(t, "French") == 0) {
			out[tag] = rapid.OneOf(rapid.StringMatching(`[a-c红绿 ]{0,3}`), rapid.String()).Draw(t, name)
		}
	}
	return out
}

// drawListing draws a form, in which little or much is wrong.
func drawListing(t *rapid.T) listing.Listing {
	d := listing.Listing{Title: drawText(t, "title"), Description: drawText(t, "description")}
	for range rapid.IntRange(0, 4).Draw(t, "options") {
		o := listing.Option{Name: drawText(t, "option")}
		for range rapid.IntRange(0, 4).Draw(t, "values") {
			o.Values = append(o.Values, drawText(t, "value"))
		}
		d.Options = append(d.Options, o)
	}
	for range rapid.IntRange(0, 4).Draw(t, "skus") {
		d.SKUs = append(d.SKUs, listing.SKU{
			Price: rapid.Int64Range(-1, 5).Draw(t, "price"), WasPrice: rapid.Int64Range(-1, 6).Draw(t, "was"),
			Choice: rapid.SliceOfN(rapid.IntRange(-1, 4), 0, 4).Draw(t, "choice"),
		})
	}
	for i := range d.Commission {
		d.Commission[i] = money.BasisPoints(rapid.Int64().Draw(t, "rate"))
	}
	return d
}

// What gets through can be shown, told apart and bought, whatever was sent.
func TestWhatGetsThroughCanBeTold(t *testing.T) {
	t.Parallel()
	through := 0
	rapid.Check(t, func(rt *rapid.T) {
		d := teapot()
		if rapid.IntRange(0, 1).Draw(rt, "wild") == 1 {
			d = drawListing(rt)
		} else {
			d.Options[0].Values[rapid.IntRange(0, 1).Draw(rt, "i")] = drawText(rt, "value")
		}
		if err := d.Check(); err != nil {
			if fault.As(err) == nil {
				rt.Fatalf("no refusal but an error: %v", err)
			}
			return
		}
		through++
		if d.Title.In(lang.English) == "" || !utf8.ValidString(d.Title.In(lang.Chinese)) {
			rt.Fatalf("a title that nobody can read: %q", d.Title)
		}
		for _, tag := range lang.All() {
			read := map[string]bool{}
			for _, k := range d.SKUs {
				var names []string
				for o, v := range k.Choice {
					names = append(names, strings.ToLower(strings.TrimSpace(d.Options[o].Values[v].In(tag))))
				}
				if one := strings.Join(names, "\x00"); read[one] {
					rt.Fatalf("two SKUs read %q in %s: %+v", one, tag, d)
				} else {
					read[one] = true
				}
			}
		}
		var sum money.BasisPoints
		for _, r := range d.Commission {
			if sum += r; r < 0 || sum > listing.CommissionMax {
				rt.Fatalf("pays %v", d.Commission)
			}
		}
	})
	if through == 0 {
		t.Error("nothing got through: this proves nothing")
	}
}
