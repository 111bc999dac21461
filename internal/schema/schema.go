// Package schema holds the tables of every module as forward-only migrations,
// one folder per SQL dialect with the same file names in both. A table belongs
// to the module that its file is named after; nobody else writes it.
package schema

import "embed"

// FS holds the folders sqlite and mysql.
//
//go:embed sqlite/*.sql mysql/*.sql
var FS embed.FS
