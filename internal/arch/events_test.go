package arch

import (
	"go/ast"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// eventsInCode are the names that EventName methods answer, and where. Each is a
// constant, so that who subscribes can name it too.
func eventsInCode(t *testing.T) map[string]string {
	t.Helper()
	out, constants := map[string]string{}, map[string]string{} // by folder and name
	type method struct{ pkg, path, name string }
	var methods []method
	for _, f := range files(t) {
		if f.test || !strings.HasPrefix(f.path, "internal/") {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			switch v := n.(type) {
			case *ast.ValueSpec:
				for i, name := range v.Names {
					if lit, ok := valueAt(v, i).(*ast.BasicLit); ok && lit.Kind == token.STRING {
						constants[f.pkg+"."+name.Name] = strings.Trim(lit.Value, `"`)
					}
				}
			case *ast.FuncDecl:
				if v.Name.Name != "EventName" || v.Recv == nil {
					return true
				}
				name := ""
				if ret, ok := v.Body.List[0].(*ast.ReturnStmt); ok && len(v.Body.List) == 1 {
					if ident, ok := ret.Results[0].(*ast.Ident); ok {
						name = ident.Name
					}
				}
				methods = append(methods, method{f.pkg, f.path, name})
			}
			return true
		})
	}
	for _, m := range methods {
		name, ok := constants[m.pkg+"."+m.name]
		if !ok {
			t.Errorf("%s: an EventName that answers no constant", m.path)
			continue
		}
		if other, twice := out[name]; twice {
			t.Errorf("%s and %s both tell %s", other, m.path, name)
		}
		out[name] = m.path
	}
	return out
}

func valueAt(v *ast.ValueSpec, i int) ast.Expr {
	if i < len(v.Values) {
		return v.Values[i]
	}
	return nil
}

func TestEveryEventIsInTheTable(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(root, "docs/guides/events.md"))
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\| (\\w+) \\|").FindAllStringSubmatch(string(raw), -1) {
		if _, twice := told[row[1]]; twice {
			t.Errorf("%s stands in the table twice", row[1])
		}
		told[row[1]] = row[2]
	}
	code := eventsInCode(t)
	isName := regexp.MustCompile(`^[a-z]+\.[a-z]+(_[a-z]+)*$`)
	for _, name := range slices.Sorted(maps.Keys(code)) {
		path := code[name]
		if !isName.MatchString(name) {
			t.Errorf("%s: %q is no `module.what_happened`", path, name)
		}
		if by, ok := told[name]; !ok {
			t.Errorf("%s (%s) is not in the table of events", name, path)
		} else if by != filepath.Base(filepath.Dir(path)) {
			t.Errorf("the table has %s told by %s, but %s does", name, by, path)
		}
		delete(told, name)
	}
	for name := range told {
		t.Errorf("the table has %s, which nobody tells", name)
	}
}
