package app_test

import (
	"bytes"
	"os"
	"testing"

	"hawker/internal/app"
)

// TestTheWebClientKnowsThisAPI: the client's types are made from this file.
func TestTheWebClientKnowsThisAPI(t *testing.T) {
	want, err := app.OpenAPI(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("../../web/packages/api/openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(bytes.TrimSpace(got), bytes.TrimSpace(want)) {
		t.Error("web/packages/api/openapi.json is not what the program describes: run make openapi")
	}
}
