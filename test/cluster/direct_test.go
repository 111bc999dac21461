package cluster_test

import (
	"bytes"
	"net/http"
	"slices"
	"testing"

	"hawker/internal/base/id"
	"hawker/test/kit"
)

// sent is an upload that goes to the bucket by itself.
type sent struct {
	ID       string `json:"id"`
	PartSize int64  `json:"part_size"`
	Parts    int    `json:"parts"`
	Sent     []int  `json:"sent"`
	Done     bool   `json:"done"`
}

type address struct {
	Number int    `json:"number"`
	Size   int    `json:"size"`
	URL    string `json:"url"`
}

func signed(t *testing.T, who *kit.Person, upload string, numbers ...int) []address {
	t.Helper()
	var out struct {
		Parts []address `json:"parts"`
	}
	who.Post("/direct-uploads/"+upload+"/parts", map[string]any{"numbers": numbers}).Want(t, 200).Into(t, &out)
	return out.Parts
}

// send PUTs a part as a browser does, and answers the status; 0 where the storage hung up.
func send(t *testing.T, to string, raw []byte) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPut, to, bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0
	}
	res.Body.Close()
	return res.StatusCode
}

// TestStraightToTheBucket: a film is begun at one node, sent to the bucket in parts whose addresses either node
// signs, finished at the other, once, and posted at the first. Nobody else knows of it.
func TestStraightToTheBucket(t *testing.T) {
	a, b := apart(t, "HAWKER_OBJECTS_DIRECT=true")
	host := a.SignIn("merchant")
	there, stranger := b.As(host), b.SignIn("shopper")
	raw := kit.Film(t)
	raw = append(raw, make([]byte, 9<<20)...) // behind the film's end: two parts
	begin := map[string]any{"size": len(raw), "name": "film.mp4", "type": "video/mp4"}
	key := id.Token()
	var u, again sent
	host.Do("POST", "/direct-uploads", key, begin).Want(t, 201).Into(t, &u)
	there.Do("POST", "/direct-uploads", key, begin).Want(t, 201).Into(t, &again)
	if u.ID != again.ID || u.Parts != 2 || len(u.Sent) != 0 {
		t.Fatalf("one key begins %+v and %+v", u, again)
	}
	path := "/direct-uploads/" + u.ID
	for what, got := range map[string]kit.Answer{
		"looks":     stranger.Get(path),
		"signs":     stranger.Post(path+"/parts", map[string]any{"numbers": []int{1}}),
		"completes": stranger.Post(path+"/complete", nil),
		"gives up":  stranger.Do("DELETE", path, "", nil),
		"posts":     stranger.Post("/videos", map[string]string{"upload_id": u.ID, "caption": "mine"}),
		"guesses":   host.Get("/direct-uploads/" + id.Token()),
	} {
		if got.Status != http.StatusNotFound || got.Problem() != "upload.not_found" {
			t.Errorf("who %s: %d %s", what, got.Status, got.Body)
		}
	}
	parts := append(signed(t, there, u.ID, 2), signed(t, host, u.ID, 1)...)
	cut := map[int][]byte{1: raw[:u.PartSize], 2: raw[u.PartSize:]}
	if got := send(t, parts[0].URL, cut[1]); got == http.StatusOK {
		t.Error("another size than was signed is taken")
	}
	if got := send(t, parts[0].URL, cut[2]); got != http.StatusOK {
		t.Errorf("the last part: %d", got)
	}
	host.Post(path+"/complete", nil).WantProblem(t, http.StatusConflict, "upload.unfinished")
	host.Post("/videos", map[string]string{"upload_id": u.ID, "caption": "soon"}).
		WantProblem(t, http.StatusConflict, "upload.unfinished")
	host.Get(path).Want(t, 200).Into(t, &u)
	if !slices.Equal(u.Sent, []int{2}) {
		t.Errorf("%v have come", u.Sent)
	}
	send(t, parts[1].URL, cut[1])
	for range 2 {
		if there.Post(path+"/complete", nil).Want(t, 200).Into(t, &u); !u.Done {
			t.Error("it is complete and not done")
		}
	}
	host.Post(path+"/parts", map[string]any{"numbers": []int{1}}).WantProblem(t, http.StatusConflict, "upload.finished")
	stranger.Post("/videos", map[string]string{"upload_id": u.ID, "caption": "mine"}).
		WantProblem(t, http.StatusNotFound, "upload.not_found")

	var f film
	host.Post("/videos", map[string]string{"upload_id": u.ID, "caption": "straight"}).Want(t, 201).Into(t, &f)
	b.Eventually("it is a film", func() bool {
		there.Get("/videos/"+f.ID).Want(t, 200).Into(t, &f)
		return f.State == "published"
	})
	a.Eventually("nothing is left of the upload", func() bool { return host.Get(path).Status == http.StatusNotFound })

	host.Post("/direct-uploads", begin).Want(t, 201).Into(t, &u)
	gone := signed(t, host, u.ID, 2)[0]
	host.Do("DELETE", "/direct-uploads/"+u.ID, "", nil).Want(t, http.StatusNoContent)
	if got := send(t, gone.URL, cut[2]); got == http.StatusOK {
		t.Error("a part of what was given up is taken")
	}
	host.Get("/direct-uploads/"+u.ID).WantProblem(t, http.StatusNotFound, "upload.not_found")
	quota(t, a, b, "promoter")
}

// quota has somebody begin at both nodes at once what together is too much.
func quota(t *testing.T, a, b *kit.Mall, name string) {
	t.Helper()
	who := a.SignIn(name)
	status := make(chan int)
	const tries = 16
	for n := range tries {
		at := []*kit.Mall{a, b}[n%2].As(who)
		go func() {
			status <- at.Post("/direct-uploads", map[string]any{"size": 300 << 20, "name": "a", "type": "video/mp4"}).Status
		}()
	}
	begun := 0
	for range tries {
		if got := <-status; got == http.StatusCreated {
			begun++
		} else if got != http.StatusTooManyRequests {
			t.Errorf("begins with %d", got)
		}
	}
	if begun != 6 { // of 300 MiB within 2 GiB
		t.Errorf("%d uploads of 300 MiB have room in 2 GiB", begun)
	}
}
