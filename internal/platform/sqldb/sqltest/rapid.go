package sqltest

import (
	"flag"
	"os"

	"pgregory.net/rapid" // so that its flags are there
)

// A property of rows is tried less often than one of numbers: each try opens a database
// or writes many rows, on a server over a socket. -rapid.checks still says how often.
const (
	checksOnFile   = "25"
	checksOnServer = "6"
)

var _ = fewerChecks(rapid.Check)

func fewerChecks(any) bool {
	checks := checksOnFile
	if os.Getenv(serverVariable) != "" {
		checks = checksOnServer
	}
	return flag.Set("rapid.checks", checks) == nil
}
