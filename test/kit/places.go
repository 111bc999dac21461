package kit

import (
	"database/sql"
	"net"
	"testing"

	_ "github.com/go-sql-driver/mysql" // a database for each mall, when the tests run on MySQL

	"hawker/internal/base/id"
)

// freePorts finds loopback addresses that nobody listens on. Another process
// could take one in between; the start would then fail and say so.
func freePorts(t testing.TB, n int) []string {
	t.Helper()
	var out []string
	for range n {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer ln.Close()
		out = append(out, ln.Addr().String())
	}
	return out
}

func freshMySQL(t testing.TB, server string) string {
	t.Helper()
	name := "hawker_" + id.Token()
	admin, err := sql.Open("mysql", server)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := admin.Exec("CREATE DATABASE " + name + " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if _, err := admin.Exec("DROP DATABASE " + name); err != nil {
			t.Error(err)
		}
		admin.Close()
	})
	return server + name
}
