// Package schemadoc carries what the source says of the types that travel: the
// comments of structs with JSON members and of these members, which a running program
// does not know any more. They are written to a file by its generator (make openapi), which a test
// keeps equal to the source, and become the descriptions of schemas.
package schemadoc

import (
	_ "embed"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

//go:embed docs.json
var docs []byte

// File is where the comments are kept, below the root of the source.
const File = "internal/platform/schemadoc/docs.json"

// Load gives the comment of each type by its package's path and its name, and those
// of members by the name of the type and theirs: "hawker/internal/order.View.status".
func Load() (map[string]string, error) {
	out := map[string]string{}
	err := json.Unmarshal(docs, &out)
	return out, err
}

// Read collects the comments from the source of a module below a root.
func Read(module, root string) (map[string]string, error) {
	out := map[string]string{}
	err := filepath.WalkDir(filepath.Join(root, "internal"), func(file string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		dir, err := filepath.Rel(root, filepath.Dir(file))
		if err != nil {
			return err
		}
		collect(out, path.Join(module, filepath.ToSlash(dir)), parsed)
		return nil
	})
	return out, err
}

func collect(out map[string]string, pkg string, file *ast.File) {
	for _, decl := range file.Decls {
		group, ok := decl.(*ast.GenDecl)
		if !ok || group.Tok != token.TYPE {
			continue
		}
		for _, spec := range group.Specs {
			one, ok := spec.(*ast.TypeSpec)
			if !ok || !travels(one.Type) {
				continue
			}
			members(out, pkg+"."+one.Name.Name, one.Type.(*ast.StructType))
			doc := one.Doc
			if doc == nil {
				doc = group.Doc
			}
			if text := sentence(one.Name.Name, doc.Text()); text != "" {
				out[pkg+"."+one.Name.Name] = text
			}
		}
	}
}

// members collects what stands above or beside the fields of a struct.
func members(out map[string]string, of string, s *ast.StructType) {
	for _, f := range s.Fields.List {
		if f.Tag == nil || len(f.Names) != 1 {
			continue
		}
		tag, err := strconv.Unquote(f.Tag.Value)
		if err != nil {
			continue
		}
		name, _, _ := strings.Cut(reflect.StructTag(tag).Get("json"), ",")
		text := strings.Join(strings.Fields(f.Doc.Text()+" "+f.Comment.Text()), " ")
		if name != "" && name != "-" && text != "" {
			out[of+"."+name] = sentence(f.Names[0].Name, text)
		}
	}
}

// travels reports whether a type is a struct with a JSON member, or nothing but another
// one under a name of its own.
func travels(t ast.Expr) bool {
	s, ok := t.(*ast.StructType)
	if !ok {
		return false
	}
	for _, f := range s.Fields.List {
		if f.Tag != nil && strings.Contains(f.Tag.Value, `json:"`) {
			return true
		}
	}
	return len(s.Fields.List) == 1 && len(s.Fields.List[0].Names) == 0
}

// sentence makes of "View is an order as …" what a reader of the description sees:
// "An order as …".
func sentence(name, doc string) string {
	text := strings.Join(strings.Fields(doc), " ")
	for _, verb := range []string{" is ", " are "} {
		if rest, ok := strings.CutPrefix(text, name+verb); ok {
			text = rest
		}
	}
	first, size := utf8.DecodeRuneInString(text)
	if size == 0 {
		return ""
	}
	return string(unicode.ToUpper(first)) + text[size:]
}
