package demo_test

import (
	"bytes"
	"context"
	"errors"
	"image/jpeg"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"hawker/internal/app"
	"hawker/internal/base/clock"
	"hawker/internal/base/lang"
	"hawker/internal/demo"
	"hawker/internal/media/flv"
	"hawker/internal/platform/config"
	"hawker/internal/platform/module"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
)

// dying is a context that is given up after it was asked so often: whatever is written
// asks it first, so a filling ends after a certain number of writes.
type dying struct {
	context.Context
	left atomic.Int64
}

func (d *dying) Err() error {
	if d.left.Add(-1) < 0 {
		return context.Canceled
	}
	return d.Context.Err()
}

// counts are how many of each thing a merchant and a shopper find that there should be
// a certain number of.
func (m *mall) counts() map[string]int {
	m.t.Helper()
	merchant, user := m.signIn(demo.Merchant)
	shops, _ := user["shops"].([]any)
	of := "/merchant/" + shops[0].(object)["id"].(string)
	shopper, _ := m.signIn(demo.Shopper)
	out := map[string]int{"shops": len(shops)}
	for _, path := range []string{of + "/products", of + "/videos", of + "/rooms", of + "/staff"} {
		list, _ := m.call(http.MethodGet, path+"?limit=50", merchant, nil)["items"].([]any)
		out[strings.TrimPrefix(path, of+"/")] = len(list)
	}
	book, _ := m.call(http.MethodGet, "/me/addresses", shopper, nil)["items"].([]any)
	out["addresses"] = len(book)
	categories, _ := m.call(http.MethodGet, "/categories", "", nil)["items"].([]any)
	out["categories"] = len(categories)
	return out
}

// brought reports whether the shopper is one whom the promoter brought.
func (m *mall) brought() (n int) {
	m.t.Helper()
	err := m.DB().Reader().QueryRow(m.t.Context(),
		"SELECT COUNT(*) FROM distributor WHERE parent_id <> 0").Scan(&n)
	if err != nil {
		m.t.Fatal(err)
	}
	return n
}

// A filling that is ended after each so many writes, over and over, comes to the same
// mall as one that nobody disturbed: nothing twice, nothing missing, and the doctor
// has nothing to say.
func TestAFillingThatIsEndedAtEachStep(t *testing.T) {
	t.Parallel()
	whole, m := open(t), open(t)
	whole.fill()
	want := whole.counts()
	ended := 0
	for writes := int64(1); ; writes += 3 {
		ctx := &dying{Context: t.Context()}
		ctx.left.Store(writes)
		err := m.FillDemo(ctx)
		if err == nil {
			break
		}
		if ended++; !errors.Is(err, context.Canceled) {
			t.Fatalf("after %d writes: %v", writes, err)
		}
	}
	if ended < 3 {
		t.Errorf("it was ended %d times only: this proves nothing", ended)
	}
	m.fill()
	m.wantAll()
	got := m.counts()
	for what, n := range want {
		if got[what] != n {
			t.Errorf("%s: %d, undisturbed %d", what, got[what], n)
		}
	}
	if a, b := m.brought(), whole.brought(); a != b || a != 1 {
		t.Errorf("%d were brought, undisturbed %d", a, b)
	}
}

// Who was made and not yet introduced is introduced; nothing else is touched then.
func TestAShopperWithoutAnIntroduction(t *testing.T) {
	t.Parallel()
	m := open(t)
	m.fill()
	for _, query := range []string{"UPDATE distributor SET parent_id = 0", "DELETE FROM account_address"} {
		m.exec(query)
	}
	token, user := m.signIn(demo.Merchant)
	of := "/merchant/" + user["shops"].([]any)[0].(object)["id"].(string)
	first := m.call(http.MethodGet, of+"/products?limit=50", token, nil)["items"].([]any)[0].(object)["id"].(string)
	m.exec("UPDATE product SET state = 'archived' WHERE id = (SELECT MIN(id) FROM product)")
	before := len(m.shown()["goods"])
	m.fill()
	if n := m.counts()["addresses"]; n != 1 || m.brought() != 1 {
		t.Errorf("%d addresses, %d brought", n, m.brought())
	}
	if after := len(m.shown()["goods"]); after != before {
		t.Errorf("%d goods are on sale, %d were: %s", after, before, first)
	}
}

// An installation that demo has filled is sound by its own doctor, and its pages have
// their words in both languages.
func TestAFilledMallIsSound(t *testing.T) {
	t.Parallel()
	cfg := config.Default()
	cfg.Data = t.TempDir()
	sqltest.WriteMigrated(t, filepath.Join(cfg.Data, "hawker.db"))
	log := slog.New(slog.DiscardHandler)
	a, err := app.Open(t.Context(), app.Options{Config: cfg, Log: log, Clock: clock.Real{}})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(a.FillDemo(t.Context()), a.Close()); err != nil {
		t.Fatal(err)
	}
	r, err := app.Doctor(t.Context(), cfg, log)
	if err != nil || !r.Healthy {
		t.Errorf("%v\n%s", err, r)
	}
	all := append(demo.Categories(), demo.ShopName())
	for _, g := range demo.Goods() {
		for _, o := range g.Draft.Options {
			all = append(append(all, o.Name), o.Values...)
		}
	}
	for _, text := range all {
		for _, tag := range lang.All() {
			if !lang.Line(text[tag]) {
				t.Errorf("%v has no line in %s", text, tag)
			}
		}
	}
}

// Pictures are pictures, and the clip has what a viewer needs: both tracks, key frames,
// no time that goes back.
func TestTheMaterialCanBeShown(t *testing.T) {
	t.Parallel()
	read := func(name string) []byte {
		t.Helper()
		f, err := demo.Open(name)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		raw, err := io.ReadAll(f)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	pictures := []string{"live.jpg"}
	for _, g := range demo.Goods() {
		pictures = append(pictures, g.Name+".jpg")
		if film := read(g.Name + ".mp4"); len(film) < 10_000 || string(film[4:8]) != "ftyp" {
			t.Errorf("the film of %s is %d bytes of %q", g.Name, len(film), film[:min(12, len(film))])
		}
	}
	for _, name := range pictures {
		c, err := jpeg.DecodeConfig(bytes.NewReader(read(name)))
		if err != nil || c.Width < 400 || c.Height < 400 {
			t.Errorf("%s is %d by %d, %v", name, c.Width, c.Height, err)
		}
	}
	tags, err := flv.ReadFile(bytes.NewReader(read("live.flv")))
	if err != nil {
		t.Fatal(err)
	}
	last, seen := map[byte]uint32{}, map[byte]int{}
	for _, tag := range tags {
		track := byte(tag.Type)
		if tag.Timestamp < last[track] {
			t.Fatalf("track %d: from %d back to %d ms", track, last[track], tag.Timestamp)
		}
		last[track] = tag.Timestamp
		seen[track]++
	}
	for _, track := range []byte{byte(flv.TagVideo), byte(flv.TagAudio)} {
		if seen[track] < 50 || last[track] < 2000 {
			t.Errorf("track %d: %d frames in %d ms", track, seen[track], last[track])
		}
	}
	if _, err := demo.Open("../demo.go"); err == nil {
		t.Error("what is no material was opened")
	}
}

// The player goes on trying while nobody takes its clip, and ends with the program.
func TestThePlayerGoesOnTrying(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	came := make(chan struct{}, 10)
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			conn.Close() // it hangs up at once
			came <- struct{}{}
		}
	}()
	c := turning{}
	p := demo.Player{On: true, Addr: ln.Addr().String, Clock: c, Log: slog.New(slog.DiscardHandler)}
	runners := p.Module().Runners
	if len(runners) != 1 {
		t.Fatalf("it brings %v", runners)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func(r module.Runner) { done <- r.Run(ctx) }(runners[0])
	for range 3 {
		<-came
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// turning is a clock on which no pause lasts.
type turning struct {
	clock.Real
}

func (turning) NewTimer(time.Duration) clock.Timer { return clock.Real{}.NewTimer(0) }

func (m *mall) exec(query string) {
	m.t.Helper()
	err := m.DB().Update(m.t.Context(), func(ctx context.Context, tx *sqldb.Tx) error {
		_, err := tx.Exec(ctx, query)
		return err
	})
	if err != nil {
		m.t.Fatal(err)
	}
}
