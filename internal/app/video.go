package app

import (
	"context"

	"hawker/internal/base/id"
)

type videos struct{ a *App }

func (videos) VideosShowing(context.Context, id.Product) ([]id.Video, error) { return nil, nil }

func (a *App) demoVideos(context.Context, id.Shop, id.User, []id.Product) error { return nil }
