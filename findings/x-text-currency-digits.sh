#!/usr/bin/env bash
# golang.org/x/text 0.43.0, package currency: Standard.Rounding gives the digits that CLDR shows people, not the minor
# units of ISO 4217 in which banks and payment providers count. 24 currencies of today differ: IQD (0 for 3), and with
# 0 for 2 among others COP, IDR, PKR, RSD, LBP, AFN.
#
# A guess from the package's name and its ISO codes: the exponent by which a minor-unit amount is divided.
# For a mall: 1,000 fils of a dinar shown as 1,000 dinars, or a provider asked for a hundred times the price.
# Hawker has ISO's own table in base/money; internal/arch/currency_test.go lists where the two part.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cat >go.mod <<'GO'
module finding
go 1.26
GO
cat >main.go <<'GO'
package main

import (
	"fmt"
	"os"

	"golang.org/x/text/currency"
)

func main() {
	changed := false
	// ISO 4217 amendment 179: minor units.
	for _, c := range []struct {
		code      string
		iso, seen int
	}{
		{"EUR", 2, 2}, {"JPY", 0, 0}, {"KWD", 3, 3},
		{"IQD", 3, 0}, {"IRR", 2, 0}, {"RSD", 2, 0}, {"LBP", 2, 0}, {"AFN", 2, 0}, {"ALL", 2, 0}, {"MMK", 2, 0}, {"COP", 2, 0}, {"IDR", 2, 0}, {"PKR", 2, 0},
	} {
		digits, _ := currency.Standard.Rounding(currency.MustParseISO(c.code))
		fmt.Printf("%s: ISO 4217 %d, x/text %d\n", c.code, c.iso, digits)
		changed = changed || digits != c.seen
	}
	if changed {
		fmt.Println("CHANGED")
		os.Exit(1)
	}
	fmt.Println("as found: what people are shown is not what is counted")
}
GO
go get golang.org/x/text@v0.43.0 >/dev/null 2>&1
go mod tidy >/dev/null 2>&1
go run .
