// Package arch tests the tree itself: who may import whom, what stands in which
// file, that every package says what it is for, and how long things may be. What
// is enforced stays; what is only asked for decays.
package arch

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"hawker/internal/base/lang"
	"hawker/internal/platform/httpapi"
)

const root = "../.."

// modules is the import table of the business: a module may import base,
// platform and the modules listed beside it. Read from top to bottom it is the
// architecture; nothing imports upwards.
func modules() []struct {
	name string
	may  []string
} {
	return []struct {
		name string
		may  []string
	}{
		{"sandbox", nil}, // a bank of its own; only payment's adapter talks to it
		{"password", nil},
		{"naming", nil},
		{"totp", nil},
		{"device", nil},
		{"account", []string{"naming", "password"}},
		{"shop", []string{"account", "naming"}},
		{"signin", []string{"account", "device", "naming", "totp"}},
		{"whoami", []string{"account"}},
		{"mailbox", []string{"account", "signin"}},
		{"operator", []string{"account", "shop", "signin"}},
		{"room", nil}, // a place; what happens there on one evening is a show
		{"inventory", nil},
		{"ledger", nil},
		{"commission", nil}, // arithmetic alone
		{"picture", nil},
		{"listing", []string{"commission"}},
		{"category", nil},
		{"search", nil},
		{"catalog", []string{"category", "commission", "inventory", "listing", "picture", "search", "shop"}},
		{"storeroom", []string{"catalog", "inventory", "listing", "picture"}},
		{"cart", []string{"catalog", "inventory"}},
		{"order", []string{"account", "catalog", "commission", "inventory"}},
		{"counter", []string{"account", "catalog", "order"}},
		{"referral", []string{"commission"}},
		{"distribution", []string{"catalog", "commission", "ledger", "order", "referral"}},
		{"coupon", []string{"catalog", "order"}},
		{"promotion", []string{"catalog", "coupon", "inventory", "order", "room"}},
		{"checkout", []string{
			"account", "cart", "catalog", "commission", "counter", "coupon", "inventory", "order", "promotion",
		}},
		{"auction", []string{"account", "catalog", "checkout", "inventory", "order", "room"}},
		{"luckybag", []string{"catalog", "checkout", "coupon", "inventory", "order", "room"}},
		{"payment", []string{"counter", "distribution", "ledger", "order", "sandbox"}},
		{"fulfilment", []string{"counter", "order"}},
		{"social", nil},
		{"notify", nil},
		{"moderation", nil},
		{"show", []string{"room"}},
		{"shelf", []string{"catalog", "order", "room", "show", "media/stream"}},
		{"chat", []string{"account", "catalog", "moderation", "order", "room", "show", "social"}},
		{"audience", []string{"chat", "moderation", "order", "room", "show", "social"}},
		{"stage", []string{"chat", "room", "shelf", "show", "media/stream"}},
		{"studio", []string{
			"catalog", "chat", "moderation", "order", "room", "shelf", "show", "social", "stage", "media/ladder",
			"media/stream",
		}},
		{"front", []string{"room", "media/hooks", "media/pull", "media/rtmp", "media/stream"}},
		{"ingest", []string{
			"room", "shelf", "show", "stage", "media/hooks", "media/ladder", "media/record", "media/relay",
			"media/stream",
			"media/whip",
		}},
		{"edge", []string{"media/edge"}},
		{"home", []string{"media/edge", "media/hls", "media/stream"}},
		{"direct", []string{"media/upload"}},
		{"video", []string{"account", "catalog", "picture", "media/ffmpeg", "media/upload"}},
		{"replay", []string{"shelf", "show", "media/record"}},
		{"clip", []string{
			"catalog", "replay", "room", "shelf", "show", "video", "media/record", "media/upload",
		}},
		{"rights", []string{"moderation", "room", "shop", "signin"}},
		{"analytics", []string{"inventory", "order", "shop", "show"}},
		{"auditlog", nil},
		{"site", nil},
		{"card", []string{"catalog", "inventory", "room", "shop", "site", "video"}},
		{"vault", nil},
		{"deadletter", nil},
		{"watch", nil},
		{"demo", []string{
			"category",
			"account", "analytics", "catalog", "checkout", "commission", "distribution", "fulfilment", "inventory",
			"ledger", "listing", "order", "payment", "picture", "referral", "room", "sandbox", "shop", "stage", "video",
			"media/flv", "media/rtmp",
			"media/upload",
		}},
		{"bench", []string{"demo", "media/ffmpeg", "media/flv", "media/rtmp"}},
	}
}

type file struct {
	path string // below the root, slashes
	pkg  string // folder below internal
	ast  *ast.File
	set  *token.FileSet
	test bool
}

// files parses every Go file of the program.
func files(t *testing.T) []file {
	t.Helper()
	var out []file
	for _, top := range []string{"internal", "cmd", "web", "test"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(p string, d fs.DirEntry, err error) error {
			if os.IsNotExist(err) {
				return nil
			}
			if err != nil {
				return err
			}
			if d.IsDir() && (d.Name() == "node_modules" || d.Name() == "testdata") {
				return filepath.SkipDir
			}
			if !strings.HasSuffix(p, ".go") {
				return nil
			}
			set := token.NewFileSet()
			parsed, err := parser.ParseFile(set, p, nil, parser.ParseComments|parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			rel, err := filepath.Rel(root, p)
			if err != nil {
				return err
			}
			rel = filepath.ToSlash(rel)
			out = append(out, file{
				path: rel, pkg: strings.TrimPrefix(filepath.ToSlash(filepath.Dir(rel)), "internal/"), ast: parsed,
				set:  set,
				test: strings.HasSuffix(p, "_test.go"),
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(out) < 50 {
		t.Fatalf("only %d files found: the walk is broken", len(out))
	}
	return out
}

func imports(f file) (own, other []string) {
	for _, i := range f.ast.Imports {
		p := strings.Trim(i.Path.Value, `"`)
		if in, ok := strings.CutPrefix(p, "hawker/internal/"); ok {
			own = append(own, in)
		} else {
			other = append(other, p)
		}
	}
	return own, other
}

func top(pkg string) string { first, _, _ := strings.Cut(pkg, "/"); return first }

func TestImportTable(t *testing.T) {
	may := map[string][]string{}
	for _, m := range modules() {
		for _, dep := range m.may {
			if _, known := may[top(dep)]; !known && top(dep) != "media" {
				t.Errorf("%s may import %s, which stands below it in the table", m.name, dep)
			}
		}
		may[m.name] = m.may
	}
	for _, f := range files(t) {
		if f.test || !strings.HasPrefix(f.path, "internal/") {
			continue
		}
		own, other := imports(f)
		for _, in := range own {
			if !allowed(f.pkg, in, may) {
				t.Errorf("%s imports %s", f.path, in)
			}
		}
		if top(f.pkg) == "base" {
			for _, o := range other {
				if strings.Contains(o, ".") {
					t.Errorf("%s imports %s: base uses the standard library only", f.path, o)
				}
			}
		}
	}
}

func allowed(pkg, in string, may map[string][]string) bool {
	from, to := top(pkg), top(in)
	if from != "platform" && strings.HasSuffix(pkg, "test") {
		return true // a kit for tests, which may look everywhere
	}
	switch from {
	case "app":
		return true
	case "base":
		return to == "base"
	case "media":
		return to == "base" || to == "media"
	case "platform":
		return to == "base" || to == "platform" || (to == "schema" && strings.HasSuffix(pkg, "sqltest"))
	case "arch":
		return true
	}
	list, isModule := may[from]
	if !isModule {
		return false
	}
	return to == from || to == "base" || to == "platform" || slices.Contains(list, to) || slices.Contains(list, in)
}

// isSQL finds statements in string literals.
func isSQL() *regexp.Regexp {
	return regexp.MustCompile(`^["` + "`" + `]\s*(SELECT|INSERT INTO|UPDATE \w+ SET|DELETE FROM|CREATE TABLE)\b`)
}

func TestFileRoles(t *testing.T) {
	sql := isSQL()
	for _, f := range files(t) {
		if f.test || top(f.pkg) == "app" || strings.HasPrefix(f.pkg, "media/") || !strings.HasPrefix(f.path,
			"internal/") {
			continue
		}
		name := filepath.Base(f.path)
		if !strings.HasPrefix(name, "store") && f.pkg != "platform/sqldb" {
			ast.Inspect(f.ast, func(n ast.Node) bool {
				if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING && sql.MatchString(lit.Value) {
					t.Errorf("%s: SQL outside store*.go: %.40s…", f.set.Position(lit.Pos()), lit.Value)
				}
				return true
			})
		}
		if strings.HasPrefix(f.pkg, "platform/") || strings.HasPrefix(f.pkg, "base/") || f.pkg == "sandbox" ||
			f.pkg == "payment" || f.pkg == "bench" {
			continue // the door itself, and those that speak HTTP to each other
		}
		if _, other := imports(f); !strings.HasPrefix(name, "api") && slices.Contains(other, "net/http") {
			t.Errorf("%s: HTTP outside api*.go", f.path)
		}
	}
}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	said := map[string]bool{}
	for _, f := range files(t) {
		if !f.test || f.pkg == "arch" {
			said[f.pkg] = said[f.pkg] || f.ast.Doc != nil
		}
	}
	for pkg, ok := range said {
		if !ok {
			t.Errorf("package %s has no comment", pkg)
		}
	}
}

const (
	fileLinesMax     = 400
	functionLinesMax = 60
	parametersMax    = 5
)

func TestSizes(t *testing.T) {
	for _, f := range files(t) {
		if f.test {
			continue
		}
		if n := f.set.File(f.ast.Pos()).LineCount(); n > fileLinesMax {
			t.Errorf("%s has %d lines; %d are the limit", f.path, n, fileLinesMax)
		}
		for _, d := range f.ast.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Body == nil {
				continue
			}
			if n := f.set.Position(fn.End()).Line - f.set.Position(fn.Pos()).Line + 1; n > functionLinesMax {
				t.Errorf("%s: %s has %d lines; %d are the limit", f.path, fn.Name.Name, n, functionLinesMax)
			}
			if n := parameters(fn); n > parametersMax {
				t.Errorf("%s: %s takes %d parameters beside ctx and tx; %d are the limit", f.path, fn.Name.Name, n,
					parametersMax)
			}
		}
	}
}

// wiringLinesMax is what every module together may need to be put together.
const wiringLinesMax = 300

// TestWiringIsAList keeps what puts the program together to one line or two a module, the names of packages aside.
func TestWiringIsAList(t *testing.T) {
	lines := 0
	for _, f := range files(t) {
		if f.path != "internal/app/modules.go" && f.path != "internal/app/people.go" {
			continue
		}
		last := f.ast.Name.Pos()
		for _, s := range f.ast.Imports {
			last = max(last, s.End())
		}
		lines += f.set.File(f.ast.Pos()).LineCount() - f.set.Position(last).Line
	}
	if lines == 0 || lines > wiringLinesMax {
		t.Errorf("the modules are put together in %d lines; %d are the limit", lines, wiringLinesMax)
	}
}

const (
	columnsMax = 120
	tabColumns = 4
)

// TestWidth keeps lines readable beside one another. What has no place to break
// is let through: a struct tag, a raw string, a word.
func TestWidth(t *testing.T) {
	for _, f := range files(t) {
		raw, err := os.ReadFile(filepath.Join(root, f.path))
		if err != nil {
			t.Fatal(err)
		}
		whole := unbreakable(f)
		for i, line := range strings.Split(string(raw), "\n") {
			n := utf8.RuneCountInString(line) + strings.Count(line, "\t")*(tabColumns-1)
			if n > columnsMax && !whole[i+1] {
				t.Errorf("%s:%d has %d columns; %d are the limit", f.path, i+1, n, columnsMax)
			}
		}
	}
}

// unbreakable are the lines of a file that a formatter could not fold.
func unbreakable(f file) map[int]bool {
	out := map[int]bool{}
	ast.Inspect(f.ast, func(n ast.Node) bool {
		switch v := n.(type) {
		case *ast.Field:
			if v.Tag != nil {
				out[f.set.Position(v.Tag.Pos()).Line] = true
			}
		case *ast.BasicLit:
			from, to := f.set.Position(v.Pos()).Line, f.set.Position(v.End()).Line
			if v.Kind == token.STRING && (v.Value[0] == '`' || !strings.Contains(v.Value, " ")) {
				for line := from; line <= to; line++ {
					out[line] = true
				}
			}
		}
		return true
	})
	return out
}

// parameters counts what a function takes, without the context and the
// transaction that every store function is handed.
func parameters(fn *ast.FuncDecl) (n int) {
	for _, p := range fn.Type.Params.List {
		for _, name := range p.Names {
			if name.Name != "ctx" && name.Name != "tx" && name.Name != "q" {
				n++
			}
		}
	}
	return n
}

// codes are the stable codes in the source: the first argument of a fault, or a
// constant that is one.
func codes(t *testing.T) map[string]string {
	t.Helper()
	isCode := regexp.MustCompile(`^"[a-z_]+\.[a-z_]+"$`)
	out := map[string]string{}
	for _, f := range files(t) {
		if f.test || f.pkg == "sandbox" {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			var lits []ast.Expr
			switch v := n.(type) {
			case *ast.CallExpr:
				if sel, ok := v.Fun.(*ast.SelectorExpr); ok && len(v.Args) > 0 {
					if x, ok := sel.X.(*ast.Ident); ok && x.Name == "fault" {
						lits = v.Args[:1]
					}
				}
			case *ast.ValueSpec:
				for i, name := range v.Names {
					if strings.HasPrefix(name.Name, "Code") && i < len(v.Values) {
						lits = append(lits, v.Values[i])
					}
				}
			}
			for _, l := range lits {
				if lit, ok := l.(*ast.BasicLit); ok && isCode.MatchString(lit.Value) {
					out[strings.Trim(lit.Value, `"`)] = f.path
				}
			}
			return true
		})
	}
	return out
}

func TestEveryCodeHasATextInEveryLanguage(t *testing.T) {
	for code, path := range codes(t) {
		for _, tag := range lang.All() {
			if httpapi.Texts(tag)[code] == "" {
				t.Errorf("%s (%s) has no text in %s", code, path, tag)
			}
		}
	}
	zh, en := httpapi.Texts(lang.Chinese), httpapi.Texts(lang.English)
	params := regexp.MustCompile(`\{\w+\}`)
	for code := range zh {
		if a, b := params.FindAllString(zh[code], -1), params.FindAllString(en[code], -1); len(a) != len(b) {
			t.Errorf("%s: the languages name other parameters: %v and %v", code, a, b)
		}
	}
}

func TestMigrationsAreTheSameInBothDialects(t *testing.T) {
	names := func(dialect string) []string {
		entries, err := os.ReadDir(filepath.Join(root, "internal/schema", dialect))
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, e := range entries {
			out = append(out, e.Name())
		}
		return out
	}
	lite, my := names("sqlite"), names("mysql")
	if !slices.Equal(lite, my) {
		t.Errorf("sqlite has %v, mysql has %v", lite, my)
	}
}

func TestWebTextsAreValidJSON(t *testing.T) {
	matches, err := filepath.Glob(filepath.Join(root, "web/apps/*/src/features/*/locales/*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range matches {
		raw, err := os.ReadFile(m)
		if err != nil {
			t.Fatal(err)
		}
		if !json.Valid(raw) {
			t.Errorf("%s is no JSON", m)
		}
	}
}
