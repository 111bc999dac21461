package arch_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/currency"

	"hawker/internal/base/money"
)

// base stands on the standard library alone, so money has a table of its own; this
// one is compared with it. CLDR, behind currency, writes amounts as people do: it
// drops the minor unit of ISO 4217 where no coin of it is left. What is stored and
// sent to providers counts in the units of ISO 4217.
func TestMinorUnitsAreThoseOfTheStandard(t *testing.T) {
	odd := map[string]bool{}
	for q := currency.Query(); q.Next(); {
		code := q.Unit().String()
		digits, _ := currency.Standard.Rounding(q.Unit())
		switch ours := money.Currency(code).Exponent(); {
		case ours == digits:
		case digits == 0:
			odd[code] = true
		default:
			t.Errorf("%s has %d digits, want %d", code, ours, digits)
		}
	}
	coinless := strings.Fields("AFN ALL AMD COP GYD IDR IQD IRR KPW LAK LBP MGA MMK MNT MRO MUR PKR RSD SLL SOS SYP " +
		"TZS UZS YER")
	if got := slices.Sorted(maps.Keys(odd)); !slices.Equal(got, coinless) {
		t.Errorf("written without digits elsewhere: %v\nwant %v", got, coinless)
	}
	for code, digits := range map[money.Currency]int{
		"IQD": 3, "LYD": 3, "KWD": 3, "PYG": 0, "XAF": 0, "UGX": 0, "RWF": 0, "CLF": 4, "UYW": 4, "CNY": 2, "MRU": 2,
	} {
		if got := code.Exponent(); got != digits {
			t.Errorf("%s has %d digits, want %d", code, got, digits)
		}
	}
}
