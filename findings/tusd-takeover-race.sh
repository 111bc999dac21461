#!/usr/bin/env bash
# tusd 2.8.0 (github.com/tus/tusd/v2/pkg/handler), the reference server of resumable uploads: when a second PATCH takes
# over an upload whose first PATCH has sent no byte yet (a phone that changed from Wi-Fi to mobile), the server's own goroutines touch
# the first request's body reader without a lock: one notes there that reading has begun, the other stops it. Go's
# race detector says so. A takeover after the first byte goes unnoticed: the system calls in between look like an
# order to the detector.
#
# A guess from the library's locker, which exists for takeovers: they are safe.
# For a mall: every upload from a phone is one change of network away; what is torn is the offset a resume starts at.
# Hawker gives each upload one request at a time at its own door (internal/media/upload/turns.go) and runs its upload
# tests under the race detector.
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
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"

	"github.com/tus/tusd/v2/pkg/filestore"
	"github.com/tus/tusd/v2/pkg/handler"
	"github.com/tus/tusd/v2/pkg/memorylocker"
)

func main() {
	dir, _ := os.MkdirTemp("", "tus")
	defer os.RemoveAll(dir)
	composer := handler.NewStoreComposer()
	filestore.New(dir).UseIn(composer)
	memorylocker.New().UseIn(composer)
	h, err := handler.NewHandler(handler.Config{BasePath: "/files/", StoreComposer: composer})
	if err != nil {
		panic(err)
	}
	srv := httptest.NewServer(http.StripPrefix("/files/", h))
	defer srv.Close()
	send := func(method, url string, body io.Reader, headers ...string) *http.Response {
		req, _ := http.NewRequest(method, url, body)
		req.Header.Set("Tus-Resumable", "1.0.0")
		for i := 0; i+1 < len(headers); i += 2 {
			req.Header.Set(headers[i], headers[i+1])
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			return &http.Response{StatusCode: 0, Header: http.Header{}}
		}
		io.Copy(io.Discard, res.Body)
		res.Body.Close()
		return res
	}
	for range 20 {
		made := send("POST", srv.URL+"/files/", nil, "Upload-Length", "5")
		url := made.Header.Get("Location")
		waiting, w := io.Pipe()
		first := make(chan int, 1)
		go func() {
			first <- send("PATCH", url, waiting, "Upload-Offset", "0", "Content-Type", "application/offset+octet-stream").StatusCode
		}()
		second := send("PATCH", url, strings.NewReader("12345"), "Upload-Offset", "0", "Content-Type", "application/offset+octet-stream")
		w.Close()
		fmt.Println("the second answered", second.StatusCode, "the first", <-first)
	}
}
GO
go get github.com/tus/tusd/v2@v2.8.0 >/dev/null 2>&1
go mod tidy >/dev/null 2>&1
CGO_ENABLED=1 go build -race -o try .
GORACE=halt_on_error=0 ./try >out 2>&1 || true
grep -c "second answered" out | sed 's/$/ takeovers/'
if ! grep -q "DATA RACE" out; then
	echo "CHANGED: no race was seen"
	exit 1
fi
grep -m2 -oE "pkg/handler/[a-z_]+\.go:[0-9]+" out | sort -u
echo "as found: the takeover races with the request that it takes over"
