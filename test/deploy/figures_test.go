package deploy_test

import (
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	alertmanager "github.com/prometheus/alertmanager/config"
	amlabels "github.com/prometheus/alertmanager/pkg/labels"
	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/config"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
)

// asked is what a running mall is held against.
type asked struct {
	names      map[string]bool
	operations []string
}

// query parses an expression; each figure has to be there, and so has each operation that
// it names: the figure of an operation that is called otherwise never rings.
func (a asked) query(t *testing.T, where, text string) {
	t.Helper()
	expr, err := parser.NewParser(parser.Options{}).ParseExpr(text)
	if err != nil {
		t.Errorf("%s: %v: %s", where, err, text)
		return
	}
	parser.Inspect(expr, func(n parser.Node, _ []parser.Node) error {
		v, ok := n.(*parser.VectorSelector)
		if !ok {
			return nil
		}
		if !a.names[v.Name] {
			t.Errorf("%s: the program shows no %s", where, v.Name)
		}
		for _, m := range v.LabelMatchers {
			if m.Name == "operation" && !slices.ContainsFunc(a.operations, m.Matches) {
				t.Errorf("%s: no operation is %s", where, m)
			}
		}
		return nil
	})
}

func ask(t *testing.T) asked {
	t.Helper()
	at := mall(t)
	a := asked{names: figures(t, at), operations: []string{"GET /live/{room}/*"}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, at+"/api/v1/openapi.json", nil)
	if err != nil {
		t.Fatal(err)
	}
	var api struct {
		Paths map[string]map[string]any `json:"paths"`
	}
	if err := json.Unmarshal([]byte(get(t, req)), &api); err != nil {
		t.Fatal(err)
	}
	for path, methods := range api.Paths {
		for method := range maps.Keys(methods) {
			a.operations = append(a.operations, strings.ToUpper(method)+" "+path)
		}
	}
	return a
}

func TestFigures(t *testing.T) {
	a := ask(t)
	rules, errs := rulefmt.Parse(read(t, "deploy/prometheus-alerts.yml"), false, model.UTF8Validation,
		parser.NewParser(parser.Options{}), slog.New(slog.DiscardHandler))
	for _, err := range errs {
		t.Error(err)
	}
	alerts := 0
	for _, g := range rules.Groups {
		for _, r := range g.Rules {
			alerts++
			a.query(t, r.Alert, r.Expr)
			if !slices.Contains([]string{"page", "ticket", "shop"}, r.Labels["severity"]) {
				t.Errorf("%s is for nobody: %q", r.Alert, r.Labels["severity"])
			}
		}
	}
	panels := 0
	files, err := filepath.Glob(root + "/deploy/grafana/dashboards/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		var board struct {
			UID    string
			Panels []struct {
				Title   string
				Targets []struct{ Expr string }
			}
		}
		if err := json.Unmarshal(read(t, strings.TrimPrefix(f, root+"/")), &board); err != nil || board.UID == "" {
			t.Fatalf("%s: %v", f, err)
		}
		for _, p := range board.Panels {
			panels++
			for _, q := range p.Targets {
				a.query(t, board.UID+", "+p.Title, variables.Replace(q.Expr))
			}
		}
	}
	if alerts < 10 || panels < 20 {
		t.Errorf("%d alerts, %d panels", alerts, panels)
	}
}

// variables of dashboards, as Grafana fills them in for all.
var variables = strings.NewReplacer("$instance", ".*", "$room", ".*")

func TestPrometheus(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"deploy/prometheus.yml", "deploy/compose/prometheus.yml"} {
		c, err := config.Load(string(read(t, name)), nil)
		if err != nil || len(c.ScrapeConfigs) != 1 || c.ScrapeConfigs[0].JobName != "hawker" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAlertmanager(t *testing.T) {
	t.Parallel()
	c, err := alertmanager.Load(string(read(t, "deploy/alertmanager.yml")))
	if err != nil {
		t.Fatal(err)
	}
	heard := map[string]string{"page": "pager", "ticket": "tickets", "shop": "shows"}
	for severity, who := range heard {
		to := c.Route.Receiver
		for _, r := range c.Route.Routes {
			if matches(r.AllMatchers(), severity) {
				to = r.Receiver
			}
		}
		if to != who {
			t.Errorf("%s goes to %s", severity, to)
		}
	}
}

func matches(ms amlabels.Matchers, severity string) bool {
	for _, m := range ms {
		if m.Name == "severity" && m.Matches(severity) {
			return true
		}
	}
	return false
}
