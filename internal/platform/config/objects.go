package config

import (
	"fmt"
	"net/url"
	"os"
	"strings"

	"hawker/internal/platform/blob"
)

// Objects say where files are kept. Without an address: in the data folder.
type Objects struct {
	URL        string `koanf:"url"`
	Region     string `koanf:"region"`
	KeyID      string `koanf:"key_id"`
	Secret     string `koanf:"secret"`
	SecretFile string `koanf:"secret_file"`
	HostStyle  bool   `koanf:"host_style"`
	Redirect   bool   `koanf:"redirect"`
	Direct     bool   `koanf:"direct"`
}

// Media says whose pages may show pictures, films and replays beside the mall's own.
type Media struct {
	Referers []string `koanf:"referers"` // hosts; none: everybody's
}

// OfSecret is the secret of the key, from the file where one is named.
func (o Objects) OfSecret() (string, error) {
	if o.SecretFile == "" {
		return o.Secret, nil
	}
	raw, err := os.ReadFile(o.SecretFile)
	if err != nil {
		return "", fmt.Errorf("objects.secret_file: %w", err)
	}
	return strings.TrimSpace(string(raw)), nil
}

// Bucket is the address taken apart; prefix is empty or ends with a slash. ok is false
// where the address is none.
func (o Objects) Bucket() (server *url.URL, bucket, prefix string, ok bool) {
	u, err := url.Parse(o.URL)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" || u.User != nil ||
		u.RawQuery != "" || u.Fragment != "" {
		return nil, "", "", false
	}
	bucket, prefix, _ = strings.Cut(strings.Trim(u.Path, "/"), "/")
	if prefix != "" {
		prefix += "/"
	}
	u.Path = ""
	return u, bucket, prefix, bucket != "" && blob.CheckPrefix(prefix) == nil
}

// checkObjects reports what cannot be, without what an address or a secret holds.
func (c Config) checkObjects(bad func(cond bool, format string, args ...any)) {
	o := c.Objects
	if o.URL != "" {
		_, _, _, ok := o.Bucket()
		bad(!ok, "objects.url is no https://host[:port]/bucket[/prefix]; keys have settings of their own")
		bad(o.KeyID == "", "objects.key_id is missing")
		bad((o.Secret == "") == (o.SecretFile == ""), "one of objects.secret and objects.secret_file must be set")
	}
	bad(o.Redirect && o.URL == "", "objects.redirect needs objects.url")
	bad(o.Direct && o.URL == "", "objects.direct needs objects.url")
	for _, host := range c.Media.Referers {
		bad(host == "" || strings.ContainsAny(host, "/:@* "), "media.referers: %q is no host's name", host)
	}
}
