package kit

import (
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

// Beside is another process on the same database and data folder, with addresses of
// its own. It is not started: Boot does that.
func (m *Mall) Beside(t testing.TB) *Mall {
	t.Helper()
	ports := freePorts(t, 2)
	other := &Mall{t: t, Dir: m.Dir, URL: "http://" + ports[0], RTMP: ports[1], name: "beside"}
	other.env = append(slices.Clone(m.env), "HAWKER_HTTP="+ports[0], "HAWKER_RTMP="+ports[1])
	t.Cleanup(func() {
		other.Stop()
		if t.Failed() {
			t.Logf("the log of the program beside:\n%s", other.Log())
		}
	})
	return other
}

// Apart is another process on the same database with a folder of its own, which holds the master
// key and nothing else. It is not started.
func (m *Mall) Apart(t testing.TB) *Mall {
	t.Helper()
	other := m.Beside(t)
	other.Dir = t.TempDir()
	other.env = append(other.env, "HAWKER_DATA="+other.Dir)
	key := filepath.Join("keys", "master.key")
	raw, err := os.ReadFile(filepath.Join(m.Dir, key))
	if err == nil {
		err = os.Mkdir(filepath.Join(other.Dir, "keys"), 0o700)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(other.Dir, key), raw, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return other
}

// Work has the process do jobs instead of serving, until the test ends.
func (m *Mall) Work(t testing.TB) {
	t.Helper()
	cmd := exec.Command(Binary(t), "worker")
	out, err := os.Create(filepath.Join(m.Dir, "worker.log"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	cmd.Env, cmd.Dir, cmd.Stdout, cmd.Stderr = m.env, m.Dir, out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		err := errors.Join(cmd.Process.Signal(os.Interrupt), cmd.Wait())
		if err != nil || t.Failed() {
			raw, _ := os.ReadFile(out.Name())
			t.Logf("the worker ended: %v\n%s", err, raw)
		}
	})
}

// In is another mall in a folder of its own, which may hold an installation. It is not
// started: Boot does that.
func (m *Mall) In(t testing.TB, dir string) *Mall {
	t.Helper()
	other := m.Beside(t)
	other.Dir, other.name = dir, "in"
	other.env = append(other.env, "HAWKER_DATA="+dir, "HAWKER_PAYMENT_SANDBOX_ADDR="+freePorts(t, 1)[0])
	return other
}

// Set changes settings, NAME=VALUE of the environment, for the next Boot.
func (m *Mall) Set(env ...string) { m.env = append(m.env, env...) }

// As is the same person here.
func (m *Mall) As(p *Person) *Person { return &Person{m: m, Token: p.Token, Lang: p.Lang} }

// Command runs the program with the mall's settings and answers what it said.
func (m *Mall) Command(args ...string) (string, error) {
	m.t.Helper()
	cmd := exec.Command(Binary(m.t), args...)
	cmd.Env, cmd.Dir = m.env, filepath.Dir(m.Dir)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// Refused starts the program and wants it to end by itself; it answers what it said.
func (m *Mall) Refused() string {
	m.t.Helper()
	m.launch()
	select {
	case err := <-m.done:
		if m.cmd = nil; err == nil {
			m.t.Error("the program ended as if all were well")
		}
	case <-time.After(startWithin):
		m.t.Fatal("the program runs")
	}
	return m.Log()
}

// Edge is a process without a database that passes on what the mall shows, at an address of
// its own. It runs until the test ends.
func (m *Mall) Edge(t testing.TB) *Mall {
	t.Helper()
	at := freePorts(t, 1)[0]
	edge := &Mall{t: t, Dir: t.TempDir(), URL: "http://" + at, name: "edge"}
	cmd := exec.Command(Binary(t), "serve", "--role", "edge", "--http", at)
	cmd.Env = append(os.Environ(), "HAWKER_EDGE_ORIGIN="+m.URL)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			t.Error(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("the edge ended: %v", err)
		}
	})
	edge.Eventually("the edge answers", func() bool { return edge.Visitor().Fetch("/healthz").Status == http.StatusOK })
	return edge
}

// At is the same mall, reached by another address.
func (m *Mall) At(t testing.TB, url string) *Mall {
	t.Helper()
	return &Mall{t: t, Dir: m.Dir, URL: url, name: "front", log: m.log, Contract: m.Contract}
}
