package money_test

import (
	"testing"

	"hawker/internal/base/money"
)

// The wanted texts are those of formatMoney in web/packages/ui/src/format.ts.
func TestLabelWritesAmountsAsScreensDo(t *testing.T) {
	t.Parallel()
	for want, m := range map[string]money.Money{
		"¥12":            money.Of(1200, "CNY"),
		"¥12.50":         money.Of(1250, "CNY"),
		"¥0.05":          money.Of(5, "CNY"),
		"−¥5":            money.Of(-500, "CNY"),
		"$1,234,567":     money.Of(123456700, "USD"),
		"¥1,500":         money.Of(1500, "JPY"),
		"KWD\u00a01.005": money.Of(1005, "KWD"),
	} {
		if got := m.Label(); got != want {
			t.Errorf("%v is %q, want %q", m, got, want)
		}
	}
}
