// Package kit runs the real program for black-box tests: the binary, its sandbox
// bank and a database of its own, on private ports and folders, and people who
// use it over HTTP.
package kit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"hawker/internal/base/id"
	"hawker/internal/platform/httpapi/httpapitest"
)

// binaryEnv names a binary that is there already; without it each test process
// builds its own.
const binaryEnv = "HAWKER_TEST_BINARY"

// binary builds the program once for a test process.
var binary = sync.OnceValues(func() (string, error) {
	if path := os.Getenv(binaryEnv); path != "" {
		return path, nil
	}
	dir, err := os.MkdirTemp("", "hawker-test-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "hawker")
	out, err := exec.Command("go", "build", "-o", path, "hawker/cmd/hawker").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build: %w\n%s", err, out)
	}
	return path, nil
})

// Binary is the program's path, built if it has to be.
func Binary(t testing.TB) string {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// Mall is one installation that the test started.
type Mall struct {
	t    testing.TB
	Dir  string
	URL  string
	RTMP string
	name string // before the name of its log
	env  []string
	max  int // files that it may open; 0: what the test may
	cmd  *exec.Cmd
	log  string // path: a pipe would keep Wait waiting for the bank, which outlives a crash
	done chan error

	// Contract is the API's description, to which every answer is held.
	Contract *httpapitest.Contract
}

const (
	startWithin = 2 * time.Minute // a limit, not a figure
	pollEvery   = 20 * time.Millisecond
)

// Start runs a mall with demo data; env are settings such as
// "HAWKER_ORDER_PAY_WITHIN=2s".
func Start(t testing.TB, env ...string) *Mall { return StartWith(t, 0, env...) }

// StartWith is Start for a program that may open so many files.
func StartWith(t testing.TB, files int, env ...string) *Mall {
	t.Helper()
	ports := freePorts(t, 3)
	m := &Mall{t: t, Dir: t.TempDir(), URL: "http://" + ports[0], RTMP: ports[1], max: files}
	m.env = append(os.Environ(), "HAWKER_HTTP="+ports[0], "HAWKER_RTMP="+ports[1], "HAWKER_PAYMENT_SANDBOX_ADDR="+
		ports[2],
		"HAWKER_DATA="+m.Dir, "HAWKER_VIDEO_WORKERS=0",
		"HAWKER_METRICS_TOKEN="+MetricsToken, // and one buyer does here what many would
		"HAWKER_ORDER_UNPAID_MAX=0", "HAWKER_ORDER_UNPAID_UNITS_MAX=0", "HAWKER_ORDER_PLACED_PER_MINUTE=0")
	if server := os.Getenv("HAWKER_TEST_MYSQL"); server != "" {
		m.env = append(m.env, "HAWKER_DATABASE_URL=mysql:"+freshMySQL(t, server))
	}
	m.env = append(m.env, env...)
	m.Boot()
	t.Cleanup(func() {
		m.Stop()
		if t.Failed() {
			t.Logf("the program's log:\n%s", m.Log())
		}
	})
	return m
}

// Boot starts the program and waits until it is ready.
func (m *Mall) Boot() {
	m.t.Helper()
	m.launch()
	m.Eventually("the program is ready", func() bool {
		select {
		case err := <-m.done:
			m.t.Fatalf("the program ended: %v\n%s", err, m.Log())
		default:
		}
		res, err := http.Get(m.URL + "/readyz")
		if err != nil {
			return false
		}
		res.Body.Close()
		return res.StatusCode == http.StatusOK
	})
	if m.Contract == nil {
		var err error
		if m.Contract, err = readContract(m.URL); err != nil {
			m.t.Fatal(err)
		}
	}
}

func (m *Mall) launch() {
	m.t.Helper()
	path := Binary(m.t)
	m.log = filepath.Join(m.Dir, m.name+"test.log")
	out, err := os.OpenFile(m.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		m.t.Fatal(err)
	}
	defer out.Close()
	m.cmd = exec.Command(path, "serve", "--demo")
	if m.max > 0 {
		m.cmd = exec.Command("sh", "-c", fmt.Sprintf(`ulimit -n %d && exec "$0" serve --demo`, m.max), path)
	}
	m.cmd.Env, m.cmd.Dir = m.env, m.Dir
	m.cmd.Stdout, m.cmd.Stderr = out, out
	if err := m.cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	m.done = make(chan error, 1)
	cmd := m.cmd
	go func() { m.done <- cmd.Wait() }()
}

// Log is what the program has said.
func (m *Mall) Log() string {
	raw, err := os.ReadFile(m.log)
	if err != nil {
		return err.Error()
	}
	return string(raw)
}

// Kill ends the program as a crash does.
func (m *Mall) Kill() {
	m.t.Helper()
	if err := m.cmd.Process.Kill(); err != nil {
		m.t.Fatal(err)
	}
	<-m.done
	m.cmd = nil
}

// Stop ends the program as Ctrl-C does, and fails the test if it does not.
func (m *Mall) Stop() {
	if m.cmd == nil {
		return
	}
	if err := m.cmd.Process.Signal(syscall.SIGINT); err != nil && !errors.Is(err, os.ErrProcessDone) {
		m.t.Error(err)
	}
	select {
	case <-m.done:
	case <-time.After(startWithin):
		m.t.Error("the program did not stop")
		_ = m.cmd.Process.Kill()
	}
	m.cmd = nil
}

// Doctor runs `hawker doctor` and fails the test on any finding.
func (m *Mall) Doctor() {
	m.t.Helper()
	path, err := binary()
	if err != nil {
		m.t.Fatal(err)
	}
	cmd := exec.Command(path, "doctor")
	cmd.Env, cmd.Dir = m.env, m.Dir
	if out, err := cmd.CombinedOutput(); err != nil {
		m.t.Errorf("doctor: %v\n%s", err, out)
	}
}

// Eventually polls until ok, or fails the test.
func (m *Mall) Eventually(what string, ok func() bool) {
	m.t.Helper()
	deadline := time.After(startWithin)
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	for !ok() {
		select {
		case <-deadline:
			m.t.Fatalf("not in time: %s", what)
		case <-tick.C:
		}
	}
}

// Person is somebody who uses the mall; the zero token is a visitor.
type Person struct {
	m     *Mall
	Token string
	Lang  string
	Trace string // traceparent that requests name; empty: none
}

// Visitor is nobody in particular.
func (m *Mall) Visitor() *Person { return &Person{m: m} }

// SignIn is one of the demo accounts, by the part before the @.
func (m *Mall) SignIn(name string) *Person {
	m.t.Helper()
	return m.enter("/auth/login", map[string]string{"email": name + "@hawker.demo", "password": "hawker-demo"})
}

// Register makes a new shopper.
func (m *Mall) Register(name string) *Person {
	m.t.Helper()
	return m.enter("/auth/register", map[string]string{
		"email": name + "@example.com", "password": "a long password",
		"display_name": name,
	})
}

func (m *Mall) enter(path string, body any) *Person {
	m.t.Helper()
	var s struct {
		Token string `json:"token"`
	}
	m.Visitor().Post(path, body).Want(m.t, 0).Into(m.t, &s)
	return &Person{m: m, Token: s.Token}
}

// Answer is what the API said.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
	Err    error
}

// Problem is the stable code of a refusal, "" for none.
func (a Answer) Problem() string {
	var p struct {
		Code string `json:"code"`
	}
	if json.Unmarshal(a.Body, &p) != nil {
		return ""
	}
	return p.Code
}

// Want fails the test unless the status is the wanted one (0: any success).
func (a Answer) Want(t testing.TB, status int) Answer {
	t.Helper()
	if a.Err != nil {
		t.Fatal(a.Err)
	}
	if a.Status != status && (status != 0 || a.Status/100 != 2) {
		t.Fatalf("answered %d, want %d: %s", a.Status, status, a.Body)
	}
	return a
}

// WantProblem fails the test unless the answer is this refusal.
func (a Answer) WantProblem(t testing.TB, status int, code string) {
	t.Helper()
	a.Want(t, status)
	if a.Problem() != code || !strings.HasPrefix(a.Header.Get("Content-Type"), "application/problem+json") {
		t.Fatalf("answered %s as %s, want the problem %s: %s", a.Problem(), a.Header.Get("Content-Type"), code, a.Body)
	}
}

// Into decodes the answer.
func (a Answer) Into(t testing.TB, v any) {
	t.Helper()
	if err := json.Unmarshal(a.Body, v); err != nil {
		t.Fatalf("%v: %s", err, a.Body)
	}
}

// Get reads.
func (p *Person) Get(path string) Answer { return p.Do("GET", path, "", nil) }

// Post writes with a fresh idempotency key.
func (p *Person) Post(path string, body any) Answer { return p.Do("POST", path, id.Token(), body) }

// Do calls an operation below /api/v1. body is JSON-encoded unless it is []byte.
// The answer is held to the API's description.
func (p *Person) Do(method, path, key string, body any) Answer {
	p.m.t.Helper()
	path = "/api/v1" + path
	a := p.call(method, path, key, body)
	if a.Err == nil {
		p.m.Contract.Check(p.m.t, method, path, httpapitest.Answer{Status: a.Status, Header: a.Header, Body: a.Body})
	}
	return a
}

func (p *Person) call(method, path, key string, body any) Answer {
	res, err := p.send(method, path, key, body)
	if err != nil {
		return Answer{Err: err}
	}
	defer res.Body.Close()
	out, err := io.ReadAll(res.Body)
	return Answer{res.StatusCode, res.Header, out, err}
}

func (p *Person) send(method, path, key string, body any) (*http.Response, error) {
	raw, ok := body.([]byte)
	if !ok && body != nil {
		var err error
		if raw, err = json.Marshal(body); err != nil {
			return nil, err
		}
	}
	req, err := http.NewRequestWithContext(context.Background(), method, p.m.URL+path, bytes.NewReader(raw))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	if p.Trace != "" {
		req.Header.Set("Traceparent", p.Trace)
	}
	if p.Lang != "" {
		req.Header.Set("Accept-Language", p.Lang)
	}
	if key != "" {
		req.Header.Set("Idempotency-Key", key)
	}
	if p.Token != "" {
		req.Header.Set("Authorization", "Bearer "+p.Token)
	}
	return http.DefaultClient.Do(req)
}

// readContract asks a running mall for its description.
func readContract(base string) (*httpapitest.Contract, error) {
	res, err := http.Get(base + "/api/v1/openapi.json")
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	raw, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	return httpapitest.NewContract(raw)
}
