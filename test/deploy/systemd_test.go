package deploy_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// exposure is what systemd-analyze may find open at the most, of 100.
const exposure = "20"

// TestUnits has systemd read the units as they are, with a program that is there, and judge what they leave open.
func TestUnits(t *testing.T) {
	t.Parallel()
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("no systemd on this machine")
	}
	files, err := filepath.Glob(root + "/deploy/*.service")
	if err != nil || len(files) < 4 {
		t.Fatal(files, err)
	}
	timers, err := filepath.Glob(root + "/deploy/*.timer")
	if err != nil || len(timers) == 0 {
		t.Fatal(timers, err)
	}
	dir := t.TempDir()
	var units []string
	for _, f := range append(files, timers...) {
		raw := string(read(t, strings.TrimPrefix(f, root+"/")))
		unit := filepath.Join(dir, filepath.Base(f))
		text := strings.NewReplacer("/usr/local/bin/hawker", "/bin/true", "/usr/local/bin/mysql-backup", "/bin/true").
			Replace(raw)
		if err := os.WriteFile(unit, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		units = append(units, unit)
	}
	out, err := exec.Command(analyze, append([]string{"verify", "--man=no"}, units...)...).CombinedOutput()
	if err != nil || len(out) > 0 {
		t.Errorf("verify: %v\n%s", err, out)
	}
	for _, unit := range units[:len(files)] {
		out, err := exec.Command(analyze, "security", "--offline=true", "--threshold="+exposure, unit).CombinedOutput()
		if err != nil {
			t.Errorf("%s is too open: %v\n%s", filepath.Base(unit), err, out)
		}
	}
}
