package sqldb

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/go-sql-driver/mysql"
	"modernc.org/sqlite"

	"hawker/internal/platform/servertime"
	"hawker/internal/platform/statement"
)

const readersMax = 8

// openSQLite chooses (docs/adr/0002-group-commit.md) WAL, full sync (an
// acknowledged order survives a power cut), one writer, readers beside it. The
// folder is locked: two processes on one file would each believe to be the only
// writer.
func (db *DB) openSQLite(path string, readOnly bool) (err error) {
	if !readOnly {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			return err
		}
		lock, err := lockFile(path + ".lock")
		if err != nil {
			return err
		}
		db.lock = lock
	}
	// A folder may be called what it likes: ?, # and % mean something in a URI.
	uri := "file:" + (&url.URL{Path: path}).EscapedPath() + "?"
	pragmas := url.Values{"_pragma": {
		"journal_mode(WAL)", "synchronous(FULL)", "busy_timeout(5000)", "foreign_keys(1)", "cache_size(-16000)",
	}}
	if !readOnly {
		if db.write, err = sql.Open("sqlite", uri+"_txlock=immediate&"+pragmas.Encode()); err != nil {
			return err
		}
		// The writer keeps one for good; the other is for migrations, which would wait for
		// ever where somebody has written before.
		db.write.SetMaxOpenConns(2)
		if err := db.write.Ping(); err != nil { // creates the file in WAL mode before a reader opens it
			return err
		}
		db.writer = startWriter(db)
	}
	pragmas.Add("_pragma", "query_only(1)")
	if db.read, err = sql.Open("sqlite", uri+pragmas.Encode()); err != nil {
		return err
	}
	conns := min(max(4, runtime.NumCPU()), readersMax)
	db.read.SetMaxOpenConns(conns)
	db.read.SetMaxIdleConns(conns)
	db.readers = statement.NewPool(db.read)
	return nil
}

// ErrLocked means that another process has the data folder open.
var ErrLocked = errors.New("another hawker is running on this data folder")

func lockFile(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return nil, errors.Join(fmt.Errorf("%w (%s)", ErrLocked, path), f.Close())
	}
	return f, nil
}

const mysqlConnsMax = 24 // to write, and as many to read

// committed connects with transactions that read what is committed: said once a connection, it
// costs no transaction a round trip.
type committed struct{ driver.Connector }

// Connect implements driver.Connector.
func (c committed) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	x, ok := conn.(driver.ExecerContext)
	if !ok {
		return nil, errors.Join(errors.ErrUnsupported, conn.Close())
	}
	if _, err := x.ExecContext(ctx, "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED", nil); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

func (db *DB) openMySQL(ctx context.Context, dsn string) error {
	cfg, err := mysql.ParseDSN(dsn)
	if err != nil {
		return errors.New("the MySQL address does not parse; want " +
			"mysql:user:password@tcp(host:port)/name") // the cause may hold the password
	}
	cfg.ParseTime, cfg.Loc = true, time.UTC // the migration lock needs ParseTime
	cfg.ClientFoundRows = true              // rows matched, as SQLite counts
	cfg.InterpolateParams = true            // one round trip a statement
	cfg.Timeout, cfg.ReadTimeout, cfg.WriteTimeout = 5*time.Second, 30*time.Second, 30*time.Second
	if err := cfg.Apply(mysql.Charset("utf8mb4", "utf8mb4_bin")); err != nil {
		return err
	}
	connector, err := mysql.NewConnector(cfg)
	if err != nil {
		return err
	}
	// Who reads beside their transaction must not wait for a connection that another such holds.
	db.write, db.read = sql.OpenDB(committed{connector}), sql.OpenDB(committed{connector})
	for _, pool := range []*sql.DB{db.write, db.read} {
		pool.SetMaxOpenConns(mysqlConnsMax)
		pool.SetMaxIdleConns(mysqlConnsMax)
		pool.SetConnMaxLifetime(5 * time.Minute)
	}
	var mode string
	if err := db.write.QueryRowContext(ctx, "SELECT @@sql_mode").Scan(&mode); err != nil {
		return err
	}
	if strings.Contains(mode, "NO_BACKSLASH_ESCAPES") {
		return errors.New("sql_mode NO_BACKSLASH_ESCAPES is not supported: arguments are interpolated by the driver")
	}
	return errors.Join(proveChecks(ctx, db.write), servertime.Align(ctx, db.write, db.clock, db.log))
}

// ErrNoChecks means that the server takes CHECK constraints and does not hold
// them: MySQL before 8.0.16, TiDB with tidb_enable_check_constraint off.
var ErrNoChecks = errors.New("this database server does not enforce CHECK constraints, on which stock and " +
	"ledger rely; use MySQL 8.0.16, MariaDB 10.6 or newer, or set tidb_enable_check_constraint = ON")

// proveChecks tries a row that a CHECK forbids, in a table that only this
// connection sees.
func proveChecks(ctx context.Context, db *sql.DB) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, "CREATE TEMPORARY TABLE hawker_check_proof (n INT NOT NULL, CHECK (n > 0))")
	if err == nil {
		if _, err = conn.ExecContext(ctx, "INSERT INTO hawker_check_proof (n) VALUES (0)"); err == nil {
			err = ErrNoChecks
		} else if IsCheck(err) {
			err = nil
		}
		_, dropErr := conn.ExecContext(ctx, "DROP TEMPORARY TABLE hawker_check_proof")
		err = errors.Join(err, dropErr)
	}
	return errors.Join(err, conn.Close())
}

// Result codes of the servers; SQLite's are extended codes.
const (
	sqliteUnique     = 2067
	sqlitePrimaryKey = 1555
	sqliteCheck      = 275
	sqliteCorrupt    = 11
	sqliteNotADB     = 26

	mysqlDuplicate    = 1062
	mysqlCheck        = 3819
	mariadbCheck      = 4025
	mysqlLockWait     = 1205
	mysqlDeadlock     = 1213
	mariadbSnapshot   = 1020 // the row has changed since the transaction's snapshot
	tidbWriteConflict = 9007

	mysqlNoTable = 1146
)

func codes(err error) (lite, my int) {
	var l *sqlite.Error
	if errors.As(err, &l) {
		lite = l.Code()
	}
	var m *mysql.MySQLError
	if errors.As(err, &m) {
		my = int(m.Number)
	}
	return lite, my
}

// IsUnique reports a violated unique or primary key.
func IsUnique(err error) bool {
	lite, my := codes(err)
	return lite == sqliteUnique || lite == sqlitePrimaryKey || my == mysqlDuplicate
}

// IsCheck reports a violated CHECK constraint.
func IsCheck(err error) bool {
	lite, my := codes(err)
	return lite == sqliteCheck || my == mysqlCheck || my == mariadbCheck
}

// missingTable reports a question to a table that is not there.
func missingTable(err error) bool {
	var l *sqlite.Error
	if errors.As(err, &l) {
		return strings.Contains(l.Error(), "no such table")
	}
	_, my := codes(err)
	return my == mysqlNoTable
}

// advice is what to do about a SQLite file that is not whole, or none.
func advice(err error) string {
	if lite, _ := codes(err); lite == sqliteCorrupt || lite == sqliteNotADB {
		return "; see what hawker doctor says, and restore a backup"
	}
	return ""
}

// IsRetryable reports an error after which the server has rolled back the whole
// transaction, and which goes away when it is run again.
func IsRetryable(err error) bool {
	_, my := codes(err)
	return my == mysqlLockWait || my == mysqlDeadlock || my == mariadbSnapshot || my == tidbWriteConflict
}

// Row names where Put writes. Arguments come in the order of the fields.
type Row struct {
	Table string
	Keys  []string // of a unique key
	Set   []string // take the new value
	Add   []string // grow by it
	First []string // written only with a new row
}

// Put inserts rows, or changes those that have the same unique key: one statement,
// so that of two that come at once both count.
func (tx *Tx) Put(ctx context.Context, r Row, args ...any) error {
	columns := slices.Concat(r.Keys, r.Set, r.Add, r.First)
	change, fresh := " ON CONFLICT ("+strings.Join(r.Keys, ", ")+") DO UPDATE SET ", "excluded.%s"
	if tx.db.dialect == MySQL {
		change, fresh = " ON DUPLICATE KEY UPDATE ", "VALUES(%s)"
	}
	var updates []string
	for _, c := range r.Set {
		updates = append(updates, c+" = "+fmt.Sprintf(fresh, c))
	}
	for _, c := range r.Add {
		updates = append(updates, c+" = "+r.Table+"."+c+" + "+fmt.Sprintf(fresh, c))
	}
	if len(updates) == 0 { // the row is there: that is all
		updates = []string{r.Keys[0] + " = " + r.Table + "." + r.Keys[0]}
	}
	rows := strings.Repeat(", ("+Marks(len(columns))+")", len(args)/len(columns))[2:]
	_, err := tx.Exec(ctx, "INSERT INTO "+r.Table+" ("+strings.Join(columns, ", ")+") VALUES "+rows+change+
		strings.Join(updates, ", "), args...)
	return err
}

// Upsert is Put of columns that all take the new value.
func (tx *Tx) Upsert(ctx context.Context, table string, keys, set []string, args ...any) error {
	return tx.Put(ctx, Row{Table: table, Keys: keys, Set: set}, args...)
}
