#!/usr/bin/env bash
# minio-go 7.4.1 (github.com/minio/minio-go/v7): PutObject of unknown size (-1) takes io.ErrUnexpectedEOF from its reader for
# the regular end, uploads what came until then and answers no error. It fills its buffer by a ReadFull of its own,
# which means "less than a buffer, and then the end" by the same error, and cannot tell the two apart. With any other
# error, and with a known size, the upload fails.
#
# A guess from io.Reader's contract: whatever is not io.EOF fails the upload. io.ErrUnexpectedEOF is what readers of
# compressed, chunked and multipart streams give for a torn one, so half a file is stored as a whole one.
# For a mall: a recording or a film whose source was cut off looks complete in the bucket, and nobody is told.
# Hawker sends the pieces itself (internal/platform/blob/s3), and its conformance suite has a reader that is torn.
# The server here is github.com/johannesboyne/gofakes3 1.2.0, in memory; what is wrong happens before anything is sent.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
cat >go.mod <<'GO'
module finding
go 1.26
GO
cat >main.go <<'GO'
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http/httptest"
	"os"
	"strings"

	"github.com/johannesboyne/gofakes3"
	"github.com/johannesboyne/gofakes3/backend/s3mem"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

// torn gives ten bytes and then an error.
type torn struct {
	io.Reader
	err error
}

func (t torn) Read(p []byte) (int, error) {
	n, err := t.Reader.Read(p)
	if err == io.EOF {
		err = t.err
	}
	return n, err
}

func main() {
	server := httptest.NewServer(gofakes3.New(s3mem.New()).Server())
	defer server.Close()
	ctx := context.Background()
	c, err := minio.New(strings.TrimPrefix(server.URL, "http://"), &minio.Options{
		Creds: credentials.NewStatic("", "", "", credentials.SignatureAnonymous), Region: "us-east-1",
	})
	if err == nil {
		err = c.MakeBucket(ctx, "bucket", minio.MakeBucketOptions{})
	}
	if err != nil {
		panic(err)
	}
	put := func(name string, size int64, end error) error {
		_, err := c.PutObject(ctx, "bucket", name, torn{strings.NewReader("ten bytes!"), end}, size, minio.PutObjectOptions{
			PartSize: 5 << 20,
		})
		return err
	}
	silent := put("silent", -1, io.ErrUnexpectedEOF)
	other := put("other", -1, errors.New("cut off"))
	known := put("known", 20, io.ErrUnexpectedEOF)
	info, statErr := c.StatObject(ctx, "bucket", "silent", minio.StatObjectOptions{})
	fmt.Printf("unknown size, io.ErrUnexpectedEOF: error %v, then stored: %d bytes, %v\n", silent, info.Size, statErr)
	fmt.Printf("unknown size, another error:       error %v\n", other)
	fmt.Printf("known size, io.ErrUnexpectedEOF:   failed %v\n", known != nil)
	if silent != nil || statErr != nil || info.Size != 10 || other == nil || known == nil {
		fmt.Println("CHANGED")
		os.Exit(1)
	}
	fmt.Println("as found: a torn upload is stored as a whole one")
}
GO
go get github.com/minio/minio-go/v7@v7.4.1 github.com/johannesboyne/gofakes3@v1.2.0 >/dev/null 2>&1
go mod tidy >/dev/null 2>&1
go run .
