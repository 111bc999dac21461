package sqltest

import (
	"encoding/json"
	"os"
	"strings"
	"sync"
)

// notedVariable names a file to which tests on MySQL add what they ask, a JSON text a line:
// test/tidb reads it.
const notedVariable = "HAWKER_TEST_STATEMENTS"

// notes adds to that file what this process has not added yet; nil where none is named.
var notes = sync.OnceValue(func() func(query string) {
	file := os.Getenv(notedVariable)
	if file == "" {
		return nil
	}
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		panic(err)
	}
	var mu sync.Mutex
	known := map[string]bool{}
	return func(query string) {
		mu.Lock()
		defer mu.Unlock()
		if known[query] {
			return
		}
		known[query] = true
		line, err := json.Marshal(query)
		if err == nil {
			_, err = f.Write(append(line, '\n')) // one write: other processes add, too
		}
		if err != nil {
			panic(err)
		}
	}
})

func noted(url string) func(query string, args []any) {
	note := notes()
	if note == nil || !strings.HasPrefix(url, "mysql:") {
		return nil
	}
	return func(query string, _ []any) { note(query) }
}
