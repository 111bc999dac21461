package humatext

import (
	"cmp"
	"path"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// Namer names types in the description after their module, so that two modules
// may each have a Card: live.Card is LiveCard, a page of it LiveCardPage. A body
// without a name is called after the operation that is being registered.
//
// A package that was cut from a module may be spoken of under that module's name:
// callers have types of these names, and nothing became another for them.
type Namer struct {
	Operation string
	Spoken    map[string]string // by package
}

// Name is what huma asks for each type of the description.
func (n *Namer) Name(t reflect.Type, hint string) string {
	for t.Kind() == reflect.Pointer || t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Name() == "" || t.PkgPath() == "" {
		if strings.HasSuffix(hint, "Body") {
			return camel(n.Operation) + "Input"
		}
		return camel(n.Operation) + huma.DefaultSchemaNamer(t, hint)
	}
	name, inner, generic := strings.Cut(t.Name(), "[")
	if generic {
		inner = strings.TrimSuffix(inner, "]")
		pkg, innerName, _ := strings.Cut(path.Base(inner), ".")
		return moduleName(n.Module(pkg), innerName) + name
	}
	return moduleName(n.Module(path.Base(t.PkgPath())), name)
}

// Module is under which name a package is spoken of.
func (n *Namer) Module(pkg string) string { return cmp.Or(n.Spoken[pkg], pkg) }

func moduleName(pkg, name string) string {
	name = strings.TrimSuffix(name, "View")
	if what, isInput := strings.CutSuffix(name, "Body"); isInput {
		name = what + "Input"
	}
	if pkg == "httpapi" || pkg == "money" || pkg == "id" {
		return capital(name)
	}
	if strings.EqualFold(name, pkg) || name == "" {
		return capital(pkg)
	}
	return capital(pkg) + capital(strings.TrimPrefix(name, pkg))
}

func capital(s string) string {
	if s == "" {
		return s
	}
	return strings.ToUpper(s[:1]) + s[1:]
}

// camel makes OrderPlace of order-place.
func camel(operation string) string {
	var b strings.Builder
	for word := range strings.SplitSeq(operation, "-") {
		b.WriteString(capital(word))
	}
	return b.String()
}
