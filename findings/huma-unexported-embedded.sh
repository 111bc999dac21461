#!/usr/bin/env bash
# huma 2.37.2 (github.com/danielgtaylor/huma/v2): the schema of a struct leaves out, without an error, every member that is
# promoted from an embedded struct whose type is not exported. encoding/json sends those members, so an answer has
# members that its description does not know, and with additionalProperties false (huma's default) its own document
# refuses it. Members promoted from an exported embedded struct are described.
#
# A guess from encoding/json, which promotes both alike (documented since Go 1.10): both are described.
# For a mall: facts that several events share were a small private struct; the refund's order and amount were missing from
# the description of its event, and a reader that keeps to it refuses each one.
# Hawker's payloads embed exported structs, and a test holds what is really sent to the described schema
# (internal/platform/schemadoc, hawker asyncapi).
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
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"

	"github.com/danielgtaylor/huma/v2"
)

type fact struct {
	Order string `json:"order_id"`
}

type Fact struct {
	Order string `json:"order_id"`
}

type Private struct {
	fact
	Amount int `json:"amount"`
}

type Public struct {
	Fact
	Amount int `json:"amount"`
}

func main() {
	registry := huma.NewMapRegistry("#/", huma.DefaultSchemaNamer)
	var described [2][]string
	var valid [2]int
	for i, v := range []any{Private{fact{"o"}, 1}, Public{Fact{"o"}, 1}} {
		s := huma.SchemaFromType(registry, reflect.TypeOf(v))
		described[i] = slices.Sorted(maps.Keys(s.Properties))
		raw, _ := json.Marshal(v)
		var sent any
		_ = json.Unmarshal(raw, &sent)
		res := &huma.ValidateResult{}
		huma.Validate(registry, s, huma.NewPathBuffer(nil, 0), huma.ModeReadFromServer, sent, res)
		valid[i] = len(res.Errors)
		fmt.Printf("%T: sent %s, described %v, %d errors of its own schema\n", v, raw, described[i], len(res.Errors))
	}
	if !slices.Equal(described[0], []string{"amount"}) || valid[0] == 0 ||
		!slices.Equal(described[1], []string{"amount", "order_id"}) || valid[1] != 0 {
		fmt.Println("CHANGED")
		os.Exit(1)
	}
	fmt.Println("as found: what an unexported embedded struct promotes is sent and not described")
}
GO
go get github.com/danielgtaylor/huma/v2@v2.37.2 >/dev/null 2>&1
go mod tidy >/dev/null 2>&1
go run .
