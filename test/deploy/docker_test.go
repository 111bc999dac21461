package deploy_test

import (
	"bytes"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

func TestDockerfiles(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"Dockerfile", "deploy/compose/edge/Dockerfile"} {
		tree, err := parser.Parse(bytes.NewReader(read(t, name)))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, w := range tree.Warnings {
			t.Errorf("%s: %s", name, w.Short)
		}
		lint := linter.New(&linter.Config{Warn: func(rule, _, _, message string, at []parser.Range) {
			t.Errorf("%s:%v: %s: %s", name, at, rule, message)
		}})
		stages, _, err := instructions.Parse(tree.AST, lint)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if name == "Dockerfile" {
			images(t, stages)
		}
	}
}

var somebody = regexp.MustCompile(`^[1-9]\d*:[1-9]\d*$`)

// images wants of both images: nobody's root, a health check, a stop that is heard, and of the
// bare one nothing but what it is made from.
func images(t *testing.T, stages []instructions.Stage) {
	t.Helper()
	made := 0
	for _, s := range stages {
		if s.Name != "hawker" && s.Name != "hawker-media" {
			continue
		}
		made++
		if s.Name == "hawker" && s.BaseName != "scratch" {
			t.Errorf("%s is made from %s", s.Name, s.BaseName)
		}
		has := map[string]bool{}
		for _, c := range s.Commands {
			has[strings.ToLower(c.Name())] = true
			if u, ok := c.(*instructions.UserCommand); ok && !somebody.MatchString(u.User) {
				t.Errorf("%s runs as %s: Kubernetes sees only of numbers that they are not root", s.Name, u.User)
			}
		}
		for _, want := range []string{"user", "healthcheck", "stopsignal", "entrypoint", "volume"} {
			if !has[want] {
				t.Errorf("%s has no %s", s.Name, want)
			}
		}
	}
	if made != 2 {
		t.Errorf("%d images", made)
	}
}

func TestCompose(t *testing.T) {
	t.Parallel()
	env := []string{}
	for _, m := range regexp.MustCompile(`(?m)^([A-Z_]+)=(.*)$`).FindAllStringSubmatch(
		string(read(t, "deploy/compose/env.example")), -1) {
		if m[2] == "" {
			m[2] = "value"
		}
		env = append(env, m[1]+"="+m[2])
	}
	// Without the settings of the machine: what env.example does not name has to have a default.
	options, err := cli.NewProjectOptions([]string{root + "/deploy/compose.yml"}, cli.WithEnv(env),
		cli.WithProfiles([]string{"*"}), cli.WithInterpolation(true))
	if err != nil {
		t.Fatal(err)
	}
	p, err := options.LoadProject(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	known := settings(t)
	for name, s := range p.AllServices() {
		for _, v := range s.Volumes {
			if v.Type == "bind" && !strings.HasPrefix(v.Source, "/etc/ssl") {
				if _, err := os.Stat(v.Source); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
		for setting := range s.Environment {
			if strings.HasPrefix(setting, "HAWKER_") && !known[setting] {
				t.Errorf("%s sets %s, which is no setting", name, setting)
			}
		}
		if s.Build == nil && !regexp.MustCompile(`:[\w.-]*\d[\w.-]*$`).MatchString(s.Image) {
			t.Errorf("%s: %s is any version", name, s.Image)
		}
	}
	for _, want := range []string{
		"hawker", "worker", "edge", "mysql", "redis", "rabbitmq", "kafka", "minio", "srs", "prometheus", "grafana",
		"alertmanager",
	} {
		if _, ok := p.AllServices()[want]; !ok {
			t.Errorf("no service %s", want)
		}
	}
}

// settings are the names in the environment of all that deploy/hawker.yaml has.
func settings(t *testing.T) map[string]bool {
	t.Helper()
	known := map[string]bool{}
	var above []string
	for line := range strings.Lines(string(read(t, "deploy/hawker.yaml"))) {
		m := regexp.MustCompile(`^( *)([a-z_0-9]+):`).FindStringSubmatch(line)
		if m == nil {
			continue
		}
		above = append(above[:len(m[1])/2], m[2])
		known["HAWKER_"+strings.ToUpper(strings.Join(above, "_"))] = true
	}
	return known
}
