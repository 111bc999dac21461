package money

import (
	"strconv"
	"strings"
)

// symbol is the mark that browsers write before an amount (CLDR, narrow); a
// currency without one is written with its code.
func symbol(c Currency) string {
	switch c {
	case "CNY", "JPY":
		return "¥"
	case "USD", "CAD", "AUD", "NZD", "HKD", "TWD", "SGD", "MXN", "CLP":
		return "$"
	case "EUR":
		return "€"
	case "GBP":
		return "£"
	case "KRW":
		return "₩"
	case "INR":
		return "₹"
	case "VND":
		return "₫"
	case "PHP":
		return "₱"
	}
	return string(c) + "\u00a0"
}

// Label is the amount as screens write it, for texts that people read: "¥12",
// "¥1,234.50". What is left of the point is grouped, and zeros behind it are
// dropped. It is the same in Chinese and English.
func (m Money) Label() string {
	_, number, _ := strings.Cut(m.String(), " ")
	number, negative := strings.CutPrefix(number, "-")
	whole, cents, _ := strings.Cut(number, ".")
	var b strings.Builder
	if negative {
		b.WriteString("−")
	}
	b.WriteString(symbol(m.Currency))
	for i, digit := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(digit)
	}
	if n, err := strconv.Atoi(cents); err == nil && n > 0 {
		b.WriteString("." + cents)
	}
	return b.String()
}
