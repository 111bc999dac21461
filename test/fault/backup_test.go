package fault_test

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"hawker/test/kit"
)

// acked is what a mall has said that it keeps.
type acked struct {
	mu   sync.Mutex
	all  []ack
	late atomic.Bool // the backup has begun
}

// ack is an order or an upload of a person.
type ack struct {
	by     *kit.Person
	id     string
	upload bool
	before bool // the last backup began
}

func (a *acked) add(k ack) {
	k.before = !a.late.Load()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.all = append(a.all, k)
}

func (a *acked) len() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return len(a.all)
}

const filmSize = 200 << 10

// send uploads a film and answers its address below the mall's, "" when it is refused.
func send(t *testing.T, m *kit.Mall, p *kit.Person, content []byte) string {
	t.Helper()
	do := func(method, url string, body []byte, header map[string]string) *http.Response {
		req, err := http.NewRequestWithContext(t.Context(), method, url, bytes.NewReader(body))
		if err != nil {
			t.Error(err)
			return nil
		}
		req.Header.Set("Authorization", "Bearer "+p.Token)
		req.Header.Set("Tus-Resumable", "1.0.0")
		for k, v := range header {
			req.Header.Set(k, v)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Error(err)
			return nil
		}
		res.Body.Close()
		return res
	}
	made := do("POST", m.URL+"/api/v1/uploads", nil, map[string]string{"Upload-Length": fmt.Sprint(len(content))})
	if made == nil || made.StatusCode != http.StatusCreated {
		t.Errorf("an upload is refused: %v", made)
		return ""
	}
	at := made.Header.Get("Location")
	sent := do("PATCH", m.URL+at, content, map[string]string{
		"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream",
	})
	if sent == nil || sent.StatusCode != http.StatusNoContent {
		t.Errorf("an upload fails: %v", sent)
		return ""
	}
	return at[strings.LastIndex(at, "/"):]
}

// came is how much of an upload a mall has.
func came(t *testing.T, m *kit.Mall, p *kit.Person, upload string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), "HEAD", m.URL+"/api/v1/uploads"+upload, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+p.Token)
	req.Header.Set("Tus-Resumable", "1.0.0")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res.Header.Get("Upload-Offset")
}

// TestABackupUnderLoadIsRestored takes backups while orders and films come in, restores
// the last elsewhere, changes its key and opens it: whatever was acknowledged before that
// backup began is there, and doctor finds nothing.
func TestABackupUnderLoadIsRestored(t *testing.T) {
	if os.Getenv("HAWKER_TEST_MYSQL") != "" {
		t.Skip("this is of the database in the data folder")
	}
	m := kit.Start(t, "HAWKER_STORAGE_RESERVE=0", "HAWKER_ORDER_PLACED_PER_MINUTE=100000")
	dir := t.TempDir()
	passphrase := filepath.Join(dir, "passphrase")
	if err := os.WriteFile(passphrase, []byte("six words taken by chance, or so\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	sku := m.Visitor().Find(t, mug).SKUs[0]
	merchant := m.SignIn("merchant")
	merchant.Post("/merchant/"+merchant.Shop(t)+"/skus/"+sku.ID+"/stock", map[string]any{
		"delta": 50000, "reason": "count",
	}).Want(t, 200)
	var done acked
	stop := make(chan struct{})
	var load sync.WaitGroup
	for i, b := range crowd(t, m, 4) {
		address, film := b.Address(t), bytes.Repeat([]byte{byte(i)}, filmSize)
		load.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				var placed struct {
					Orders []kit.Order `json:"orders"`
				}
				a := b.Post("/orders", kit.Wish(sku.ID, address, 1))
				if a.Err != nil || a.Status != http.StatusCreated {
					t.Errorf("an order is refused: %v %s", a.Err, a.Body)
					return
				}
				a.Into(t, &placed)
				done.add(ack{by: b, id: placed.Orders[0].ID})
				if n%10 == 0 && n < 150 {
					done.add(ack{by: b, id: send(t, m, b, film), upload: true})
				}
			}
		})
	}
	to := filepath.Join(dir, "backups")
	take := func() {
		if out, err := m.Command("backup", "--to", to, "--passphrase-file", passphrase); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	}
	m.Eventually("orders come", func() bool { return done.len() > 40 })
	take()
	done.late.Store(true)
	take()
	close(stop)
	load.Wait()
	restored := filepath.Join(dir, "restored")
	out, err := m.Command("restore", "--from", to, "--data", restored, "--passphrase-file", passphrase)
	if err != nil || !strings.Contains(out, "nothing wrong") {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, err := m.Command("keys", "rotate", "--data", restored); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	m.Stop()
	other := m.In(t, restored)
	other.Boot()
	before, later := 0, 0
	for _, k := range done.all {
		var there bool
		p := other.As(k.by)
		if k.upload {
			there = came(t, other, p, k.id) == fmt.Sprint(filmSize)
		} else {
			there = p.Get("/orders/"+k.id).Status == http.StatusOK
		}
		if k.before && !there {
			t.Errorf("%+v was acknowledged and is lost", k)
		}
		if k.before {
			before++
		} else if there {
			later++
		}
	}
	t.Logf("%d orders and films were acknowledged before the backup, %d more are in it, of %d", before, later,
		len(done.all))
	if before < 40 || before == len(done.all) {
		t.Error("nothing was tested")
	}
	other.SignIn("shopper") // by the index of the new key
	other.Stop()
	other.Doctor()
}
