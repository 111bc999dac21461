package arch

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
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
		name = strings.TrimSuffix(strings.TrimSuffix(name, "_count"), "_bucket")
		if !strings.Contains(source.String(), `"`+name+`"`) {
			t.Errorf("nobody shows %s", name)
		}
	}
}

// Who is woken by an alert finds what to do, and nothing is written for an alert that is no more.
func TestAlertsHaveRunbooks(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join(root, "deploy/prometheus-alerts.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var alerts, runbooks, named []string
	for _, m := range regexp.MustCompile(`- alert: (\w+)`).FindAllStringSubmatch(string(raw), -1) {
		alerts = append(alerts, m[1])
	}
	for _, m := range regexp.MustCompile(`runbook: docs/runbooks/(\w+)\.md`).FindAllStringSubmatch(string(raw), -1) {
		named = append(named, m[1])
	}
	files, err := filepath.Glob(filepath.Join(root, "docs/runbooks/*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		runbooks = append(runbooks, strings.TrimSuffix(filepath.Base(f), ".md"))
	}
	if !slices.Equal(alerts, named) {
		t.Errorf("alerts %v name runbooks %v", alerts, named)
	}
	slices.Sort(alerts)
	if !slices.Equal(alerts, runbooks) {
		t.Errorf("alerts %v, runbooks %v", alerts, runbooks)
	}
}
