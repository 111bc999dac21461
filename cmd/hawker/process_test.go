package main_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"hawker/internal/base/clock"
	"hawker/internal/platform/sqldb"
	"hawker/test/kit"
)

// said is what a command said, and how it ended.
type said struct {
	out, err string
	code     int
}

// hawker runs a command in an empty folder of its own, with nothing of ours in its
// environment but what is named.
func hawker(t *testing.T, env []string, args ...string) said {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), kit.Binary(t), args...)
	var out, err bytes.Buffer
	cmd.Stdout, cmd.Stderr, cmd.Dir = &out, &err, t.TempDir()
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir()}, env...)
	if failed := cmd.Run(); failed != nil && cmd.ProcessState == nil {
		t.Fatal(failed)
	}
	if left, lerr := os.ReadDir(cmd.Dir); lerr != nil || len(left) > 0 {
		t.Errorf("%v left %v in the folder where it was called, %v", args, left, lerr)
	}
	return said{out.String(), err.String(), cmd.ProcessState.ExitCode()}
}

func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// What cannot be done is refused with a status, a word to whoever called it and
// nothing on the standard output that a script would take for an answer.
func TestRefusals(t *testing.T) {
	t.Parallel()
	data, plain := filepath.Join(t.TempDir(), "data"), file(t, "plain", "")
	for _, c := range []struct {
		what, args, env, word string
	}{
		{"no command", "", "", "expected one of"},
		{"an unknown command", "sell", "", "sell"},
		{"an unknown flag", "serve --prot 80", "", "--prot"},
		{"a flag without a value", "serve --data", "", "--data"},
		{"too much", "migrate now", "", "now"},
		{"a role that is none", "serve --role none", "", "role"},
		{"a file that is not there", "serve --config /nowhere/hawker.yaml", "", "hawker.yaml"},
		{"a setting that does not exist", "migrate --config " + file(t, "a.yaml", "mall:\n  nmae: x\n"), "", "mall.nmae"},
		{"a setting that cannot be", "migrate --config " + file(t, "b.yaml", "live:\n  part: 1h\n"), "", "live.part"},
		{"no YAML", "doctor --config " + file(t, "c.yaml", "\t:\n"), "", "c.yaml"},
		{"a misspelt variable", "serve", "HAWKER_MALL_NMAE=x", "HAWKER_MALL_NMAE"},
		{"a log level that is none", "migrate --data " + data, "HAWKER_LOG_LEVEL=loud", "log.level"},
		{"a log format that is none", "migrate --data " + data, "HAWKER_LOG_FORMAT=xml", "xml"},
		{"a folder that is a file", "migrate --data " + plain, "", "not a directory"},
		{"a mall in a file", "serve --data " + plain, "", "not a directory"},
		{"the doctor of nothing", "doctor --data " + data, "", "database"},
		{"dead letters of nothing", "dead-letters list --data " + data, "", "database"},
		{"nothing to do again", "dead-letters requeue --data " + data, "", "<id>"},
		{"a database of another kind", "migrate", "HAWKER_DATABASE_URL=oracle:x", "sqlite:"},
		{"a bank for the world", "sandbox --http 0.0.0.0:0 --data " + data, "", "loopback"},
		{"nothing to measure", "bench tea", "", "no such area"},
		{"an area too many", "bench shop tea", "", "no such area"},
	} {
		got := hawker(t, []string{c.env}, strings.Fields(c.args)...)
		if got.code == 0 || !strings.Contains(got.err, c.word) || strings.Contains(got.err, "goroutine ") {
			t.Errorf("%s: %d, %q; want a word of %q", c.what, got.code, got.err, c.word)
		}
		if c.word != "expected one of" && strings.Contains(got.out, "\"value\"") {
			t.Errorf("%s: it answered %q", c.what, got.out)
		}
	}
}

// Help tells of each command, and the description needs no installation.
func TestWhatItSaysOfItself(t *testing.T) {
	t.Parallel()
	got := hawker(t, nil, "--help")
	for _, command := range []string{
		"serve", "worker", "migrate", "demo", "doctor", "dead-letters list", "dead-letters requeue", "bench", "sandbox",
		"openapi",
	} {
		if got.code != 0 || !strings.Contains(got.out, command) {
			t.Errorf("%d, no word of %s in %s", got.code, command, got.out)
		}
		if help := hawker(t, nil, append(strings.Fields(command), "--help")...); help.code != 0 || help.err != "" {
			t.Errorf("%s --help: %d %q", command, help.code, help.err)
		}
	}
	first := hawker(t, nil, "openapi")
	var doc struct {
		OpenAPI string         `json:"openapi"`
		Paths   map[string]any `json:"paths"`
	}
	if err := json.Unmarshal([]byte(first.out), &doc); err != nil || len(doc.Paths) < 80 || doc.OpenAPI == "" {
		t.Errorf("described %d paths, %v", len(doc.Paths), err)
	}
	if again := hawker(t, nil, "openapi"); again.out != first.out {
		t.Error("it describes itself in another way each time")
	}
}

// breakStock makes stock out of nothing, and an event that was set aside.
func breakStock(t *testing.T, data string) {
	t.Helper()
	db, err := sqldb.Open(t.Context(), sqldb.Options{
		URL: "sqlite:" + filepath.Join(data, "hawker.db"), Clock: clock.Real{}, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		for _, query := range []string{
			"INSERT INTO stock (sku_id, shop_id, available, reserved, sold, updated_at) VALUES (7, 1, 5, 0, 0, 0)",
			`INSERT INTO outbox (id, name, event_key, payload, created_at, due_at, dead, attempts, last_error)
				VALUES (9, 'order.placed', 'k', '{}', 1000, 0, 1, 12, 'no tea' || char(10) || 'stack')`,
		} {
			if _, err := tx.Exec(ctx, query); err != nil {
				return err
			}
		}
		return nil
	})
	if err := db.Close(); err != nil {
		t.Error(err)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// The life of an installation by its commands, each an own process.
func TestAnInstallationByItsCommands(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "mall # 1")
	on := func(code int, args ...string) string {
		t.Helper()
		got := hawker(t, nil, append(args, "--data", data)...)
		if got.code != code {
			t.Errorf("%v: %d, want %d: %s%s", args, got.code, code, got.out, got.err)
		}
		return got.out
	}
	if out := on(0, "migrate"); strings.Count(out, "applied ") < 20 {
		t.Errorf("migrated: %s", out)
	}
	if out := on(0, "migrate"); out != "nothing to do\n" {
		t.Errorf("migrated again: %q", out)
	}
	if out := on(0, "doctor"); !strings.Contains(out, "ok ") || strings.Contains(out, "BROKEN") {
		t.Errorf("the doctor says %s", out)
	}
	if out := on(0, "dead-letters", "list"); out != "nothing was set aside\n" {
		t.Errorf("set aside: %q", out)
	}
	breakStock(t, data)
	if out := on(1, "doctor"); !strings.Contains(out, "BROKEN") {
		t.Errorf("the doctor says %s", out)
	}
	var report struct {
		Healthy  bool
		Findings []struct{ OK bool }
	}
	if err := json.Unmarshal([]byte(on(1, "doctor", "--json")), &report); err != nil || report.Healthy ||
		len(report.Findings) < 8 {
		t.Errorf("%+v, %v", report, err)
	}
	list := on(0, "dead-letters", "list")
	if !strings.Contains(list, "order.placed") || !strings.Contains(list, "no tea") || strings.Contains(list, "stack") {
		t.Fatalf("set aside: %s", list)
	}
	letter := strings.Fields(list)[0]
	on(1, "dead-letters", "requeue", "evt_0000000000001")
	on(1, "dead-letters", "discard", "nonsense")
	if out := on(0, "dead-letters", "requeue", letter); out != letter+"\n" {
		t.Errorf("again: %q", out)
	}
	on(1, "dead-letters", "discard", letter) // it is alive
}

// serving runs a mall until its test ends, and waits until it says that it is open.
func serving(t *testing.T, data string) (cmd *exec.Cmd, where string, words *bytes.Buffer) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	where = ln.Addr().String()
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	words = &bytes.Buffer{}
	cmd = exec.Command(kit.Binary(t), "serve", "--data", data, "--http", where, "--rtmp", "127.0.0.1:0")
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "HAWKER_PAYMENT_SANDBOX=false", "HAWKER_VIDEO_WORKERS=0"}
	cmd.Stderr = words
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if cmd.ProcessState == nil {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	})
	scan := bufio.NewScanner(out)
	for scan.Scan() {
		if strings.Contains(scan.Text(), "Ctrl-C") {
			return cmd, where, words
		}
	}
	t.Fatalf("it did not open: %s", words)
	return nil, "", nil
}

// One mall serves a folder: a second is told so and ends, the first goes on; a signal
// ends it as it should, and after it another may have the folder.
func TestOneMallAFolder(t *testing.T) {
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	cmd, where, words := serving(t, data)
	for _, args := range [][]string{
		{"serve", "--http", "127.0.0.1:0", "--rtmp", "127.0.0.1:0"},
		{"worker"},
		{"migrate"},
		{"demo"},
		{"dead-letters", "requeue", "evt_0000000000001"},
	} {
		got := hawker(t, nil, append(args, "--data", data)...)
		if got.code != 1 || !strings.Contains(got.err, "another hawker is running") {
			t.Errorf("%v beside it: %d %q", args, got.code, got.err)
		}
	}
	if got := hawker(t, nil, "user", "list", "--data", data); got.code != 1 ||
		!strings.Contains(got.err, "stop the server first") {
		t.Errorf("accounts beside it: %d %q", got.code, got.err)
	}
	for _, args := range [][]string{{"doctor"}, {"dead-letters", "list"}} { // they only look
		if got := hawker(t, nil, append(args, "--data", data)...); got.code != 0 {
			t.Errorf("%v beside it: %d %q", args, got.code, got.err)
		}
	}
	if got := hawker(t, nil, "serve", "--data", filepath.Join(t.TempDir(), "other"), "--http", where); got.code != 1 ||
		!strings.Contains(got.err, "http address") {
		t.Errorf("on the same address: %d %q", got.code, got.err)
	}
	res, err := http.Get("http://" + where + "/readyz")
	if err != nil || res.StatusCode != http.StatusOK {
		t.Errorf("the first: %v, %v", res, err)
	}
	for _, secret := range []string{"hawker.db", "keys/master.key"} {
		if info, err := os.Stat(filepath.Join(data, secret)); err != nil || secret == "keys/master.key" &&
			info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", secret, info, err)
		}
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil || !strings.Contains(words.String(), "stopped") {
		t.Errorf("it ended with %v: %s", err, words)
	}
	if got := hawker(t, nil, "migrate", "--data", data); got.code != 0 || got.out != "nothing to do\n" {
		t.Errorf("after its end: %s", fmt.Sprint(got))
	}
}
