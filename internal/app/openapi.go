package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"

	"hawker/internal/base/clock"
	"hawker/internal/base/event"
	"hawker/internal/platform/config"
	"hawker/internal/platform/events/asyncapi"
	"hawker/internal/platform/module"
)

// OpenAPI describes the API of a default installation. It mounts a real one on a
// folder that is thrown away, so that the description cannot differ from it.
func OpenAPI(ctx context.Context) ([]byte, error) {
	raw, err := describe(ctx, func(a *App) ([]byte, error) { return a.api.OpenAPI() })
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = json.Indent(&out, raw, "", "  ")
	return out.Bytes(), err
}

// AsyncAPI describes the events that programs outside may read, of a mall of that
// broker.name.
func AsyncAPI(ctx context.Context, broker string) ([]byte, error) {
	return describe(ctx, func(a *App) ([]byte, error) {
		return asyncapi.Describe(broker, gather(a.modules, func(m module.Module) []event.Event { return m.Published }))
	})
}

func describe(ctx context.Context, of func(a *App) ([]byte, error)) (raw []byte, err error) {
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
	raw, err = of(a)
	return raw, errors.Join(err, a.Close())
}

// spoken are the modules' names in the API for packages that were cut from them: what
// callers know keeps its name (docs/adr/0021-nouns-of-their-own.md).
func spoken() map[string]string {
	return map[string]string{
		"counter": "order", "coupon": "promotion", "listing": "catalog", "picture": "catalog",
		"referral": "distribution",
	}
}
