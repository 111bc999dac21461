package s3

import (
	"context"
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/minio/minio-go/v7/pkg/cors"
	"github.com/minio/minio-go/v7/pkg/lifecycle"
)

// Rules are what a bucket is told beside what lies in it: which pages may fetch from it and send
// to it, and what it forgets by itself. To set them replaces those that it has, of each kind all.
type Rules struct {
	Cors      *cors.Config
	Lifecycle *lifecycle.Configuration
}

// Days after which a bucket forgets what nobody goes on with. The program does so after one.
const (
	piecesKept  = 2
	uploadsKept = 14 // a film that failed by an accident may be asked for again for a while
	corsSeconds = 3600
)

// RulesFor are those of pages at some origins.
func (b *Bucket) RulesFor(origins []string) Rules {
	end := lifecycle.NewConfiguration()
	end.Rules = []lifecycle.Rule{
		{
			ID: "hawker-unfinished", Status: "Enabled", RuleFilter: lifecycle.Filter{Prefix: b.prefix},
			AbortIncompleteMultipartUpload: lifecycle.AbortIncompleteMultipartUpload{DaysAfterInitiation: piecesKept},
		},
		{
			ID: "hawker-uploads", Status: "Enabled", RuleFilter: lifecycle.Filter{Prefix: b.prefix + "uploads/"},
			Expiration: lifecycle.Expiration{Days: uploadsKept},
		},
	}
	return Rules{Lifecycle: end, Cors: cors.NewConfig([]cors.Rule{{
		ID: "hawker", AllowedOrigin: origins, AllowedMethod: []string{"GET", "PUT"}, AllowedHeader: []string{"*"},
		ExposeHeader: []string{"Content-Length", "Content-Range"}, MaxAgeSeconds: corsSeconds,
	}})}
}

// Write gives the rules as S3 takes them.
func (r Rules) Write(w io.Writer) error {
	for name, rule := range map[string]any{"CORS": r.Cors, "lifecycle": r.Lifecycle} {
		raw, err := xml.MarshalIndent(rule, "", "  ")
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(w, "%s:\n%s\n\n", name, strings.TrimSpace(string(raw))); err != nil {
			return err
		}
	}
	return nil
}

// SetCors has the bucket keep the rules of pages.
func (b *Bucket) SetCors(ctx context.Context, r Rules) error {
	return told(ctx, b.core.SetBucketCors(ctx, b.name, r.Cors))
}

// SetLifecycle has the bucket forget by itself what nobody goes on with.
func (b *Bucket) SetLifecycle(ctx context.Context, r Rules) error {
	return told(ctx, b.core.SetBucketLifecycle(ctx, b.name, r.Lifecycle))
}
