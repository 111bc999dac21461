// Command hawker is the whole mall in one program. `hawker serve --demo` starts
// it; `hawker --help` lists what else it does.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/alecthomas/kong"

	"hawker/internal/base/clock"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	private()
	var c commands
	k := kong.Parse(&c, kong.Name("hawker"), kong.Description("A self-hosted mall for live streams and short videos."),
		kong.UsageOnError(),
		kong.BindTo(ctx, (*context.Context)(nil)))
	if err := k.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "hawker:", err)
		code := 1
		if errors.As(err, new(pendingError)) {
			code = pendingStatus
		}
		os.Exit(code)
	}
}

// mallTime goes by this machine, and by the database's server where there is one.
func mallTime() clock.Clock { return clock.NewFollowing(clock.Real{}) }
