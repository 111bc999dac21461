package upload_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"hawker/internal/base/id"
	"hawker/internal/media/upload"
)

func TestWhatHasWhollyCome(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	put := func(content, info string) string {
		name := id.Token()
		for file, text := range map[string]string{name: content, name + ".info": info} {
			if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		return name
	}
	settled := upload.Settled(dir)
	whole := put("film", `{"Size":4}`)
	for _, name := range []string{whole, whole + ".info"} {
		if !settled(name) {
			t.Errorf("%s has come", name)
		}
	}
	for _, name := range []string{
		put("fil", `{"Size":4}`), put("film", `{"Size":4,"SizeIsDeferred":true}`), put("film", "{"), id.Token(),
		"other",
		strings.Repeat("x", 200),
	} {
		if settled(name) || settled(name+".info") {
			t.Errorf("%s has not come", name)
		}
	}
}
