package home

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"

	"hawker/internal/platform/sqldb"
)

// Join makes known where this node answers the others, and forgets where those did that are
// gone.
func Join(ctx context.Context, db *sqldb.DB, address string) error {
	return db.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) error {
		return putAddress(ctx, tx, address)
	})
}

// Address is where other nodes reach one that listens at such a port: as it is configured, at
// the address at which it listens, or, when it listens at all of its machine's, by that
// machine's name.
func Address(configured, listening string) (string, error) {
	if configured != "" {
		return configured, nil
	}
	at, err := netip.ParseAddrPort(listening)
	if err != nil {
		return "", fmt.Errorf("node.address is not set, and %q tells no address: %w", listening, err)
	}
	if !at.Addr().IsUnspecified() {
		return "http://" + at.String(), nil
	}
	name, err := os.Hostname()
	return "http://" + net.JoinHostPort(name, fmt.Sprint(at.Port())), err
}
