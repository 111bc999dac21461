package main_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A mall of one's own by the command line: its operator and shop, and what is done with
// accounts afterwards. No password stands in an argument or is printed.
func TestAMallOfOnesOwn(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	secret, other, weak := file(t, "a", "a long password\n"), file(t, "b", "another password"), file(t, "c", "12345678")
	setup := []string{"setup", "--data", data, "--email", "boss@example.com", "--shop", "青窑", "--password-file"}
	user := func(args ...string) []string { return append(append([]string{"user"}, args...), "--data", data) }
	if err := os.Mkdir(data, 0o755); err != nil { // others may look into it
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		code int
		want string // in what is said
	}{
		{user("list"), 1, "no database here"},
		{user("add", "wang@example.com", "--name", "小王", "--password-file", secret), 1, "no database here"},
		{[]string{"keys", "rotate", "--data", data}, 1, "no database here"},
		{[]string{"dead-letters", "list", "--data", data}, 1, "no database here"},
		{[]string{"migrate", "--show", "--data", data}, 1, "no database here"},
		{append(setup, weak), 1, "easy to guess"},
		{append(setup, filepath.Join(data, "none")), 1, "no such file"},
		{append(setup, secret), 0, "boss@example.com runs this mall now"},
		{append(setup, secret), 1, "has an operator already"},
		{user("add", "wang@example.com", "--name", "小王", "--password-file", secret), 0, "wang@example.com"},
		{user("add", "wang@example.com", "--name", "小王", "--password-file", secret), 1, "account with this e-mail"},
		{user("add", "li@example.com", "--name", "小李", "--operator", "--password-file", secret), 0, "li@example.com"},
		{user("list"), 0, "li@example.com  小李  operator"},
		{user("passwd", "wang@example.com", "--password-file", other), 0, ""},
		{user("passwd", "nobody@example.com", "--password-file", other), 1, "no such account"},
		{user("passwd", "wang@example.com"), 1, "password is empty"}, // standard input has none
		{user("disable", "li@example.com"), 0, ""},
		{user("disable", "boss@example.com"), 1, "has to be an operator"},
		{user("list"), 0, "operator  disabled"},
		{user("enable", "li@example.com"), 0, ""},
	} {
		got := hawker(t, nil, c.args...)
		all := got.out + got.err
		if got.code != c.code || !strings.Contains(all, c.want) || strings.Contains(all, "long password") {
			t.Errorf("%v: %d %q; want %d and %q", c.args, got.code, all, c.code, c.want)
		}
	}
	if got := hawker(t, nil, user("list")...); strings.Contains(got.out, "disabled") || strings.Count(got.out,
		"\n") != 3 {
		t.Errorf("at the end: %s", got.out)
	}
	if err := filepath.WalkDir(data, func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == data {
			return err
		}
		if info, err := d.Info(); err != nil || info.Mode().Perm()&0o077 != 0 {
			t.Errorf("others on this machine have %s: %v, %v", path, info.Mode(), err)
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	everywhere := hawker(t, []string{"HAWKER_PAYMENT_SANDBOX_ADDR=127.0.0.1:0"}, "serve", "--demo", "--data",
		filepath.Join(t.TempDir(), "other"), "--http", "0.0.0.0:0", "--rtmp", "127.0.0.1:0")
	if everywhere.code != 1 || !strings.Contains(everywhere.err, "--demo-anywhere") {
		t.Errorf("demo accounts everywhere: %d %s", everywhere.code, everywhere.err)
	}
}
