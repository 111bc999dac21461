package arch

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// An alert on a figure that nobody shows never rings.
func TestAlertsAskForFiguresThatThereAre(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join(root, "deploy/prometheus-alerts.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var source strings.Builder
	for _, f := range production(t) {
		content, err := os.ReadFile(filepath.Join(root, f.path))
		if err != nil {
			t.Fatal(err)
		}
		source.Write(content)
	}
	names := regexp.MustCompile(`\bhawker_[a-z_]+`).FindAllString(string(raw), -1)
	if len(names) < 10 {
		t.Fatalf("only %v", names)
	}
	for _, name := range names {
		if name = strings.TrimSuffix(name, "_count"); !strings.Contains(source.String(), `"`+name+`"`) {
			t.Errorf("nobody shows %s", name)
		}
	}
}
