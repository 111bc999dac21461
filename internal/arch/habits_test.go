package arch

import (
	"go/ast"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// production are the files of the program itself.
func production(t *testing.T) (out []file) {
	t.Helper()
	for _, f := range files(t) {
		if !f.test && !kit(f.pkg) && (strings.HasPrefix(f.path, "internal/") || strings.HasPrefix(f.path, "cmd/")) {
			out = append(out, f)
		}
	}
	return out
}

// kit reports whether a package is for tests.
func kit(pkg string) bool { return strings.HasSuffix(pkg, "test") }

// TestNoInitAndNoGlobalState lets nothing run before main and nothing change that a
// whole process shares. Errors, compiled patterns and what is made once are values.
func TestNoInitAndNoGlobalState(t *testing.T) {
	for _, f := range production(t) {
		for _, d := range f.ast.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				t.Errorf("%s has an init function", f.path)
			}
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.VAR {
				continue
			}
			for _, spec := range g.Specs {
				v, ok := spec.(*ast.ValueSpec)
				if ok && !unchanging(g, v) {
					t.Errorf("%s: package variable %s can change", f.set.Position(v.Pos()), v.Names[0].Name)
				}
			}
		}
	}
}

// unchanging reports whether a package variable is a value that only Go makes a
// variable of.
func unchanging(g *ast.GenDecl, v *ast.ValueSpec) bool {
	if v.Names[0].Name == "_" || g.Doc != nil && strings.Contains(docText(g.Doc), "go:embed") {
		return true
	}
	if v.Doc != nil && strings.Contains(docText(v.Doc), "go:embed") {
		return true
	}
	for _, value := range v.Values {
		call, ok := value.(*ast.CallExpr)
		if !ok || !slices.Contains(pure(), called(call)) {
			return false
		}
	}
	return len(v.Values) > 0
}

func docText(c *ast.CommentGroup) (out string) {
	for _, l := range c.List {
		out += l.Text
	}
	return out
}

func pure() []string {
	return []string{
		"errors.New", "fmt.Errorf", "regexp.MustCompile", "sync.OnceFunc", "sync.OnceValue",
		"sync.OnceValues",
	}
}

// called names the function of a call, as it is written.
func called(call *ast.CallExpr) string {
	sel, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	x, ok := sel.X.(*ast.Ident)
	if !ok {
		return ""
	}
	return x.Name + "." + sel.Sel.Name
}

// TestExportedThingsSayWhatTheyAre wants a comment that begins with the name.
func TestExportedThingsSayWhatTheyAre(t *testing.T) {
	for _, f := range production(t) {
		for _, d := range f.ast.Decls {
			switch v := d.(type) {
			case *ast.FuncDecl:
				if v.Name.IsExported() && !wellKnown(v) && (v.Recv == nil || ast.IsExported(receiver(v))) {
					wantDoc(t, f, v.Doc, v.Name)
				}
			case *ast.GenDecl:
				if v.Tok != token.TYPE {
					continue
				}
				for _, spec := range v.Specs {
					ts := spec.(*ast.TypeSpec)
					doc := ts.Doc
					if doc == nil && !v.Lparen.IsValid() {
						doc = v.Doc
					}
					if ts.Name.IsExported() && (doc != nil || !v.Lparen.IsValid()) {
						wantDoc(t, f, doc, ts.Name)
					}
				}
			}
		}
	}
}

// wellKnown are the methods that every reader of Go knows.
func wellKnown(fn *ast.FuncDecl) bool {
	return fn.Recv != nil && (fn.Name.Name == "String" || fn.Name.Name == "Error")
}

func receiver(fn *ast.FuncDecl) string {
	e := fn.Recv.List[0].Type
	for {
		switch v := e.(type) {
		case *ast.StarExpr:
			e = v.X
		case *ast.IndexExpr:
			e = v.X
		case *ast.Ident:
			return v.Name
		default:
			return ""
		}
	}
}

func wantDoc(t *testing.T, f file, doc *ast.CommentGroup, name *ast.Ident) {
	t.Helper()
	first, _, _ := strings.Cut(doc.Text(), " ")
	if strings.TrimSpace(first) != name.Name && first != "Deprecated:" {
		t.Errorf("%s: the comment of %s does not begin with its name", f.set.Position(name.Pos()), name.Name)
	}
}

// fanOutMax bounds how many of our packages one package stands on; app, which puts
// them together, and measuring and demo material are no module.
const fanOutMax = 24

func TestFanOut(t *testing.T) {
	out := map[string]map[string]bool{}
	for _, f := range production(t) {
		own, _ := imports(f)
		for _, in := range own {
			if out[f.pkg] == nil {
				out[f.pkg] = map[string]bool{}
			}
			out[f.pkg][in] = true
		}
	}
	for pkg, in := range out {
		if pkg != "app" && pkg != "demo" && len(in) > fanOutMax {
			t.Errorf("%s stands on %d packages; %d are the limit", pkg, len(in), fanOutMax)
		}
	}
}

// linesMax bounds a business module: what is larger is two nouns. The doors and the
// database may have a little more.
const (
	linesMax         = 1500
	linesMaxPlatform = 1600
)

// large are modules that the cut has still to reach (docs/roadmap.md names them);
// none may be added. The sandbox and bench are no rooms of the mall.
func large() []string {
	return []string{"bench", "sandbox"}
}

func TestNoModuleIsAWorldOfItsOwn(t *testing.T) {
	lines := map[string]int{}
	for _, f := range production(t) {
		lines[f.pkg] += f.set.File(f.ast.Pos()).LineCount()
	}
	for pkg, n := range lines {
		most := linesMax
		if strings.HasPrefix(pkg, "platform/") {
			most = linesMaxPlatform
		}
		if n > most && !strings.HasPrefix(pkg, "media/") && !slices.Contains(large(), pkg) {
			t.Errorf("%s has %d lines; %d are the limit", pkg, n, most)
		}
	}
}

const nestingMax = 4 // blocks of if, for, switch and select within a function

func TestNesting(t *testing.T) {
	for _, f := range production(t) {
		for _, d := range f.ast.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Body == nil {
				continue
			}
			if n := nesting(fn.Body); n > nestingMax {
				t.Errorf("%s: %s nests %d deep; %d are the limit", f.path, fn.Name.Name, n, nestingMax)
			}
		}
	}
}

func nesting(n ast.Node) (deepest int) {
	ast.Inspect(n, func(m ast.Node) bool {
		if m == n || m == nil {
			return m != nil
		}
		switch v := m.(type) {
		case *ast.FuncLit:
			deepest = max(deepest, nesting(v.Body)) // a function of its own
			return false
		case *ast.IfStmt:
			inner := 1 + nesting(v.Body)
			if v.Else != nil {
				other := nesting(v.Else)
				if _, chain := v.Else.(*ast.IfStmt); !chain {
					other++
				}
				inner = max(inner, other)
			}
			deepest = max(deepest, inner)
			return false
		case *ast.ForStmt, *ast.RangeStmt, *ast.SwitchStmt, *ast.TypeSwitchStmt, *ast.SelectStmt:
			deepest = max(deepest, 1+nesting(m))
			return false
		}
		return true
	})
	return deepest
}

// TestPermissionsAreTyped lets nobody spell a permission but the package that names
// them: a misspelt one would let nobody in but managers, without a word.
func TestPermissionsAreTyped(t *testing.T) {
	named := regexp.MustCompile(
		`^"(catalog|stock|orders|live|video|figures|staff)\.(read|write|ship|run|moderate|manage)"$`)
	for _, f := range production(t) {
		if f.pkg == "base/permission" {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			if lit, ok := n.(*ast.BasicLit); ok && named.MatchString(lit.Value) {
				t.Errorf("%s: %s is a permission; use its constant", f.set.Position(lit.Pos()), lit.Value)
			}
			return true
		})
	}
}

// TestEventNames wants each event named once, as module.what_happened.
func TestEventNames(t *testing.T) {
	named := regexp.MustCompile(`^[a-z]+\.[a-z_]+$`)
	seen := map[string]string{}
	for _, f := range production(t) {
		if strings.HasPrefix(f.path, "internal/platform") || strings.HasPrefix(f.path, "internal/base") {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			v, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			for i, name := range v.Names {
				if len(name.Name) <= len("Event") || !strings.HasPrefix(name.Name, "Event") || i >= len(v.Values) {
					continue
				}
				lit, ok := v.Values[i].(*ast.BasicLit)
				if !ok || lit.Kind != token.STRING {
					continue
				}
				event := strings.Trim(lit.Value, `"`)
				if !named.MatchString(event) {
					t.Errorf("%s: %q is no name of an event", f.path, event)
				}
				if other := seen[event]; other != "" {
					t.Errorf("%s and %s both name %s", other, f.path, event)
				}
				seen[event] = f.path
			}
			return true
		})
	}
	if len(seen) < 10 {
		t.Errorf("only %d events found: the walk is broken", len(seen))
	}
}

// TestNamedSourcesExist holds comments to the documents that they name.
func TestNamedSourcesExist(t *testing.T) {
	doc := regexp.MustCompile(`docs/[a-z0-9/_-]+\.md`)
	for _, f := range files(t) {
		for _, group := range f.ast.Comments {
			for _, name := range doc.FindAllString(group.Text(), -1) {
				if matches, err := filepath.Glob(filepath.Join(root, name)); err != nil || len(matches) == 0 {
					t.Errorf("%s names %s, which is not there", f.path, name)
				}
			}
		}
	}
}
