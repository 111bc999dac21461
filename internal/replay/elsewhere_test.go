package replay_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"hawker/internal/platform/blob"
	"hawker/internal/platform/httpapi"
)

type signer struct{}

func (signer) Signed(_ context.Context, key string, while time.Duration) (string, error) {
	return "https://s3.example/" + key + "?for=" + while.String(), nil
}

// Segments of a public replay are fetched elsewhere, by addresses that expire; the playlist,
// and all of a private room, is sent from here.
func TestSegmentsElsewhere(t *testing.T) {
	t.Parallel()
	each(t, func(k *kit) {
		x := k.show("20261111T100000-1")
		k.archive.Store = blob.Elsewhere{Store: k.archive.Store, Signer: signer{}}
		k.serve()
		k.door.Server.Client().CheckRedirect = func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		}
		name := x.ID.String() + "/"
		list := k.get(name + "index.m3u8")
		if list.Status != http.StatusOK {
			k.T.Fatalf("playlist: %d", list.Status)
		}
		segment := name + media(string(list.Body))[0]
		got := k.get(segment)
		want := "https://s3.example/" + k.room.String() + "/" + segment + "?for=15m0s"
		if got.Status != http.StatusFound || got.Header.Get("Location") != want ||
			got.Header.Get("Cache-Control") != "public, max-age=60" {
			k.T.Errorf("a segment: %d %v, want %s", got.Status, got.Header, want)
		}
		if got := k.get(strings.Replace(segment, "-000001-", "-000009-", 1)); got.Status != http.StatusNotFound {
			k.T.Errorf("what is not there: %d %v", got.Status, got.Header)
		}
		k.door.Hire(k.Host, k.Shop)
		k.door.Room(k.room, httpapi.RoomDoor{Shop: k.Shop, Mode: httpapi.RoomRehearsal})
		if got := k.get(segment); got.Status == http.StatusOK || got.Status == http.StatusFound {
			k.T.Errorf("a stranger at a private room: %d %v", got.Status, got.Header)
		}
		mine := k.door.Fetch(k.Host, "GET /replay/"+k.room.String()+"/"+segment, nil)
		if mine.Status != http.StatusOK || mine.Header.Get("Cache-Control") != blob.NotCached {
			k.T.Errorf("its host: %d %v", mine.Status, mine.Header)
		}
	})
}
