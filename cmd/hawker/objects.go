package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"hawker/internal/platform/blob/s3"
)

type objectsCmds struct {
	Rules objectRulesCmd `cmd:"" help:"The rules that the bucket of the settings should have: which pages may fetch and send (CORS), and what it forgets by itself (lifecycle)."`
}

type objectRulesCmd struct {
	settings
	Set    bool     `help:"Have the bucket keep them, in place of the CORS and lifecycle rules that it has."`
	Origin []string `help:"More pages that may, beside public_url, e.g. https://shop.example." placeholder:"ADDRESS"`
}

// Run prints the rules, or sets them. A server that keeps no such rules says so; the program
// itself forgets what nobody goes on with, whatever the bucket does.
func (c objectRulesCmd) Run(ctx context.Context) (err error) {
	cfg, _, err := c.load()
	if err != nil {
		return err
	}
	if cfg.Objects.URL == "" {
		return errors.New("objects.url says of which bucket")
	}
	origins := c.Origin
	if at := cfg.Reached().PublicURL; at != "" {
		origins = append([]string{at}, origins...)
	}
	if len(origins) == 0 {
		return errors.New("say by --origin or public_url at which address pages of the mall are")
	}
	bucket, err := s3.Of(cfg.Objects)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, bucket.Close()) }()
	rules := bucket.RulesFor(origins)
	if !c.Set {
		return rules.Write(os.Stdout)
	}
	var errs []error
	for _, kind := range []struct {
		name string
		set  func(context.Context, s3.Rules) error
	}{{"CORS", bucket.SetCors}, {"lifecycle", bucket.SetLifecycle}} {
		if err := kind.set(ctx, rules); err != nil {
			errs = append(errs, fmt.Errorf("%s rules were not taken: %w", kind.name, err))
			continue
		}
		fmt.Printf("the bucket has its %s rules\n", kind.name)
	}
	return errors.Join(errs...)
}
