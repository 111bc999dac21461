package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// testsOf lists the tests of the tree by `package.Name`, the package by its folder's name, the program's as main.
func testsOf(t *testing.T) map[string]bool {
	t.Helper()
	out := map[string]bool{}
	for _, top := range []string{"cmd", "internal", "test", "web"} {
		err := filepath.WalkDir(filepath.Join(root, top), func(path string, d fs.DirEntry, err error) error {
			if err == nil && d.IsDir() && d.Name() == "node_modules" {
				return fs.SkipDir
			}
			if err != nil || !strings.HasSuffix(path, "_test.go") {
				return err
			}
			f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
			if err != nil {
				return err
			}
			pkg := filepath.Base(filepath.Dir(path))
			if top == "cmd" {
				pkg = "main"
			}
			for _, d := range f.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil {
					out[pkg+"."+fn.Name.Name] = true
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return out
}

// TestNamedTestsExist looks for each test that a document names as the proof of something: `package.TestName`, and
// `TestName` for another of the package named before it in the same row.
func TestNamedTestsExist(t *testing.T) {
	there := testsOf(t)
	named := regexp.MustCompile("`(?:(?:\\w+/)*(\\w+)\\.)?((?:Test|Fuzz)[A-Z]\\w*)`")
	for _, doc := range []string{"asvs.md", "security.md"} {
		raw, err := os.ReadFile(filepath.Join(root, "docs", doc))
		if err != nil {
			t.Fatal(err)
		}
		found := 0
		for row := range strings.Lines(string(raw)) {
			pkg := ""
			for _, m := range named.FindAllStringSubmatch(row, -1) {
				if m[1] != "" {
					pkg = m[1]
				}
				found++
				if !there[pkg+"."+m[2]] {
					t.Errorf("%s names %s.%s, which is no test", doc, pkg, m[2])
				}
			}
		}
		if found < 20 {
			t.Errorf("%s names %d tests: the pattern has gone stale", doc, found)
		}
	}
}

// TestEachRequirementOnce wants every number of docs/asvs.md once, with a verdict and what is said for it.
func TestEachRequirementOnce(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(root, "docs", "asvs.md"))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	numbered := regexp.MustCompile(`^\| (\d+\.\d+\.\d+)`)
	for row := range strings.Lines(string(raw)) {
		m := numbered.FindStringSubmatch(row)
		if m == nil {
			continue
		}
		cells := strings.Split(strings.Trim(strings.TrimSpace(row), "|"), "|")
		if len(cells) != 5 || seen[m[1]] {
			t.Errorf("%s stands there twice or has %d cells", m[1], len(cells))
			continue
		}
		seen[m[1]] = true
		switch verdict, why := strings.TrimSpace(cells[3]), strings.TrimSpace(cells[4]); verdict {
		case "yes", "no":
			if why == "" {
				t.Errorf("%s is %s without a word", m[1], verdict)
			}
		case "n/a":
		default:
			t.Errorf("%s is %q", m[1], verdict)
		}
	}
	if len(seen) < 200 {
		t.Errorf("only %d requirements", len(seen))
	}
}
