package lease_test

import (
	"testing"

	"hawker/internal/base/clock"
	"hawker/internal/platform/lease"
	"hawker/internal/platform/lease/leasetest"
	"hawker/internal/platform/sqldb/sqltest"
)

func TestDatabase(t *testing.T) {
	t.Parallel()
	leasetest.Run(t, func(t *testing.T) (lease.Locker, *clock.Manual) {
		db, c := sqltest.NewManual(t)
		return lease.Database{DB: db}, c
	})
}
