package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"

	"hawker/internal/base/clock"
	"hawker/internal/platform/config"
)

// OpenAPI describes the API of a default installation. It mounts a real one on a
// folder that is thrown away, so that the description cannot differ from it.
func OpenAPI(ctx context.Context) (raw []byte, err error) {
	dir, err := os.MkdirTemp("", "hawker-openapi-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	cfg := config.Default()
	cfg.Data = dir
	a, err := Open(ctx, Options{Config: cfg, Log: slog.New(slog.DiscardHandler), Clock: clock.Real{}})
	if err != nil {
		return nil, err
	}
	raw, err = a.api.OpenAPI()
	if err = errors.Join(err, a.Close()); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = json.Indent(&out, raw, "", "  ")
	return out.Bytes(), err
}

// spoken are the modules' names in the API for packages that were cut from them: what
// callers know keeps its name (docs/adr/0021-nouns-of-their-own.md).
func spoken() map[string]string {
	return map[string]string{
		"counter": "order", "coupon": "promotion", "listing": "catalog", "picture": "catalog",
		"referral": "distribution",
	}
}
