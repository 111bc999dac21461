#!/usr/bin/env bash
# huma 2.37.2 (github.com/danielgtaylor/huma/v2) describes a member that is a pointer to a struct as a required object
# that is never null, and answers null when the pointer is nil. Pointers to numbers, texts and times are described
# right, as "type": ["integer", "null"]; only what becomes a $ref loses its null.
#
# A guess from the Go types: a pointer without omitempty may be null in the description, as it is in the answer.
# For a mall: was_price, payment, pinned, auction… of 44 members. A strict generated client breaks on its first
# product list, and validating one's own answers against one's own document fails.
# Hawker completes the description itself (internal/platform/httpapi/describe.go) and holds every answer of its black-box
# tests to it (test/kit/contract.go).
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
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

type Price struct {
	Amount int `json:"amount"`
}

type Product struct {
	Was  *Price `json:"was"`
	Left *int   `json:"left"`
}

func main() {
	mux := http.NewServeMux()
	api := humago.New(mux, huma.DefaultConfig("finding", "1"))
	huma.Get(api, "/p", func(context.Context, *struct{}) (*struct{ Body Product }, error) {
		return &struct{ Body Product }{}, nil
	})
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, httptest.NewRequest("GET", "/p", nil))
	var answer map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		panic(err)
	}
	schema := api.OpenAPI().Components.Schemas.Map()["Product"]
	was, _ := json.Marshal(schema.Properties["was"])
	left, _ := json.Marshal(schema.Properties["left"])
	fmt.Printf("answer: was=%v left=%v\n", answer["was"], answer["left"])
	fmt.Printf("description: was=%s left=%s required=%v\n", was, left, schema.Required)
	null, described := answer["was"] == nil, string(was) == `{"$ref":"#/components/schemas/Price"}`
	if !null || !described || string(left) != `{"format":"int64","type":["integer","null"]}` {
		fmt.Println("CHANGED")
		os.Exit(1)
	}
	fmt.Println("as found: the answer is null, the description says it cannot be")
}
GO
go get github.com/danielgtaylor/huma/v2@v2.37.2 >/dev/null 2>&1
go mod tidy >/dev/null 2>&1
go run .
