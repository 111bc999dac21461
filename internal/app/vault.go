package app

import (
	"context"
	"log/slog"

	"hawker/internal/base/clock"
	"hawker/internal/media/upload"
	"hawker/internal/platform/config"
	"hawker/internal/schema"
	"hawker/internal/vault"
)

// Vault keeps copies of an installation.
func Vault(cfg config.Config, log *slog.Logger, c clock.Clock) vault.Backups {
	return vault.Backups{
		Config: cfg, Log: log, Clock: c, Ring: ring(cfg), Schema: schema.FS,
		Upload: upload.Settled(cfg.Path("uploads")),
		Doctor: func(ctx context.Context, cfg config.Config) (vault.Examined, error) {
			r, err := Doctor(ctx, cfg, log)
			return vault.Examined{Healthy: r.Healthy, Checks: len(r.Findings), Text: r.String()}, err
		},
	}
}
