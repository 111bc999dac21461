// Package web holds the built front end. It keeps one promise: a fresh clone compiles without Node, because
// dist/.keep is committed; then the file systems below are empty and the server says how to build them.
// Serving, headers and fallbacks are not its job.
package web

import (
	"embed"
	"io/fs"
)

// all: matters: without it files that begin with "_" or "." are skipped silently, and the bundler emits such chunks.
//
//go:embed all:dist
var files embed.FS

// Dist is the build output: mall/ (served at /) and console/ (served at /console/).
func Dist() fs.FS {
	dist, err := fs.Sub(files, "dist")
	if err != nil {
		// The directory is embedded above, so its name is always valid.
		panic(err)
	}
	return dist
}
