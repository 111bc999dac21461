package site

import (
	"crypto/sha256"
	"encoding/base64"
	"io/fs"
	"regexp"
	"strings"
)

// inlineScript is a script that stands in a page itself; those that are fetched have a src.
var inlineScript = regexp.MustCompile(`(?s)<script>(.*?)</script>`)

// ownScripts are the sources that the policy of a page has to allow beside its own
// address: the hashes of what stands in it (CSP Level 3, 8.4). A page that was built
// elsewhere than here cannot smuggle one in: it is read once, from the program.
func ownScripts(dist fs.FS, page string) string {
	raw, err := fs.ReadFile(dist, page)
	if err != nil {
		return "" // the front end is not built
	}
	var b strings.Builder
	for _, m := range inlineScript.FindAllSubmatch(raw, -1) {
		sum := sha256.Sum256(m[1])
		b.WriteString(" 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'")
	}
	return b.String()
}
