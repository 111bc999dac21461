package search

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"hawker/internal/platform/sqldb"
)

// Doc is a document with its folded text.
type Doc struct {
	ID   int64
	Text string
}

// Backlog indexes texts that are older than the index, in the background: what is written
// meanwhile is indexed by whoever writes it.
type Backlog struct {
	DB   *sqldb.DB
	Kind Kind
	// Texts are the next documents after one, by their ids.
	Texts func(ctx context.Context, q sqldb.Querier, after int64, limit int) ([]Doc, error)
}

// backlogStep is how many documents one transaction indexes.
const backlogStep = 100

// Next answers that there is work, for the scheduler.
func (b Backlog) Next(ctx context.Context, q sqldb.Querier) (time.Time, error) {
	building, err := isBuilding(ctx, q, b.Kind)
	if err != nil || !building {
		return time.Time{}, err
	}
	return b.DB.Clock().Now(), nil
}

// Do indexes all that is left. It goes on where it was stopped.
func (b Backlog) Do(ctx context.Context) error {
	for {
		left := false
		err := b.DB.Update(ctx, func(ctx context.Context, tx *sqldb.Tx) (err error) {
			left, err = b.step(ctx, tx)
			return err
		})
		if err != nil || !left {
			return err
		}
	}
}

func (b Backlog) step(ctx context.Context, tx *sqldb.Tx) (left bool, err error) {
	var upto int64
	err = tx.QueryRow(ctx, "SELECT upto FROM search_backlog WHERE kind = ?", b.Kind).Scan(&upto)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	} else if err != nil {
		return false, err
	}
	docs, err := b.Texts(ctx, tx, upto, backlogStep)
	if err != nil {
		return false, err
	}
	if len(docs) == 0 {
		_, err := tx.Exec(ctx, "DELETE FROM search_backlog WHERE kind = ?", b.Kind)
		return false, err
	}
	for _, d := range docs {
		if err := add(ctx, tx, b.Kind, d.ID, grams(d.Text)); err != nil {
			return false, err
		}
	}
	_, err = tx.Exec(ctx, "UPDATE search_backlog SET upto = ? WHERE kind = ?", docs[len(docs)-1].ID, b.Kind)
	return true, err
}
