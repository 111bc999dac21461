package upload

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
)

// Settled answers whether a file of a folder of uploads is of one that has wholly come:
// what is half there is its sender's to send again.
func Settled(dir string) func(name string) bool {
	return func(name string) bool {
		upload := strings.TrimSuffix(name, infoSuffix)
		if !valid(upload) {
			return false
		}
		raw, err := os.ReadFile(filepath.Join(dir, upload+infoSuffix))
		if err != nil {
			return false
		}
		var info struct {
			Size           int64
			SizeIsDeferred bool
		}
		if json.Unmarshal(raw, &info) != nil || info.SizeIsDeferred {
			return false
		}
		stat, err := os.Stat(filepath.Join(dir, upload))
		return err == nil && stat.Size() == info.Size
	}
}
