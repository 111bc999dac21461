package deploy_test

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// hooks are the callbacks of a configuration of SRS. Its blocks have to close, and each line within ends as it must.
func hooks(t *testing.T, name string) map[string]string {
	t.Helper()
	depth, told := 0, map[string]string{}
	for line := range strings.Lines(string(read(t, name))) {
		line, _, _ = strings.Cut(line, "#")
		line = strings.TrimSpace(line)
		switch {
		case line == "":
		case strings.HasSuffix(line, "{"):
			depth++
		case line == "}":
			depth--
		case !strings.HasSuffix(line, ";"):
			t.Errorf("%s: %q does not end", name, line)
		}
		if m := regexp.MustCompile(`^(on_\w+) (\S+);$`).FindStringSubmatch(line); m != nil {
			told[m[1]] = m[2]
		}
	}
	if depth != 0 {
		t.Errorf("%s: %d blocks are open", name, depth)
	}
	return told
}

// TestSRSTells wants of the origin every callback that the mall acts upon, and of an edge those of players
// alone: a publisher is judged once.
func TestSRSTells(t *testing.T) {
	t.Parallel()
	for name, want := range map[string][]string{
		"deploy/srs.conf": {"on_dvr", "on_play", "on_publish", "on_unpublish"},
		"deploy/srs-cluster/origin.conf": {
			"on_close", "on_connect", "on_dvr", "on_play", "on_publish", "on_stop", "on_unpublish",
		},
		"deploy/srs-cluster/edge.conf": {"on_close", "on_connect", "on_play", "on_stop"},
	} {
		told := hooks(t, name)
		if got := slices.Sorted(maps.Keys(told)); !slices.Equal(got, want) {
			t.Errorf("%s tells %v, not %v", name, got, want)
		}
		for on, to := range told {
			if !strings.HasSuffix(to, ":8080/hooks/srs?secret=change-me") {
				t.Errorf("%s: %s goes to %s", name, on, to)
			}
		}
	}
}
