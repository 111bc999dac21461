// Package s3test lends tests a part of a bucket on the S3 server that scripts/with-s3
// started. Without one the tests are passed over.
package s3test

import (
	"net/url"
	"os"
	"os/exec"
	"testing"

	"hawker/internal/base/id"
	"hawker/internal/platform/blob/s3"
	"hawker/internal/platform/config"
)

// Settings name a part of the bucket that nobody else uses.
func Settings(t testing.TB) config.Objects {
	t.Helper()
	text := os.Getenv("HAWKER_TEST_S3")
	if text == "" {
		t.Skip("no S3 server: scripts/with-s3 starts one")
	}
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	secret, _ := u.User.Password()
	o := config.Objects{Region: "us-east-1", KeyID: u.User.Username(), Secret: secret}
	u.User = nil
	o.URL = u.JoinPath(id.Token()).String()
	return o
}

// Open gives that part.
func Open(t testing.TB) *s3.Bucket {
	t.Helper()
	b, err := s3.Of(Settings(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := b.Close(); err != nil {
			t.Error(err)
		}
	})
	return b
}

// Kill ends the server as a machine that falls would; Start has it there again.
func Kill(t testing.TB) { server(t, "kill") }

// Start has the server there again.
func Start(t testing.TB) { server(t, "start") }

func server(t testing.TB, verb string) {
	t.Helper()
	if out, err := exec.Command(os.Getenv("HAWKER_TEST_S3_SERVER"), verb).CombinedOutput(); err != nil {
		t.Fatalf("%s the S3 server: %v\n%s", verb, err, out)
	}
}
