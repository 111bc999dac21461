package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"hawker/internal/platform/config"
)

func TestReferenceFileIsTheDefaults(t *testing.T) {
	got, err := config.Load("../../../deploy/hawker.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(config.Default(), got); diff != "" {
		t.Errorf("deploy/hawker.yaml differs from the defaults (-default +file):\n%s", diff)
	}
}

func TestEnvironmentWinsOverFile(t *testing.T) {
	path := write(t, "order:\n  pay_within: 20m\nmall:\n  name: Stall\n")
	t.Setenv("HAWKER_ORDER_PAY_WITHIN", "30s")
	got, err := config.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if got.Order.PayWithin != 30*time.Second || got.Mall.Name != "Stall" {
		t.Errorf("got %v and %q", got.Order.PayWithin, got.Mall.Name)
	}
}

func TestWhatDoesNotExistIsRefusedByName(t *testing.T) {
	if _, err := config.Load(write(t, "mall:\n  nmae: x\n")); err == nil || !strings.Contains(err.Error(),
		"mall.nmae") {
		t.Errorf("misspelt file setting: %v", err)
	}
	t.Setenv("HAWKER_MALL_NMAE", "x")
	if _, err := config.Load(""); err == nil || !strings.Contains(err.Error(), "HAWKER_MALL_NMAE") {
		t.Errorf("misspelt environment setting: %v", err)
	}
}

func TestImpossibleSettingsAreAllNamed(t *testing.T) {
	c := config.Default()
	c.Mall.TimeZone, c.Distribution.Levels, c.Live.Part = "Mars/Base", 4, time.Minute
	err := c.Check()
	for _, want := range []string{"time_zone", "levels", "live.part"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v does not name %s", err, want)
		}
	}
}

func write(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "hawker.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
