package ledger

import (
	"context"

	"hawker/internal/platform/module"
	"hawker/internal/platform/sqldb"
)

// Module is what the module brings.
func (h API) Module() module.Module {
	return module.Module{Name: "ledger", Operations: []module.Operations{h}, Checks: Checks()}
}

// Checks are doctor's.
func Checks() []module.Check {
	return []module.Check{{
		Code: "ledger_entries", Name: "ledger: double entry holds (I1 to I8)",
		Run: func(ctx context.Context, q sqldb.Querier) ([]string, error) { return Sentences(Check(ctx, q)) },
	}}
}

// Sentences writes violations for a person.
func Sentences(list []Violation, err error) (out []string, _ error) {
	for _, v := range list {
		out = append(out, v.Code+": "+v.Detail)
	}
	return out, err
}
