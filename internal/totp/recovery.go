package totp

import (
	"strings"

	"hawker/internal/base/id"
)

// Of codes that are used when the program that makes codes by time is lost.
const (
	RecoverySize = 12 // of 32 letters and digits: 60 bits

	recoveryCodes = 10
	recoveryGroup = 4
)

// RecoveryCodes makes a set of them, as people write them down.
func RecoveryCodes() []string {
	out := make([]string, recoveryCodes)
	for i := range out {
		t := id.Token()[:RecoverySize]
		out[i] = t[:recoveryGroup] + "-" + t[recoveryGroup:2*recoveryGroup] + "-" + t[2*recoveryGroup:]
	}
	return out
}

// Plain is a code as it is compared: people write blanks, dashes and capitals.
func Plain(code string) string {
	return strings.ToLower(strings.NewReplacer(" ", "", "-", "").Replace(code))
}
