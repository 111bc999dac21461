package fault_test

import (
	"database/sql"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"hawker/test/kit"
)

// server is a MariaDB of the test's own, which writes binary logs.
type server struct {
	dir string
	*sql.DB
	port string
	stop func()
}

// startServer makes one in an empty folder and runs it until stop or the test's end.
func startServer(t *testing.T) *server {
	t.Helper()
	program := ""
	for _, p := range []string{"mariadbd", "/usr/sbin/mariadbd"} {
		if found, err := exec.LookPath(p); err == nil {
			program = found
		}
	}
	if program == "" {
		t.Skip("no MariaDB on this machine")
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	ln.Close()
	dir := t.TempDir()
	user := "--user=" + os.Getenv("USER")
	if os.Getuid() == 0 {
		user = "--user=root"
	}
	if out, err := exec.Command("mariadb-install-db", "--no-defaults", user, "--datadir="+dir+"/data",
		"--auth-root-authentication-method=normal", "--skip-test-db").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	cmd := exec.Command(program, "--no-defaults", user, "--datadir="+dir+"/data", "--socket="+dir+"/s", "--port="+port,
		"--pid-file="+dir+"/pid", "--bind-address=127.0.0.1", "--log-bin=binlog", "--binlog-format=ROW",
		"--log-error="+dir+"/log", "--innodb-buffer-pool-size=64M", "--innodb-flush-log-at-trx-commit=2")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s := &server{dir: dir, port: port}
	s.stop = func() {
		if cmd.ProcessState == nil {
			_ = cmd.Process.Kill() // its machine is gone
			_ = cmd.Wait()
		}
	}
	t.Cleanup(s.stop)
	if s.DB, err = sql.Open("mysql", "root@tcp(127.0.0.1:"+port+")/"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	cnf := fmt.Sprintf("[client]\nhost=127.0.0.1\nport=%s\nuser=root\n", port)
	if err := os.WriteFile(s.cnf(), []byte(cnf), 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *server) cnf() string { return filepath.Join(s.dir, "cnf") }

func (s *server) url() string { return "mysql:root@tcp(127.0.0.1:" + s.port + ")/hawker" }

// backup runs the shipped script against a server.
func (s *server) backup(args ...string) (string, error) {
	cmd := exec.Command("../../deploy/backup/mysql-backup", args...)
	cmd.Env = append(os.Environ(), "CNF="+s.cnf(), "DATABASE=hawker")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (s *server) mustBackup(t *testing.T, args ...string) {
	t.Helper()
	if out, err := s.backup(args...); err != nil {
		t.Fatalf("mysql-backup %v: %v\n%s", args, err, out)
	}
}

// within waits for a server that answers.
func (s *server) within(t *testing.T) {
	t.Helper()
	deadline, tick := time.After(time.Minute), time.NewTicker(50*time.Millisecond)
	defer tick.Stop()
	for s.Ping() != nil {
		select {
		case <-deadline:
			raw, _ := os.ReadFile(s.dir + "/log")
			t.Fatalf("the server does not answer: %s", raw)
		case <-tick.C:
		}
	}
}

// nextSecond waits until the server's clock shows another second, and gives it.
func (s *server) nextSecond(t *testing.T, m *kit.Mall) time.Time {
	t.Helper()
	read := func() (at int64) {
		if err := s.QueryRow("SELECT UNIX_TIMESTAMP()").Scan(&at); err != nil {
			t.Fatal(err)
		}
		return at
	}
	begun := read()
	m.Eventually("a second has passed", func() bool { return read() > begun })
	return time.Unix(begun+1, 0)
}

// TestADatabaseAsItWasAtAPoint sells before a full copy, after it, and after the point; then somebody drops a table
// and the machine is gone. On a new server the mall is as it was at the point, by the script that we ship.
func TestADatabaseAsItWasAtAPoint(t *testing.T) {
	if os.Getenv("HAWKER_TEST_MYSQL") == "" {
		t.Skip("it is run where servers are: HAWKER_TEST_MYSQL")
	}
	old, copies := startServer(t), t.TempDir()
	old.within(t)
	if _, err := old.Exec("CREATE DATABASE hawker CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"); err != nil {
		t.Fatal(err)
	}
	m := kit.Start(t, "HAWKER_DATABASE_URL="+old.url())
	shopper := m.SignIn("shopper")
	sku := shopper.Find(t, mug).SKUs[0].ID
	buy := func() kit.Order {
		t.Helper()
		o := shopper.Place(t, sku, 1)
		m.Decide(t, shopper.PayURL(t, o.ID), url.Values{"decision": {"approve"}})
		shopper.Becomes(t, o.ID, "paid")
		return o
	}
	first := buy()
	old.mustBackup(t, "full", copies)
	old.nextSecond(t, m)
	second := buy()
	old.mustBackup(t, "logs", copies)
	point := old.nextSecond(t, m)
	old.nextSecond(t, m)
	third := buy()
	m.Stop()
	if _, err := old.Exec("DROP TABLE hawker.order_line"); err != nil {
		t.Fatal(err)
	}
	old.mustBackup(t, "logs", copies)
	old.mustBackup(t, "status", copies)
	old.stop()

	fresh := startServer(t)
	fresh.within(t)
	at := point.UTC().Format(time.RFC3339)
	if out, err := fresh.backup("restore", copies, "2020-01-01T00:00:00Z"); err == nil {
		t.Errorf("restored to before the first copy: %s", out)
	}
	fresh.mustBackup(t, "restore", copies, at)
	if out, err := fresh.backup("restore", copies, at); err == nil || !strings.Contains(out, "not empty") {
		t.Errorf("restored over a mall: %v %s", err, out)
	}
	m.Set("HAWKER_DATABASE_URL=" + fresh.url())
	m.Doctor()
	m.Boot()
	for _, o := range []kit.Order{first, second} {
		if got := shopper.Order(t, o.ID).Status; got != "paid" {
			t.Errorf("an order of before is %s", got)
		}
	}
	shopper.Get("/orders/"+third.ID).WantProblem(t, http.StatusNotFound, "order.not_found")
	buy()
	m.Stop()
	m.Doctor()
	fresh.mustBackup(t, "prune", copies, "0") // all that is older than the newest copy
	missing(t, fresh, copies, at)
}

// missing takes one log away: nothing is restored with a hole in it.
func missing(t *testing.T, s *server, copies, at string) {
	t.Helper()
	logs, err := filepath.Glob(copies + "/logs/*")
	if err != nil || len(logs) < 2 {
		t.Fatal(logs, err)
	}
	if err := os.Remove(logs[0]); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Exec("DROP DATABASE hawker"); err != nil {
		t.Fatal(err)
	}
	if out, err := s.backup("restore", copies, at); err == nil || !strings.Contains(out, "missing") {
		t.Errorf("restored over a hole: %v %s", err, out)
	}
}
