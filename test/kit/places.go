package kit

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"net"
	"testing"

	_ "github.com/go-sql-driver/mysql" // a database for each mall, when the tests run on MySQL

	"hawker/internal/base/id"
)

// Ports below those that systems give to whoever asks for any (from 32768 on Linux): between the
// search and the start nobody gets one by chance.
const (
	portsFrom = 10_000
	portsTo   = 32_000
)

// freePorts finds loopback addresses that nobody listens on.
func freePorts(t testing.TB, n int) []string {
	t.Helper()
	var out []string
	for tries := 0; len(out) < n; tries++ {
		ln, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", portsFrom+rand.IntN(portsTo-portsFrom)))
		if err != nil {
			if tries > portsTo-portsFrom {
				t.Fatal(err)
			}
			continue
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

// FreePort is a loopback address on which nobody listens.
func FreePort(t testing.TB) string {
	t.Helper()
	return freePorts(t, 1)[0]
}
