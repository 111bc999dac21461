package arch

import (
	"go/ast"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Whoever seals says so, and app passes it on: a kind of sealed values that nobody
// declares is lost when the master key is changed.
func TestWhoSealsDeclaresIt(t *testing.T) {
	doctor, err := os.ReadFile(filepath.Join(root, "internal/app/doctor.go"))
	if err != nil {
		t.Fatal(err)
	}
	seals, declares := map[string]bool{}, map[string]bool{}
	for _, f := range files(t) {
		if f.test || slices.Contains([]string{"platform/secret", "platform/keyring"}, f.pkg) {
			continue
		}
		ast.Inspect(f.ast, func(n ast.Node) bool {
			switch v := n.(type) {
			case *ast.FuncDecl:
				declares[f.pkg] = declares[f.pkg] || v.Recv == nil && v.Name.Name == "Sealed"
			case *ast.CallExpr:
				if s, ok := v.Fun.(*ast.SelectorExpr); ok && s.Sel.Name == "Seal" {
					seals[f.pkg] = true
				}
			}
			return true
		})
	}
	if len(seals) < 8 {
		t.Errorf("only %d packages seal: the walk is broken", len(seals))
	}
	for pkg := range seals {
		if !declares[pkg] {
			t.Errorf("%s seals and has no function Sealed", pkg)
		}
		if !strings.Contains(string(doctor), path.Base(pkg)+".Sealed()") {
			t.Errorf("app does not pass on what %s seals", pkg)
		}
	}
}
