package app_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"hawker/internal/app"
	"hawker/internal/platform/sqldb/sqltest"
)

// TestADatabaseHasOneServer: a second one says why it does not serve, and takes over
// when the first has ended. A file of SQLite is locked for one process by itself.
func TestADatabaseHasOneServer(t *testing.T) {
	if os.Getenv("HAWKER_TEST_MYSQL") == "" {
		t.Skip("needs a MySQL server in HAWKER_TEST_MYSQL; make test starts one")
	}
	t.Parallel()
	first, second := settings(t), settings(t)
	first.Database.URL = sqltest.FreshURL(t)
	second.Database.URL = first.Database.URL
	one := open(t, first)
	defer closed(t, one)
	run := func(a *app.App) (stop func() error) {
		if err := a.Listen(t.Context()); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- a.Run(ctx) }()
		return func() error { cancel(); return <-done }
	}
	stop := run(one)
	serves(t, one)
	raw, err := os.ReadFile(first.MasterKeyPath())
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(second.MasterKeyPath()), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(second.MasterKeyPath(), raw, 0o600); err != nil {
		t.Fatal(err)
	}
	two := open(t, second)
	defer closed(t, two)
	if err := two.Listen(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if err := two.Run(ctx); !errors.Is(err, app.ErrServed) {
		t.Errorf("a second server ends with %v", err)
	}
	if err := stop(); err != nil {
		t.Error(err)
	}
	three := open(t, second)
	defer closed(t, three)
	stop = run(three)
	serves(t, three)
	if err := stop(); err != nil {
		t.Error(err)
	}
}

// serves waits until a server is ready.
func serves(t *testing.T, a *app.App) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for range 1500 {
		if status, _ := get(t, "http://"+a.HTTPAddr()+"/readyz"); status == 200 {
			return
		}
		<-tick.C
	}
	t.Fatal("it does not serve")
}
