package main

import (
	"context"
	"fmt"

	"hawker/internal/platform/sqldb"
	"hawker/internal/schema"
)

// pendingStatus tells whoever reads the exit status what is pending from what failed.
const pendingStatus = 2

// pendingError ends a plan that was printed and holds something.
type pendingError int

func (p pendingError) Error() string { return fmt.Sprintf("%d migrations are pending", int(p)) }

// dryRun prints what a migration would do.
func dryRun(ctx context.Context, db *sqldb.DB) error {
	pending, err := sqldb.Plan(ctx, db, schema.FS)
	if err != nil {
		return err
	}
	for _, p := range pending {
		fmt.Println(p.File)
		for _, s := range p.Steps {
			switch {
			case s.Rows >= 0:
				fmt.Printf("-- %s has %d rows\n", s.Table, s.Rows)
			case s.Table != "":
				fmt.Printf("-- %s is not there yet\n", s.Table)
			}
			fmt.Println(s.Statement + ";")
		}
	}
	if len(pending) > 0 {
		return pendingError(len(pending))
	}
	fmt.Println("nothing to do")
	return nil
}
