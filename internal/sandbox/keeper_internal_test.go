package sandbox

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestTheBankIsFetchedByTheFirstWhoNeedsIt(t *testing.T) {
	open := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(w, r.Body)
	}))
	defer open.Close()
	b := NewKeeper(KeeperConfig{})
	client := &http.Client{Transport: b}
	select {
	case <-b.wanted:
		t.Fatal("wanted by nobody")
	default:
	}
	done := make(chan error)
	go func() {
		res, err := client.Post(open.URL, "text/plain", strings.NewReader("pay"))
		if err == nil {
			_, err = io.ReadAll(res.Body)
			res.Body.Close()
		}
		done <- err
	}()
	<-b.wanted // and the request waits
	select {
	case err := <-done:
		t.Fatalf("answered before anybody was there: %v", err)
	default:
	}
	b.Up()
	if err := <-done; err != nil {
		t.Error(err)
	}
	b.Up() // it answers again after it was started again
}

func TestWhoGivesUpOnTheBankIsLetGo(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://127.0.0.1:0/", strings.NewReader("pay"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := NewKeeper(KeeperConfig{}).RoundTrip(req); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}
