package deploy_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	apps "k8s.io/api/apps/v1"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	network "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/yaml"
)

const chart = root + "/deploy/helm/hawker"

func TestChartLint(t *testing.T) {
	t.Parallel()
	lint := action.NewLint()
	lint.Strict = true
	for _, m := range lint.Run([]string{chart}, nil).Messages {
		t.Error(m)
	}
}

// render gives all objects of the chart, each read strictly as the type that it says it is: what
// Kubernetes has no field for is refused.
func render(t *testing.T, values map[string]any) map[string]runtime.Object {
	t.Helper()
	c, err := loader.Load(chart)
	if err != nil {
		t.Fatal(err)
	}
	all, err := chartutil.ToRenderValues(c, values, chartutil.ReleaseOptions{Name: "mall", Namespace: "shop"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	files, err := engine.Render(c, all)
	if err != nil {
		t.Fatal(err)
	}
	read := json.NewSerializerWithOptions(json.DefaultMetaFactory, scheme.Scheme, scheme.Scheme,
		json.SerializerOptions{Yaml: true, Strict: true})
	objects := map[string]runtime.Object{}
	for name, text := range files {
		if !strings.HasSuffix(name, ".yaml") {
			continue
		}
		for _, doc := range strings.Split(text, "\n---\n") {
			if empty(t, doc) {
				continue
			}
			o, kind, err := read.Decode([]byte(doc), nil, nil)
			if err != nil {
				t.Errorf("%s: %v\n%s", name, err, doc)
				continue
			}
			var named struct{ Metadata struct{ Name string } }
			if err := yaml.Unmarshal([]byte(doc), &named); err != nil {
				t.Fatal(err)
			}
			objects[kind.Kind+" "+named.Metadata.Name] = o
		}
	}
	return objects
}

func empty(t *testing.T, doc string) bool {
	t.Helper()
	var v any
	if err := yaml.Unmarshal([]byte(doc), &v); err != nil {
		t.Fatalf("%v\n%s", err, doc)
	}
	return v == nil
}

func TestChart(t *testing.T) {
	t.Parallel()
	objects := render(t, nil)
	for _, role := range []string{"api", "live", "worker", "edge"} {
		d, ok := objects["Deployment mall-"+role].(*apps.Deployment)
		if !ok {
			t.Fatalf("no deployment of %s in %v", role, slices.Collect(maps.Keys(objects)))
		}
		pod(t, role, d.Spec.Template.Spec)
		served(t, role, d.Spec.Template, objects)
		if s := d.Spec.Strategy.RollingUpdate; s == nil || s.MaxUnavailable.IntVal != 0 {
			t.Errorf("%s: an old pod goes before a new one is ready", role)
		}
		b, ok := objects["PodDisruptionBudget mall-"+role].(*policy.PodDisruptionBudget)
		if !ok || b.Spec.MinAvailable.IntVal >= *d.Spec.Replicas {
			t.Errorf("%s: no pod may ever go, or any: %+v", role, b)
		}
		n, ok := objects["NetworkPolicy mall-"+role].(*network.NetworkPolicy)
		if !ok || len(n.Spec.PolicyTypes) != 2 || len(n.Spec.Egress) == 0 {
			t.Errorf("%s: %+v", role, n)
		}
	}
	job, ok := objects["Job mall-migrate"].(*batch.Job)
	if !ok || !strings.Contains(job.Annotations["helm.sh/hook"], "pre-upgrade") {
		t.Fatalf("the schema is brought up by %+v", job)
	}
	pod(t, "migrate", job.Spec.Template.Spec)
	in, ok := objects["Ingress mall"].(*network.Ingress)
	if !ok || in.Spec.Rules[0].Host != "shop.example" {
		t.Fatalf("%+v", in)
	}
	for _, p := range in.Spec.Rules[0].HTTP.Paths {
		if objects["Service "+p.Backend.Service.Name] == nil {
			t.Errorf("%s leads to %s, which is not there", p.Path, p.Backend.Service.Name)
		}
	}
}

// pod wants what a restricted namespace does, and secrets by reference.
func pod(t *testing.T, role string, p core.PodSpec) {
	t.Helper()
	s := p.SecurityContext
	if s == nil || !*s.RunAsNonRoot || *s.RunAsUser == 0 || *p.AutomountServiceAccountToken ||
		s.SeccompProfile.Type != core.SeccompProfileTypeRuntimeDefault {
		t.Errorf("%s: %+v", role, s)
	}
	known := settings(t)
	for _, c := range p.Containers {
		in := c.SecurityContext
		if *in.AllowPrivilegeEscalation || !*in.ReadOnlyRootFilesystem ||
			!slices.Contains(in.Capabilities.Drop, "ALL") {
			t.Errorf("%s: %+v", role, in)
		}
		if c.Resources.Requests.Cpu().IsZero() || c.Resources.Limits.Memory().IsZero() {
			t.Errorf("%s: as much as there is", role)
		}
		seen := map[string]bool{}
		for _, e := range c.Env {
			if seen[e.Name] || !known[e.Name] {
				t.Errorf("%s: %s is there twice, or is no setting", role, e.Name)
			}
			seen[e.Name] = true
			secret := strings.Contains(e.Name, "SECRET") || strings.HasSuffix(e.Name, "DATABASE_URL")
			if secret && (e.ValueFrom == nil || e.ValueFrom.SecretKeyRef == nil) {
				t.Errorf("%s: %s stands in the open", role, e.Name)
			}
		}
	}
}

// served wants of what listens that it is asked whether it lives and is ready, and is found.
func served(t *testing.T, role string, p core.PodTemplateSpec, objects map[string]runtime.Object) {
	t.Helper()
	c := p.Spec.Containers[0]
	if role == "worker" {
		return
	}
	if c.StartupProbe == nil || c.ReadinessProbe.HTTPGet.Path != "/readyz" ||
		c.LivenessProbe.HTTPGet.Path != "/healthz" {
		t.Errorf("%s: probes %+v", role, c.ReadinessProbe)
	}
	wait := c.Lifecycle.PreStop.Sleep.Seconds
	if grace := *p.Spec.TerminationGracePeriodSeconds; wait < 5 || grace < wait+30 {
		t.Errorf("%s: %d s to be forgotten, %d s to end", role, wait, grace)
	}
	s, ok := objects["Service mall-"+role].(*core.Service)
	if !ok {
		t.Fatalf("no service of %s", role)
	}
	for label, value := range s.Spec.Selector {
		if p.Labels[label] != value {
			t.Errorf("%s: the service looks for %s=%s", role, label, value)
		}
	}
}

// What the chart cannot know has to be said, and is read before anything is sent.
func TestChartRefuses(t *testing.T) {
	t.Parallel()
	c, err := loader.Load(chart)
	if err != nil {
		t.Fatal(err)
	}
	for what, values := range map[string]map[string]any{
		"http":      {"publicURL": "http://shop.example"},
		"no claim":  {"data": map[string]any{"existingClaim": ""}},
		"a role":    {"roles": map[string]any{"cook": map[string]any{}}},
		"a setting": {"settings": map[string]any{"database.url": "x"}},
	} {
		if _, err := chartutil.ToRenderValues(c, values, chartutil.ReleaseOptions{Name: "mall"}, nil); err == nil {
			t.Errorf("%s is taken", what)
		}
	}
	if _, err := os.Stat(filepath.Join(chart, "values.schema.json")); err != nil {
		t.Error(err)
	}
}
