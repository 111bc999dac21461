package vault

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// apart refuses a folder that lies in another one: a backup in its own installation is
// lost with it and is itself taken into the next, and an installation in a folder of
// backups is not what that folder is for.
func apart(folder, what, of, whose string) error {
	inner, err := resolved(folder)
	if err != nil {
		return err
	}
	outer, err := resolved(of)
	if err != nil {
		return err
	}
	way, err := filepath.Rel(outer, inner)
	if err == nil && way != ".." && !strings.HasPrefix(way, ".."+string(filepath.Separator)) {
		err = fmt.Errorf("%s %s lies in %s %s: choose one beside it, or better on another disk", what, folder, whose,
			of)
	}
	return err
}

// resolved is where a path leads, also when its end is still to be made.
func resolved(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	rest := ""
	for {
		real, err := filepath.EvalSymlinks(path)
		if err == nil {
			return filepath.Join(real, rest), nil
		}
		if !os.IsNotExist(err) || path == filepath.Dir(path) {
			return "", err
		}
		path, rest = filepath.Dir(path), filepath.Join(filepath.Base(path), rest)
	}
}
