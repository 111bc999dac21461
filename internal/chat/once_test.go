package chat_test

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"hawker/internal/room"
)

// TestWhatIsSentAgainIsSaidOnce is a viewer on a bad line: the answer is lost, the client
// repeats its request.
func TestWhatIsSentAgainIsSaidOnce(t *testing.T) {
	t.Parallel()
	h := enter(t)
	key := []string{"Idempotency-Key", "a-viewer-in-a-tunnel"}
	first := h.door.Call(h.ann, http.StatusCreated, say, map[string]any{"text": "好茶"}, key...)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			again := h.door.Call(h.ann, http.StatusCreated, say, map[string]any{"text": "好茶"}, key...)
			if again.Text("id") != first.Text("id") {
				t.Errorf("said again: %v, then %v", first, again)
			}
		})
	}
	wg.Wait()
	other := h.door.Do(h.ann, say, map[string]any{"text": "坏茶"}, key...)
	if other.Status != http.StatusConflict {
		t.Errorf("something else under the same key: %d %s", other.Status, other.Body)
	}
	ofMod := h.door.Call(h.mod, http.StatusCreated, say, map[string]any{"text": "好茶"}, key...)
	shop := h.door.Call(h.mod, http.StatusCreated, "POST "+staff, map[string]any{"text": "欢迎"}, key...)
	if ofMod.Text("id") == first.Text("id") || shop.Text("id") == "" {
		t.Errorf("two speakers under one key: %v, %v, %v", first, ofMod, shop)
	}
	for range 2 { // without a key it is meant
		h.door.Call(h.ann, http.StatusCreated, say, map[string]any{"text": "再来"}, "Idempotency-Key", "")
	}
	if got := h.door.Call(h.ann, http.StatusOK, said, nil).List("items"); len(got) != 5 {
		t.Errorf("%d messages in the room, want 5: %v", len(got), got)
	}
}

// TestWhatWasRefusedMayBeSentAgain keeps no refusal.
func TestWhatWasRefusedMayBeSentAgain(t *testing.T) {
	t.Parallel()
	h := enter(t)
	key := []string{"Idempotency-Key", "a-word-too-early"}
	slow := time.Minute
	h.Must(h.Rooms.Update(t.Context(), h.Shop, h.room, room.Change{Slow: &slow}))
	h.door.Call(h.ann, http.StatusCreated, say, map[string]any{"text": "一"})
	if got := h.door.Do(h.ann, say, map[string]any{"text": "二"}, key...); got.Status == http.StatusCreated {
		t.Fatalf("slow mode let it through: %s", got.Body)
	}
	h.Clock.Advance(2 * time.Minute)
	h.door.Call(h.ann, http.StatusCreated, say, map[string]any{"text": "二"}, key...)
}
