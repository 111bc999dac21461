// Package schema holds the tables of every module as forward-only migrations,
// one folder per SQL dialect with the same file names in both. A table belongs
// to the module that its file is named after; nobody else writes it.
package schema

import "embed"

// FS holds the folders sqlite and mysql.
//
//go:embed sqlite/*.sql mysql/*.sql
var FS embed.FS

// Histories are tables whose rows are never rewritten: what was wrong is corrected
// by more rows. sqldb refuses statements that would change them.
func Histories() []string {
	return []string{
		"ledger_tx", "ledger_transfer", "bind_event", "order_line_attribution", "commission_reversal",
		"audit_entry",
	}
}
