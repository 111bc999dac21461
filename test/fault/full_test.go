package fault_test

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"hawker/test/kit"
)

// ballast fills what is left of a disk, to the last byte, and answers how to make room again.
func ballast(t *testing.T, dir string) (lift func()) {
	t.Helper()
	path := filepath.Join(dir, "ballast")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	for chunk := make([]byte, 1<<20); len(chunk) > 0; {
		if _, err := f.Write(chunk); errors.Is(err, syscall.ENOSPC) {
			chunk = chunk[:len(chunk)/2]
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := os.Remove(path); err != nil {
			t.Error(err)
		}
	}
}

// ordersMax bounds how many orders the room that the database has left in its own files takes.
const ordersMax = 3000

// TestOrdersOnAFullDisk: a disk that is full to the last byte refuses with a problem of its
// own, does nothing by halves and goes on selling when there is room; shown pages stay.
func TestOrdersOnAFullDisk(t *testing.T) {
	if runtime.GOOS != "linux" || os.Getenv("HAWKER_TEST_MYSQL") != "" {
		t.Skip("the books are not on a disk of the test's")
	}
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=96m"); err != nil {
		t.Skipf("no disk that can be filled: mounting one takes root (%v)", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(disk, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	m := kit.Start(t, "HAWKER_DATA="+disk)
	merchant, buyer := m.SignIn("merchant"), m.Register("hoarder")
	sku := merchant.Find(t, fruit).SKUs[0]
	merchant.Post("/merchant/"+merchant.Shop(t)+"/skus/"+sku.ID+"/stock", map[string]any{
		"delta": 2*ordersMax - sku.Available, "reason": "enough for all",
	}).Want(t, http.StatusOK)
	wish := kit.Wish(sku.ID, buyer.Address(t), 1)
	lift := ballast(t, disk)
	refused := func(a kit.Answer, done int) bool {
		if a.Status == done {
			return false
		}
		if a.Status != http.StatusInsufficientStorage || a.Problem() != "storage.full" {
			t.Errorf("answered %d %s", a.Status, a.Body)
		}
		return true
	}
	placed, key := 0, ""
	for ; placed < ordersMax; placed++ {
		key = fmt.Sprintf("order-%05d", placed)
		if refused(buyer.Do("POST", "/orders", key, wish), http.StatusCreated) {
			break
		}
	}
	if placed == ordersMax {
		t.Fatal("the disk never was full: nothing was tested")
	}
	added := 0
	for range 5 { // something smaller may find room in the database's own files
		if !refused(merchant.Post("/merchant/"+merchant.Shop(t)+"/skus/"+sku.ID+"/stock", map[string]any{
			"delta": 1, "reason": "one more",
		}), http.StatusOK) {
			added++
		}
		buyer.Get("/products").Want(t, http.StatusOK)
		buyer.Get("/orders").Want(t, http.StatusOK)
	}
	left := func() int64 { return merchant.Find(t, fruit).SKUs[0].Available }
	if got, want := left(), int64(2*ordersMax-placed+added); got != want {
		t.Errorf("%d left after %d orders and %d more, want %d", got, placed, added, want)
	}
	lift()
	m.Eventually("it sells again, once", func() bool {
		return buyer.Do("POST", "/orders", key, wish).Status == http.StatusCreated
	})
	buyer.Do("POST", "/orders", key, wish).Want(t, http.StatusCreated)
	if got, want := left(), int64(2*ordersMax-placed+added-1); got != want {
		t.Errorf("%d left at the end, want %d", got, want)
	}
	m.Doctor()
}
