#!/usr/bin/env bash
# SQLite 3.54.1 as modernc.org/sqlite 1.61.1 (Go): what is left of a transaction when a statement finds the disk full depends on how
# many rows the statement could have changed. An INSERT of one row takes all of the transaction back, savepoints too; one of
# two rows, an INSERT … SELECT and an UPDATE take back themselves alone, and the transaction goes on.
# database/sql does not notice the former: what the same Tx is told next is a transaction of its own, committed at once. Commit
# then fails ("no transaction is active"), and yet the last statement is there for good, without the first.
#
# A guess: an error of a statement ends the statement, or ends the transaction; and a Tx that could not be committed left nothing.
# For a mall: an order's row is gone and its payment's stays, if one error on the way is thought harmless ("could not log").
# Hawker ends a transaction at the first error that is no rule of the schema, whoever does not care for it, and runs again
# those who shared it: internal/platform/sqldb/broken_test.go.
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
	"database/sql"
	"fmt"
	"os"

	_ "modernc.org/sqlite"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

// try writes one row, has a statement meet a full database, writes another row and commits, all in one transaction.
func try(file, fails string) (failed, commit error, first, last int) {
	db, err := sql.Open("sqlite", file)
	must(err)
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, q := range []string{"CREATE TABLE t (name TEXT, body BLOB)", "PRAGMA max_page_count = 20"} {
		_, err = db.Exec(q)
		must(err)
	}
	tx, err := db.Begin()
	must(err)
	_, err = tx.Exec("INSERT INTO t (name) VALUES ('first')")
	must(err)
	_, failed = tx.Exec(fails)
	_, err = tx.Exec("INSERT INTO t (name) VALUES ('last')")
	must(err)
	commit = tx.Commit()
	must(db.QueryRow("SELECT COUNT(CASE name WHEN 'first' THEN 1 END), COUNT(CASE name WHEN 'last' THEN 1 END) FROM t").
		Scan(&first, &last))
	return failed, commit, first, last
}

func main() {
	db, err := sql.Open("sqlite", ":memory:")
	must(err)
	var version string
	must(db.QueryRow("SELECT sqlite_version()").Scan(&version))
	fmt.Println("SQLite", version)
	changed := false
	for i, c := range []struct {
		query string
		first int
	}{
		{"INSERT INTO t VALUES ('big', zeroblob(200000))", 0},
		{"INSERT INTO t VALUES ('big', zeroblob(200000)), ('big', '')", 1},
		{"INSERT INTO t SELECT 'big', zeroblob(200000)", 1},
		{"UPDATE t SET body = zeroblob(200000)", 1},
	} {
		failed, commit, first, last := try(fmt.Sprintf("%d.db", i), c.query)
		fmt.Printf("%s\n  fails: %v\n  commit: %v\n  there: before it %d, after it %d\n", c.query, failed, commit, first, last)
		changed = changed || failed == nil || first != c.first || last != 1 || (commit == nil) != (c.first == 1)
	}
	if changed {
		fmt.Println("this has changed")
		os.Exit(1)
	}
}
GO
go get modernc.org/sqlite@v1.61.1 >/dev/null 2>&1
go mod tidy >/dev/null 2>&1
go run .
