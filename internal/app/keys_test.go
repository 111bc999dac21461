package app_test

import (
	"errors"
	"log/slog"
	"testing"

	"hawker/internal/app"
	"hawker/internal/platform/sqldb"
	"hawker/internal/platform/sqldb/sqltest"
)

// A server seals with the key that it has: the key is changed without one only.
func TestAKeyIsNotChangedUnderAServer(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"", sqltest.FreshURL(t)} { // in the folder, and where the tests run
		cfg := settings(t)
		cfg.Database.URL = url
		log := slog.New(slog.DiscardHandler)
		a := open(t, cfg)
		if _, err := app.RotateKeys(t.Context(), cfg, log, app.Rotating{}); !errors.Is(err, app.ErrInUse) {
			t.Errorf("beside a server: %v", err)
		}
		closed(t, a)
		done, err := app.RotateKeys(t.Context(), cfg, log, app.Rotating{Remove: true})
		if err != nil || done.To == done.From || done.Aside != "" {
			t.Errorf("%+v, %v", done, err)
		}
		report, err := app.Doctor(t.Context(), cfg, log)
		if err != nil || !report.Healthy {
			t.Errorf("%v\n%s", err, report)
		}
		closed(t, open(t, cfg))
	}
}

// Every column of which the schema says that it is sealed is declared by the module whose
// it is, and every index of sealed values with it: what is not would be lost with a
// change of keys.
func TestAllThatIsSealedIsDeclared(t *testing.T) {
	t.Parallel()
	declared := map[string]bool{}
	for _, kind := range app.Ring(settings(t)).Sealed {
		if (kind.ByNumber == nil) == (kind.ByName == nil) || declared[kind.Kind] {
			t.Errorf("%s: one context, one name", kind.Kind)
		}
		declared[kind.Kind], declared[kind.Table+"."+kind.Column] = true, true
		if kind.Index != "" {
			declared[kind.Table+"."+kind.Index] = true
		}
	}
	rows, err := sqltest.NewSQLite(t).Reader().Query(t.Context(), `SELECT t.name || '.' || c.name
		FROM sqlite_master t JOIN pragma_table_info(t.name) c WHERE t.type = 'table'
		AND (c.name LIKE '%sealed%' OR c.name IN ('email_index', 'key_index'))`)
	columns, err := sqldb.Collect(rows, err, func(s sqldb.Scanner) (c string, err error) { return c, s.Scan(&c) })
	if err != nil || len(columns) < 9 {
		t.Fatalf("%v, %v", columns, err)
	}
	for _, c := range columns {
		if !declared[c] {
			t.Errorf("%s is declared by no module", c)
		}
	}
}
