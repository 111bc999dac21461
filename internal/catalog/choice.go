package catalog

import (
	"strings"

	"hawker/internal/base/lang"
	"hawker/internal/listing"
)

// ChoiceText names a SKU's values in every language: "Cobalt, 320 ml".
func (p Product) ChoiceText(s SKU) lang.Text {
	values := p.chosen(s)
	out := lang.Text{}
	for _, tag := range lang.All() {
		var names []string
		for _, v := range values {
			if name := v.In(tag); name != "" {
				names = append(names, name)
			}
		}
		out[tag] = strings.Join(names, ", ")
	}
	return out
}

// chosen are the texts of a SKU's values. The SKU keeps them by itself: a SKU that
// is switched off points at options that its product may no longer have, and a
// reader may meet the options of one moment with the SKUs of the next.
func (p Product) chosen(s SKU) []lang.Text {
	if s.ChoiceTexts != nil {
		return s.ChoiceTexts
	}
	return valuesOf(p.Options, s.Choice)
}

// valuesOf looks values up where they are; one that is gone is an empty text.
func valuesOf(options []listing.Option, choice []int) []lang.Text {
	out := make([]lang.Text, len(choice))
	for i, v := range choice {
		if i < len(options) && v >= 0 && v < len(options[i].Values) {
			out[i] = options[i].Values[v]
		}
	}
	return out
}
