package space

import (
	"errors"
	"slices"
	"strings"
	"syscall"

	"github.com/go-sql-driver/mysql"
	"modernc.org/sqlite"
)

// Result codes of databases that mean want of room (sqlite.org/rescode.html, MySQL's and
// MariaDB's error references). SQLite's shared memory is a file that grows, too.
const (
	sqliteFull    = 13
	sqliteShmSize = 4874

	mysqlFileFull  = 20 // of the system's layer
	mysqlDiskFull  = 1021
	mysqlTableFull = 1114

	mysqlWrite   = 3 // these three tell the system's number in their text
	mysqlOnWrite = 1026
	mysqlEngine  = 1030
)

// IsFull tells whether something failed for want of room: on a disk of ours, by quota, or on
// that of the database.
func IsFull(err error) bool {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return true
	}
	var lite *sqlite.Error
	if errors.As(err, &lite) {
		return lite.Code() == sqliteFull || lite.Code() == sqliteShmSize
	}
	var my *mysql.MySQLError
	if !errors.As(err, &my) {
		return false
	}
	if slices.Contains([]uint16{mysqlFileFull, mysqlDiskFull, mysqlTableFull}, my.Number) {
		return true
	}
	return slices.Contains([]uint16{mysqlWrite, mysqlOnWrite, mysqlEngine}, my.Number) &&
		(strings.Contains(my.Message, "errno: 28") || strings.Contains(my.Message, "error 28"))
}
