// Package tidb_test reads every statement and migration of ours with TiDB's own grammar: a
// server of it cannot be had everywhere, its parser can. It is a module of its own, so
// that nothing of it comes near the program.
package tidb_test

import (
	"bufio"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/pingcap/tidb/pkg/parser"
	"github.com/pingcap/tidb/pkg/parser/ast"
	_ "github.com/pingcap/tidb/pkg/parser/test_driver"
)

const root = "../.."

// read parses a text of one or more statements and refuses what TiDB takes and does not
// do: locks that are skipped, triggers, procedures.
func read(t *testing.T, p *parser.Parser, where, text string) {
	t.Helper()
	nodes, warnings, err := p.ParseSQL(text)
	if err != nil {
		t.Errorf("%s: %v\n%s", where, err, text)
		return
	}
	for _, w := range warnings {
		t.Errorf("%s: %v\n%s", where, w, text)
	}
	for _, n := range nodes {
		n.Accept(&judge{t, where})
	}
}

type judge struct {
	t     *testing.T
	where string
}

func (j *judge) Enter(n ast.Node) (ast.Node, bool) {
	switch n := n.(type) {
	case *ast.SelectStmt:
		if lock := n.LockInfo; lock != nil {
			switch lock.LockType {
			case ast.SelectLockForUpdateSkipLocked, ast.SelectLockForShareSkipLocked:
				j.t.Errorf("%s: SKIP LOCKED is not done", j.where)
			}
		}
	case *ast.ProcedureInfo:
		j.t.Errorf("%s: a procedure", j.where)
	case *ast.ColumnOption:
		if n.Tp == ast.ColumnOptionAutoIncrement {
			j.t.Errorf("%s: numbers of AUTO_INCREMENT neither grow nor follow one another", j.where)
		}
	}
	return n, false
}

func (j *judge) Leave(n ast.Node) (ast.Node, bool) { return n, true }

func TestMigrations(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join(root, "internal/schema/mysql/*.sql"))
	if err != nil || len(files) < 30 {
		t.Fatal(len(files), err)
	}
	p := parser.New()
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		read(t, p, filepath.Base(f), dropsTrigger.ReplaceAllString(string(raw), ""))
	}
}

// dropsTrigger are statements that migrations do not send where there is no trigger
// (platform/steps).
var dropsTrigger = regexp.MustCompile(`(?m)^DROP TRIGGER IF EXISTS \w+;$`)

// spoken are texts in backquotes or quotes that begin like a statement.
var spoken = regexp.MustCompile("(?s)`((?:SELECT|INSERT|UPDATE|DELETE|WITH) [^`]*)`|" +
	`"((?:SELECT|INSERT|UPDATE|DELETE|WITH) [^"\n]*)"`)

// sqliteAlone are packages that speak to a SQLite file and nothing else.
var sqliteAlone = map[string]bool{"compact": true, "highest": true, "move": true, "sandbox": true}

// Statements that stand in one text are read from the source. What is put together is
// read by TestWhatWasAsked.
func TestStatementsOfTheSource(t *testing.T) {
	t.Parallel()
	p, read0 := parser.New(), 0
	err := filepath.WalkDir(filepath.Join(root, "internal"), func(file string, d os.DirEntry, err error) error {
		name := filepath.Base(file)
		if err != nil || d.IsDir() || !strings.HasPrefix(name, "store") || strings.HasSuffix(name, "_test.go") ||
			!strings.HasSuffix(name, ".go") || sqliteAlone[filepath.Base(filepath.Dir(file))] {
			return err
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		for _, m := range spoken.FindAllStringSubmatchIndex(string(raw), -1) {
			from, to := max(m[2], m[4]), max(m[3], m[5])
			rest := strings.TrimLeft(string(raw[m[1]:]), " \t\n")
			text := string(raw[from:to])
			if strings.HasPrefix(rest, "+") || strings.Contains(text, "%s") || strings.HasSuffix(text, " IN ") {
				continue // goes on
			}
			read(t, p, file, text)
			read0++
		}
		return nil
	})
	if err != nil || read0 < 200 {
		t.Errorf("%d statements, %v", read0, err)
	}
}

// askedVariable names a file in which tests on MariaDB have noted what they asked.
const askedVariable = "HAWKER_TEST_STATEMENTS"

// elsewhere are the check of a server's own tables, which doctor leaves out where it fails, and
// what a test writes to see it fail.
var elsewhere = regexp.MustCompile(`^CHECK TABLE |^SELEKT `)

// Whatever any test asked of MariaDB, put together or not, TiDB can read.
func TestWhatWasAsked(t *testing.T) {
	t.Parallel()
	file := os.Getenv(askedVariable)
	if file == "" {
		t.Skip("nothing was noted: make test-mysql does")
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	p, done := parser.New(), map[string]bool{}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var text string
		if err := json.Unmarshal(lines.Bytes(), &text); err != nil {
			t.Fatal(err)
		}
		if done[text] || elsewhere.MatchString(text) {
			continue
		}
		done[text] = true
		read(t, p, "asked", text)
	}
	if err := lines.Err(); err != nil || len(done) < 500 {
		t.Errorf("%d statements, %v", len(done), err)
	}
}
