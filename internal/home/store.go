package home

import (
	"context"
	"database/sql"
	"errors"

	"hawker/internal/platform/sqldb"
)

func putAddress(ctx context.Context, tx *sqldb.Tx, address string) error {
	_, err := tx.Exec(ctx, `DELETE FROM node_address WHERE node NOT IN
		(SELECT token FROM node_lease WHERE lease_until >= ?)`, sqldb.Millis(tx.Now()))
	if err != nil {
		return err
	}
	return tx.Upsert(ctx, "node_address", []string{"node"}, []string{"address"}, tx.Node(), address)
}

// addressOf is that of the other node which has a stream, "" if none has.
func addressOf(ctx context.Context, q sqldb.Querier, streamID, self string) (address string, err error) {
	err = q.QueryRow(ctx, `SELECT a.address FROM stream_state s JOIN node_address a ON a.node = s.node
		WHERE s.stream_id = ? AND s.node <> ?`, streamID, self).Scan(&address)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	return address, err
}
