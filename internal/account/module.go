package account

import (
	"context"

	"hawker/internal/platform/module"
	"hawker/internal/platform/schedule"
	"hawker/internal/platform/sqldb"
)

// Module is what the module brings.
func (h API) Module() module.Module {
	return module.Module{
		Name: "account", Operations: []module.Operations{h}, Recover: h.Service.keyNames,
		Tasks: []schedule.Task{{
			Name: "account.invitations", Next: sqldb.Oldest("account_invitation", "expires_at", 0),
			Do: func(ctx context.Context) error {
				db := h.Service.db
				return sqldb.Prune(ctx, db, "account_invitation", "expires_at", db.Clock().Now())
			},
		}},
	}
}

const keysAtOnce = 500

// keyNames gives keys to names of before there were any.
func (s *Service) keyNames(ctx context.Context) error {
	for {
		names, err := unkeyed(ctx, s.db.Reader(), keysAtOnce)
		if err != nil || len(names) == 0 {
			return err
		}
		err = s.db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
			for user, name := range names {
				if err := setName(ctx, tx, user, name); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
}
