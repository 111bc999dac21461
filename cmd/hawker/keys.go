package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"hawker/internal/app"
)

type keysCmd struct {
	Rotate rotateCmd `cmd:"" help:"Change the master key: seal all that is sealed with a new one. The server has to be stopped; a change that was interrupted goes on when it is run again."`
}

type rotateCmd struct {
	settings
	RemoveOld bool `help:"Forget the old key instead of keeping it in keys/old."`
}

func (c rotateCmd) Run(ctx context.Context) error {
	cfg, log, err := c.load()
	if err != nil {
		return err
	}
	done, err := app.RotateKeys(ctx, cfg, log, app.Rotating{Remove: c.RemoveOld, Told: func(kind string, moved int64) {
		fmt.Fprintf(os.Stderr, "\r\033[K%d sealed anew: %s", moved, kind)
	}})
	fmt.Fprintln(os.Stderr)
	if errors.Is(err, context.Canceled) {
		return errors.New("stopped, and nothing starts here until the change is finished: run `hawker keys rotate` " +
			"again")
	}
	if err != nil {
		return err
	}
	fmt.Printf("the master key is %s now; %d values were sealed anew\n", done.To, done.Moved)
	if done.Aside == "" {
		fmt.Printf("the old key %s is gone\n", done.From)
		return nil
	}
	fmt.Printf("the old key %s lies in %s; nothing here needs it any more\n", done.From, done.Aside)
	return nil
}
