package certs

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"sync"
	"time"
)

// lookEvery is how often files are looked at for whether they were renewed.
const lookEvery = 10 * time.Second

// files are a certificate and its key that somebody else renews.
type files struct {
	options Options

	mu     sync.Mutex
	pair   *tls.Certificate
	stamp  [2]time.Time // when either was last written
	looked time.Time
}

func openFiles(o Options) (*files, error) {
	f := &files{options: o}
	stamp, err := f.stamps()
	if err != nil {
		return nil, err
	}
	pair, err := f.read()
	if err != nil {
		return nil, fmt.Errorf("certificate %s: %w", o.File, err)
	}
	f.pair, f.stamp, f.looked = pair, stamp, o.Clock.Now()
	return f, nil
}

func (f *files) stamps() (out [2]time.Time, err error) {
	for i, name := range []string{f.options.File, f.options.Key} {
		info, err := os.Stat(name)
		if err != nil {
			return out, err
		}
		out[i] = info.ModTime()
	}
	return out, nil
}

func (f *files) read() (*tls.Certificate, error) {
	pair, err := tls.LoadX509KeyPair(f.options.File, f.options.Key)
	if err != nil {
		return nil, err
	}
	pair.Leaf, err = x509.ParseCertificate(pair.Certificate[0])
	return &pair, err
}

// current is the newest pair that can be read. One that cannot, because it is just being
// written or is broken, leaves the one before in use.
func (f *files) current() (*tls.Certificate, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := f.options.Clock.Now()
	if now.Sub(f.looked) < lookEvery {
		return f.pair, nil
	}
	f.looked = now
	stamp, err := f.stamps()
	if err != nil || stamp == f.stamp {
		return f.pair, nil //nolint:nilerr // the pair before is in use
	}
	pair, err := f.read()
	if err != nil {
		f.options.Log.Warn("renewed certificate not readable; the one before is in use", "file", f.options.File,
			"error", err)
		return f.pair, nil
	}
	f.pair, f.stamp = pair, stamp
	f.options.Log.Info("certificate read anew", "file", f.options.File, "valid_until", pair.Leaf.NotAfter)
	return pair, nil
}
